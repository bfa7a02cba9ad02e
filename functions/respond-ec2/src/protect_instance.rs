//! `ec2.protect-instance`: keeps the instance and its volumes from being stopped, terminated or deleted with it.
//!
//! *Changes* termination protection, stop protection, the behaviour on shutdown from inside (`stop`), and for
//! each EBS volume that it isn't deleted on termination. Neither protects against an Auto Scaling group.
//! *Undo* is exact: the receipt holds the value of each setting that was changed, and a volume that is attached
//! there no longer counts as drift. It refuses where the instance's tag doesn't say that the settings were so, and as long
//! as the instance is cut off from the network, since then it is evidence. *Twice* is harmless: the settings are set, not
//! toggled.

mod setting;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ec2, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
    each_tried,
};
use serde::{Deserialize, Serialize};
use setting::Setting;

use crate::{
    cut_off::{self, Placement},
    instance::{self, Instance},
    owner,
    services::Ec2,
    witness::{self, Witness},
};

/// See the module.
pub(crate) struct ProtectInstance {
    accounts: Arc<Accounts>,
}

/// The settings that were changed, as they were before.
#[derive(Debug, Serialize, Deserialize)]
struct ProtectReceipt {
    instance: String,
    before: Vec<Setting>,
    /// Where its interfaces were; older logs don't have it.
    #[serde(default)]
    interfaces: Vec<Placement>,
}

impl ProtectInstance {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    async fn read(&self, request: &StepRequest) -> Result<(Instance, Vec<Setting>), StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        let settings = setting::read(&ec2, &instance).await?;
        Ok((instance, settings))
    }
}

#[async_trait]
impl Action for ProtectInstance {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::protect_instance::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let (instance, mut before) = self.read(request).await?;
        owner::refuse_operated(&instance)?;
        before.retain(|setting| *setting != setting.protected());
        let change = |setting: &Setting| Change {
            api: permissions::ec2::MODIFY_INSTANCE_ATTRIBUTE.action.to_owned(),
            what: format!("{} of instance {}", setting.name(), instance.id),
            now: setting.value().to_owned(),
            after: setting.protected().value().to_owned(),
        };
        let by_hand = |setting: &Setting| {
            format!(
                "aws ec2 modify-instance-attribute --region {} --instance-id {} {}",
                request.target.region,
                instance.id,
                setting.as_cli()
            )
        };
        let manual_undo = witness::by_hand(
            self.spec().id,
            &request.target,
            &instance.id,
            before.iter().map(by_hand),
        );
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes: before.iter().map(change).collect(),
            blast_radius: blast_radius(&before),
            limits: limits(&instance),
            needs_approval: None,
            captured: None,
            manual_undo,
            receipt: write_receipt(&ProtectReceipt {
                interfaces: cut_off::placements(&instance),
                instance: instance.id,
                before,
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: ProtectReceipt = read_receipt(receipt)?;
        instance::check_own(request, &receipt.instance)?;
        let (instance, now) = self.read(request).await?;
        if let Some(foreign) = receipt
            .before
            .iter()
            .find(|one| !now.iter().any(|now| now.is_same_setting(one)))
        {
            return Err(unlike(format!("the instance has no {}", foreign.name())));
        }
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let witness = witness(request, &receipt)?;
        let is_due =
            !witness.is_in(&instance.tags) && receipt.before.iter().all(|before| now.contains(before));
        let protect = async {
            let mut results = Vec::new();
            for setting in &receipt.before {
                results.push(setting.protected().put(&ec2, &receipt.instance).await);
            }
            each_tried(results)
        };
        witness.of_change(&ec2, &receipt.instance, is_due, protect).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        _receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let (instance, settings) = self.read(request).await?;
        let open: Vec<String> = settings
            .iter()
            .filter(|setting| **setting != setting.protected())
            .map(Setting::to_string)
            .collect();
        let all: Vec<String> = settings.iter().map(Setting::to_string).collect();
        Ok(Verification {
            holds: open.is_empty(),
            observed: if open.is_empty() {
                format!("instance {}: {}", instance.id, all.join(", "))
            } else {
                format!("instance {} isn't protected: {}", instance.id, open.join(", "))
            },
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: ProtectReceipt = read_receipt(receipt)?;
        instance::check_own(request, &receipt.instance)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = match cut_off::check(&ec2, request, &receipt.interfaces).await? {
            Ok(instance) => instance,
            Err(refused) => return Ok(refused),
        };
        let now = setting::read(&ec2, &instance).await?;
        let witness = witness(request, &receipt)?;
        let (mut restored, mut drifted) = (Vec::new(), Vec::new());
        for before in &receipt.before {
            match now.iter().find(|now| now.is_same_setting(before)) {
                Some(now) if now == before => {}
                Some(now) if *now == before.protected() => {
                    witness.check(&instance.tags)?;
                    before.put(&ec2, &receipt.instance).await?;
                    restored.push(before.to_string());
                }
                Some(now) => drifted.push(now.to_string()),
                None => drifted.push(format!("{}: not attached there any more", before.name())),
            }
        }
        if drifted.is_empty() {
            witness.remove(&ec2, &receipt.instance, &instance.tags).await?;
        }
        Ok(outcome(&receipt.instance, &restored, &drifted))
    }
}

/// What the instance's tag says: how the settings were that were changed.
fn witness(request: &StepRequest, receipt: &ProtectReceipt) -> Result<Witness, StepError> {
    Witness::of(ec2::protect_instance::SPEC.id, request, &receipt.before)
}

fn outcome(instance: &str, restored: &[String], drifted: &[String]) -> UndoOutcome {
    if !drifted.is_empty() {
        return UndoOutcome::Drifted {
            found: format!(
                "changed since on instance {instance}, so left as it is: {}",
                drifted.join(", ")
            ),
        };
    }
    if restored.is_empty() {
        return UndoOutcome::NothingToUndo {
            reason: format!("every setting of instance {instance} is as it was before"),
        };
    }
    UndoOutcome::Restored {
        what: format!("instance {instance}: {}", restored.join(", ")),
    }
}

fn blast_radius(before: &[Setting]) -> Vec<String> {
    let protection = before.iter().any(|setting| {
        matches!(
            setting,
            Setting::TerminationProtection { .. } | Setting::StopProtection { .. }
        )
    });
    let volumes = before
        .iter()
        .filter(|setting| matches!(setting, Setting::DeleteOnTermination { .. }))
        .count();
    let mut lines = Vec::new();
    if protection {
        lines.push(
            "people and automation can't stop or terminate the instance until this is undone".to_owned(),
        );
    }
    if volumes > 0 {
        lines.push(format!(
            "{volumes} volume(s) stay, and cost, after the instance is terminated until someone deletes them"
        ));
    }
    lines
}

fn limits(instance: &Instance) -> Vec<String> {
    let mut limits = vec![
        "termination protection doesn't keep an Auto Scaling group from terminating the instance".to_owned(),
    ];
    if instance.is_spot {
        limits.push(
            "a Spot Instance can be protected neither from being stopped nor terminated: EC2 may reclaim it at \
             any time"
                .to_owned(),
        );
    } else if instance.is_instance_store {
        limits.push(
            "its root device is an instance store: it can't be stopped, so a shutdown from inside terminates it \
             and destroys what is on it"
                .to_owned(),
        );
    }
    limits
}

#[cfg(test)]
mod tests;
