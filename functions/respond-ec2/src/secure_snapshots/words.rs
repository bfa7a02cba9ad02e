//! What the plan, the proof and the outcome say to people.

use backstop_actions::permissions;
use backstop_core::{Change, Verification};
use backstop_runtime::action::StepRequest;

use super::{
    custody::Custody,
    evidence::{Evidence, is_complete},
    keeping::Todo,
};
use crate::snapshots;

pub(super) fn changes(todo: &[Todo], custody: &Custody) -> Vec<Change> {
    let locked = custody
        .lock_days
        .map(|days| format!("locked for {days} days (governance mode)"));
    let change = |api: &str, what: String, now: &str, after: String| {
        Some(Change {
            api: api.to_owned(),
            what,
            now: now.to_owned(),
            after,
        })
    };
    todo.iter()
        .filter_map(|todo| match todo {
            Todo::Lock { snapshot } => change(
                permissions::ec2::LOCK_SNAPSHOT.action,
                format!("lock of snapshot {snapshot}"),
                "none",
                locked.clone()?,
            ),
            Todo::Copy { original } => {
                let key = custody.key.as_ref()?;
                let also = locked.as_ref().map(|locked| format!(", {locked}"));
                change(
                    permissions::ec2::COPY_SNAPSHOT.action,
                    format!("copy of snapshot {original}"),
                    "none",
                    format!("encrypted under {key}{}", also.unwrap_or_default()),
                )
            }
            Todo::Share { original, copy } => {
                let account = custody.forensic_account.as_ref()?;
                let what = match (copy, &custody.key) {
                    (Some(copy), _) => format!("readers of snapshot {copy}, copy of {original}"),
                    (None, Some(_)) => format!("readers of the copy of snapshot {original}"),
                    (None, None) => format!("readers of snapshot {original}"),
                };
                change(
                    permissions::ec2::MODIFY_SNAPSHOT_ATTRIBUTE.action,
                    what,
                    "this account",
                    format!("this account and account {account}"),
                )
            }
            Todo::Await { copy } => change(
                permissions::ec2::COPY_SNAPSHOT.action,
                format!("copy {copy}"),
                "started",
                "complete".to_owned(),
            ),
        })
        .collect()
}

pub(super) fn blast_radius(todo: &[Todo], custody: &Custody) -> Vec<String> {
    let mut lines = Vec::new();
    let shares = todo.iter().any(|todo| matches!(todo, Todo::Share { .. }));
    if let Some(account) = custody.forensic_account.as_ref().filter(|_| shares) {
        lines.push(format!("account {account} can read everything on the volumes"));
    }
    if todo.iter().any(|todo| matches!(todo, Todo::Copy { .. })) {
        lines.push("copies cost until someone deletes them".to_owned());
    }
    lines
}

pub(super) fn limits(custody: &Custody) -> Vec<String> {
    let mut limits = Vec::new();
    if let Some(account) = &custody.forensic_account {
        limits.push(match &custody.key {
            Some(key) => format!(
                "account {account} also needs {} and {} on {key}",
                permissions::kms::DECRYPT,
                permissions::kms::CREATE_GRANT.action
            ),
            None => "a snapshot encrypted under the AWS managed key aws/ebs can't be shared: set \
                     SNAPSHOT_KMS_KEY_ARN, so that a copy under that key is"
                .to_owned(),
        });
    }
    if custody.lock_days.is_some() {
        limits.push(
            "a lock in governance mode holds back everyone but those who may ec2:UnlockSnapshot".to_owned(),
        );
    }
    limits
}

/// Those that were there when it was planned.
pub(super) fn gone(planned: &[String], evidence: &Evidence) -> Vec<String> {
    planned
        .iter()
        .filter(|snapshot| !evidence.originals.contains_key(*snapshot))
        .cloned()
        .collect()
}

pub(super) fn verification(evidence: &Evidence, todo: &[Todo], gone: &[String]) -> Verification {
    let mut open: Vec<String> = gone
        .iter()
        .map(|snapshot| format!("snapshot {snapshot} failed or was deleted"))
        .collect();
    open.extend(
        evidence
            .originals
            .iter()
            .filter(|(_, snapshot)| !is_complete(snapshot))
            .map(|(id, snapshot)| format!("snapshot {id} is {}", snapshots::state(snapshot))),
    );
    open.extend(todo.iter().map(|todo| match todo {
        Todo::Lock { snapshot } => format!("snapshot {snapshot} isn't locked"),
        Todo::Copy { original } => format!("snapshot {original} has no copy"),
        Todo::Share { original, .. } => format!("snapshot {original} isn't shared"),
        Todo::Await { copy } => format!("copy {copy} isn't complete"),
    }));
    let count = evidence.originals.len();
    Verification {
        holds: open.is_empty() && count > 0,
        observed: if open.is_empty() {
            format!("{count} snapshot(s) of this incident are complete and in custody")
        } else {
            open.join(", ")
        },
    }
}

/// Why nothing is taken back, and how to.
pub(super) fn kept(custody: &Custody, request: &StepRequest) -> String {
    let region = &request.target.region;
    let mut lines = Vec::new();
    if custody.lock_days.is_some() {
        lines.push(format!(
            "`aws ec2 unlock-snapshot --region {region} --snapshot-id`"
        ));
    }
    if let Some(account) = &custody.forensic_account {
        lines.push(format!(
            "`aws ec2 modify-snapshot-attribute --region {region} --attribute createVolumePermission \
             --operation-type remove --user-ids {account} --snapshot-id`"
        ));
    }
    lines.push(format!(
        "`aws ec2 delete-snapshot --region {region} --snapshot-id`"
    ));
    format!(
        "locks, copies and shares of snapshots stay, they keep the evidence; to take them back by hand, list the \
         snapshots by `aws ec2 describe-snapshots --region {region} --owner-ids self --filters \
         Name=tag:{},Values={}`, and for each type {}",
        snapshots::INCIDENT_TAG,
        request.incident,
        lines.join(", then ")
    )
}
