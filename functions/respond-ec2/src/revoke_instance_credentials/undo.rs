//! Putting the profile back without bringing a stolen credential back to life.

use backstop_aws::Access;
use backstop_core::{Risk, UndoOutcome};
use backstop_runtime::{
    StepError,
    action::StepRequest,
    inline_policy::{PolicyReceipt, PolicyState},
    now,
};
use jiff::{SignedDuration, Timestamp, Unit};

use super::{
    CredentialsReceipt, association, check_shown, denies, state, witness,
    words::{deletion, deny_stays},
};
use crate::{instance, services::Ec2};

/// Longer than any credentials live that an instance gets for its role. They are renewed shortly before they expire, and
/// the EC2 User Guide names no longest life ("Retrieve security credentials from instance metadata"); 6 hours 35 minutes
/// were seen.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(12);

/// Narrows the deny first and associates then: what the instance fetches from here on works. A deny that goes altogether
/// goes last: until the profile is back, it shows that the instance had it.
pub(super) async fn undo(
    aws: &Access<'_>,
    request: &StepRequest,
    receipt: &CredentialsReceipt,
) -> Result<UndoOutcome, StepError> {
    let ec2 = aws.client::<Ec2>();
    let tags = match instance::read(&ec2, &request.target).await {
        Ok(instance) => instance.tags,
        Err(StepError::TargetGone { what }) => return Ok(gone(&what, receipt)),
        Err(error) => return Err(error),
    };
    let now = association::find(&ec2, &receipt.instance).await?;
    if let Some(now) = now.as_ref().filter(|now| now.profile_arn != receipt.profile_arn) {
        return Ok(UndoOutcome::Drifted {
            found: format!(
                "instance {} was left without a profile and has {} now",
                receipt.instance, now.profile_arn
            ),
        });
    }
    let state = state(aws, receipt).await?;
    if let (Some(policy), Some(PolicyState::Altered)) = (&receipt.policy, &state) {
        return Ok(UndoOutcome::Drifted {
            found: format!(
                "policy `{}` of `{}` no longer has the text that Backstop wrote",
                policy.policy_name, policy.holder
            ),
        });
    }
    let is_back = now.is_none();
    if is_back {
        check_shown(request, receipt, state.as_ref(), &tags)?;
    }
    let lifting = state.map_or(Lifting::Nothing, |state| Lifting::of(&state, request));
    if let (Some(policy), Lifting::Narrow { cutoff }) = (&receipt.policy, &lifting) {
        denies(aws).put(&narrowed(policy, *cutoff)?).await?;
    }
    if is_back {
        association::give_back(&ec2, &receipt.instance, &receipt.profile_arn).await?;
    }
    if let (Some(policy), Lifting::Delete) = (&receipt.policy, &lifting) {
        denies(aws).delete(policy).await?;
    }
    witness(request, receipt)?
        .remove(&ec2, &receipt.instance, &tags)
        .await?;
    let has = format!(
        "instance {} has the profile {} again",
        receipt.instance, receipt.profile_arn
    );
    Ok(match (&receipt.policy, lifting) {
        (Some(policy), Lifting::Narrow { cutoff } | Lifting::Keep { cutoff }) => {
            let until = dead_at(cutoff);
            UndoOutcome::KeptUntil {
                until,
                what: format!("{has}; {}", deny_stays(policy, cutoff, until)),
            }
        }
        (Some(policy), Lifting::Delete) => UndoOutcome::Restored {
            what: format!(
                "{has}; removed policy {} from role {}",
                policy.policy_name, policy.holder
            ),
        },
        _ if is_back => UndoOutcome::Restored { what: has },
        _ => UndoOutcome::NothingToUndo { reason: has },
    })
}

/// What becomes of the deny.
enum Lifting {
    /// It isn't there.
    Nothing,
    /// It goes.
    Delete,
    /// From now on it denies what was issued before the cut-off.
    Narrow { cutoff: Timestamp },
    /// It denies just that already.
    Keep { cutoff: Timestamp },
}

impl Lifting {
    /// The cut-off is taken as the deny is written, and without a margin: without a profile the instance got no credentials
    /// since, and those that it fetches right after are renewed after hours, so that they must work at once.
    ///
    /// While credentials from before may be alive, only those stay denied; a person may accept their revival by name.
    fn of(state: &PolicyState, request: &StepRequest) -> Self {
        let cutoff = match state {
            PolicyState::Ours => now(),
            PolicyState::Narrowed { cutoff } => *cutoff,
            PolicyState::Absent | PolicyState::Altered => return Self::Nothing,
        };
        if request.at >= dead_at(cutoff) || request.accepted.contains(&Risk::ReviveSessions) {
            return Self::Delete;
        }
        match state {
            PolicyState::Ours => Self::Narrow { cutoff },
            _ => Self::Keep { cutoff },
        }
    }
}

/// When the last credentials that were issued before the cut-off have expired.
fn dead_at(cutoff: Timestamp) -> Timestamp {
    let until = cutoff.saturating_add(LONGEST_LIFE).unwrap_or(cutoff);
    until.round(Unit::Second).unwrap_or(until)
}

fn narrowed(policy: &PolicyReceipt, cutoff: Timestamp) -> Result<PolicyReceipt, StepError> {
    policy.narrowed(cutoff).ok_or_else(|| StepError::Invalid {
        what: "the receipt",
        detail: format!("the text of policy `{}` can't be narrowed", policy.policy_name),
    })
}

/// A terminated instance gets no new credentials, but old ones may be in somebody's hands.
fn gone(what: &str, receipt: &CredentialsReceipt) -> UndoOutcome {
    match &receipt.policy {
        Some(policy) => UndoOutcome::KeptOff {
            reason: format!(
                "{what} no longer exists; the deny stays, since credentials that were taken from it live for up to \
                 {} hours; after that: `{}`",
                LONGEST_LIFE.as_hours(),
                deletion(policy)
            ),
        },
        None => UndoOutcome::NothingToUndo {
            reason: format!("{what} no longer exists"),
        },
    }
}
