//! The group that lets everything in and out for seconds, so that connections lose their tracking: one for each
//! incident and VPC, closed and deleted afterwards. As long as it has rules, what is in it is open to everyone.

use std::time::Duration;

use aws_sdk_ec2::{
    Client,
    types::{IpPermission, IpRange, Ipv6Range, SecurityGroup},
};
use backstop_actions::permissions;
use backstop_core::{ErrorName, IncidentId};
use backstop_runtime::CallError;

use super::group::{Place, create, find, rules_of, strip, unless};

const EVERYWHERE: &str = "0.0.0.0/0";
const EVERYWHERE_IPV6: &str = "::/0";

/// How often the group is read until it shows its rules, or none; and how often its deletion is tried.
const TRIES: u32 = 4;
const BETWEEN: Duration = Duration::from_millis(300);

/// The open group of an incident in one VPC.
pub(super) struct OpenGroup<'a> {
    ec2: &'a Client,
    place: Place<'a>,
    pub(super) name: String,
}

impl<'a> OpenGroup<'a> {
    pub(super) fn new(ec2: &'a Client, place: Place<'a>, incident: &IncidentId) -> Self {
        Self {
            ec2,
            place,
            name: name(incident),
        }
    }

    pub(super) const fn ec2(&self) -> &'a Client {
        self.ec2
    }

    /// Its id, if it is there: an attempt that was cut off may have left it.
    pub(super) async fn id(&self) -> Result<Option<String>, CallError> {
        Ok(self.find().await?.and_then(|found| found.group_id))
    }

    /// Its id, with all four rules: a connection goes untracked only if everything is allowed both ways (EC2 User
    /// Guide, "Untracked connections").
    pub(super) async fn ready(&self) -> Result<String, CallError> {
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(BETWEEN).await;
            }
            let Some(found) = self.find().await? else {
                let (vpc, name) = (self.place.vpc, &self.name);
                create(self.ec2, vpc, name, name, "Backstop: open for seconds").await?;
                continue;
            };
            let missing_in = missing(found.ip_permissions());
            let missing_out = missing(found.ip_permissions_egress());
            let id = found.group_id().unwrap_or_default();
            if missing_in.is_none() && missing_out.is_none() {
                return Ok(id.to_owned());
            }
            self.allow(id, missing_in, missing_out).await?;
        }
        Err(self.error("it doesn't show its rules"))
    }

    /// Takes its rules away, which closes whatever is still in it; then deletes it, if nothing is.
    pub(super) async fn close(&self) -> Result<(), CallError> {
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(BETWEEN).await;
            }
            match self.find().await? {
                None => return Ok(()),
                Some(found) if rules_of(&found) == 0 => {
                    self.delete(found.group_id().unwrap_or_default()).await;
                    return Ok(());
                }
                Some(found) => strip(self.ec2, found.group_id().unwrap_or_default()).await?,
            }
        }
        Err(self.error("it still shows rules after they were revoked"))
    }

    async fn find(&self) -> Result<Option<SecurityGroup>, CallError> {
        let found = find(self.ec2, self.place, &self.name).await?;
        Ok(found.into_iter().next())
    }

    async fn allow(
        &self,
        id: &str,
        into: Option<IpPermission>,
        out: Option<IpPermission>,
    ) -> Result<(), CallError> {
        let on = || format!("security group `{id}`");
        if let Some(permission) = into {
            let allowed = self
                .ec2
                .authorize_security_group_ingress()
                .group_id(id)
                .ip_permissions(permission)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::ec2::AUTHORIZE_SECURITY_GROUP_INGRESS.action,
                    on(),
                ));
            unless(allowed, "InvalidPermission.Duplicate")?;
        }
        if let Some(permission) = out {
            let allowed = self
                .ec2
                .authorize_security_group_egress()
                .group_id(id)
                .ip_permissions(permission)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::ec2::AUTHORIZE_SECURITY_GROUP_EGRESS.action,
                    on(),
                ));
            unless(allowed, "InvalidPermission.Duplicate")?;
        }
        Ok(())
    }

    /// A group without rules that can't be deleted yet harms nobody: it is only told.
    async fn delete(&self, id: &str) {
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(BETWEEN).await;
            }
            match self.ec2.delete_security_group().group_id(id).send().await {
                Ok(_) => return,
                Err(error) => {
                    let error = CallError::of(
                        permissions::ec2::DELETE_SECURITY_GROUP.action,
                        format!("security group `{id}`"),
                    )(error);
                    tracing::warn!(group = id, %error, "an empty security group stays behind");
                }
            }
        }
    }

    fn error(&self, message: &str) -> CallError {
        CallError {
            name: ErrorName::Unavailable,
            call: permissions::ec2::DESCRIBE_SECURITY_GROUPS.action,
            on: format!("security group `{}` of `{}`", self.name, self.place.vpc),
            code: String::new(),
            message: message.to_owned(),
        }
    }
}

/// Its name holds the incident's id, so that no two incidents share it.
pub(super) fn name(incident: &IncidentId) -> String {
    format!("backstop-untrack-{incident}")
}

/// The rule that is still needed to let everything through, in one direction.
fn missing(rules: &[IpPermission]) -> Option<IpPermission> {
    let mut all = rules.iter().filter(|rule| rule.ip_protocol() == Some("-1"));
    let ipv4 = all.clone().any(|rule| {
        rule.ip_ranges()
            .iter()
            .any(|range| range.cidr_ip() == Some(EVERYWHERE))
    });
    let ipv6 = all.any(|rule| {
        rule.ipv6_ranges()
            .iter()
            .any(|range| range.cidr_ipv6() == Some(EVERYWHERE_IPV6))
    });
    if ipv4 && ipv6 {
        return None;
    }
    let mut rule = IpPermission::builder().ip_protocol("-1");
    if !ipv4 {
        rule = rule.ip_ranges(IpRange::builder().cidr_ip(EVERYWHERE).build());
    }
    if !ipv6 {
        rule = rule.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(EVERYWHERE_IPV6).build());
    }
    Some(rule.build())
}
