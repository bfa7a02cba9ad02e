//! Who assumed a role lately, as CloudTrail has it. AWS's own services have no user name there, and they are the busiest.

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use backstop_actions::permissions;
use backstop_aws::Access;
use backstop_core::{
    ErrorName,
    text::{bounded, sanitize},
};
use backstop_runtime::CallError;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Found;
use crate::{principal::Role, services::CloudTrail};

/// How far back sessions are looked for.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24);

/// One page, the busiest first: `LookupEvents` may be called twice a second in an account and Region (CloudTrail API
/// Reference).
pub(super) async fn lately(aws: &Access<'_>, role: &Role, at: Timestamp) -> Result<Found, CallError> {
    let since = at.saturating_sub(LOOK_BACK).map_or(0, Timestamp::as_second);
    let on = || format!("role `{}`", role.name);
    let by_role = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::ResourceName)
        .attribute_value(&role.arn)
        .build()
        .map_err(|error| CallError {
            name: ErrorName::Internal,
            call: permissions::cloudtrail::LOOKUP_EVENTS.action,
            on: on(),
            code: String::new(),
            message: error.to_string(),
        })?;
    let answer = aws
        .client::<CloudTrail>()
        .lookup_events()
        .lookup_attributes(by_role)
        .start_time(aws_sdk_cloudtrail::primitives::DateTime::from_secs(since))
        .max_results(50)
        .send()
        .await
        .map_err(CallError::of(permissions::cloudtrail::LOOKUP_EVENTS.action, on()))?;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for event in answer.events() {
        if event
            .event_name()
            .is_some_and(|name| name.starts_with("AssumeRole"))
        {
            *times.entry(by(event)).or_default() += 1;
        }
    }
    let mut times: Vec<(String, usize)> = times.into_iter().collect();
    times.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    Ok(Found {
        names: times.into_iter().map(counted).collect(),
        has_more: answer.next_token().is_some_and(|token| !token.is_empty()),
    })
}

fn counted((name, times): (String, usize)) -> String {
    match times {
        1 => name,
        times => format!("{name} ({times} times)"),
    }
}

/// A person's or session's name; for an AWS service its name, and for what it took the role: a function, a task, an instance.
fn by(event: &Event) -> String {
    let who = match event.username().filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => by_record(event.cloud_trail_event().unwrap_or_default()),
    };
    bounded(&sanitize(&who), 100)
}

/// What the record itself says (CloudTrail User Guide, "CloudTrail userIdentity element").
fn by_record(record: &str) -> String {
    let record: Value = serde_json::from_str(record).unwrap_or_default();
    let text = |path: &str| record.pointer(path).and_then(Value::as_str);
    if let Some(service) = text("/userIdentity/invokedBy") {
        return match text("/requestParameters/roleSessionName") {
            Some(session) => format!("{service} for {session}"),
            None => service.to_owned(),
        };
    }
    match (text("/userIdentity/arn"), text("/userIdentity/accountId")) {
        (Some(arn), _) => arn.to_owned(),
        (None, Some(account)) => format!("somebody of account {account}"),
        (None, None) => "somebody whom CloudTrail doesn't name".to_owned(),
    }
}
