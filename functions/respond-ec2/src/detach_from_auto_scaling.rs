//! `ec2.detach-from-auto-scaling`: takes the instance out of its Auto Scaling group, which would otherwise
//! terminate it, and with it the evidence, as soon as isolation makes it fail its health checks.
//!
//! *Changes* the membership only. The desired capacity stays, so that a replacement comes; nothing is suspended
//! and no size is touched. *Undo* brings back the membership, with scale-in protection and Standby as they were.
//! It can't be more exact than that: the replacement is there, so attaching raises the desired capacity by one,
//! and the outcome says so and how to lower it. It refuses if the instance is in another group by then, where the instance's
//! tag doesn't say that it was in this one, and as long as it is cut off from the network: the group would terminate it.
//! *Twice* is harmless: an instance that is in no group has nothing to leave.

pub(crate) mod group;
mod return_home;

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_autoscaling::types::AutoScalingInstanceDetails;
use backstop_actions::{ActionSpec, ec2, permissions};
use backstop_aws::{Access, Accounts};
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit, text::for_shell};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, write_receipt},
};
use group::Group;
use serde::{Deserialize, Serialize};

use crate::{
    cut_off::{self, Placement},
    deregister_from_load_balancers::Sweeps,
    instance::{self, id_of},
    marked::Marked,
    peers::{Peers, Remaining},
    read_back::unless_done,
    services::{AutoScaling, Ec2},
    surroundings::{self, Surroundings},
    witness::{self, Witness},
};

/// See the module.
pub(crate) struct DetachFromAutoScaling {
    accounts: Arc<Accounts>,
    sweeps: Arc<Sweeps>,
}

/// The membership before.
#[derive(Debug, Serialize, Deserialize)]
struct MembershipReceipt {
    instance: String,
    group: String,
    /// `InService`, `Standby`, …
    lifecycle_state: String,
    protected_from_scale_in: bool,
    /// Where its interfaces were; older logs don't have it.
    #[serde(default)]
    interfaces: Vec<Placement>,
}

impl MembershipReceipt {
    fn of(member: &AutoScalingInstanceDetails, instance: &str) -> Self {
        Self {
            instance: instance.to_owned(),
            interfaces: Vec::new(),
            group: member.auto_scaling_group_name().unwrap_or_default().to_owned(),
            lifecycle_state: member.lifecycle_state().unwrap_or("unknown").to_owned(),
            protected_from_scale_in: member.protected_from_scale_in().unwrap_or_default(),
        }
    }

    /// Whether it is this membership, whatever the interfaces.
    fn is_of(&self, member: &AutoScalingInstanceDetails) -> bool {
        let now = Self::of(member, &self.instance);
        (&self.group, &self.lifecycle_state, self.protected_from_scale_in)
            == (&now.group, &now.lifecycle_state, now.protected_from_scale_in)
    }

    fn was_standby(&self) -> bool {
        self.lifecycle_state == "Standby"
    }
}

impl DetachFromAutoScaling {
    pub(crate) const fn new(accounts: Arc<Accounts>, sweeps: Arc<Sweeps>) -> Self {
        Self { accounts, sweeps }
    }
}

