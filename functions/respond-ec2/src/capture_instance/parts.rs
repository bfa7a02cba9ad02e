//! The parts of the evidence: each read by itself, all at once, each as JSON.

use aws_sdk_ec2::types::{Instance as Found, InstanceAttributeName, RouteTable};
use backstop_actions::permissions;
use backstop_aws::Access;
use backstop_core::canonical;
use backstop_runtime::{CallError, StepError};
use serde_json::{Value, json};

use super::{bound::Part, console, json as to};
use crate::{
    detach_from_auto_scaling::group,
    filter::filter,
    instance::Instance,
    services::{AutoScaling, Ec2},
};

/// What the parts are read for.
struct Reader<'a> {
    aws: &'a Access<'a>,
    instance: &'a Instance,
}

/// Reads all parts at once, the most telling first. An error that is worth a retry is handed back: the evidence
/// may be had yet.
pub(super) async fn read(
    aws: &Access<'_>,
    found: &Found,
    instance: &Instance,
) -> Result<Vec<Part>, StepError> {
    let reader = Reader { aws, instance };
    let ec2 = aws.client::<Ec2>();
    let (profile, auto_scaling, groups, acls, routes, addresses, volumes, user_data, console) = tokio::join!(
        reader.profile_association(),
        reader.auto_scaling(),
        reader.security_groups(),
        reader.network_acls(),
        reader.route_tables(),
        reader.elastic_addresses(),
        reader.volumes(),
        reader.user_data(),
        console::read(&ec2, &instance.id)
    );
    let parts = vec![
        ("instance", Ok(Some(to::instance(found)))),
        (
            "interfaces",
            to::own(permissions::ec2::DESCRIBE_INSTANCES.action, &instance.interfaces),
        ),
        ("profile_association", profile),
        ("auto_scaling", auto_scaling),
        ("console_output", console),
        ("security_groups", groups),
        ("volumes", volumes),
        ("elastic_addresses", addresses),
        ("user_data", user_data),
        ("network_acls", acls),
        ("route_tables", routes),
    ];
    let mut kept = Vec::with_capacity(parts.len());
    for (name, part) in parts {
        match part {
            Err(error) if error.name.is_retryable() => return Err(error.into()),
            part => kept.push((name, part)),
        }
    }
    Ok(kept)
}

impl Reader<'_> {
    fn on(&self) -> String {
        format!("instance `{}`", self.instance.id)
    }

    async fn profile_association(&self) -> Result<Option<Value>, CallError> {
        let answer = self
            .aws
            .client::<Ec2>()
            .describe_iam_instance_profile_associations()
            .filters(filter("instance-id", [self.instance.id.clone()]))
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS.action,
                self.on(),
            ))?;
        Ok(list(
            answer.iam_instance_profile_associations(),
            to::profile_association,
        ))
    }

    async fn auto_scaling(&self) -> Result<Option<Value>, CallError> {
        let member = group::membership(&self.aws.client::<AutoScaling>(), &self.instance.id).await?;
        Ok(member.map(|member| {
            json!({
                "group": member.auto_scaling_group_name(),
                "lifecycle_state": member.lifecycle_state(),
                "health": member.health_status(),
                "protected_from_scale_in": member.protected_from_scale_in(),
            })
        }))
    }

    /// A terminated instance has no interfaces, and so no groups.
    async fn security_groups(&self) -> Result<Option<Value>, CallError> {
        let mut ids: Vec<String> = self
            .instance
            .interfaces
            .iter()
            .flat_map(|interface| interface.groups.clone())
            .collect();
        ids.sort();
        ids.dedup();
        if ids.is_empty() {
            return Ok(None);
        }
        let answer = self
            .aws
            .client::<Ec2>()
            .describe_security_groups()
            .set_group_ids(Some(ids))
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::DESCRIBE_SECURITY_GROUPS.action,
                self.on(),
            ))?;
        Ok(list(answer.security_groups(), to::security_group))
    }

    fn subnets(&self) -> Vec<String> {
        let mut subnets: Vec<String> = self
            .instance
            .interfaces
            .iter()
            .filter_map(|interface| interface.subnet.clone())
            .chain(self.instance.subnet.clone())
            .collect();
        subnets.sort();
        subnets.dedup();
        subnets
    }

    async fn network_acls(&self) -> Result<Option<Value>, CallError> {
        let subnets = self.subnets();
        if subnets.is_empty() {
            return Ok(None);
        }
        let answer = self
            .aws
            .client::<Ec2>()
            .describe_network_acls()
            .filters(filter("association.subnet-id", subnets))
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::DESCRIBE_NETWORK_ACLS.action,
                self.on(),
            ))?;
        Ok(list(answer.network_acls(), to::network_acl))
    }

    /// The tables of the subnets, and the VPC's main one, which counts for a subnet without its own.
    async fn route_tables(&self) -> Result<Option<Value>, CallError> {
        let subnets = self.subnets();
        let Some(vpc) = self.instance.vpc.clone() else {
            return Ok(None);
        };
        let answer = self
            .aws
            .client::<Ec2>()
            .describe_route_tables()
            .filters(filter("vpc-id", [vpc]))
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::DESCRIBE_ROUTE_TABLES.action,
                self.on(),
            ))?;
        let counts = |table: &&RouteTable| {
            table.associations().iter().any(|association| {
                association.main() == Some(true)
                    || association
                        .subnet_id()
                        .is_some_and(|subnet| subnets.iter().any(|own| own == subnet))
            })
        };
        let tables: Vec<Value> = answer
            .route_tables()
            .iter()
            .filter(counts)
            .map(to::route_table)
            .collect();
        Ok(Some(Value::from(tables)))
    }

    async fn elastic_addresses(&self) -> Result<Option<Value>, CallError> {
        let answer = self
            .aws
            .client::<Ec2>()
            .describe_addresses()
            .filters(filter("instance-id", [self.instance.id.clone()]))
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::DESCRIBE_ADDRESSES.action,
                self.on(),
            ))?;
        Ok(list(answer.addresses(), to::address))
    }

    /// By the instance they are attached to, so that one that was detached a moment ago is no error.
    async fn volumes(&self) -> Result<Option<Value>, CallError> {
        let answer = self
            .aws
            .client::<Ec2>()
            .describe_volumes()
            .filters(filter("attachment.instance-id", [self.instance.id.clone()]))
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::DESCRIBE_VOLUMES.action,
                self.on(),
            ))?;
        Ok(list(answer.volumes(), to::volume))
    }

    /// Scripts that run at boot are a place to hide, and a place for secrets: the log keeps their hash only.
    async fn user_data(&self) -> Result<Option<Value>, CallError> {
        let answer = self
            .aws
            .client::<Ec2>()
            .describe_instance_attribute()
            .instance_id(&self.instance.id)
            .attribute(InstanceAttributeName::UserData)
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::DESCRIBE_INSTANCE_ATTRIBUTE.action,
                self.on(),
            ))?;
        let text = answer.user_data().and_then(|data| data.value());
        Ok(text.filter(|text| !text.is_empty()).map(|text| {
            json!({ "sha256_of_base64": canonical::sha256(text.as_bytes()), "length_of_base64": text.len() })
        }))
    }
}

/// `None` for none.
fn list<T>(found: &[T], json: fn(&T) -> Value) -> Option<Value> {
    (!found.is_empty()).then(|| Value::from(found.iter().map(json).collect::<Vec<_>>()))
}
