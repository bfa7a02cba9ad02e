//! A deny by an inline policy of Backstop's own: reading, writing and taking back, alike for users and roles.

use aws_sdk_iam::Client;
use backstop_actions::permissions;
use backstop_core::{ErrorName, Risk, UndoOutcome, Verification};
use jiff::{SignedDuration, Timestamp, Unit};

use crate::{
    CallError, StepError,
    action::{StepRequest, unlike},
    cut_off,
    inline_policy::{PolicyReceipt, PolicyState, only_denies},
    now,
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
    /// As the AWS CLI and people call it.
    pub const fn word(self) -> &'static str {
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

/// The calls on one kind of principal.
pub struct InlineDeny {
    iam: Client,
    kind: PrincipalKind,
    /// How long after its write the cut-off of an undo lies.
    margin: SignedDuration,
}

impl InlineDeny {
    /// The calls on principals of this kind.
    pub const fn on(kind: PrincipalKind, iam: Client) -> Self {
        Self {
            iam,
            kind,
            margin: cut_off::MARGIN,
        }
    }

    /// Undo's cut-off lies at the write: AWS itself gives whoever is denied new credentials, in its own time, and those of
    /// that minute would stay denied for hours.
    pub const fn without_margin(mut self) -> Self {
        self.margin = SignedDuration::ZERO;
        self
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

    /// Takes the deny back. While sessions that it holds may be alive, one of them an attacker's, only those stay denied; a
    /// person may accept their revival by name.
    ///
    /// Which ones those are is read from the account, never from a receipt, nor from the log: a deny of sessions before a
    /// cut-off holds those. One without a cut-off holds all that were issued up to now: nothing keeps an instance, a function
    /// or a working key from getting new ones under it (AWS STS API Reference: `GetSessionToken` needs no permission).
    pub async fn undo(
        &self,
        request: &StepRequest,
        policy: &PolicyReceipt,
    ) -> Result<UndoOutcome, StepError> {
        let state = self.state(policy).await?;
        self.undo_in(request, policy, &state).await
    }

    /// [`InlineDeny::undo`] where what stands under the policy's name is read already.
    pub async fn undo_in(
        &self,
        request: &StepRequest,
        policy: &PolicyReceipt,
        state: &PolicyState,
    ) -> Result<UndoOutcome, StepError> {
        if let PolicyState::Absent | PolicyState::Altered = state
            && let Some(outcome) = policy.undo_without_removal(state)
        {
            return Ok(outcome);
        }
        // Taken now, after what was read, and not when undo was asked for.
        let at_write = now().saturating_add(self.margin).unwrap_or(Timestamp::MAX);
        let newest = match state {
            PolicyState::Narrowed { cutoff } => *cutoff,
            PolicyState::Ours | PolicyState::Absent | PolicyState::Altered => {
                policy.cutoff().unwrap_or(at_write)
            }
        };
        let sessions_end = self.expired(newest.min(at_write));
        let (word, holder, name) = (self.kind.word(), &policy.holder, &policy.policy_name);
        if request.at >= sessions_end || request.accepted.contains(&Risk::ReviveSessions) {
            self.delete(policy).await?;
            return Ok(UndoOutcome::Restored {
                what: format!("removed policy {name} from {word} {holder}"),
            });
        }
        let mut what = format!(
            "policy {name} denies {word} {holder} nothing but sessions from before any more, since the stolen ones would come \
             back to life"
        );
        if *state == PolicyState::Ours
            && let Some(narrowed) = policy.narrowed(at_write)
        {
            match self.put(&narrowed).await {
                Err(error) if error.name() == ErrorName::QuotaExceeded => {
                    return Ok(self.without_room(policy, &error));
                }
                put => put?,
            }
            if !self.margin.is_zero() {
                let minute = in_seconds(at_write);
                what.push_str(&format!(
                    "; until {minute} that goes for new sessions too: ask for new ones after it"
                ));
            }
        }
        Ok(UndoOutcome::KeptUntil {
            until: sessions_end,
            what,
        })
    }

    /// The cut-off makes the text longer, and inline policies have a limit in all (IAM User Guide, "IAM and AWS STS quotas").
    fn without_room(&self, policy: &PolicyReceipt, error: &StepError) -> UndoOutcome {
        let (word, holder, name) = (self.kind.word(), &policy.holder, &policy.policy_name);
        UndoOutcome::Failed {
            error: ErrorName::QuotaExceeded.as_str().to_owned(),
            detail: format!(
                "policy {name} of {word} {holder} stands as it was, since the inline policies of this {word} leave no room for a \
                 text that holds sessions from before only ({error}): take away those that nobody needs (`aws iam \
                 list-{word}-policies --{word}-name {holder}`), and undo again"
            ),
        }
    }

    /// When every session that was issued before this moment has expired.
    fn expired(&self, issued_before: Timestamp) -> Timestamp {
        let longest = self.kind.longest_session();
        let end = issued_before.saturating_add(longest).unwrap_or(Timestamp::MAX);
        in_seconds(end)
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

/// People read it, and a fraction of a second says nothing to them.
fn in_seconds(at: Timestamp) -> Timestamp {
    at.round(Unit::Second).unwrap_or(at)
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
