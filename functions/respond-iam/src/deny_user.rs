//! `iam.deny-user`: denies everything to the user, by an inline policy of Backstop's own.
//!
//! *Changes* one inline policy whose name holds the incident's id, beside those of other incidents (`other_denies`). It is what
//! ends sessions made by `GetSessionToken` and `GetFederationToken`, which outlive their key, and the console.
//! Where the user's inline policies leave no room for it, AWS's own policy `AWSDenyAll` is attached instead, or set as the
//! boundary.
//! *Undo* removes that policy if its text is still ours; while sessions from before may be alive, it is narrowed
//! to them, so that stolen ones don't come back to life. `AWSDenyAll` it leaves to a person: nothing tells which incidents
//! it holds. *Twice* is harmless: the same text under the same name.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, iam, permissions};
use backstop_aws::Accounts;
use backstop_core::{Change, ErrorName, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit, kind};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, write_receipt},
    inline_deny::{Iam, InlineDeny, PrincipalKind},
    inline_policy::{PolicyReceipt, PolicyState, deny_all},
};

use crate::{aws_deny_all::Fallback, other_denies, principal, sign_in};

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

    fn fallback<'a>(&self, request: &StepRequest, user: &'a str) -> Result<Fallback<'a>, StepError> {
        let iam = self.accounts.at(request)?.client::<Iam>();
        Ok(Fallback::on(iam, PrincipalKind::User, &request.target, user))
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
        let policy_of = |user: &str| PolicyReceipt::new(user, &request.incident, &deny_all());
        let reading = |user: String| {
            let iam = iam.clone();
            async move {
                let policy = policy_of(&user);
                let (state, sign_in) = tokio::join!(deny.state(&policy), sign_in::read(&iam, &user));
                Ok((state?, sign_in))
            }
        };
        let (user, (state, sign_in)) = principal::user_and(&iam, &request.target, reading).await?;
        let policy = &policy_of(&user.name);
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
            let others = if leaked.is_some() {
                format!("{others} other active access key(s) of this user stop working too")
            } else {
                format!("{others} active access key(s) of this user stop working")
            };
            blast_radius.push(others);
        }
        let mut limits = sign_in.limits(&request.target, &user);
        limits.push("sessions of roles that this user has assumed go on until they expire".to_owned());
        limits.push(format!(
            "if inline policies of user {} have no room for it, `AWSDenyAll` is attached instead, or set as the boundary, \
             which undo leaves to a person",
            user.name
        ));
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: user.arn,
            tags: user.tags,
            changes: changes.into_iter().collect(),
            blast_radius,
            manual_undo: vec![deny.by_hand(policy)],
            limits,
            needs_approval: None,
            captured: None,
            receipt: write_receipt(policy)?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let policy = checked(request, receipt)?;
        let iam = self.accounts.at(request)?.client::<Iam>();
        principal::check_user_to_act(&iam, &request.target, &policy.holder).await?;
        match self.deny(request)?.put(&policy).await {
            Err(error) if error.name() == ErrorName::QuotaExceeded => {
                self.fallback(request, &policy.holder)?.deny().await
            }
            put => put,
        }
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let deny = self.deny(request)?;
        let policy: PolicyReceipt = match receipt {
            Some(receipt) => read_receipt(receipt)?,
            // The step ended `already`: the policy carries the incident's own name, so it can be named again.
            None => {
                let iam = self.accounts.at(request)?.client::<Iam>();
                let (user, _) = principal::user(&iam, &request.target).await?;
                PolicyReceipt::new(&user.name, &request.incident, &deny_all())
            }
        };
        let verification = deny.verify(&policy, "everything").await?;
        if verification.holds {
            return Ok(verification);
        }
        if self.fallback(request, &policy.holder)?.denies().await? {
            return Ok(Verification {
                holds: true,
                observed: format!(
                    "user {} has AWS's policy AWSDenyAll, attached or as its boundary",
                    policy.holder
                ),
            });
        }
        Ok(verification)
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
        let deny = self.deny(request)?;
        let state = deny.state(&policy).await?;
        let fallback = self.fallback(request, &policy.holder)?;
        if state == PolicyState::Absent && fallback.denies().await? {
            let others = match other_denies::of_incidents(&iam, &deny, &policy).await {
                Ok(others) if others.is_empty() => "no other incident's deny stands".to_owned(),
                Ok(others) => others.join("; "),
                Err(error) => format!("whether another incident's deny stands is unknown: {error}"),
            };
            return Ok(UndoOutcome::KeptOff {
                reason: format!(
                    "user {} is denied by AWS's policy AWSDenyAll, which other incidents may need: once none does, \
                     take it away by {}; {others}",
                    policy.holder,
                    fallback.by_hand()
                ),
            });
        }
        let outcome = deny.undo_in(request, &policy, &state).await?;
        let others = || other_denies::told(&iam, &deny, &policy, &fallback);
        Ok(match outcome {
            UndoOutcome::Restored { what } => UndoOutcome::Restored {
                what: format!("{what}; {}", others().await),
            },
            UndoOutcome::KeptUntil { until, what } => UndoOutcome::KeptUntil {
                until,
                what: format!("{what}; {}", others().await),
            },
            UndoOutcome::NothingToUndo { reason } => UndoOutcome::NothingToUndo {
                reason: format!("{reason}; {}", others().await),
            },
            other => other,
        })
    }
}

/// The policy of the receipt, if it is one that this incident writes: its text is made anew.
fn checked(request: &StepRequest, receipt: &Receipt) -> Result<PolicyReceipt, StepError> {
    let policy: PolicyReceipt = read_receipt(receipt)?;
    policy.check_is(&PolicyReceipt::new(
        &policy.holder,
        &request.incident,
        &deny_all(),
    ))?;
    Ok(policy)
}

#[cfg(test)]
mod tests;
