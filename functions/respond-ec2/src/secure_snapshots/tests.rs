#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_ec2::{
    Client,
    operation::{
        copy_snapshot::CopySnapshotOutput,
        describe_locked_snapshots::DescribeLockedSnapshotsOutput,
        describe_snapshot_attribute::DescribeSnapshotAttributeOutput,
        describe_snapshots::DescribeSnapshotsOutput,
        lock_snapshot::{LockSnapshotError, LockSnapshotOutput},
        modify_snapshot_attribute::ModifySnapshotAttributeOutput,
    },
    types::{CreateVolumePermission, LockMode, LockState, LockedSnapshotsInfo, Snapshot, SnapshotState},
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::{ErrorName, Receipt, UndoOutcome};
use backstop_runtime::{Action, StepError};

use super::{Custody, SecureSnapshots};
use crate::{
    accounts,
    snapshots::{COPY_TAG, tag},
    testing::{INCIDENT, described, error, gone, instance, permit, step_request},
};

const FORENSIC: &str = "111122223333";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1111";

fn custody() -> Custody {
    Custody {
        forensic_account: Some(FORENSIC.to_owned()),
        key: Some(KEY.to_owned()),
        lock_days: Some(30),
    }
}

/// Snapshots of the incident: id, how far, and what it is a copy of.
fn existing(all: &'static [(&'static str, SnapshotState, Option<&'static str>)]) -> Rule {
    mock!(Client::describe_snapshots).then_output(|| {
        let all = all.iter().map(|(id, state, original)| {
            Snapshot::builder()
                .snapshot_id(*id)
                .state(state.clone())
                .progress("34%")
                .set_tags(Some(
                    original.iter().map(|original| tag(COPY_TAG, original)).collect(),
                ))
                .build()
        });
        DescribeSnapshotsOutput::builder()
            .set_snapshots(Some(all.collect()))
            .build()
    })
}

fn locked(ids: &'static [&'static str]) -> Rule {
    mock!(Client::describe_locked_snapshots).then_output(|| {
        let locks = ids.iter().map(|id| {
            LockedSnapshotsInfo::builder()
                .snapshot_id(*id)
                .lock_state(LockState::Compliance)
                .build()
        });
        DescribeLockedSnapshotsOutput::builder()
            .set_snapshots(Some(locks.collect()))
            .build()
    })
}

fn shared(with: Option<&'static str>) -> Rule {
    mock!(Client::describe_snapshot_attribute).then_output(move || {
        let with = with.map(|account| CreateVolumePermission::builder().user_id(account).build());
        DescribeSnapshotAttributeOutput::builder()
            .set_create_volume_permissions(Some(with.into_iter().collect()))
            .build()
    })
}

fn lock(id: &'static str) -> Rule {
    mock!(Client::lock_snapshot)
        .match_requests(move |request| {
            request.snapshot_id() == Some(id)
                && request.lock_mode() == Some(&LockMode::Governance)
                && request.lock_duration() == Some(30)
        })
        .then_output(|| LockSnapshotOutput::builder().build())
}

fn copy() -> Rule {
    mock!(Client::copy_snapshot)
        .match_requests(|request| {
            let tags = request.tag_specifications().first().unwrap().tags();
            let has = |key, value| {
                tags.iter()
                    .any(|tag| tag.key() == Some(key) && tag.value() == Some(value))
            };
            request.source_snapshot_id() == Some("snap-1")
                && request.source_region() == Some("eu-west-1")
                && request.destination_region() == Some("eu-west-1")
                && request.presigned_url().is_some_and(|url| {
                    url.starts_with("https://ec2.eu-west-1.amazonaws.com/?Action=CopySnapshot&")
                        && url.contains("&SourceSnapshotId=snap-1&DestinationRegion=eu-west-1&")
                        && url.contains("&X-Amz-Signature=")
                })
                && (request.encrypted(), request.kms_key_id()) == (Some(true), Some(KEY))
                && has("backstop:incident", INCIDENT)
                && has("backstop:copy-of", "snap-1")
        })
        .then_output(|| CopySnapshotOutput::builder().snapshot_id("snap-copy").build())
}

fn share(id: &'static str) -> Rule {
    mock!(Client::modify_snapshot_attribute)
        .match_requests(move |request| {
            let added = request.create_volume_permission().unwrap().add();
            request.snapshot_id() == Some(id)
                && added
                    .iter()
                    .all(|permission| permission.user_id() == Some(FORENSIC))
        })
        .then_output(|| ModifySnapshotAttributeOutput::builder().build())
}

async fn receipt(custody: Custody) -> Receipt {
    let found = existing(&[("snap-1", SnapshotState::Pending, None)]);
    let accounts = accounts!(ec2: [described(instance()), found, locked(&[]), shared(None)]);
    SecureSnapshots::new(accounts, custody)
        .plan(&step_request())
        .await
        .unwrap()
        .receipt
}

