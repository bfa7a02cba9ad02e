//! Snapshots of volumes, and their locks.

use aws_sdk_ec2::{
    Client,
    operation::{
        create_snapshots::{CreateSnapshotsError, CreateSnapshotsOutput},
        describe_locked_snapshots::{DescribeLockedSnapshotsError, DescribeLockedSnapshotsOutput},
        describe_snapshots::{DescribeSnapshotsError, DescribeSnapshotsOutput},
        describe_volumes::{DescribeVolumesError, DescribeVolumesOutput},
        lock_snapshot::{LockSnapshotError, LockSnapshotOutput},
    },
    types::{LockState, LockedSnapshotsInfo, Snapshot, SnapshotState, Tag},
};
use aws_smithy_mocks::Rule;
use backstop_runtime::testing::forged::FakeAccount;
use serde_json::json;

use super::{all, answers, instance, read, write};

pub(super) fn answers(account: &FakeAccount) -> Vec<Rule> {
    vec![
        answers!(
            account,
            Client::describe_snapshots,
            DescribeSnapshotsError,
            |kept, asked| {
                let incident = instance::value_of(asked.filters(), "tag:backstop:incident");
                let all = all(&kept, "snapshot ", "").into_iter();
                let found = all.filter(|(_, snapshot)| snapshot["incident"] == incident);
                let found = found.map(|(id, snapshot)| {
                    Snapshot::builder()
                        .snapshot_id(id)
                        .volume_id(snapshot["volume"].as_str().unwrap())
                        .state(SnapshotState::Completed)
                        .tags(Tag::builder().key("backstop:incident").value(incident).build())
                        .build()
                });
                Ok(DescribeSnapshotsOutput::builder()
                    .set_snapshots(Some(found.collect()))
                    .build())
            }
        ),
        answers!(
            account,
            Client::describe_volumes,
            DescribeVolumesError,
            |_kept, _asked| { Ok(DescribeVolumesOutput::builder().build()) }
        ),
        answers!(
            account,
            Client::create_snapshots,
            CreateSnapshotsError,
            |kept, asked| {
                let of = asked.instance_specification().unwrap();
                let tags = asked.tag_specifications().iter().flat_map(|it| it.tags());
                let incident = tags.clone().find(|tag| tag.key() == Some("backstop:incident"));
                let incident = incident.and_then(Tag::value).unwrap();
                for (device, volume) in instance::devices(&kept, of.instance_id().unwrap()) {
                    let is_excluded = of.exclude_data_volume_ids().contains(&volume)
                        || (device == "/dev/xvda" && of.exclude_boot_volume() == Some(true));
                    if !is_excluded {
                        let snapshot = json!({ "volume": volume, "incident": incident });
                        write(&kept, format!("snapshot snap-{volume}"), snapshot);
                    }
                }
                Ok(CreateSnapshotsOutput::builder().build())
            }
        ),
        answers!(
            account,
            Client::describe_locked_snapshots,
            DescribeLockedSnapshotsError,
            |kept, asked| {
                let is_locked = |id: &&String| read(&kept, &format!("lock of {id}")).is_some();
                let locked = asked.snapshot_ids().iter().filter(is_locked).map(|id| {
                    LockedSnapshotsInfo::builder()
                        .snapshot_id(id)
                        .lock_state(LockState::Governance)
                        .build()
                });
                Ok(DescribeLockedSnapshotsOutput::builder()
                    .set_snapshots(Some(locked.collect()))
                    .build())
            }
        ),
        answers!(
            account,
            Client::lock_snapshot,
            LockSnapshotError,
            |kept, asked| {
                let id = asked.snapshot_id().unwrap();
                read(&kept, &format!("snapshot {id}")).ok_or("InvalidSnapshot.NotFound")?;
                write(&kept, format!("lock of {id}"), asked.lock_duration());
                Ok(LockSnapshotOutput::builder().build())
            }
        ),
    ]
}
