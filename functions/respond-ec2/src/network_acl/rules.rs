//! Making rules of a receipt, reading them back, and taking just them out again.

use aws_sdk_ec2::Client;
use backstop_core::{UndoOutcome, Verification};
use backstop_runtime::{
    CallError, StepError,
    action::{StepRequest, unlike},
    each_tried,
};

use super::{Acl, Entry, create, delete, of_vpcs, words};
use crate::{
    instance::{self, Instance},
    witness::Witness,
};

/// What is to be done in one ACL.
pub(crate) struct Cut {
    pub(crate) acl: Acl,
    /// The rules to make: none if they stand, `None` if there is no room for them.
    pub(crate) wanted: Option<Vec<Entry>>,
}

impl Cut {
    /// Denies these addresses, in and out. By another seed the rules have other numbers.
    pub(crate) fn of(acl: Acl, addresses: &[String], seed: u8) -> Self {
        let wanted = [false, true]
            .into_iter()
            .map(|egress| acl.room_for(egress, addresses, seed))
            .collect::<Option<Vec<_>>>()
            .map(|both| both.into_iter().flatten().collect());
        Self { acl, wanted }
    }
}

/// The rules to make in all ACLs; `None` if there is room in none of them.
pub(crate) fn entries(cuts: &[Cut]) -> Option<Vec<Entry>> {
    let mut with_room = cuts.iter().filter_map(|cut| cut.wanted.as_ref()).peekable();
    with_room.peek()?;
    Some(with_room.flatten().cloned().collect())
}

/// Refuses rules that the step doesn't make: each must be its own, and stand there once. `why` says what it isn't.
pub(crate) fn check(entries: &[Entry], is_own: impl Fn(&Entry) -> bool, why: &str) -> Result<(), StepError> {
    let is_right =
        |entry: &&Entry| is_own(entry) && entries.iter().filter(|other| other == entry).count() == 1;
    match entries.iter().find(|entry| !is_right(entry)) {
        Some(entry) => Err(unlike(format!(
            "rule {} for `{}` in network ACL `{}` {why}",
            entry.number, entry.cidr, entry.acl
        ))),
        None => Ok(()),
    }
}

/// Makes those that don't stand in these ACLs, which are all of the VPCs'. Each is tried, even if another fails. Where no
/// number of theirs is taken yet, the instance's tag says first that the rules are ours.
pub(crate) async fn make(
    ec2: &Client,
    instance: &Instance,
    vpcs: &[String],
    standing: &[Acl],
    entries: &[Entry],
    witness: &Witness,
) -> Result<(), StepError> {
    let is_new = |entry: &Entry| {
        let mut own = standing.iter().filter(|acl| acl.id == entry.acl);
        own.all(|acl| acl.rule(entry).is_none())
    };
    let is_due = !witness.is_in(&instance.tags) && entries.iter().all(is_new);
    let make = async {
        let mut results = Vec::new();
        for entry in entries {
            if !standing.iter().any(|acl| acl.has(entry)) {
                results.push(create(ec2, vpcs, entry).await);
            }
        }
        each_tried(results)
    };
    witness.of_change(ec2, &instance.id, is_due, make).await
}

/// Whether each stands, and before all that allow.
pub(crate) async fn read_back(
    ec2: &Client,
    vpcs: &[String],
    entries: &[Entry],
) -> Result<Verification, CallError> {
    let standing = of_vpcs(ec2, vpcs).await?;
    let faults: Vec<String> = entries
        .iter()
        .filter_map(|entry| words::fault(entry, standing.iter().find(|acl| acl.id == entry.acl)))
        .collect();
    Ok(Verification {
        holds: faults.is_empty(),
        observed: if faults.is_empty() {
            words::stands(entries)
        } else {
            faults.join("; ")
        },
    })
}

/// Deletes them, or none if one of them is another now, or the instance's tag doesn't say that they are ours. `of` says of
/// what they were.
pub(crate) async fn take_out(
    ec2: &Client,
    request: &StepRequest,
    vpcs: &[String],
    entries: &[Entry],
    witness: &Witness,
    of: &str,
) -> Result<UndoOutcome, StepError> {
    let standing = of_vpcs(ec2, vpcs).await?;
    let drifted: Vec<String> = entries
        .iter()
        .filter_map(|entry| words::drift(entry, standing.iter().find(|acl| acl.id == entry.acl)))
        .collect();
    if !drifted.is_empty() {
        return Ok(UndoOutcome::Drifted {
            found: drifted.join("; "),
        });
    }
    let ours: Vec<&Entry> = entries
        .iter()
        .filter(|entry| standing.iter().any(|acl| acl.has(entry)))
        .collect();
    let tags = instance::tags(ec2, &request.target).await?;
    if !ours.is_empty() {
        witness.check(&tags)?;
    }
    let mut deleted = Vec::new();
    for entry in &ours {
        deleted.push(delete(ec2, entry).await);
    }
    each_tried(deleted)?;
    witness
        .remove(ec2, instance::id_of(&request.target)?, &tags)
        .await?;
    Ok(if ours.is_empty() {
        UndoOutcome::NothingToUndo {
            reason: "the deny rules are gone already".to_owned(),
        }
    } else {
        UndoOutcome::Restored {
            what: format!("deleted {} deny rule(s) for {of}", ours.len()),
        }
    })
}
