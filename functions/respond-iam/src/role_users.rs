//! Who else uses a role: what its blast radius says, from the services that run with it and from CloudTrail. Best effort and
//! bounded; what can't be read is said to be unknown.

mod sessions;
mod tasks;
mod workloads;

use std::time::Duration;

use backstop_actions::permissions;
use backstop_aws::Access;
use backstop_core::{
    Target,
    text::{bounded, sanitize},
};
use backstop_runtime::{CallError, inline_deny::Iam};
use jiff::Timestamp;
use tokio::time::timeout;

use crate::principal::{self, Role};

/// How long containment may wait for answers that only people read.
const PATIENCE: Duration = Duration::from_secs(3);
/// Names that a plan lists before it counts only.
const LISTED: usize = 10;

/// What was found, and what couldn't be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RoleUsers {
    /// Sentences for the blast radius.
    pub(crate) known: Vec<String>,
    /// Sentences for the limits.
    pub(crate) unknown: Vec<String>,
}

/// What one service named.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    names: Vec<String>,
    /// Whether there is more than was looked at.
    has_more: bool,
}

/// Asks everybody at the same time, and a service only if its workloads can have the role.
pub(crate) async fn read(aws: &Access<'_>, role: &Role, target: &Target, at: Timestamp) -> RoleUsers {
    let iam = aws.client::<Iam>();
    let region = &target.region;
    let (instances, functions, tasks, sessions) = tokio::join!(
        async {
            let profiles = principal::instance_profiles(&iam, &role.name).await?;
            match profiles.as_slice() {
                [] => Ok(None),
                _ => soon(
                    permissions::ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS.action,
                    workloads::instances(aws, &profiles),
                )
                .await
                .map(Some),
            }
        },
        async {
            if !role.trust.lets_in("lambda") {
                return Ok(None);
            }
            let asked = workloads::functions(aws, &role.arn);
            soon(permissions::lambda::LIST_FUNCTIONS.action, asked)
                .await
                .map(Some)
        },
        async {
            if !role.trust.lets_in("ecs-tasks") {
                return Ok(None);
            }
            let config = aws.config();
            let asked = tasks::with_role(&config, &role.arn);
            soon(permissions::ecs::LIST_TASKS.action, asked).await.map(Some)
        },
        soon(
            permissions::cloudtrail::LOOKUP_EVENTS.action,
            sessions::lately(aws, role, at)
        ),
    );
    let mut users = RoleUsers::default();
    users.known.push(format!(
        "the role may be assumed by {}",
        listed(&role.trust.principals)
    ));
    for (what, found) in [
        ("instances", instances),
        ("Lambda functions", functions),
        ("ECS tasks", tasks),
    ] {
        users.take(what, region.as_str(), found);
    }
    match sessions {
        Ok(found) if found.names.is_empty() => users.known.push(format!(
            "CloudTrail shows nobody who assumed the role in the last 24 hours in {region}; it may have been assumed \
             elsewhere, or before"
        )),
        Ok(found) => users.known.push(format!(
            "assumed in the last 24 hours in {region} by {}{}",
            listed(&found.names),
            match found.has_more {
                true => " (of its newest 50 events; there are more)",
                false => "",
            }
        )),
        Err(error) => users
            .unknown
            .push(format!("who assumed the role lately is unknown: {error}")),
    }
    users
}

impl RoleUsers {
    /// `None` is a service whose workloads can't have the role.
    fn take(&mut self, what: &str, region: &str, found: Result<Option<Found>, CallError>) {
        match found {
            Ok(None) => {}
            Ok(Some(found)) => {
                let more = if found.has_more {
                    ", of those that were looked at; there are more"
                } else {
                    ""
                };
                self.known.push(if found.names.is_empty() {
                    format!("no {what} in {region} run with this role now{more}")
                } else {
                    format!(
                        "{what} in {region} that run with this role now: {}{more}",
                        listed(&found.names)
                    )
                });
            }
            Err(error) => self
                .unknown
                .push(format!("which {what} use this role is unknown: {error}")),
        }
    }
}

/// The answer, if it comes soon.
async fn soon(
    call: &'static str,
    asked: impl Future<Output = Result<Found, CallError>>,
) -> Result<Found, CallError> {
    timeout(PATIENCE, asked).await.unwrap_or_else(|_late| {
        Err(CallError {
            name: backstop_core::ErrorName::Unavailable,
            call,
            on: "the users of the role".to_owned(),
            code: String::new(),
            message: format!("no whole answer within {} seconds", PATIENCE.as_secs()),
        })
    })
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(LISTED)
        .map(|name| bounded(&sanitize(name), 150))
        .collect();
    match names.len().saturating_sub(LISTED) {
        _ if names.is_empty() => "nobody that its trust policy names".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests;
