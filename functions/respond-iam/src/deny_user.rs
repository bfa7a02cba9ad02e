//! `iam.deny-user`: denies everything to the user, by an inline policy of Backstop's own.
//!
//! *Changes* one inline policy whose name holds the incident's id. It is what ends sessions made by
//! `GetSessionToken` and `GetFederationToken`, which outlive their key, and the console.
//! *Undo* removes that policy if its text is still ours. *Twice* is harmless: the same text under the same name.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use backstop_core::{
    Change, ErrorName, Plan, Receipt, Resource, UndoOutcome, Verification, guardrail::Permit,
};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{Order, read_receipt, write_receipt},
    inline_policy::{PolicyReceipt, Standing, deny_all},
};

use crate::principal;

/// See the module.
pub(crate) struct DenyUser {
    iam: Client,
}

impl DenyUser {
    pub(crate) const fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn standing(&self, policy: &PolicyReceipt) -> Result<Standing, StepError> {
        let answer = self
            .iam
            .get_user_policy()
            .user_name(&policy.holder)
            .policy_name(&policy.policy_name)
            .send()
            .await
            .map_err(CallError::of("iam:GetUserPolicy", place(policy)));
        match answer {
            Ok(answer) => Ok(policy.compare(Some(answer.policy_document()))),
            Err(error) if error.name == ErrorName::TargetGone => Ok(policy.compare(None)),
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Action for DenyUser {
    fn id(&self) -> &'static str {
        "iam.deny-user"
    }

    async fn plan(&self, order: &Order) -> Result<Plan, StepError> {
        let policy_of = |user: &str| PolicyReceipt::new(user, &order.incident, &deny_all());
        let standing = |user: String| async move { self.standing(&policy_of(&user)).await };
        let (user, standing) = principal::user_and(&self.iam, &order.target, standing).await?;
        let policy = policy_of(&user.name);
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
        let leaked = match &order.target.resource {
            Resource::AccessKey { key_id, .. } => Some(key_id),
            _ => None,
        };
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
            manual_undo: vec![format!(
                "aws iam delete-user-policy --user-name {} --policy-name {}",
                policy.holder, policy.policy_name
            )],
            limits: vec!["sessions of roles that this user has assumed go on until they expire".to_owned()],
            needs_approval: None,
            captured: None,
            receipt: write_receipt(&policy)?,
        })
    }

    async fn act(&self, _permit: &Permit, _order: &Order, receipt: &Receipt) -> Result<(), StepError> {
        let policy: PolicyReceipt = read_receipt(receipt)?;
        self.iam
            .put_user_policy()
            .user_name(&policy.holder)
            .policy_name(&policy.policy_name)
            .policy_document(&policy.document)
            .send()
            .await
            .map_err(CallError::of(
                "iam:PutUserPolicy",
                format!("user `{}`", policy.holder),
            ))?;
        Ok(())
    }

    async fn verify(&self, order: &Order, receipt: Option<&Receipt>) -> Result<Verification, StepError> {
        let policy: PolicyReceipt = match receipt {
            Some(receipt) => read_receipt(receipt)?,
            // The step ended `already`: the policy carries the incident's own name, so it can be named again.
            None => {
                let (user, _) = principal::user(&self.iam, &order.target).await?;
                PolicyReceipt::new(&user.name, &order.incident, &deny_all())
            }
        };
        let standing = self.standing(&policy).await?;
        Ok(Verification {
            holds: standing == Standing::Ours,
            observed: match standing {
                Standing::Ours => format!(
                    "policy {} of user {} denies all",
                    policy.policy_name, policy.holder
                ),
                Standing::Absent => format!("user {} has no policy {}", policy.holder, policy.policy_name),
                Standing::Narrowed { .. } | Standing::Altered => {
                    format!(
                        "policy {} of user {} has another text",
                        policy.policy_name, policy.holder
                    )
                }
            },
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        _order: &Order,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let policy: PolicyReceipt = read_receipt(receipt)?;
        let standing = self.standing(&policy).await?;
        if let Some(outcome) = policy.undo_without_removal(&standing) {
            return Ok(outcome);
        }
        self.iam
            .delete_user_policy()
            .user_name(&policy.holder)
            .policy_name(&policy.policy_name)
            .send()
            .await
            .map_err(CallError::of("iam:DeleteUserPolicy", place(&policy)))?;
        Ok(UndoOutcome::Restored {
            what: format!(
                "removed policy {} from user {}",
                policy.policy_name, policy.holder
            ),
        })
    }
}

fn place(policy: &PolicyReceipt) -> String {
    format!("policy `{}` of user `{}`", policy.policy_name, policy.holder)
}

#[cfg(test)]
mod tests;
