//! `ec2.tag-instance`: writes on the instance which incident it is part of, and whether it is isolated, as EC2 says right
//! before: where isolation failed, or waits for a person, nobody must read that it is.
//!
//! *Changes* the tags `backstop:incident` and `backstop:state`, and no other.
//! *Undo* is exact: the receipt holds the earlier value of each, or that there was none; if one is no longer ours,
//! both are left as they are. It refuses where a third tag doesn't say that they were so. *Twice* is harmless: the same
//! values.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use aws_sdk_ec2::types::Tag;
use backstop_actions::{ActionSpec, ec2, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit, text::for_shell};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, write_receipt},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    cut_off,
    instance::{self, Instance},
    owner,
    services::Ec2,
    snapshots::{INCIDENT_TAG, tag},
    witness::{self, Witness},
};

/// The tag that says what was done to the instance.
const STATE_TAG: &str = "backstop:state";
const ISOLATED: &str = "isolated";
const NOT_ISOLATED: &str = "not-isolated";

/// See the module.
pub(crate) struct TagInstance {
    accounts: Arc<Accounts>,
}

/// The tags that were changed.
#[derive(Debug, Serialize, Deserialize)]
struct TagReceipt {
    instance: String,
    /// By key: the value before, or that there was none.
    before: BTreeMap<String, Option<String>>,
}

impl TagInstance {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    async fn create(&self, request: &StepRequest, instance: &str, tags: Vec<Tag>) -> Result<(), StepError> {
        self.accounts
            .at(request)?
            .client::<Ec2>()
            .create_tags()
            .resources(instance)
            .set_tags(Some(tags))
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::CREATE_TAGS,
                format!("instance `{instance}`"),
            ))?;
        Ok(())
    }

    /// A key with a value deletes the tag only if it has that value still.
    async fn delete(&self, request: &StepRequest, instance: &str, tags: Vec<Tag>) -> Result<(), StepError> {
        self.accounts
            .at(request)?
            .client::<Ec2>()
            .delete_tags()
            .resources(instance)
            .set_tags(Some(tags))
            .send()
            .await
            .map_err(CallError::of(
                permissions::ec2::DELETE_TAGS.action,
                format!("instance `{instance}`"),
            ))?;
        Ok(())
    }
}

/// What the third tag says: how the two were that were changed.
fn witness(request: &StepRequest, receipt: &TagReceipt) -> Result<Witness, StepError> {
    Witness::of(ec2::tag_instance::SPEC.id, request, &receipt.before)
}

/// The tags of an instance in this incident, as it stands now.
fn wanted(request: &StepRequest, instance: &Instance) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        (INCIDENT_TAG, request.incident.to_string()),
        (STATE_TAG, state_of(instance).to_owned()),
    ])
}

/// Isolated is what has interfaces, all of which are, and none that EC2 doesn't show.
fn state_of(instance: &Instance) -> &'static str {
    let is_isolated = !instance.interfaces.is_empty()
        && cut_off::not_isolated(instance).is_empty()
        && owner::uncovered_interfaces(instance, &[]).is_empty();
    if is_isolated { ISOLATED } else { NOT_ISOLATED }
}

/// What the plan says of a value. The state is read anew when it is written, and the plan that people approved before
/// isolation is the same as the one after.
fn planned(key: &str, value: String) -> String {
    if key == STATE_TAG {
        format!("{ISOLATED} if every network interface is by then, else {NOT_ISOLATED}")
    } else {
        value
    }
}

/// Whether the tag has a value that this incident writes.
fn is_ours(request: &StepRequest, key: &str, value: &str) -> bool {
    match key {
        INCIDENT_TAG => value == request.incident.as_str(),
        STATE_TAG => [ISOLATED, NOT_ISOLATED].contains(&value),
        _ => false,
    }
}

