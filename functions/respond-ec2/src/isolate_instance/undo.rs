//! Putting back: each interface gets exactly the groups it had, if it still holds just ours.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use backstop_core::UndoOutcome;
use backstop_runtime::{CallError, StepError, action::StepRequest};
use futures_util::future::join_all;

use super::{
    Before, SHORTEST_TIMEOUT, group,
    interface::{Now, read, set_groups, set_timeout},
    open_group,
};

/// EC2's default on all instance types but those of Nitro v6, whose default is 350 (EC2 User Guide, "Idle
/// connection tracking timeout"). EC2 has no call that unsets the value.
pub(super) const DEFAULT_TIMEOUT: i32 = 432_000;

/// Where an interface stands.
enum Standing<'a> {
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
) -> Result<UndoOutcome, StepError> {
    for before in interfaces {
        let missing = group::not_in(ec2, &before.vpc, &before.groups).await?;
        if !missing.is_empty() {
            return Ok(UndoOutcome::Drifted {
                found: format!(
                    "security group {} of network interface {} doesn't exist in {} (any more)",
                    missing.join(", "),
                    before.id,
                    before.vpc
                ),
            });
        }
    }
    let ids: Vec<&str> = interfaces.iter().map(|before| before.id.as_str()).collect();
    let (now, ours) = tokio::try_join!(read(ec2, &ids), our_groups(ec2, request, interfaces))?;
    let standings: Vec<(&Before, Standing<'_>)> = interfaces
        .iter()
        .map(|before| (before, standing(before, now.get(&before.id), &ours)))
        .collect();
    if let Some(found) = drift(&standings) {
        return Ok(UndoOutcome::Drifted { found });
    }
    let restored = join_all(
        standings
            .iter()
            .map(|(before, standing)| restore(ec2, before, standing)),
    )
    .await;
    let sentences = restored.into_iter().collect::<Result<Vec<_>, CallError>>()?;
    let changed_something = sentences.iter().any(|restored| restored.changed);
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

fn standing<'a>(before: &Before, now: Option<&'a Now>, ours: &BTreeMap<String, Vec<String>>) -> Standing<'a> {
    let Some(now) = now else {
        return Standing::Gone;
    };
    if now.groups == before.groups {
        return Standing::AsBefore(now);
    }
    let is_ours = match now.groups.as_slice() {
        [only] => ours.get(&before.vpc).is_some_and(|ids| ids.contains(only)),
        _ => false,
    };
    if is_ours {
        Standing::Ours(now)
    } else {
        Standing::Drifted(now)
    }
}

fn drift(standings: &[(&Before, Standing<'_>)]) -> Option<String> {
    let drifted: Vec<String> = standings
        .iter()
        .filter_map(|(before, standing)| match standing {
            Standing::Drifted(now) => Some(format!(
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

/// What was done to one interface.
struct Restored {
    changed: bool,
    text: String,
}

async fn restore(ec2: &Client, before: &Before, standing: &Standing<'_>) -> Result<Restored, CallError> {
    let id = &before.id;
    let (now, is_ours) = match standing {
        Standing::Gone => {
            return Ok(Restored {
                changed: false,
                text: format!("network interface {id} no longer exists"),
            });
        }
        Standing::AsBefore(now) | Standing::Drifted(now) => (now, false),
        Standing::Ours(now) => (now, true),
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
    let wanted = before.tcp_established_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let is_short = now.tcp_established_timeout == Some(SHORTEST_TIMEOUT);
    let resets = is_short && wanted != SHORTEST_TIMEOUT;
    if resets {
        set_timeout(ec2, id, wanted).await?;
        text.push_str(&format!(" and a TCP timeout of {wanted} seconds"));
        if before.tcp_established_timeout.is_none() {
            text.push_str(
                ", which was unset: EC2 can't unset it, and this is its default (350 on Nitro v6 instance types)",
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
