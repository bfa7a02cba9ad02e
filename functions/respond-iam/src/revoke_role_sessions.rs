//! `iam.revoke-role-sessions`: denies everything to sessions of the role that were issued before now.
//!
//! *Changes* one inline policy whose name holds the incident's id. The cut-off is the time of acting, not
//! the finding's last activity: sessions the attacker made in between must end too.
//! *Undo* removes that policy if its text is still ours. *Twice* is harmless: the text comes from the receipt.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use backstop_core::{Change, ErrorName, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{Order, read_receipt, write_receipt},
    inline_policy::{PolicyReceipt, Standing, deny_older_sessions},
};

use crate::principal;

/// See the module.
pub(crate) struct RevokeRoleSessions {
    iam: Client,
}

impl RevokeRoleSessions {
    pub(crate) const fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn standing(&self, policy: &PolicyReceipt) -> Result<Standing, StepError> {
        let answer = self
            .iam
            .get_role_policy()
            .role_name(&policy.holder)
            .policy_name(&policy.policy_name)
            .send()
            .await
            .map_err(CallError::of("iam:GetRolePolicy", place(policy)));
        match answer {
            Ok(answer) => Ok(policy.compare(Some(answer.policy_document()))),
            Err(error) if error.name == ErrorName::TargetGone => Ok(policy.compare(None)),
            Err(error) => Err(error.into()),
        }
    }
}

#[async_trait]
impl Action for RevokeRoleSessions {
    fn id(&self) -> &'static str {
        "iam.revoke-role-sessions"
    }

    async fn plan(&self, order: &Order) -> Result<Plan, StepError> {
        let role = principal::role(&self.iam, &order.target).await?;
        let policy = PolicyReceipt::new(&role.name, &order.incident, &deny_older_sessions(order.at));
        // Whatever stands under this incident's name has an older cut-off, so there is always a change.
        let now = match self.standing(&policy).await? {
            Standing::Absent => "absent",
            Standing::Ours | Standing::Narrowed { .. } | Standing::Altered => {
                "an earlier text under the same name"
            }
        };
        let change = Change {
            api: "iam:PutRolePolicy".to_owned(),
            what: format!("inline policy {} of role {}", policy.policy_name, role.name),
            now: now.to_owned(),
            after: "deny all actions to sessions issued before the moment of acting".to_owned(),
        };
        let used = role.last_used.unwrap_or_else(|| "no use on record".to_owned());
        Ok(Plan {
            step: order.step.clone(),
            action: self.id().into(),
            principal: role.arn,
            tags: role.tags,
            changes: vec![change],
            blast_radius: vec![
                format!(
                    "every session of role {} ends, also those of other people, instances and functions, until \
                     they ask for new credentials (last use of the role: {used})",
                    role.name
                ),
                format!(
                    "sessions of this role last at most {} seconds, so this stops mattering after that",
                    role.max_session_seconds
                ),
            ],
            manual_undo: vec![format!(
                "aws iam delete-role-policy --role-name {} --policy-name {}",
                policy.holder, policy.policy_name
            )],
            limits: vec![
                "whoever may assume the role can do so again: look at its trust policy and at what called \
                 AssumeRole"
                    .to_owned(),
            ],
            needs_approval: None,
            captured: None,
            receipt: write_receipt(&policy)?,
        })
    }

    async fn act(&self, _permit: &Permit, _order: &Order, receipt: &Receipt) -> Result<(), StepError> {
        let policy: PolicyReceipt = read_receipt(receipt)?;
        self.iam
            .put_role_policy()
            .role_name(&policy.holder)
            .policy_name(&policy.policy_name)
            .policy_document(&policy.document)
            .send()
            .await
            .map_err(CallError::of(
                "iam:PutRolePolicy",
                format!("role `{}`", policy.holder),
            ))?;
        Ok(())
    }

    async fn verify(&self, _order: &Order, receipt: Option<&Receipt>) -> Result<Verification, StepError> {
        let Some(receipt) = receipt else {
            return Ok(Verification {
                holds: false,
                observed: "no cut-off was set".to_owned(),
            });
        };
        let policy: PolicyReceipt = read_receipt(receipt)?;
        let standing = self.standing(&policy).await?;
        Ok(Verification {
            holds: standing == Standing::Ours,
            observed: match standing {
                Standing::Ours => {
                    format!(
                        "policy {} of role {} denies older sessions",
                        policy.policy_name, policy.holder
                    )
                }
                Standing::Absent => format!("role {} has no policy {}", policy.holder, policy.policy_name),
                Standing::Narrowed { .. } | Standing::Altered => {
                    format!(
                        "policy {} of role {} has another text",
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
            .delete_role_policy()
            .role_name(&policy.holder)
            .policy_name(&policy.policy_name)
            .send()
            .await
            .map_err(CallError::of("iam:DeleteRolePolicy", place(&policy)))?;
        Ok(UndoOutcome::Restored {
            what: format!(
                "removed policy {} from role {}",
                policy.policy_name, policy.holder
            ),
        })
    }
}

fn place(policy: &PolicyReceipt) -> String {
    format!("policy `{}` of role `{}`", policy.policy_name, policy.holder)
}

#[cfg(test)]
mod tests;
