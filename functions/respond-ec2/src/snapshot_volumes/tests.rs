#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_ec2::{
    Client,
    operation::{
        create_snapshots::{CreateSnapshotsInput, CreateSnapshotsOutput},
        describe_snapshots::DescribeSnapshotsOutput,
        describe_volumes::DescribeVolumesOutput,
    },
    types::{Snapshot, SnapshotState, Volume},
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::UndoOutcome;
use backstop_runtime::{Action, StepError};

use super::SnapshotVolumes;
use crate::{
    accounts,
    testing::{INCIDENT, INSTANCE, described, instance, permit, step_request},
};

/// The snapshots that carry the incident's tag: of which volume, and how far.
fn existing(found: &'static [(&'static str, SnapshotState)]) -> Rule {
    mock!(Client::describe_snapshots)
        .match_requests(|request| {
            request.owner_ids() == ["self"]
                && request.filters().first().is_some_and(|filter| {
                    filter.name() == Some("tag:backstop:incident") && filter.values() == [INCIDENT]
                })
        })
        .then_output(|| {
            let found = found.iter().map(|(volume, state)| {
                Snapshot::builder()
                    .snapshot_id(format!("snap-of-{volume}"))
                    .volume_id(*volume)
                    .state(state.clone())
                    .build()
            });
            DescribeSnapshotsOutput::builder()
                .set_snapshots(Some(found.collect()))
                .build()
        })
}

fn volumes() -> Rule {
    mock!(Client::describe_volumes).then_output(|| {
        let encrypted = Volume::builder()
            .volume_id("vol-data")
            .kms_key_id("arn:aws:kms:eu-west-1:123456789012:key/1111")
            .build();
        DescribeVolumesOutput::builder().volumes(encrypted).build()
    })
}

fn create(is_wanted: fn(&CreateSnapshotsInput) -> bool) -> Rule {
    mock!(Client::create_snapshots)
        .match_requests(move |request| {
            let tags = request.tag_specifications().first().unwrap().tags();
            request.copy_tags_from_source().is_none()
                && tags
                    .iter()
                    .any(|tag| tag.key() == Some("backstop:incident") && tag.value() == Some(INCIDENT))
                && request.instance_specification().unwrap().instance_id() == Some(INSTANCE)
                && is_wanted(request)
        })
        .then_output(|| CreateSnapshotsOutput::builder().build())
}

async fn act(existing: Rule, create: &Rule) {
    let plan = SnapshotVolumes::new(accounts!(ec2: [described(instance()), volumes(), existing]))
        .plan(&step_request())
        .await
        .unwrap();
    SnapshotVolumes::new(accounts!(ec2: [described(instance()), existing, *create]))
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
}

#[tokio::test]
async fn one_set_of_all_volumes_and_never_a_second_one() {
    let all = create(|request| {
        let instance = request.instance_specification().unwrap();
        instance.exclude_boot_volume().is_none() && instance.exclude_data_volume_ids().is_empty()
    });
    act(existing(&[]), &all).await;
    assert_eq!(all.num_calls(), 1);

    const BOTH: &[(&str, SnapshotState)] = &[
        ("vol-boot", SnapshotState::Pending),
        ("vol-data", SnapshotState::Completed),
    ];
    act(existing(BOTH), &all).await;
    assert_eq!(
        all.num_calls(),
        1,
        "the answer of the first call was lost, its snapshots weren't"
    );
    let again = SnapshotVolumes::new(accounts!(ec2: [described(instance()), volumes(), existing(BOTH)]))
        .plan(&step_request())
        .await
        .unwrap();
    assert!(again.changes.is_empty());
}

#[tokio::test]
async fn a_partial_set_is_filled_up() {
    let data_only = create(|request| {
        let instance = request.instance_specification().unwrap();
        instance.exclude_boot_volume() == Some(true) && instance.exclude_data_volume_ids().is_empty()
    });
    act(
        existing(&[
            ("vol-boot", SnapshotState::Pending),
            ("vol-data", SnapshotState::Error),
        ]),
        &data_only,
    )
    .await;
    assert_eq!(data_only.num_calls(), 1, "a failed snapshot is none");

    let boot_only = create(|request| {
        let instance = request.instance_specification().unwrap();
        instance.exclude_boot_volume().is_none() && instance.exclude_data_volume_ids() == ["vol-data"]
    });
    act(existing(&[("vol-data", SnapshotState::Pending)]), &boot_only).await;
    assert_eq!(boot_only.num_calls(), 1);
}

#[tokio::test]
async fn says_what_is_not_captured_and_keeps_the_evidence_on_undo() {
    let plan = SnapshotVolumes::new(accounts!(ec2: [described(instance()), volumes(), existing(&[])]))
        .plan(&step_request())
        .await
        .unwrap();
    assert_eq!(plan.changes.len(), 2);
    let says = |text: &str| plan.limits.iter().any(|line| line.contains(text));
    assert!(
        says("memory and instance store") && says("vol-data is encrypted with arn:aws:kms"),
        "{:?}",
        plan.limits
    );
    let verify = async |found| {
        SnapshotVolumes::new(accounts!(ec2: [existing(found)]))
            .verify(&step_request(), Some(&plan.receipt))
            .await
            .unwrap()
    };
    let started: &[_] = &[
        ("vol-boot", SnapshotState::Pending),
        ("vol-data", SnapshotState::Completed),
    ];
    assert!(verify(started).await.holds);
    let failed = verify(&[
        ("vol-boot", SnapshotState::Pending),
        ("vol-data", SnapshotState::Error),
    ])
    .await;
    assert!(!failed.holds);
    assert!(failed.observed.contains("vol-data") && !failed.observed.contains("vol-boot"));

    let undone = SnapshotVolumes::new(accounts!())
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert!(matches!(undone, UndoOutcome::KeptOff { .. }));

    let diskless = instance().set_block_device_mappings(None);
    let skipped = SnapshotVolumes::new(accounts!(ec2: [described(diskless), existing(&[])]))
        .plan(&step_request())
        .await;
    assert!(matches!(skipped, Err(StepError::NotApplicable { .. })));
}
