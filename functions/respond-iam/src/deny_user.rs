//! `iam.deny-user`: denies everything to the user, by an inline policy of Backstop's own.
//!
//! *Changes* one inline policy whose name holds the incident's id. It is what ends sessions made by
//! `GetSessionToken` and `GetFederationToken`, which outlive their key, and the console.
//! *Undo* removes that policy if its text is still ours; while sessions from before may be alive, it is narrowed
//! to them, so that stolen ones don't come back to life. *Twice* is harmless: the same text under the same name.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use backstop_core::{Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit, kind};
use backstop_runtime::{
    Action, StepError,
    action::{Order, read_receipt, write_receipt},
    denies::{Denies, DenyReceipt, Holder},
    inline_policy::{Standing, deny_all},
};

use crate::principal;

/// See the module.
pub(crate) struct DenyUser {
    denies: Denies,
}

impl DenyUser {
    pub(crate) const fn new(iam: Client) -> Self {
        Self {
            denies: Denies::on(Holder::User, iam),
        }
    }
}

#[async_trait]
impl Action for DenyUser {
    fn id(&self) -> &'static str {
        "iam.deny-user"
    }

    async fn plan(&self, order: &Order) -> Result<Plan, StepError> {
        let deny = |user: &str| self.denies.receipt(user, order, &deny_all());
        let standing = |user: String| async move { self.denies.standing(&deny(&user).policy).await };
        let (user, standing) = principal::user_and(self.denies.iam(), &order.target, standing).await?;
        let receipt = deny(&user.name);
        let policy = &receipt.policy;
        let now = match standing {
            Standing::Ours => None,
            Standing::Absent => Some("absent".to_owned()),
            Standing::Narrowed { .. } | Standing::Altered => {
                Some("another text under the same name".to_owned())
            }
        };
        let changes = now.map(|now| Change {
            api: "iam:PutUserPolicy".to_owned(),
            what: format!("inline policy {} of user {}", policy.policy_name, user.name),
            now,
            after: "deny all actions on all resources".to_owned(),
        });
        let leaked = kind::AccessKey::of(&order.target.resource).map(|key| &key.key_id);
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
            step: order.step.clone(),
            action: self.id().into(),
            principal: user.arn,
            tags: user.tags,
            changes: changes.into_iter().collect(),
            blast_radius,
            manual_undo: vec![self.denies.by_hand(policy)],
            limits: vec!["sessions of roles that this user has assumed go on until they expire".to_owned()],
            needs_approval: None,
            captured: None,
            receipt: write_receipt(&receipt)?,
        })
    }

    async fn act(&self, _permit: &Permit, _order: &Order, receipt: &Receipt) -> Result<(), StepError> {
        let DenyReceipt { policy, .. } = read_receipt(receipt)?;
        self.denies.put(&policy).await
    }

    async fn verify(&self, order: &Order, receipt: Option<&Receipt>) -> Result<Verification, StepError> {
        let DenyReceipt { policy, .. } = match receipt {
            Some(receipt) => read_receipt(receipt)?,
            // The step ended `already`: the policy carries the incident's own name, so it can be named again.
            None => {
                let (user, _) = principal::user(self.denies.iam(), &order.target).await?;
                self.denies.receipt(&user.name, order, &deny_all())
            }
        };
        self.denies.verify(&policy, "everything").await
    }

    async fn undo(
        &self,
        _permit: &Permit,
        order: &Order,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        self.denies.undo(order, receipt).await
    }
}

#[cfg(test)]
mod tests;
