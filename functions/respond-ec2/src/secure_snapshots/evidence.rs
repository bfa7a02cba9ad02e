//! The snapshots of an incident and their copies, with who may read them and whether they are locked.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::{
    Client,
    types::{
        CreateVolumePermission, CreateVolumePermissionModifications, LockMode, LockState, Snapshot,
        SnapshotAttributeName, SnapshotState,
    },
};
use backstop_actions::permissions;
use backstop_aws::{Presigned, SdkConfig};
use backstop_core::IncidentId;
use backstop_runtime::{CallError, StepError};

use crate::snapshots::{self, COPY_TAG, INCIDENT_TAG, tag};

/// Of EC2's API.
const API_VERSION: &str = "2016-11-15";

/// See the module.
pub(super) struct Evidence {
    /// Originals by id.
    pub(super) originals: BTreeMap<String, Snapshot>,
    /// Copies by the id of their original.
    pub(super) copies: BTreeMap<String, Snapshot>,
    /// The ids of those that are locked, by whom- and for how long soever.
    pub(super) locked: BTreeSet<String>,
}

impl Evidence {
    pub(super) async fn of(ec2: &Client, incident: &IncidentId) -> Result<Self, CallError> {
        let (mut originals, mut copies) = (BTreeMap::new(), BTreeMap::new());
        for snapshot in snapshots::of_incident(ec2, incident).await? {
            let id = id(&snapshot).to_owned();
            match snapshots::copied_from(&snapshot).map(str::to_owned) {
                Some(original) => copies.insert(original, snapshot),
                None => originals.insert(id, snapshot),
            };
        }
        let ids: Vec<String> = originals
            .keys()
            .cloned()
            .chain(copies.values().map(|copy| id(copy).to_owned()))
            .collect();
        let locked = locked(ec2, ids).await?;
        Ok(Self {
            originals,
            copies,
            locked,
        })
    }
}

/// The snapshot's id.
pub(super) fn id(snapshot: &Snapshot) -> &str {
    snapshot.snapshot_id().unwrap_or_default()
}

/// Whether all data is in it: only then can it be copied.
pub(super) fn is_complete(snapshot: &Snapshot) -> bool {
    snapshot.state() == Some(&SnapshotState::Completed)
}

async fn locked(ec2: &Client, ids: Vec<String>) -> Result<BTreeSet<String>, CallError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let on = format!("snapshots {}", ids.join(", "));
    let answer = ec2
        .describe_locked_snapshots()
        .set_snapshot_ids(Some(ids))
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_LOCKED_SNAPSHOTS.action,
            on,
        ))?;
    Ok(answer
        .snapshots()
        .iter()
        .filter(|lock| lock.lock_state() != Some(&LockState::Expired))
        .filter_map(|lock| lock.snapshot_id().map(str::to_owned))
        .collect())
}

/// Governance mode: whoever has the permission can unlock it. Compliance mode could never be taken back.
pub(super) async fn lock(ec2: &Client, snapshot: &str, days: i32) -> Result<(), CallError> {
    ec2.lock_snapshot()
        .snapshot_id(snapshot)
        .lock_mode(LockMode::Governance)
        .lock_duration(days)
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::ec2::LOCK_SNAPSHOT.action,
            format!("snapshot `{snapshot}`"),
        ))
}

/// Starts a copy under this key; returns its id. With the address that EC2 wants for copying what is encrypted, and takes
/// for all else.
pub(super) async fn copy(
    ec2: &Client,
    config: &SdkConfig,
    original: &str,
    key: &str,
    region: &str,
    incident: &IncidentId,
) -> Result<String, StepError> {
    let presigned = Presigned {
        call: permissions::ec2::COPY_SNAPSHOT.action,
        on: format!("snapshot `{original}`"),
        service: "ec2",
        region,
        parameters: &[
            ("Action", "CopySnapshot"),
            ("Version", API_VERSION),
            ("SourceRegion", region),
            ("SourceSnapshotId", original),
            ("DestinationRegion", region),
            ("Encrypted", "true"),
            ("KmsKeyId", key),
        ],
    };
    let answer = ec2
        .copy_snapshot()
        .presigned_url(presigned.url(config).await?)
        .destination_region(region)
        .source_region(region)
        .source_snapshot_id(original)
        .encrypted(true)
        .kms_key_id(key)
        .description(format!("Evidence of incident {incident}, copy of {original}"))
        .tag_specifications(snapshots::tagged(vec![
            tag(INCIDENT_TAG, incident.as_str()),
            tag(COPY_TAG, original),
        ]))
        .customize()
        .config_override(snapshots::asked_once())
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::COPY_SNAPSHOT.action,
            format!("snapshot `{original}`"),
        ))?;
    answer.snapshot_id.ok_or_else(|| StepError::Invalid {
        what: "EC2's answer",
        detail: format!("the copy of snapshot `{original}` has no id"),
    })
}

/// Whether this account may make volumes of it.
pub(super) async fn is_shared(ec2: &Client, snapshot: &str, account: &str) -> Result<bool, CallError> {
    let answer = ec2
        .describe_snapshot_attribute()
        .snapshot_id(snapshot)
        .attribute(SnapshotAttributeName::CreateVolumePermission)
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_SNAPSHOT_ATTRIBUTE.action,
            format!("snapshot `{snapshot}`"),
        ))?;
    Ok(answer
        .create_volume_permissions()
        .iter()
        .any(|permission| permission.user_id() == Some(account)))
}

/// Lets this account make volumes of it.
pub(super) async fn share(ec2: &Client, snapshot: &str, account: &str) -> Result<(), CallError> {
    let add = CreateVolumePermissionModifications::builder()
        .add(CreateVolumePermission::builder().user_id(account).build())
        .build();
    ec2.modify_snapshot_attribute()
        .snapshot_id(snapshot)
        .attribute(SnapshotAttributeName::CreateVolumePermission)
        .create_volume_permission(add)
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::ec2::MODIFY_SNAPSHOT_ATTRIBUTE.action,
            format!("snapshot `{snapshot}`"),
        ))
}
