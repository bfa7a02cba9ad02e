//! The snapshots of one incident, which its tag holds together: EC2 is asked for them instead of the log, so that
//! a step that was cut off never makes a second set.

use aws_sdk_ec2::{
    Client,
    config::retry::RetryConfig,
    types::{Filter, ResourceType, Snapshot, SnapshotState, Tag, TagSpecification},
};
use backstop_actions::permissions;
use backstop_core::IncidentId;
use backstop_runtime::CallError;

/// The tag that says which incident something is evidence of, or part of.
pub(crate) const INCIDENT_TAG: &str = "backstop:incident";

/// The tag that says which instance a snapshot was made of.
pub(crate) const INSTANCE_TAG: &str = "backstop:instance";

/// The tag that says which snapshot this one is a copy of. A copy's volume id is a made-up one (EC2 API
/// Reference, "CopySnapshot").
pub(crate) const COPY_TAG: &str = "backstop:copy-of";

/// A tag.
pub(crate) fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

/// The tags of a snapshot to make.
pub(crate) fn tagged(tags: Vec<Tag>) -> TagSpecification {
    TagSpecification::builder()
        .resource_type(ResourceType::Snapshot)
        .set_tags(Some(tags))
        .build()
}

/// For a call that makes snapshots: EC2 takes no token that tells a repeated one from another, so after a lost answer
/// the SDK's own retry would make a second set. The machine's retry looks for the first one.
pub(crate) fn asked_once() -> aws_sdk_ec2::config::Builder {
    aws_sdk_ec2::config::Builder::new().retry_config(RetryConfig::disabled())
}

/// Every snapshot of the incident, copies too. One that failed is none.
pub(crate) async fn of_incident(ec2: &Client, incident: &IncidentId) -> Result<Vec<Snapshot>, CallError> {
    let found: Result<Vec<Snapshot>, _> = ec2
        .describe_snapshots()
        .owner_ids("self")
        .filters(
            Filter::builder()
                .name(format!("tag:{INCIDENT_TAG}"))
                .values(incident.as_str())
                .build(),
        )
        .into_paginator()
        .items()
        .send()
        .collect()
        .await;
    let mut found = found.map_err(CallError::of(
        permissions::ec2::DESCRIBE_SNAPSHOTS.action,
        format!("snapshots tagged `{INCIDENT_TAG}={incident}`"),
    ))?;
    found.retain(|snapshot| snapshot.state() != Some(&SnapshotState::Error));
    Ok(found)
}

/// The snapshot that this one is a copy of, if it is one.
pub(crate) fn copied_from(snapshot: &Snapshot) -> Option<&str> {
    snapshot
        .tags()
        .iter()
        .find(|tag| tag.key() == Some(COPY_TAG))
        .and_then(|tag| tag.value())
}

/// `pending (34%)`, `completed`.
pub(crate) fn state(snapshot: &Snapshot) -> String {
    let state = snapshot.state().map_or("unknown", SnapshotState::as_str);
    match snapshot.progress() {
        Some(progress) if snapshot.state() == Some(&SnapshotState::Pending) && !progress.is_empty() => {
            format!("{state} ({progress})")
        }
        _ => state.to_owned(),
    }
}