#[tokio::test]
async fn locks_at_once_then_copies_then_shares_the_copy() {
    let found = existing(&[("snap-1", SnapshotState::Pending, None)]);
    let accounts = accounts!(ec2: [gone(), found, locked(&[]), shared(None)]);
    let plan = SecureSnapshots::new(accounts, custody())
        .plan(&step_request())
        .await
        .unwrap();
    let changes: Vec<_> = plan.changes.iter().map(|change| change.api.as_str()).collect();
    assert_eq!(
        changes,
        [
            "ec2:LockSnapshot",
            "ec2:CopySnapshot",
            "ec2:ModifySnapshotAttribute"
        ],
        "planned as a whole, though the instance is gone and the snapshot isn't complete"
    );
    let act = async |accounts| {
        SecureSnapshots::new(accounts, custody())
            .act(&permit(), &step_request(), &plan.receipt)
            .await
    };

    let one = lock("snap-1");
    let found = existing(&[("snap-1", SnapshotState::Pending, None)]);
    let waits = act(accounts!(ec2: [found, locked(&[]), one])).await.unwrap_err();
    assert_eq!(waits.name(), ErrorName::NotYetVerified);
    assert_eq!(
        waits.to_string(),
        "not proven yet: snapshot snap-1 is pending (34%)"
    );
    assert_eq!(one.num_calls(), 1);

    let (other, copied) = (lock("snap-copy"), copy());
    let found = existing(&[("snap-1", SnapshotState::Completed, None)]);
    let waits = act(accounts!(ec2: [found, locked(&["snap-1"]), other, copied]))
        .await
        .unwrap_err();
    assert_eq!(waits.name(), ErrorName::NotYetVerified);
    assert_eq!((other.num_calls(), copied.num_calls()), (1, 1));

    let handed_over = share("snap-copy");
    let complete: &[_] = &[
        ("snap-1", SnapshotState::Completed, None),
        ("snap-copy", SnapshotState::Completed, Some("snap-1")),
    ];
    let both = || locked(&["snap-1", "snap-copy"]);
    act(accounts!(ec2: [existing(complete), both(), shared(None), handed_over]))
        .await
        .unwrap();
    assert_eq!(handed_over.num_calls(), 1);

    let verify = async |shared| {
        let accounts = accounts!(ec2: [existing(complete), both(), shared]);
        let action = SecureSnapshots::new(accounts, custody());
        action.verify(&step_request(), Some(&plan.receipt)).await.unwrap()
    };
    assert!(verify(shared(Some(FORENSIC))).await.holds);
    assert!(!verify(shared(None)).await.holds);
}

#[tokio::test]
async fn without_a_key_the_original_is_shared_and_without_parameters_nothing_is_done() {
    let only_share = Custody {
        forensic_account: Some(FORENSIC.to_owned()),
        ..Custody::default()
    };
    let receipt = receipt(only_share.clone()).await;
    let handed_over = share("snap-1");
    let found = existing(&[("snap-1", SnapshotState::Completed, None)]);
    let accounts = accounts!(ec2: [found, locked(&[]), shared(None), handed_over]);
    SecureSnapshots::new(accounts, only_share)
        .act(&permit(), &step_request(), &receipt)
        .await
        .unwrap();
    assert_eq!(handed_over.num_calls(), 1);

    let off = SecureSnapshots::new(accounts!(), Custody::default())
        .plan(&step_request())
        .await;
    assert!(
        matches!(&off, Err(StepError::NotApplicable { reason }) if reason.contains("SNAPSHOT_LOCK_DAYS")),
        "{off:?}"
    );
}

#[tokio::test]
async fn a_key_of_another_region_makes_no_copy_and_says_so() {
    let far = Custody {
        key: Some("arn:aws:kms:us-east-1:123456789012:key/1111".to_owned()),
        ..custody()
    };
    let found = existing(&[("snap-1", SnapshotState::Completed, None)]);
    let accounts = accounts!(ec2: [described(instance()), found, locked(&[]), shared(None)]);
    let plan = SecureSnapshots::new(accounts, far)
        .plan(&step_request())
        .await
        .unwrap();
    assert!(plan.changes.iter().all(|change| change.api != "ec2:CopySnapshot"));
    assert!(
        plan.limits
            .iter()
            .any(|line| line.contains("can't be used in eu-west-1"))
    );
}

#[tokio::test]
async fn a_failure_keeps_nothing_from_being_waited_for_and_undo_keeps_the_evidence() {
    let receipt = receipt(custody()).await;
    let denied = mock!(Client::lock_snapshot)
        .then_error(|| LockSnapshotError::generic(error("UnauthorizedOperation")));
    let waits = existing(&[("snap-1", SnapshotState::Pending, None)]);
    let action = SecureSnapshots::new(accounts!(ec2: [waits, locked(&[]), denied]), custody());
    let waiting = action
        .act(&permit(), &step_request(), &receipt)
        .await
        .unwrap_err();
    assert_eq!(waiting.name(), ErrorName::NotYetVerified);

    let failed = existing(&[("snap-1", SnapshotState::Error, None)]);
    let action = SecureSnapshots::new(accounts!(ec2: [failed]), custody());
    let lost = action
        .act(&permit(), &step_request(), &receipt)
        .await
        .unwrap_err();
    assert_eq!(lost.name(), ErrorName::TargetGone);

    let undone = action.undo(&permit(), &step_request(), &receipt).await.unwrap();
    assert!(
        matches!(&undone, UndoOutcome::KeptOff { reason } if reason.contains("unlock-snapshot")),
        "{undone:?}"
    );
}

#[tokio::test]
async fn whom_a_receipt_names_is_given_nothing() {
    let forged = Custody {
        forensic_account: Some("999999999999".to_owned()),
        key: Some("arn:aws:kms:eu-west-1:999999999999:key/1111".to_owned()),
        lock_days: Some(36_500),
    };
    let receipt = receipt(forged).await;
    let only_share = Custody {
        forensic_account: Some(FORENSIC.to_owned()),
        ..Custody::default()
    };
    let handed_over = share("snap-1");
    let found = existing(&[("snap-1", SnapshotState::Completed, None)]);
    // A lock, a copy or another account would be a call that no rule knows.
    let accounts = accounts!(ec2: [found, locked(&[]), shared(None), handed_over]);
    SecureSnapshots::new(accounts, only_share)
        .act(&permit(), &step_request(), &receipt)
        .await
        .unwrap();
    assert_eq!(handed_over.num_calls(), 1);
}
