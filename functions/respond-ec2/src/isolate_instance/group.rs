//! The isolation group of a VPC: found by its name and reused, made if it is absent, and read back as without
//! rules before any interface is put into it.

use std::time::Duration;

use aws_sdk_ec2::{
    Client,
    types::{Filter, ResourceType, SecurityGroup, Tag, TagSpecification},
};
use backstop_actions::permissions;
use backstop_core::ErrorName;
use backstop_runtime::{CallError, StepError};

/// The isolation group's name in every VPC.
pub(super) const ISOLATION: &str = "backstop-isolation";
/// The tag that makes a group ours; the role may strip no others.
pub(super) const TAG: &str = "backstop:purpose";

/// What EC2 answers to the id of a rule that is gone.
const NO_SUCH_RULE: &str = "InvalidSecurityGroupRuleId.NotFound";

/// How often a group is read back until it has no rules: EC2 is eventually consistent.
const READINGS: u32 = 5;
const BETWEEN_READINGS: Duration = Duration::from_millis(300);

/// What stands under the isolation group's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// No group: it is made.
    Absent,
    /// A group without rules.
    Ready { id: String },
    /// Ours, but somebody gave it rules: they are taken away.
    Ruled { id: String, rules: usize },
}

impl Isolation {
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Absent => None,
            Self::Ready { id } | Self::Ruled { id, .. } => Some(id),
        }
    }
}

/// The isolation group of one VPC.
pub(super) struct IsolationGroup<'a> {
    ec2: &'a Client,
    vpc: &'a str,
}

impl<'a> IsolationGroup<'a> {
    pub(super) const fn new(ec2: &'a Client, vpc: &'a str) -> Self {
        Self { ec2, vpc }
    }

    /// Reads what is there.
    pub(super) async fn look(&self) -> Result<Isolation, StepError> {
        let found = find(self.ec2, self.vpc, ISOLATION).await?;
        found.map_or(Ok(Isolation::Absent), |found| self.judge(&found))
    }

    /// The id of a group that was read back as without rules.
    pub(super) async fn ready(&self) -> Result<String, StepError> {
        for reading in 0..READINGS {
            if reading > 0 {
                tokio::time::sleep(BETWEEN_READINGS).await;
            }
            let found = match find(self.ec2, self.vpc, ISOLATION).await? {
                Some(found) => found,
                None => {
                    create(self.ec2, self.vpc, ISOLATION, "Backstop: no traffic in, none out").await?;
                    continue;
                }
            };
            match self.judge(&found)? {
                Isolation::Ready { id } => return Ok(id),
                Isolation::Absent => {}
                Isolation::Ruled { id, .. } => strip(self.ec2, &id).await?,
            }
        }
        Err(CallError {
            name: ErrorName::Unavailable,
            call: permissions::ec2::DESCRIBE_SECURITY_GROUPS.action,
            on: format!("security group `{ISOLATION}` of `{}`", self.vpc),
            code: String::new(),
            message: "it still shows rules after they were revoked".to_owned(),
        }
        .into())
    }

    fn judge(&self, found: &SecurityGroup) -> Result<Isolation, StepError> {
        let id = found.group_id().unwrap_or_default().to_owned();
        let rules = rules_of(found);
        if rules == 0 {
            return Ok(Isolation::Ready { id });
        }
        if is_ours(found) {
            return Ok(Isolation::Ruled { id, rules });
        }
        Err(StepError::Refused {
            guardrail: "isolation-group".to_owned(),
            reason: format!(
                "security group `{id}` of `{}` is named `{ISOLATION}`, has rules, and isn't tagged `{TAG}`, so its \
                 rules aren't Backstop's to take away: rename it, or remove its rules",
                self.vpc
            ),
        })
    }
}

/// Takes all rules of a group away, both ways and of both IP versions: EC2 gives a new group egress to everywhere.
/// By the rules' ids, which name exactly what is there. Both directions are tried, so that one refusal leaves less
/// open.
pub(super) async fn strip(ec2: &Client, id: &str) -> Result<(), CallError> {
    let on = || format!("security group `{id}`");
    let rules = ec2
        .describe_security_group_rules()
        .filters(filter("group-id", id))
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_SECURITY_GROUP_RULES.action,
            on(),
        ))?;
    let ids = |egress: bool| {
        let ids: Vec<String> = rules
            .iter()
            .filter(|rule| rule.is_egress() == Some(egress))
            .filter_map(|rule| rule.security_group_rule_id.clone())
            .collect();
        (!ids.is_empty()).then_some(ids)
    };
    let (into, out) = tokio::join!(
        async {
            let Some(ids) = ids(false) else {
                return Ok(());
            };
            let call = ec2.revoke_security_group_ingress().group_id(id);
            call.set_security_group_rule_ids(Some(ids))
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::ec2::REVOKE_SECURITY_GROUP_INGRESS.action,
                    on(),
                ))
        },
        async {
            let Some(ids) = ids(true) else {
                return Ok(());
            };
            let call = ec2.revoke_security_group_egress().group_id(id);
            call.set_security_group_rule_ids(Some(ids))
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::ec2::REVOKE_SECURITY_GROUP_EGRESS.action,
                    on(),
                ))
        }
    );
    // Another incident may have taken a rule away in between: whoever asked reads the group again.
    unless(into, NO_SUCH_RULE)?;
    unless(out, NO_SUCH_RULE)
}

/// The group of this name in this VPC. By filter, since an unknown name is then no error.
pub(super) async fn find(ec2: &Client, vpc: &str, name: &str) -> Result<Option<SecurityGroup>, CallError> {
    let answer = ec2
        .describe_security_groups()
        .filters(filter("group-name", name))
        .filters(filter("vpc-id", vpc))
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_SECURITY_GROUPS.action,
            format!("security group `{name}` of `{vpc}`"),
        ))?;
    Ok(answer.security_groups().first().cloned())
}

/// Makes a group that carries our tag from its first moment. Another incident may have made it just now.
pub(super) async fn create(ec2: &Client, vpc: &str, name: &str, description: &str) -> Result<(), CallError> {
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::SecurityGroup)
        .tags(Tag::builder().key(TAG).value(name).build())
        .tags(Tag::builder().key("Name").value(name).build())
        .build();
    let created = ec2
        .create_security_group()
        .group_name(name)
        .description(description)
        .vpc_id(vpc)
        .tag_specifications(tags)
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::ec2::CREATE_SECURITY_GROUP.action,
            format!("security group `{name}` of `{vpc}`"),
        ));
    unless(created, "InvalidGroup.Duplicate")
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// How many rules a group has, both ways.
pub(super) fn rules_of(group: &SecurityGroup) -> usize {
    group.ip_permissions().len() + group.ip_permissions_egress().len()
}

fn is_ours(group: &SecurityGroup) -> bool {
    group.tags().iter().any(|tag| tag.key() == Some(TAG))
}

/// What this error says is what we wanted.
pub(super) fn unless(result: Result<(), CallError>, fine: &str) -> Result<(), CallError> {
    match result {
        Err(error) if error.code == fine => Ok(()),
        other => other,
    }
}
