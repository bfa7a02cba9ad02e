//! `iam.deactivate-access-key`: sets the leaked access key to `Inactive`.
//!
//! *Changes* the status of one key; never deletes it, so that its history stays with it.
//! *Undo* leaves it off: a leaked key must not come back. A person who started the incident without a finding may
//! ask for it by name. *Twice* is harmless: the status is set, not toggled.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_iam::types::StatusType;
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, Risk, UndoOutcome, Verification, guardrail::Permit, kind};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
    inline_deny::Iam,
};
use serde::{Deserialize, Serialize};

use crate::principal::{self, User};

/// See the module.
pub(crate) struct DeactivateAccessKey {
    accounts: Arc<Accounts>,
}

impl DeactivateAccessKey {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

/// The state before.
#[derive(Debug, Serialize, Deserialize)]
struct KeyReceipt {
    user_name: String,
    key_id: String,
    was_active: bool,
}

#[async_trait]
impl Action for DeactivateAccessKey {
    fn spec(&self) -> &'static ActionSpec {
        &iam::deactivate_access_key::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        let (user, last_use) = principal::user(&iam, &request.target).await?;
        let key_id = leaked_key(request)?;
        let was_active = user.keys.iter().any(|key| key.id == key_id && key.is_active);
        let changes = Vec::from_iter(was_active.then(|| Change {
            api: permissions::iam::UPDATE_ACCESS_KEY.action.to_owned(),
            what: format!("access key {key_id} of user {}", user.name),
            now: "Active".to_owned(),
            after: "Inactive".to_owned(),
        }));
        let used = last_use.map(|last_use| format!("whatever uses this key stops working: {}", last_use.0));
        let receipt = KeyReceipt {
            user_name: user.name.clone(),
            key_id: key_id.to_owned(),
            was_active,
        };
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: user.arn.clone(),
            tags: user.tags.clone(),
            changes,
            blast_radius: used.into_iter().collect(),
            // Undo leaves a leaked key off.
            manual_undo: Vec::new(),
            limits: vec![format!(
                "deactivating {key_id} doesn't end sessions made from it before (up to 36 hours); denying user {} does",
                user.name
            )],
            needs_approval: None,
            captured: None,
            receipt: write_receipt(&receipt)?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let key: KeyReceipt = read_receipt(receipt)?;
        check_key(request, &key)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::check_user_to_act(&iam, &request.target, &key.user_name).await?;
        self.set(request, &key, StatusType::Inactive).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        _receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let key_id = leaked_key(request)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        match principal::user(&iam, &request.target).await {
            Ok((user, _)) => Ok(seen(&user, key_id)),
            // A key that no longer exists can't be used.
            Err(StepError::TargetGone { what }) => Ok(Verification {
                holds: true,
                observed: format!("{what} no longer exists"),
            }),
            Err(error) => Err(error),
        }
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let key: KeyReceipt = read_receipt(receipt)?;
        check_key(request, &key)?;
        let KeyReceipt {
            user_name, key_id, ..
        } = &key;
        let iam = self.accounts.at(request)?.client::<Iam>();
        let keys = match principal::keys_of(&iam, user_name).await {
            Ok(keys) => keys,
            // With the user, its keys are gone.
            Err(StepError::TargetGone { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let is_asked = request.accepted.contains(&Risk::ReactivateKey);
        match keys.iter().find(|found| &found.id == key_id) {
            // To call a working key off would be the worst of errors: switching it off may have failed.
            Some(found) if found.is_active => Ok(UndoOutcome::NothingToUndo {
                reason: format!("access key {key_id} of user {user_name} is ACTIVE, whoever made it so"),
            }),
            Some(_) if key.was_active && is_asked => self.reactivate(request, &key).await,
            None if key.was_active && is_asked => Ok(UndoOutcome::Drifted {
                found: format!("access key {key_id} of user {user_name} is gone"),
            }),
            Some(_) | None => Ok(UndoOutcome::KeptOff {
                reason: if key.was_active {
                    format!("access key {key_id} was leaked: make a new key for user {user_name}")
                } else {
                    format!("access key {key_id} was inactive before")
                },
            }),
        }
    }
}

impl DeactivateAccessKey {
    async fn set(
        &self,
        request: &StepRequest,
        key: &KeyReceipt,
        status: StatusType,
    ) -> Result<(), StepError> {
        let KeyReceipt {
            user_name, key_id, ..
        } = key;
        self.accounts
            .at(request)?
            .client::<Iam>()
            .update_access_key()
            .user_name(user_name)
            .access_key_id(key_id)
            .status(status)
            .send()
            .await
            .map_err(CallError::of(
                permissions::iam::UPDATE_ACCESS_KEY.action,
                place(key_id, user_name),
            ))?;
        Ok(())
    }

    /// A person started the incident and asks for the key by name.
    async fn reactivate(&self, request: &StepRequest, key: &KeyReceipt) -> Result<UndoOutcome, StepError> {
        let KeyReceipt {
            user_name, key_id, ..
        } = key;
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::check_user(&iam, &request.target, user_name).await?;
        self.set(request, key, StatusType::Active).await?;
        Ok(UndoOutcome::Restored {
            what: format!("access key {key_id} of user {user_name} is active again"),
        })
    }
}

fn leaked_key(request: &StepRequest) -> Result<&str, StepError> {
    match kind::AccessKey::of(&request.target.resource) {
        Some(key) => Ok(&key.key_id),
        None => Err(StepError::NotApplicable {
            reason: format!(
                "{} is no long-term access key, so this step has none to deactivate",
                request.target
            ),
        }),
    }
}

/// No key but the order's is switched off, or on.
fn check_key(request: &StepRequest, key: &KeyReceipt) -> Result<(), StepError> {
    let leaked = leaked_key(request)?;
    if key.key_id == leaked {
        return Ok(());
    }
    Err(unlike(format!(
        "it is of access key `{}`, and this step is about `{leaked}`",
        key.key_id
    )))
}

fn seen(user: &User, key_id: &str) -> Verification {
    let is_active = user.keys.iter().any(|key| key.id == key_id && key.is_active);
    let status = if is_active { "Active" } else { "Inactive" };
    Verification {
        holds: !is_active,
        observed: format!("access key {key_id} of user {} is {status}", user.name),
    }
}

fn place(key_id: &str, user_name: &str) -> String {
    format!("access key `{key_id}` of user `{user_name}`")
}

#[cfg(test)]
mod tests;