#[async_trait]
impl Action for DetachFromAutoScaling {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::detach_from_auto_scaling::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let aws = self.accounts.at(request)?;
        let (ec2, autoscaling) = (aws.client::<Ec2>(), aws.client::<AutoScaling>());
        let id = id_of(&request.target)?;
        let (instance, member) = tokio::join!(
            instance::read(&ec2, &request.target),
            group::membership(&autoscaling, id)
        );
        let (instance, member) = (instance?, member?);
        let interfaces = cut_off::placements(&instance);
        let Some(member) = member else {
            return Err(StepError::NotApplicable {
                reason: format!("instance {id} is in no Auto Scaling group"),
            });
        };
        let before = MembershipReceipt::of(&member, id);
        // Leaving the group also leaves its target groups, which know more of who serves than the group does.
        let (group, surroundings) = tokio::join!(
            group::read(&autoscaling, &before.group, id),
            Surroundings::read(&aws, &instance, request, &self.sweeps)
        );
        let group = group?;
        let leaving = group::is_leaving(&before.lifecycle_state);
        let change = (!leaving).then(|| Change {
            api: permissions::autoscaling::DETACH_INSTANCES.action.to_owned(),
            what: format!(
                "membership of instance {id} in Auto Scaling group {}",
                before.group
            ),
            now: before.lifecycle_state.clone(),
            after: "none; the desired capacity stays, so that a replacement comes".to_owned(),
        });
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn,
            tags: instance.tags,
            changes: change.into_iter().collect(),
            blast_radius: group
                .as_ref()
                .map(|group| blast_radius(group, surroundings.marked().unwrap_or(&Marked::default())))
                .unwrap_or_default(),
            limits: group
                .as_ref()
                .map(|group| limits(group, &before))
                .unwrap_or_default(),
            needs_approval: surroundings.last_to_serve(),
            captured: None,
            manual_undo: manual_undo(request, &before),
            receipt: write_receipt(&MembershipReceipt { interfaces, ..before })?,
        })
    }

    async fn claim(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<Option<String>, StepError> {
        let witness = witness(request, &read_receipt(receipt)?)?;
        let aws = self.accounts.at(request)?;
        surroundings::claim(&aws, request, &witness, &self.sweeps).await
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: MembershipReceipt = read_receipt(receipt)?;
        instance::check_own(request, &receipt.instance)?;
        let aws = self.accounts.at(request)?;
        let autoscaling = aws.client::<AutoScaling>();
        // After a crash it may have left already, and EC2 Auto Scaling refuses to detach a stranger.
        let is_member = || group::is_member(&autoscaling, &receipt.instance, &receipt.group);
        let Some(member) = group::membership(&autoscaling, &receipt.instance)
            .await?
            .filter(|member| group::stays_in(member, &receipt.group))
        else {
            return Ok(());
        };
        let detach = async {
            let detached = autoscaling
                .detach_instances()
                .instance_ids(&receipt.instance)
                .auto_scaling_group_name(&receipt.group)
                .should_decrement_desired_capacity(false)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::autoscaling::DETACH_INSTANCES.action,
                    format!(
                        "instance `{}` in Auto Scaling group `{}`",
                        receipt.instance, receipt.group
                    ),
                ));
            unless_done(detached, async { is_member().await.map(|is_member| !is_member) }).await
        };
        witness(request, &receipt)?
            .of_change(
                &aws.client::<Ec2>(),
                &receipt.instance,
                receipt.is_of(&member),
                detach,
            )
            .await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        _receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let autoscaling = self.accounts.at(request)?.client::<AutoScaling>();
        let id = id_of(&request.target)?;
        let member = group::membership(&autoscaling, id).await?;
        Ok(match member {
            None => Verification {
                holds: true,
                observed: format!("instance {id} is in no Auto Scaling group"),
            },
            Some(member) => {
                let state = member.lifecycle_state().unwrap_or("unknown");
                Verification {
                    holds: group::is_leaving(state),
                    observed: format!(
                        "instance {id} is {state} in Auto Scaling group {}",
                        member.auto_scaling_group_name().unwrap_or_default()
                    ),
                }
            }
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: MembershipReceipt = read_receipt(receipt)?;
        instance::check_own(request, &receipt.instance)?;
        let aws = self.accounts.at(request)?;
        let (ec2, autoscaling) = (aws.client::<Ec2>(), aws.client::<AutoScaling>());
        let instance = match cut_off::check(&ec2, request, &receipt.interfaces).await? {
            Ok(instance) => instance,
            Err(refused) => return Ok(refused),
        };
        let witness = witness(request, &receipt)?;
        let is_known = witness.is_in(&instance.tags);
        let member = group::membership(&autoscaling, &receipt.instance).await?;
        if !is_known && !member.is_some_and(|member| receipt.is_of(&member)) {
            return Err(witness.refusal());
        }
        let undone = return_home::undo(&autoscaling, &receipt, request.target.region.as_str()).await?;
        if let UndoOutcome::Restored { .. } | UndoOutcome::NothingToUndo { .. } = undone {
            witness.remove(&ec2, &receipt.instance, &instance.tags).await?;
        }
        Ok(undone)
    }
}

