//! `ec2.snapshot-volumes`: starts one crash-consistent snapshot of all of the instance's EBS volumes as evidence.
//!
//! *Changes*: makes one snapshot for each volume, tagged with the incident. It is started and not waited for, so
//! that nothing else waits either. The volumes' tags are not copied: retention jobs act on tags, and evidence must
//! not inherit one that says when to delete it. *Undo* keeps them: they are evidence. *Twice* is harmless: volumes
//! with a snapshot of this incident are left out.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use aws_sdk_ec2::types::InstanceSpecification;
use backstop_actions::{ActionSpec, ec2, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, write_receipt},
};
use serde::{Deserialize, Serialize};

use crate::{
    instance::{self, Instance},
    services::Ec2,
    snapshots::{self, INCIDENT_TAG, INSTANCE_TAG, tag},
};

/// See the module.
pub(crate) struct SnapshotVolumes {
    accounts: Arc<Accounts>,
}

/// What was to be kept.
#[derive(Debug, Serialize, Deserialize)]
struct SnapshotReceipt {
    instance: String,
    /// Every volume that was attached, by id.
    volumes: Vec<String>,
}

impl SnapshotVolumes {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

#[async_trait]
impl Action for SnapshotVolumes {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::snapshot_volumes::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let (instance, kept) =
            tokio::join!(instance::read(&ec2, &request.target), kept_volumes(&ec2, request));
        let (instance, kept) = (instance?, kept?);
        if instance.volumes.is_empty() {
            return Err(StepError::NotApplicable {
                reason: format!("instance {} has no EBS volume to snapshot", instance.id),
            });
        }
        let changes = instance
            .volumes
            .iter()
            .filter(|volume| !kept.contains(&volume.id))
            .map(|volume| Change {
                api: permissions::ec2::CREATE_SNAPSHOTS.action.to_owned(),
                what: format!(
                    "snapshot of volume {} ({}) of instance {}",
                    volume.id, volume.device, instance.id
                ),
                now: "none of this incident".to_owned(),
                after: format!("started, tagged {INCIDENT_TAG}={}", request.incident),
            })
            .collect();
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes,
            blast_radius: vec!["snapshots cost until someone deletes them".to_owned()],
            limits: limits(&ec2, &instance).await?,
            needs_approval: None,
            captured: None,
            manual_undo: Vec::new(),
            receipt: write_receipt(&SnapshotReceipt {
                volumes: instance.volumes.iter().map(|volume| volume.id.clone()).collect(),
                instance: instance.id,
            })?,
        })
    }

    async fn act(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        _receipt: &Receipt,
    ) -> Result<(), StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let (instance, kept) =
            tokio::join!(instance::read(&ec2, &request.target), kept_volumes(&ec2, request));
        let (instance, kept) = (instance?, kept?);
        let Some(specification) = without(&instance, &kept) else {
            return Ok(());
        };
        ec2.create_snapshots()
            .instance_specification(specification)
            .description(format!("Evidence of incident {}", request.incident))
            .tag_specifications(snapshots::tagged(vec![
                tag(INCIDENT_TAG, request.incident.as_str()),
                tag(INSTANCE_TAG, &instance.id),
            ]))
            .customize()
            .config_override(snapshots::asked_once())
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::CREATE_SNAPSHOTS.action,
                format!("instance `{}`", instance.id),
            ))?;
        Ok(())
    }

    /// Started is enough: completing takes minutes to hours, and what fails on the way is read as none.
    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let volumes = match receipt {
            Some(receipt) => read_receipt::<SnapshotReceipt>(receipt)?.volumes,
            None => instance::read(&ec2, &request.target)
                .await?
                .volumes
                .into_iter()
                .map(|volume| volume.id)
                .collect(),
        };
        let found = snapshots::of_incident(&ec2, &request.incident).await?;
        let (mut kept, mut missing) = (Vec::new(), Vec::new());
        for volume in volumes {
            match found
                .iter()
                .find(|snapshot| snapshot.volume_id() == Some(&volume))
            {
                Some(snapshot) => kept.push(format!(
                    "{} of {volume} is {}",
                    snapshot.snapshot_id().unwrap_or_default(),
                    snapshots::state(snapshot)
                )),
                None => missing.push(volume),
            }
        }
        Ok(Verification {
            holds: missing.is_empty(),
            observed: if missing.is_empty() {
                kept.join(", ")
            } else {
                format!("no snapshot, or a failed one, of volume {}", missing.join(", "))
            },
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        _receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        Ok(UndoOutcome::KeptOff {
            reason: format!(
                "the snapshots stay, they are evidence; list them by `aws ec2 describe-snapshots --region {} \
                 --owner-ids self --filters Name=tag:{INCIDENT_TAG},Values={} --query Snapshots[].SnapshotId` \
                 and delete each by `aws ec2 delete-snapshot --snapshot-id`",
                request.target.region, request.incident
            ),
        })
    }
}

/// The volumes that have a snapshot of this incident.
async fn kept_volumes(
    ec2: &aws_sdk_ec2::Client,
    request: &StepRequest,
) -> Result<BTreeSet<String>, CallError> {
    let found = snapshots::of_incident(ec2, &request.incident).await?;
    Ok(found
        .into_iter()
        .filter_map(|snapshot| snapshot.volume_id)
        .collect())
}

/// The instance without the volumes that are kept already; `None` if nothing is left.
fn without(instance: &Instance, kept: &BTreeSet<String>) -> Option<InstanceSpecification> {
    let (kept, missing): (Vec<_>, Vec<_>) = instance
        .volumes
        .iter()
        .partition(|volume| kept.contains(&volume.id));
    if missing.is_empty() {
        return None;
    }
    let (boot, data): (Vec<_>, Vec<_>) = kept
        .into_iter()
        .partition(|volume| Some(&volume.device) == instance.root_device.as_ref());
    let mut specification = InstanceSpecification::builder().instance_id(&instance.id);
    if !boot.is_empty() {
        specification = specification.exclude_boot_volume(true);
    }
    for volume in data {
        specification = specification.exclude_data_volume_ids(&volume.id);
    }
    Some(specification.build())
}

/// What the snapshots don't hold, and which of them other accounts couldn't read.
async fn limits(ec2: &aws_sdk_ec2::Client, instance: &Instance) -> Result<Vec<String>, StepError> {
    let mut limits = vec![
        "memory and instance store volumes aren't in a snapshot; volumes are as after a power cut".to_owned(),
    ];
    let answer = ec2
        .describe_volumes()
        .set_volume_ids(Some(
            instance.volumes.iter().map(|volume| volume.id.clone()).collect(),
        ))
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_VOLUMES.action,
            format!("volumes of instance `{}`", instance.id),
        ));
    match answer {
        Ok(answer) => limits.extend(answer.volumes().iter().filter_map(|volume| {
            let key = volume.kms_key_id()?;
            Some(format!(
                "volume {} is encrypted with {key}: if that is the AWS managed key aws/ebs, its snapshot can't be \
                 shared, only a copy under a key of your own",
                volume.volume_id().unwrap_or_default()
            ))
        })),
        Err(error) if error.name.is_retryable() => return Err(error.into()),
        // Evidence doesn't wait for what would only be said about it.
        Err(error) => limits.push(format!("whether the volumes are encrypted couldn't be read: {error}")),
    }
    Ok(limits)
}

#[cfg(test)]
mod tests;
