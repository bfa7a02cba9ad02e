//! `ecs.drain-container-instance`: drains the container instance of Amazon ECS that the instance is. ECS places no task there
//! any more, and services start theirs elsewhere.
//!
//! *Changes* the status of that one container instance, from `ACTIVE` to `DRAINING`. *Undo* is exact: it is set to `ACTIVE`
//! only if it was, by the instance's tag, and is `DRAINING` still; tasks that ECS has stopped don't come back by that.
//! *Twice* is harmless: the status is set, not toggled.

mod container_instance;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ecs};
use backstop_aws::Accounts;
use backstop_core::{Plan, Receipt, Target, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
};
use container_instance::{ACTIVE, ContainerInstance, DRAINING, Found};
use serde::{Deserialize, Serialize};

use crate::{
    instance::{self, Instance},
    owner,
    services::Ec2,
    witness::{self, Witness},
};

/// See the module.
pub(crate) struct DrainContainerInstance {
    accounts: Arc<Accounts>,
}

/// The container instance, as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DrainReceipt {
    instance: String,
    cluster: String,
    container_instance: String,
    status: String,
}

impl DrainContainerInstance {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    async fn find(&self, request: &StepRequest, instance: &Instance) -> Result<Found, StepError> {
        let config = self.accounts.at(request)?.config();
        let hint = owner::cluster_of(instance);
        Ok(container_instance::find(&config, &instance.id, hint).await?)
    }

    /// What ECS says now of the container instance in the receipt; nothing if it isn't registered any more. Refuses one that
    /// isn't the order's instance.
    async fn read(
        &self,
        request: &StepRequest,
        receipt: &DrainReceipt,
    ) -> Result<Option<ContainerInstance>, StepError> {
        check(request, receipt)?;
        let config = self.accounts.at(request)?.config();
        let found =
            container_instance::describe(&config, &receipt.cluster, &receipt.container_instance).await?;
        if let Some(foreign) = found.as_ref().filter(|found| found.instance != receipt.instance) {
            return Err(unlike(format!(
                "`{}` is instance `{}`",
                foreign.arn, foreign.instance
            )));
        }
        Ok(found)
    }

    async fn set(
        &self,
        request: &StepRequest,
        receipt: &DrainReceipt,
        status: &str,
    ) -> Result<(), StepError> {
        let config = self.accounts.at(request)?.config();
        container_instance::set(&config, &receipt.cluster, &receipt.container_instance, status).await?;
        Ok(())
    }
}

#[async_trait]
impl Action for DrainContainerInstance {
    fn spec(&self) -> &'static ActionSpec {
        &ecs::drain_container_instance::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        owner::refuse_operated(&instance)?;
        let found = match self.find(request, &instance).await? {
            Found::One(found) => found,
            Found::None { clusters } => {
                return Err(StepError::NotApplicable {
                    reason: words::in_no_cluster(&instance.id, clusters),
                });
            }
        };
        if !matches!(found.status.as_str(), ACTIVE | DRAINING) {
            return Err(words::cant_be_drained(&found));
        }
        let receipt = DrainReceipt {
            instance: instance.id.clone(),
            cluster: found.cluster.clone(),
            container_instance: found.arn.clone(),
            status: found.status.clone(),
        };
        check(request, &receipt)?;
        let is_active = found.status == ACTIVE;
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes: is_active.then(|| words::change(&found)).into_iter().collect(),
            blast_radius: if is_active {
                words::blast_radius(&found)
            } else {
                Vec::new()
            },
            limits: words::limits(),
            needs_approval: words::why_ask(&instance).filter(|_| is_active),
            captured: None,
            manual_undo: witness::by_hand(
                self.spec().id,
                &request.target,
                &instance.id,
                is_active.then(|| words::manual_undo(&request.target, &found)),
            ),
            receipt: write_receipt(&receipt)?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: DrainReceipt = read_receipt(receipt)?;
        let Some(found) = self.read(request, &receipt).await? else {
            return Ok(());
        };
        if found.status != ACTIVE {
            return Ok(());
        }
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let tags = instance::tags(&ec2, &request.target).await?;
        let witness = witness(request, &receipt)?;
        let is_due = receipt.status == ACTIVE && !witness.is_in(&tags);
        witness
            .of_change(
                &ec2,
                &receipt.instance,
                is_due,
                self.set(request, &receipt, DRAINING),
            )
            .await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let found = match receipt {
            Some(receipt) => self.read(request, &read_receipt(receipt)?).await?,
            None => {
                let ec2 = self.accounts.at(request)?.client::<Ec2>();
                let instance = match instance::or_gone(instance::read(&ec2, &request.target).await)? {
                    Ok(instance) => instance,
                    Err(_gone) => return Ok(words::observed(None)),
                };
                match self.find(request, &instance).await? {
                    Found::One(found) => Some(found),
                    Found::None { .. } => None,
                }
            }
        };
        Ok(words::observed(found.as_ref()))
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: DrainReceipt = read_receipt(receipt)?;
        check(request, &receipt)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = match instance::or_gone(instance::read(&ec2, &request.target).await)? {
            Ok(instance) => instance,
            Err(gone) => return Ok(gone),
        };
        let witness = witness(request, &receipt)?;
        let now = self.read(request, &receipt).await?;
        let outcome = match now.as_ref().map(|now| now.status.as_str()) {
            Some(DRAINING) if receipt.status == ACTIVE => {
                witness.check(&instance.tags)?;
                self.set(request, &receipt, ACTIVE).await?;
                words::restored(&receipt)
            }
            Some(status) if status == receipt.status => words::is_as_before(&receipt),
            Some(status) => return Ok(words::drifted(&receipt, status)),
            None => words::gone(&receipt),
        };
        witness.remove(&ec2, &receipt.instance, &instance.tags).await?;
        Ok(outcome)
    }
}

/// What the instance's tag says: which container instance it was, and with which status.
fn witness(request: &StepRequest, receipt: &DrainReceipt) -> Result<Witness, StepError> {
    let before = (&receipt.cluster, &receipt.container_instance, &receipt.status);
    Witness::of(ecs::drain_container_instance::SPEC.id, request, &before)
}

/// Refuses a receipt of another instance, or of a cluster elsewhere than the order's.
fn check(request: &StepRequest, receipt: &DrainReceipt) -> Result<(), StepError> {
    instance::check_own(request, &receipt.instance)?;
    let is_here = |arn: &str, kind: &str| arn.starts_with(&place(&request.target, kind));
    let arns = [
        (&receipt.cluster, "cluster"),
        (&receipt.container_instance, "container-instance"),
    ];
    match arns.into_iter().find(|(arn, kind)| !is_here(arn, kind)) {
        Some((foreign, kind)) => Err(unlike(format!(
            "`{foreign}` is no {kind} of the target's account and Region"
        ))),
        None => Ok(()),
    }
}

fn place(target: &Target, kind: &str) -> String {
    format!(
        "arn:{}:ecs:{}:{}:{kind}/",
        target.partition, target.region, target.account
    )
}

#[cfg(test)]
mod tests;
