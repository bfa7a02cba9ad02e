//! A deny by an inline policy of Backstop's own: reading, writing and taking back, alike for users and roles.

use aws_sdk_iam::Client;
use backstop_actions::permissions;
use backstop_core::{ErrorName, Receipt, Risk, UndoOutcome, Verification};
use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    CallError, StepError,
    action::{StepRequest, read_receipt, unlike},
    cut_off,
    inline_policy::{PolicyReceipt, PolicyState, only_denies},
    opened_at,
};

backstop_aws::services! {
    /// IAM, which every inline deny is written by.
    pub global Iam = aws_sdk_iam;
}

/// What kind of principal holds the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// An IAM user.
    User,
    /// An IAM role.
    Role,
}

impl PrincipalKind {
    const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
        }
    }

    /// How long a session may live: `GetSessionToken` and `GetFederationToken` give 36 hours at most (AWS STS
    /// API Reference), a role's session 12 (IAM User Guide, "Update the maximum session duration for a role").
    const fn longest_session(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Self::User => 36,
            Self::Role => 12,
        })
    }
}

/// What undo needs of a deny.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlineDenyReceipt {
    /// The policy as we write it.
    #[serde(flatten)]
    pub policy: PolicyReceipt,
    /// When every session from before the deny has expired.
    pub sessions_end: Timestamp,
}

/// The calls on one kind of principal.
pub struct InlineDeny {
    iam: Client,
    kind: PrincipalKind,
}

impl InlineDeny {
    /// The calls on principals of this kind.
    pub const fn on(kind: PrincipalKind, iam: Client) -> Self {
        Self { iam, kind }
    }

    /// This incident's deny of that name's holder.
    pub fn receipt(&self, name: &str, request: &StepRequest, document: &Value) -> InlineDenyReceipt {
        self.receipt_for(PolicyReceipt::new(name, &request.incident, document), request)
    }

    /// The receipt of such a policy.
    pub fn receipt_for(&self, policy: PolicyReceipt, request: &StepRequest) -> InlineDenyReceipt {
        InlineDenyReceipt {
            policy,
            sessions_end: self.expired(request.at),
        }
    }

    /// The AWS CLI line that takes the policy away.
    pub fn by_hand(&self, policy: &PolicyReceipt) -> String {
        let word = self.kind.word();
        format!(
            "aws iam delete-{word}-policy --{word}-name {} --policy-name {}",
            policy.holder, policy.policy_name
        )
    }

    /// What stands under the policy's name now.
    pub async fn state(&self, policy: &PolicyReceipt) -> Result<PolicyState, StepError> {
        Ok(policy.compare(self.text(policy).await?.as_deref()))
    }

    /// The text under the policy's name, as IAM returns it; `None` if there is no such policy.
    pub async fn text(&self, policy: &PolicyReceipt) -> Result<Option<String>, StepError> {
        let answer = match self.kind {
            PrincipalKind::User => self
                .iam
                .get_user_policy()
                .user_name(&policy.holder)
                .policy_name(&policy.policy_name)
                .send()
                .await
                .map(|answer| answer.policy_document)
                .map_err(CallError::of(
                    permissions::iam::GET_USER_POLICY.action,
                    self.place(policy),
                )),
            PrincipalKind::Role => self
                .iam
                .get_role_policy()
                .role_name(&policy.holder)
                .policy_name(&policy.policy_name)
                .send()
                .await
                .map(|answer| answer.policy_document)
                .map_err(CallError::of(
                    permissions::iam::GET_ROLE_POLICY.action,
                    self.place(policy),
                )),
        };
        match answer {
            Ok(document) => Ok(Some(document)),
            Err(error) if error.name == ErrorName::TargetGone => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the text of the receipt. The one place that writes a policy: whatever led here, it only denies.
    pub async fn put(&self, policy: &PolicyReceipt) -> Result<(), StepError> {
        let document = only_denies(&policy.document)?;
        check_name(policy)?;
        let on = self.place(policy);
        match self.kind {
            PrincipalKind::User => self
                .iam
                .put_user_policy()
                .user_name(&policy.holder)
                .policy_name(&policy.policy_name)
                .policy_document(&document)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(permissions::iam::PUT_USER_POLICY.action, on))?,
            PrincipalKind::Role => self
                .iam
                .put_role_policy()
                .role_name(&policy.holder)
                .policy_name(&policy.policy_name)
                .policy_document(&document)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(permissions::iam::PUT_ROLE_POLICY.action, on))?,
        }
        Ok(())
    }