#[async_trait]
impl Action for TagInstance {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::tag_instance::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        let mut before = BTreeMap::new();
        let mut changes = Vec::new();
        for (key, value) in wanted(request, &instance) {
            let now = instance.tags.get(key).cloned();
            if now.as_ref() != Some(&value) {
                changes.push(Change {
                    api: permissions::ec2::CREATE_TAGS.to_owned(),
                    what: format!("tag {key} of instance {}", instance.id),
                    now: now.clone().unwrap_or_else(|| "none".to_owned()),
                    after: planned(key, value),
                });
                before.insert(key.to_owned(), now);
            }
        }
        let by_hand = |(key, value): (&String, &Option<String>)| {
            let (verb, tag) = match value {
                Some(value) => ("create", json!([{ "Key": key, "Value": value }])),
                None => ("delete", json!([{ "Key": key }])),
            };
            format!(
                "aws ec2 {verb}-tags --region {} --resources {} --tags {}",
                request.target.region,
                instance.id,
                for_shell(&tag.to_string())
            )
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: instance.arn.clone(),
            tags: instance.tags.clone(),
            changes,
            blast_radius: Vec::new(),
            limits: Vec::new(),
            needs_approval: None,
            captured: None,
            manual_undo: witness::by_hand(
                self.spec().id,
                &request.target,
                &instance.id,
                before.iter().map(by_hand),
            ),
            receipt: write_receipt(&TagReceipt {
                instance: instance.id,
                before,
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: TagReceipt = read_receipt(receipt)?;
        instance::check_own(request, &receipt.instance)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        let witness = witness(request, &receipt)?;
        let is_so = |(key, before): (&String, &Option<String>)| instance.tags.get(key) == before.as_ref();
        let mut tags: Vec<Tag> = wanted(request, &instance)
            .into_iter()
            .filter(|(key, _)| receipt.before.contains_key(*key))
            .map(|(key, value)| tag(key, &value))
            .collect();
        if !witness.is_in(&instance.tags) && receipt.before.iter().all(is_so) {
            tags.push(witness.tag());
        }
        self.create(request, &receipt.instance, tags).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        _receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let instance = instance::read(&ec2, &request.target).await?;
        // That it isn't isolated may have been written a moment before it was.
        let says = |key: &str, value: &str| match instance.tags.get(key) {
            Some(found) => found == value || (key == STATE_TAG && found == NOT_ISOLATED),
            None => false,
        };
        let missing: Vec<&str> = wanted(request, &instance)
            .iter()
            .filter(|(key, value)| !says(key, value))
            .map(|(key, _)| *key)
            .collect();
        Ok(Verification {
            holds: missing.is_empty(),
            observed: if missing.is_empty() {
                format!("instance {} carries the incident's tags", instance.id)
            } else {
                format!("instance {} lacks {}", instance.id, missing.join(", "))
            },
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: TagReceipt = read_receipt(receipt)?;
        instance::check_own(request, &receipt.instance)?;
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let tags = match instance::or_gone(instance::read(&ec2, &request.target).await)? {
            Ok(instance) => instance.tags,
            Err(gone) => return Ok(gone),
        };
        let (mut restore, mut remove, mut drifted) = (Vec::new(), Vec::new(), Vec::new());
        for (key, before) in &receipt.before {
            let now = tags.get(key);
            if now == before.as_ref() {
                continue;
            }
            match (now.filter(|now| is_ours(request, key, now)), before) {
                (Some(_), Some(before)) => restore.push(tag(key, before)),
                (Some(ours), None) => remove.push(tag(key, ours)),
                (None, _) => drifted.push(format!("{key} is {}", now.map_or("gone", String::as_str))),
            }
        }
        if !drifted.is_empty() {
            return Ok(UndoOutcome::Drifted {
                found: format!(
                    "changed since, so all the tags are left as they are: {}",
                    drifted.join(", ")
                ),
            });
        }
        let count = restore.len() + remove.len();
        let witness = witness(request, &receipt)?;
        if count > 0 {
            witness.check(&tags)?;
        }
        if witness.is_in(&tags) {
            remove.push(witness.tag());
        }
        if !restore.is_empty() {
            self.create(request, &receipt.instance, restore).await?;
        }
        if !remove.is_empty() {
            self.delete(request, &receipt.instance, remove).await?;
        }
        Ok(if count == 0 {
            UndoOutcome::NothingToUndo {
                reason: "the tags are as they were before".to_owned(),
            }
        } else {
            UndoOutcome::Restored {
                what: format!("{count} tag(s) of instance {}", receipt.instance),
            }
        })
    }
}

#[cfg(test)]
mod tests;
