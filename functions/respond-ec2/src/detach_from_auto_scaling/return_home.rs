//! The way back into the group. Attaching is asynchronous, and what only a member in service can be given comes
//! after it.

use std::time::Duration;

use aws_sdk_autoscaling::Client;
use backstop_actions::permissions;
use backstop_core::{ErrorName, UndoOutcome, text::for_shell};
use backstop_runtime::{CallError, StepError};

use super::{
    MembershipReceipt,
    group::{self, Group},
};
use crate::read_back::unless_done;

/// How often, and how long apart, a new member is looked at: half a function's time.
const LOOKS: u32 = 10;
const PAUSE: Duration = Duration::from_secs(3);

/// Attaches the instance to the group it came from.
pub(super) async fn undo(
    client: &Client,
    receipt: &MembershipReceipt,
    region: &str,
) -> Result<UndoOutcome, StepError> {
    let (instance, name) = (&receipt.instance, &receipt.group);
    let member = group::membership(client, instance).await?;
    if let Some(member) = member {
        let now = member.auto_scaling_group_name().unwrap_or_default();
        return Ok(if now != name {
            UndoOutcome::Drifted {
                found: format!(
                    "instance {instance} was taken out of Auto Scaling group {name} and is in {now} now"
                ),
            }
        } else if member.lifecycle_state().is_some_and(group::is_leaving) {
            UndoOutcome::Failed {
                error: ErrorName::Unavailable.to_string(),
                detail: format!(
                    "instance {instance} is still leaving Auto Scaling group {name}: it waits for connections to \
                     drain; undo again in some minutes"
                ),
            }
        } else {
            finish(client, receipt, region, None).await?
        });
    }
    let Some(group) = group::read(client, name, instance).await? else {
        return Ok(UndoOutcome::Drifted {
            found: format!("Auto Scaling group {name} was deleted, so instance {instance} can't go back"),
        });
    };
    if group.desired >= group.maximum {
        return Ok(full(&group, instance, region));
    }
    let attached = client
        .attach_instances()
        .auto_scaling_group_name(name)
        .instance_ids(instance)
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::autoscaling::ATTACH_INSTANCES.action,
            format!("instance `{instance}` to Auto Scaling group `{name}`"),
        ));
    // Of an instance that is a member already, EC2 Auto Scaling answers `ValidationError`.
    unless_done(attached, group::is_member(client, instance, name)).await?;
    finish(client, receipt, region, Some(&group)).await
}

/// A group at its maximum takes no more, and whether to raise it isn't ours to decide.
fn full(group: &Group, instance: &str, region: &str) -> UndoOutcome {
    let name = &group.name;
    UndoOutcome::Failed {
        error: ErrorName::Rejected.to_string(),
        detail: format!(
            "Auto Scaling group {name} is at its maximum of {}, and attaching instance {instance} needs one more: \
             type `aws autoscaling update-auto-scaling-group --region {region} --auto-scaling-group-name {} \
             --max-size {}` and undo again, or leave the replacement in its place",
            group.maximum,
            for_shell(name),
            group.maximum.saturating_add(1)
        ),
    }
}

/// Gives back scale-in protection and Standby, and says what isn't as before. `attached` is the group before we
/// attached the instance; without it the instance had come back already.
async fn finish(
    client: &Client,
    receipt: &MembershipReceipt,
    region: &str,
    attached: Option<&Group>,
) -> Result<UndoOutcome, StepError> {
    let (instance, name) = (&receipt.instance, &receipt.group);
    let mut said = Vec::new();
    if receipt.protected_from_scale_in || receipt.was_standby() {
        if is_in_service(client, receipt).await? {
            restore(client, receipt, &mut said).await?;
        } else {
            return Ok(UndoOutcome::Failed {
                error: ErrorName::Unavailable.to_string(),
                detail: format!(
                    "instance {instance} is attached to Auto Scaling group {name} again but isn't in service yet, \
                     so its scale-in protection and Standby aren't back: undo again in some minutes"
                ),
            });
        }
    }
    if let Some(group) = attached {
        let now = group.desired.saturating_add(1);
        if receipt.was_standby() {
            said.push(format!("the desired capacity is {} as before", group.desired));
        } else {
            said.push(format!(
                "the desired capacity is {now} now, {} before, since the replacement stays; to lower it type `aws \
                 autoscaling terminate-instance-in-auto-scaling-group --region {region} --instance-id <the \
                 replacement> --should-decrement-desired-capacity`",
                group.desired
            ));
        }
    } else if said.is_empty() {
        return Ok(UndoOutcome::NothingToUndo {
            reason: format!("instance {instance} is in Auto Scaling group {name}"),
        });
    }
    Ok(UndoOutcome::Restored {
        what: format!(
            "instance {instance} is a member of Auto Scaling group {name} again; {}",
            said.join("; ")
        ),
    })
}

/// Waits a little: a member that was just attached is `Pending` first.
async fn is_in_service(client: &Client, receipt: &MembershipReceipt) -> Result<bool, CallError> {
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        let member = group::membership(client, &receipt.instance).await?;
        let state = member.as_ref().and_then(|member| member.lifecycle_state());
        if matches!(state, Some("InService" | "Standby")) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn restore(
    client: &Client,
    receipt: &MembershipReceipt,
    said: &mut Vec<String>,
) -> Result<(), CallError> {
    let on = || {
        format!(
            "instance `{}` in Auto Scaling group `{}`",
            receipt.instance, receipt.group
        )
    };
    let member = group::membership(client, &receipt.instance).await?;
    let is_protected = member
        .as_ref()
        .is_some_and(|member| member.protected_from_scale_in() == Some(true));
    if receipt.protected_from_scale_in && !is_protected {
        client
            .set_instance_protection()
            .auto_scaling_group_name(&receipt.group)
            .instance_ids(&receipt.instance)
            .protected_from_scale_in(true)
            .send()
            .await
            .map_err(CallError::of(
                permissions::autoscaling::SET_INSTANCE_PROTECTION.action,
                on(),
            ))?;
        said.push("it is protected from scale-in as before".to_owned());
    }
    if receipt.was_standby() && !member.as_ref().is_some_and(group::rests) {
        let entered = client
            .enter_standby()
            .auto_scaling_group_name(&receipt.group)
            .instance_ids(&receipt.instance)
            .should_decrement_desired_capacity(true)
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(
                permissions::autoscaling::ENTER_STANDBY.action,
                on(),
            ));
        unless_done(entered, group::is_standby(client, &receipt.instance)).await?;
        said.push("it is in Standby as before".to_owned());
    }
    Ok(())
}
