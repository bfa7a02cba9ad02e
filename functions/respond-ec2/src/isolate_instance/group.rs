//! The isolation group of a VPC: found by our tag and our name among the account's own and reused, made if it is absent,
//! and read back as without rules before any interface is put into it. A name is anybody's to take, and a tag anybody's
//! to give: a foreign group that has only one of them is neither used nor touched, and stops nothing.

use std::time::Duration;

use aws_sdk_ec2::{
    Client,
    types::{ResourceType, SecurityGroup, Tag, TagSpecification},
};
use backstop_actions::permissions;
use backstop_core::{AccountId, ErrorName};
use backstop_runtime::{CallError, StepError, new_id};

use crate::filter::filter;

/// What the isolation group is called and tagged in every VPC; where somebody else's has the name, ours has one more
/// word in its.
pub(super) const ISOLATION: &str = "backstop-isolation";
/// The tag that makes a group ours, with what it is good for; the role may strip no others.
pub(super) const TAG: &str = "backstop:purpose";

/// What EC2 answers to the id of a rule that is gone.
const NO_SUCH_RULE: &str = "InvalidSecurityGroupRuleId.NotFound";

/// How often a group is read back until it has no rules: EC2 is eventually consistent.
const READINGS: u32 = 5;
const BETWEEN_READINGS: Duration = Duration::from_millis(300);

/// What there is of an isolation group.
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

/// Whose groups in which VPC: a VPC that is shared holds other accounts' groups, too.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) vpc: &'a str,
    pub(super) account: &'a AccountId,
}

/// The isolation group of one VPC.
pub(super) struct IsolationGroup<'a> {
    ec2: &'a Client,
    place: Place<'a>,
}

impl<'a> IsolationGroup<'a> {
    pub(super) const fn new(ec2: &'a Client, place: Place<'a>) -> Self {
        Self { ec2, place }
    }

    /// Reads what is there.
    pub(super) async fn look(&self) -> Result<Isolation, StepError> {
        let found = find(self.ec2, self.place, ISOLATION).await?;
        Ok(found.first().map_or(Isolation::Absent, judge))
    }

    /// The id of a group that was read back as without rules.
    pub(super) async fn ready(&self) -> Result<String, StepError> {
        let mut made = false;
        for reading in 0..READINGS {
            if reading > 0 {
                tokio::time::sleep(BETWEEN_READINGS).await;
            }
            match self.look().await? {
                Isolation::Ready { id } => return Ok(id),
                Isolation::Ruled { id, .. } => strip(self.ec2, &id).await?,
                // What was just made may not be shown yet.
                Isolation::Absent if made => {}
                Isolation::Absent => {
                    self.make().await?;
                    made = true;
                }
            }
        }
        Err(CallError {
            name: ErrorName::Unavailable,
            call: permissions::ec2::DESCRIBE_SECURITY_GROUPS.action,
            on: format!("security group `{ISOLATION}` of `{}`", self.place.vpc),
            code: String::new(),
            message: "it isn't there without rules yet".to_owned(),
        }
        .into())
    }