/// What the instance's tag says: which group it was in, and as what.
fn witness(request: &StepRequest, receipt: &MembershipReceipt) -> Result<Witness, StepError> {
    let before = (
        &receipt.group,
        &receipt.lifecycle_state,
        receipt.protected_from_scale_in,
    );
    Witness::of(ec2::detach_from_auto_scaling::SPEC.id, request, &before)
}

/// The Auto Scaling group that an instance is in.
pub(crate) struct Membership {
    group: Group,
    serves: bool,
}

/// Reads it; nothing where the instance is in none.
pub(crate) async fn membership_of(aws: &Access<'_>, id: &str) -> Result<Option<Membership>, CallError> {
    let autoscaling = aws.client::<AutoScaling>();
    let Some(member) = group::membership(&autoscaling, id).await? else {
        return Ok(None);
    };
    let before = MembershipReceipt::of(&member, id);
    let group = group::read(&autoscaling, &before.group, id).await?;
    Ok(group.map(|group| Membership {
        group,
        serves: before.lifecycle_state == "InService",
    }))
}

impl Membership {
    /// The other members, if the instance serves as they do.
    pub(crate) fn peers(&self) -> Option<&Peers> {
        self.serves.then_some(&self.group.peers)
    }

    /// Why whatever takes the instance out of service waits for a person: too few others in its group serve.
    pub(crate) fn needs_approval(&self, marked: &Marked) -> Option<String> {
        let place = &self.group.peers.place;
        let why = match self.peers()?.remaining(marked) {
            Remaining::Enough => return None,
            Remaining::Nobody => format!(
                "the instance is the last healthy one in {place}: until a replacement is in service, nothing serves"
            ),
            Remaining::Few { serving, of } => format!(
                "only {serving} healthy instance(s) of the {of} that {place} wants would remain, fewer than half, until \
                 replacements are in service"
            ),
        };
        let contained = self.group.peers.contained(marked);
        Some(
            std::iter::once(why)
                .chain(contained)
                .collect::<Vec<_>>()
                .join("; "),
        )
    }
}

fn blast_radius(group: &Group, marked: &Marked) -> Vec<String> {
    let mut lines = vec![format!(
        "{} other healthy instance(s) remain in {}",
        group.peers.serving(marked),
        group.peers.place
    )];
    lines.extend(group.peers.contained(marked));
    lines.push(format!(
        "{} launches a replacement, since its desired capacity stays {}",
        group.peers.place, group.desired
    ));
    if group.balancers > 0 {
        lines.push(format!(
            "detaching also deregisters the instance from the group's {} target group(s) and load balancer(s)",
            group.balancers
        ));
    }
    lines
}

fn limits(group: &Group, before: &MembershipReceipt) -> Vec<String> {
    let mut limits = Vec::new();
    if !group.is_launching {
        limits.push(format!(
            "Auto Scaling group {} has its process Launch suspended: no replacement comes until someone resumes it",
            group.name
        ));
    }
    if !matches!(before.lifecycle_state.as_str(), "InService" | "Standby") {
        limits.push(format!(
            "the instance is {} in its group; EC2 Auto Scaling detaches instances only from InService and Standby",
            before.lifecycle_state
        ));
    }
    limits.push(
        "undo attaches the instance again, which raises the group's desired capacity by one and fails if that is \
         above its maximum"
            .to_owned(),
    );
    limits
}

fn manual_undo(request: &StepRequest, before: &MembershipReceipt) -> Vec<String> {
    let line = |verb: &str, more: &str| {
        format!(
            "aws autoscaling {verb} --region {} --auto-scaling-group-name {} --instance-ids {}{more}",
            request.target.region,
            for_shell(&before.group),
            before.instance
        )
    };
    let mut lines = vec![line("attach-instances", "")];
    if before.protected_from_scale_in {
        lines.push(line("set-instance-protection", " --protected-from-scale-in"));
    }
    if before.was_standby() {
        lines.push(line("enter-standby", " --should-decrement-desired-capacity"));
    }
    witness::by_hand(
        ec2::detach_from_auto_scaling::SPEC.id,
        &request.target,
        &before.instance,
        lines,
    )
}

#[cfg(test)]
mod repeated;
#[cfg(test)]
mod tests;
