//! Putting back: each interface gets exactly the groups it had, if it still holds just ours and the instance's tag says
//! that it had those.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::Client;
use backstop_core::UndoOutcome;
use backstop_runtime::{CallError, StepError, action::StepRequest};
use futures_util::future::join_all;

use super::{
    Before, SHORTEST_TIMEOUT, default_timeout, group,
    interface::{Now, read, set_groups, set_timeout},
    open_group, witness,
};
use crate::instance;

/// What groups an interface has now.
enum GroupsNow<'a> {
    Gone,
    AsBefore(&'a Now),
    Ours(&'a Now),
    Drifted(&'a Now),
}

/// Restores all interfaces, or none if one of them was changed since.
pub(super) async fn undo(
    ec2: &Client,
    request: &StepRequest,
    interfaces: &[Before],
    instance_type: Option<&str>,
) -> Result<UndoOutcome, StepError> {
    let default = default_timeout::of(instance_type);
    let ids: Vec<&str> = interfaces.iter().map(|before| before.id.as_str()).collect();
    let (now, ours) = tokio::try_join!(read(ec2, &ids), our_groups(ec2, request, interfaces))?;
    let all: Vec<(&Before, GroupsNow<'_>)> = interfaces
        .iter()
        .map(|before| (before, groups_now(before, now.get(&before.id), &ours)))
        .collect();
    if let Some(found) = drift(&all) {
        return Ok(UndoOutcome::Drifted { found });
    }
    let witness = witness(request, interfaces)?;
    let tags = instance::tags(ec2, &request.target).await?;
    if all.iter().any(|(before, groups)| is_changed(before, groups)) {
        witness.check(&tags)?;
    }
    if let Some(found) = lost(ec2, &all).await? {
        return Ok(UndoOutcome::Drifted { found });
    }
    let restored = join_all(
        all.iter()
            .map(|(before, groups)| restore(ec2, before, groups, default)),
    )
    .await;
    let sentences = restored.into_iter().collect::<Result<Vec<_>, CallError>>()?;
    let changed_something = sentences.iter().any(|restored| restored.changed);
    witness
        .remove(ec2, instance::id_of(&request.target)?, &tags)
        .await?;
    let text = sentences
        .into_iter()
        .map(|restored| restored.text)
        .collect::<Vec<_>>()
        .join("; ");
    Ok(if changed_something {
        UndoOutcome::Restored {
            what: format!(
                "{text}; security group {} stays, other incidents use it",
                group::ISOLATION
            ),
        }
    } else {
        UndoOutcome::NothingToUndo { reason: text }
    })
}

/// The ids of our groups in each VPC: the isolation groups, and one that a cut-off attempt may have left.
async fn our_groups(
    ec2: &Client,
    request: &StepRequest,
    interfaces: &[Before],
) -> Result<BTreeMap<String, Vec<String>>, CallError> {
    let mut ours = BTreeMap::new();
    for before in interfaces {
        if ours.contains_key(&before.vpc) {
            continue;
        }
        let open = open_group::name(&request.incident);
        let place = group::Place {
            vpc: &before.vpc,
            account: &request.target.account,
        };
        let (isolation, open) = tokio::try_join!(
            group::find(ec2, place, group::ISOLATION),
            group::find(ec2, place, &open)
        )?;
        let ids = [isolation, open]
            .into_iter()
            .flatten()
            .filter_map(|found| found.group_id)
            .collect();
        ours.insert(before.vpc.clone(), ids);
    }
    Ok(ours)
}

fn groups_now<'a>(
    before: &Before,
    now: Option<&'a Now>,
    ours: &BTreeMap<String, Vec<String>>,
) -> GroupsNow<'a> {
    let Some(now) = now else {
        return GroupsNow::Gone;
    };
    if now.groups == before.groups {
        return GroupsNow::AsBefore(now);
    }
    let is_ours = match now.groups.as_slice() {
        [only] => ours.get(&before.vpc).is_some_and(|ids| ids.contains(only)),
        _ => false,
    };
    if is_ours {
        GroupsNow::Ours(now)
    } else {
        GroupsNow::Drifted(now)
    }
}

/// Whether undo has anything to put back.
fn is_changed(before: &Before, groups: &GroupsNow<'_>) -> bool {
    match groups {
        GroupsNow::Gone => false,
        GroupsNow::Ours(_) => true,
        GroupsNow::AsBefore(now) | GroupsNow::Drifted(now) => resets(before, now),
    }
}

/// Whether the timeout is ours and was another.
fn resets(before: &Before, now: &Now) -> bool {
    now.tcp_established_timeout == Some(SHORTEST_TIMEOUT)
        && before.tcp_established_timeout != Some(SHORTEST_TIMEOUT)
}

fn drift(all: &[(&Before, GroupsNow<'_>)]) -> Option<String> {
    let drifted: Vec<String> = all
        .iter()
        .filter_map(|(before, groups)| match groups {
            GroupsNow::Drifted(now) => Some(format!(
                "network interface {} was put into {} only and holds {} now",
                before.id,
                group::ISOLATION,
                now.groups.join(", ")
            )),
            _ => None,
        })
        .collect();
    (!drifted.is_empty()).then(|| drifted.join("; "))
}

/// Which groups that would be put back can't be: they exist no longer, or in another VPC only. One question a VPC, and
/// only about interfaces that need their groups back.
async fn lost(ec2: &Client, all: &[(&Before, GroupsNow<'_>)]) -> Result<Option<String>, CallError> {
    let needy = || {
        all.iter()
            .filter_map(|(before, groups)| matches!(groups, GroupsNow::Ours(_)).then_some(*before))
    };
    let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for before in needy() {
        let of_vpc = wanted.entry(&before.vpc).or_default();
        of_vpc.extend(before.groups.iter().cloned());
    }
    let mut missing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (vpc, ids) in wanted {
        let ids: Vec<String> = ids.into_iter().collect();
        missing.insert(vpc, group::not_in(ec2, vpc, &ids).await?);
    }
    let sentences: Vec<String> = needy()
        .filter_map(|before| {
            let missing = missing.get(before.vpc.as_str())?;
            let lost: Vec<&str> = before
                .groups
                .iter()
                .filter(|id| missing.contains(id))
                .map(String::as_str)
                .collect();
            (!lost.is_empty()).then(|| {
                format!(
                    "security group {} of network interface {} doesn't exist in {} (any more)",
                    lost.join(", "),
                    before.id,
                    before.vpc
                )
            })
        })
        .collect();
    Ok((!sentences.is_empty()).then(|| sentences.join("; ")))
}

/// What was done to one interface.
struct Restored {
    changed: bool,
    text: String,
}

async fn restore(
    ec2: &Client,
    before: &Before,
    groups: &GroupsNow<'_>,
    default: i32,
) -> Result<Restored, CallError> {
    let id = &before.id;
    let (now, is_ours) = match groups {
        GroupsNow::Gone => {
            return Ok(Restored {
                changed: false,
                text: format!("network interface {id} no longer exists"),
            });
        }
        GroupsNow::AsBefore(now) | GroupsNow::Drifted(now) => (now, false),
        GroupsNow::Ours(now) => (now, true),
    };
    let mut text = format!(
        "network interface {id} has the groups {}",
        before.groups.join(", ")
    );
    if is_ours {
        set_groups(ec2, id, &before.groups).await?;
    } else {
        text.push_str(" as before");
    }
    let wanted = before.tcp_established_timeout.unwrap_or(default);
    let resets = resets(before, now);
    if resets {
        set_timeout(ec2, id, wanted).await?;
        text.push_str(&format!(" and a TCP timeout of {wanted} seconds"));
        if before.tcp_established_timeout.is_none() {
            text.push_str(
                ", which was unset: EC2 can't unset it, and this is its default as far as its instance type is known (350 \
                 on Nitro v6, 432000 on others)",
            );
        }
    } else if ![
        before.tcp_established_timeout,
        Some(wanted),
        Some(SHORTEST_TIMEOUT),
    ]
    .contains(&now.tcp_established_timeout)
    {
        text.push_str("; its TCP timeout was changed since and is left");
    }
    Ok(Restored {
        changed: is_ours || resets,
        text,
    })
}