    /// Makes it. Where its name is taken, by somebody else or by an incident at the same time, another is made under a
    /// name of its own, which nobody can know and take before; two of ours do no harm.
    async fn make(&self) -> Result<(), CallError> {
        let own = format!("{ISOLATION}-{}", new_id());
        let names = [ISOLATION, own.as_str()];
        for name in names {
            if create(
                self.ec2,
                self.place.vpc,
                name,
                ISOLATION,
                "Backstop: no traffic in, none out",
            )
            .await?
            {
                return Ok(());
            }
            if !find(self.ec2, self.place, ISOLATION).await?.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// What one of ours is.
fn judge(found: &SecurityGroup) -> Isolation {
    let id = found.group_id().unwrap_or_default().to_owned();
    match rules_of(found) {
        0 => Isolation::Ready { id },
        rules => Isolation::Ruled { id, rules },
    }
}

/// Takes all rules of a group away, both ways and of both IP versions: EC2 gives a new group egress to everywhere.
/// By the rules' ids, which name exactly what is there. Both directions are tried, so that one refusal leaves less
/// open.
pub(super) async fn strip(ec2: &Client, id: &str) -> Result<(), CallError> {
    let on = || format!("security group `{id}`");
    let rules = ec2
        .describe_security_group_rules()
        .filters(filter("group-id", [id]))
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

/// Our groups for this purpose, those without rules first: tagged so, named as we name them, and the account's own. Who may
/// only tag can give any group our tag, but a group's name can't be changed (EC2 API Reference, "CreateSecurityGroup"). By
/// filter, since where there is none that is then no error.
pub(super) async fn find(
    ec2: &Client,
    place: Place<'_>,
    purpose: &str,
) -> Result<Vec<SecurityGroup>, CallError> {
    let answer = ec2
        .describe_security_groups()
        .filters(filter(&format!("tag:{TAG}"), [purpose]))
        .filters(filter("vpc-id", [place.vpc]))
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_SECURITY_GROUPS.action,
            format!("security group `{purpose}` of `{}`", place.vpc),
        ))?;
    let is_own = |group: &SecurityGroup| {
        let is_tagged = group
            .tags()
            .iter()
            .any(|tag| tag.key() == Some(TAG) && tag.value() == Some(purpose));
        let is_named = group.group_name().is_some_and(|name| is_name_for(name, purpose));
        is_tagged
            && is_named
            && group.owner_id() == Some(place.account.as_str())
            && group.vpc_id() == Some(place.vpc)
    };
    let mut found: Vec<SecurityGroup> = answer.security_groups.unwrap_or_default();
    found.retain(is_own);
    found.sort_by_cached_key(|group| (rules_of(group) > 0, group.group_id().map(str::to_owned)));
    Ok(found)
}

/// Whether it is a name that we give a group for this purpose.
fn is_name_for(name: &str, purpose: &str) -> bool {
    let suffixed = || {
        name.strip_prefix(ISOLATION)
            .is_some_and(|rest| rest.starts_with('-'))
    };
    name == purpose || (purpose == ISOLATION && suffixed())
}

/// Which of these groups aren't in this VPC: an interface can't be put into them.
pub(super) async fn not_in(ec2: &Client, vpc: &str, ids: &[String]) -> Result<Vec<String>, CallError> {
    let answer = ec2
        .describe_security_groups()
        .filters(filter("group-id", ids))
        .filters(filter("vpc-id", [vpc]))
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_SECURITY_GROUPS.action,
            format!("security groups `{}` of `{vpc}`", ids.join("`, `")),
        ))?;
    let is_missing = |id: &&String| {
        let mut found = answer.security_groups().iter();
        !found.any(|group| group.group_id() == Some(id.as_str()) && group.vpc_id() == Some(vpc))
    };
    Ok(ids.iter().filter(is_missing).cloned().collect())
}

/// Makes a group that carries our tag from its first moment. Says whether the name was free.
pub(super) async fn create(
    ec2: &Client,
    vpc: &str,
    name: &str,
    purpose: &str,
    description: &str,
) -> Result<bool, CallError> {
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::SecurityGroup)
        .tags(Tag::builder().key(TAG).value(purpose).build())
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
        .map_err(CallError::of(
            permissions::ec2::CREATE_SECURITY_GROUP.action,
            format!("security group `{name}` of `{vpc}`"),
        ));
    match created {
        Err(error) if error.code == "InvalidGroup.Duplicate" => Ok(false),
        created => created.map(|_| true),
    }
}

/// How many rules a group has, both ways.
pub(super) fn rules_of(group: &SecurityGroup) -> usize {
    group.ip_permissions().len() + group.ip_permissions_egress().len()
}

/// What this error says is what we wanted.
pub(super) fn unless(result: Result<(), CallError>, fine: &str) -> Result<(), CallError> {
    match result {
        Err(error) if error.code == fine => Ok(()),
        other => other,
    }
}
