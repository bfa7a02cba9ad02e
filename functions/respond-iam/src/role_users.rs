//! Who else uses a role: what its blast radius says. Best effort; what can't be read is said to be unknown.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_cloudtrail::{
    config::{Builder, timeout::TimeoutConfig},
    types::{LookupAttribute, LookupAttributeKey},
};
use backstop_actions::permissions;
use backstop_aws::Access;
use backstop_core::{
    Target,
    text::{bounded, sanitize},
};
use backstop_runtime::{CallError, StepError, inline_deny::Iam};
use jiff::{SignedDuration, Timestamp};

use crate::{
    principal::{self, Role},
    services::CloudTrail,
};

/// How far back sessions are looked for.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);
/// How long containment may wait for an answer that only people read.
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

/// Asks IAM for instance profiles, and CloudTrail for recent sessions, at the same time.
pub(crate) async fn read(aws: &Access<'_>, role: &Role, target: &Target, at: Timestamp) -> RoleUsers {
    let iam = aws.client::<Iam>();
    let (profiles, sessions) = tokio::join!(
        principal::instance_profiles(&iam, &role.name),
        sessions(aws, role, at)
    );
    let mut users = RoleUsers::default();
    users.known.push(format!(
        "the role may be assumed by {}",
        listed(&role.trust.principals)
    ));
    match profiles {
        Ok(names) if names.is_empty() => {}
        Ok(names) => users.known.push(format!(
            "instances with the profile {} use this role",
            listed(&names)
        )),
        Err(error) => users
            .unknown
            .push(format!("which instances use this role is unknown: {error}")),
    }
    match sessions {
        Ok(names) if names.is_empty() => users.known.push(format!(
            "nobody assumed the role in the last 24 hours in {}, as far as its last 50 events show",
            target.region
        )),
        Ok(names) => users.known.push(format!(
            "assumed in the last 24 hours in {} by {}",
            target.region,
            listed(&names)
        )),
        Err(error) => users
            .unknown
            .push(format!("who assumed the role lately is unknown: {error}")),
    }
    users
}

/// One page: `LookupEvents` may be called twice a second in an account and Region (CloudTrail API Reference).
async fn sessions(aws: &Access<'_>, role: &Role, at: Timestamp) -> Result<Vec<String>, StepError> {
    let since = at.saturating_sub(LOOK_BACK).map_or(0, Timestamp::as_second);
    let by_role = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::ResourceName)
        .attribute_value(&role.arn)
        .build()
        .map_err(|error| StepError::Invalid {
            what: "the question to CloudTrail",
            detail: error.to_string(),
        })?;
    let patience = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
    let answer = aws
        .client::<CloudTrail>()
        .lookup_events()
        .lookup_attributes(by_role)
        .start_time(aws_sdk_cloudtrail::primitives::DateTime::from_secs(since))
        .max_results(50)
        .customize()
        .config_override(Builder::new().timeout_config(patience))
        .send()
        .await
        .map_err(CallError::of(
            permissions::cloudtrail::LOOKUP_EVENTS.action,
            format!("role `{}`", role.name),
        ))?;
    let names: BTreeSet<String> = answer
        .events()
        .iter()
        .filter(|event| {
            event
                .event_name()
                .is_some_and(|name| name.starts_with("AssumeRole"))
        })
        .filter_map(|event| event.username())
        .map(|name| bounded(&sanitize(name), 100))
        .collect();
    Ok(names.into_iter().collect())
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
