//! `iam.deny-user`: denies everything to the user, by an inline policy of Backstop's own.
//!
//! *Changes* one inline policy whose name holds the incident's id. It is what ends sessions made by
//! `GetSessionToken` and `GetFederationToken`, which outlive their key, and the console.
//! *Undo* removes that policy if its text is still ours; while sessions from before may be alive, it is narrowed
//! to them, so that stolen ones don't come back to life. *Twice* is harmless: the same text under the same name.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit, kind};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, write_receipt},
    inline_deny::{Iam, InlineDeny, InlineDenyReceipt, PrincipalKind},
    inline_policy::{PolicyReceipt, PolicyState, deny_all},
};

use crate::principal;

/// See the module.
pub(crate) struct DenyUser {
    accounts: Arc<Accounts>,
}

impl DenyUser {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    fn deny(&self, request: &StepRequest) -> Result<InlineDeny, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        Ok(InlineDeny::on(PrincipalKind::User, iam))
    }
}

#[async_trait]
impl Action for DenyUser {
    fn spec(&self) -> &'static ActionSpec {
        &iam::deny_user::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        let deny = &self.deny(request)?;
        let receipt_of = |user: &str| deny.receipt(user, request, &deny_all());
        let state = |user: String| async move { deny.state(&receipt_of(&user).policy).await };
        let (user, state) = principal::user_and(&iam, &request.target, state).await?;
        let receipt = receipt_of(&user.name);
        let policy = &receipt.policy;
        let now = match state {
            PolicyState::Ours => None,
            PolicyState::Absent => Some("absent".to_owned()),
            PolicyState::Narrowed { .. } | PolicyState::Altered => {
                Some("another text under the same name".to_owned())
            }
        };
        let changes = now.map(|now| Change {
            api: permissions::iam::PUT_USER_POLICY.action.to_owned(),
            what: format!("inline policy {} of user {}", policy.policy_name, user.name),
            now,
            after: "deny all actions on all resources".to_owned(),
        });
        let leaked = kind::AccessKey::of(&request.target.resource).map(|key| &key.key_id);
        let others = user
            .keys
            .iter()
            .filter(|key| key.is_active && Some(&key.id) != leaked)
            .count();
        let mut blast_radius = vec![format!(
            "user {} can do nothing at all: console, keys and sessions are denied",
            user.name
        )];
        if others > 0 {
            blast_radius.push(format!(
                "{others} other active access key(s) of this user stop working too"
            ));
        }
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: user.arn,
            tags: user.tags,
            changes: changes.into_iter().collect(),
            blast_radius,
            manual_undo: vec![deny.by_hand(policy)],
            limits: vec!["sessions of roles that this user has assumed go on until they expire".to_owned()],
            needs_approval: None,
            captured: None,
            receipt: write_receipt(&receipt)?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let policy = checked(request, receipt)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::check_user_to_act(&iam, &request.target, &policy.holder).await?;
        self.deny(request)?.put(&policy).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let deny = self.deny(request)?;
        let InlineDenyReceipt { policy, .. } = match receipt {
            Some(receipt) => read_receipt(receipt)?,
            // The step ended `already`: the policy carries the incident's own name, so it can be named again.
            None => {
                let iam = self.accounts.at(request)?.client::<Iam>();
                let (user, _) = principal::user(&iam, &request.target).await?;
                deny.receipt(&user.name, request, &deny_all())
            }
        };
        deny.verify(&policy, "everything").await
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let policy = checked(request, receipt)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::check_user(&iam, &request.target, &policy.holder).await?;
        self.deny(request)?.undo(request, receipt).await
    }
}

/// The policy of the receipt, if it is one that this incident writes: its text is made anew.
fn checked(request: &StepRequest, receipt: &Receipt) -> Result<PolicyReceipt, StepError> {
    let InlineDenyReceipt { policy, .. } = read_receipt(receipt)?;
    policy.check_is(&PolicyReceipt::new(
        &policy.holder,
        &request.incident,
        &deny_all(),
    ))?;
    Ok(policy)
}

#[cfg(test)]
mod tests;