    /// Takes the policy away: one of Backstop's own, nobody else's. One that is gone is what was wanted: where the answer
    /// to the first call was lost, the SDK's next one finds nothing.
    pub async fn delete(&self, policy: &PolicyReceipt) -> Result<(), StepError> {
        check_name(policy)?;
        let deleted = match self.kind {
            PrincipalKind::User => self
                .iam
                .delete_user_policy()
                .user_name(&policy.holder)
                .policy_name(&policy.policy_name)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::iam::DELETE_USER_POLICY.action,
                    self.place(policy),
                )),
            PrincipalKind::Role => self
                .iam
                .delete_role_policy()
                .role_name(&policy.holder)
                .policy_name(&policy.policy_name)
                .send()
                .await
                .map(drop)
                .map_err(CallError::of(
                    permissions::iam::DELETE_ROLE_POLICY.action,
                    self.place(policy),
                )),
        };
        match deleted {
            Err(error) if error.name != ErrorName::TargetGone => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Reads back whether our text stands; `denies` says in words what it does.
    pub async fn verify(&self, policy: &PolicyReceipt, denies: &str) -> Result<Verification, StepError> {
        let state = self.state(policy).await?;
        let (word, holder, name) = (self.kind.word(), &policy.holder, &policy.policy_name);
        Ok(Verification {
            holds: state == PolicyState::Ours,
            observed: match state {
                PolicyState::Ours => format!("policy {name} of {word} {holder} denies {denies}"),
                PolicyState::Absent => format!("{word} {holder} has no policy {name}"),
                PolicyState::Narrowed { .. } | PolicyState::Altered => {
                    format!("policy {name} of {word} {holder} has another text")
                }
            },
        })
    }

    /// Takes the deny back. While sessions from before it may be alive, one of them an attacker's, only those
    /// stay denied; a person may accept their revival by name.
    pub async fn undo(&self, request: &StepRequest, receipt: &Receipt) -> Result<UndoOutcome, StepError> {
        self.undo_of(request, read_receipt(receipt)?).await
    }

    /// [`InlineDeny::undo`] of a receipt that is read.
    pub async fn undo_of(
        &self,
        request: &StepRequest,
        receipt: InlineDenyReceipt,
    ) -> Result<UndoOutcome, StepError> {
        let InlineDenyReceipt { policy, sessions_end } = receipt;
        let state = self.state(&policy).await?;
        let end = self.within_reason(sessions_end, &policy, &state, request);
        self.undo_from(request, &policy, &state, end).await
    }

    /// The same where sessions could be made while everything was denied, as by `GetSessionToken`, which no policy denies: those
    /// made up to the undo, or up to an earlier one that narrowed the deny, must have expired.
    pub async fn undo_while_sessions_are_made(
        &self,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let InlineDenyReceipt { policy, sessions_end } = read_receipt(receipt)?;
        let state = self.state(&policy).await?;
        let newest = match state {
            PolicyState::Narrowed { cutoff } => cutoff,
            PolicyState::Ours | PolicyState::Absent | PolicyState::Altered => request.at,
        };
        let end = self
            .within_reason(sessions_end, &policy, &state, request)
            .max(self.expired(newest));
        self.undo_from(request, &policy, &state, end).await
    }

    async fn undo_from(
        &self,
        request: &StepRequest,
        policy: &PolicyReceipt,
        state: &PolicyState,
        sessions_end: Timestamp,
    ) -> Result<UndoOutcome, StepError> {
        if let PolicyState::Absent | PolicyState::Altered = state
            && let Some(outcome) = policy.undo_without_removal(state)
        {
            return Ok(outcome);
        }
        let (word, holder, name) = (self.kind.word(), &policy.holder, &policy.policy_name);
        if request.at >= sessions_end || request.accepted.contains(&Risk::ReviveSessions) {
            self.delete(policy).await?;
            return Ok(UndoOutcome::Restored {
                what: format!("removed policy {name} from {word} {holder}"),
            });
        }
        if *state == PolicyState::Ours
            && let Some(narrowed) = policy.narrowed(request.at)
        {
            self.put(&narrowed).await?;
        }
        Ok(UndoOutcome::KeptUntil {
            until: sessions_end,
            what: format!(
                "{word} {holder} may act again, but sessions from before stay denied by policy {name}, since \
                 the stolen ones would come back to life"
            ),
        })
    }

    /// When every session that was issued before this moment has expired.
    pub fn expired(&self, issued_before: Timestamp) -> Timestamp {
        let longest = self.kind.longest_session();
        let end = issued_before.saturating_add(longest).unwrap_or(Timestamp::MAX);
        // People read it, and a fraction of a second says nothing to them.
        end.round(Unit::Second).unwrap_or(end)
    }

    /// The end of all sessions from before, as the receipt has it, but never earlier than those from before the incident
    /// may live, nor those from before the step ended, which may have been hours after its receipt was saved; nor later
    /// than those from before now: no receipt brings stolen ones back to life. Where the log doesn't say when the step
    /// ended, the moment that stands in the account's own policy counts, and without one, now.
    fn within_reason(
        &self,
        sessions_end: Timestamp,
        policy: &PolicyReceipt,
        state: &PolicyState,
        request: &StepRequest,
    ) -> Timestamp {
        let in_account = match state {
            PolicyState::Narrowed { cutoff } => Some(*cutoff),
            PolicyState::Ours => policy.cutoff(),
            PolicyState::Absent | PolicyState::Altered => None,
        };
        let ended = request.ended_at.or(in_account).unwrap_or(request.at);
        let began = opened_at(&request.incident).unwrap_or(Timestamp::MIN);
        let latest = self.expired(cut_off::after(request.at));
        sessions_end.min(latest).max(self.expired(ended.max(began)))
    }

    fn place(&self, policy: &PolicyReceipt) -> String {
        format!(
            "policy `{}` of {} `{}`",
            policy.policy_name,
            self.kind.word(),
            policy.holder
        )
    }
}

/// Policies of other names are other people's.
fn check_name(policy: &PolicyReceipt) -> Result<(), StepError> {
    let is_ours = ["BackstopDeny-", "BackstopDenyInstance-", "BackstopDenySession-"]
        .iter()
        .any(|own| policy.policy_name.starts_with(own));
    is_ours.then_some(()).ok_or_else(|| {
        unlike(format!(
            "policy `{}` of `{}` is none of Backstop's",
            policy.policy_name, policy.holder
        ))
    })
}
