//! Putting the profile back without bringing a stolen credential back to life.

use backstop_aws::Access;
use backstop_core::{Risk, UndoOutcome};
use backstop_runtime::{
    StepError,
    action::StepRequest,
    inline_policy::{PolicyReceipt, PolicyState},
};
use jiff::{SignedDuration, Timestamp, Unit};

use super::{
    CredentialsReceipt, association, denies,
    words::{deletion, deny_stays},
};
use crate::{instance, services::Ec2};

/// Longer than any credentials live that an instance gets for its role. They are renewed shortly before they expire, and
/// the EC2 User Guide names no longest life ("Retrieve security credentials from instance metadata"); 6 hours 35 minutes
/// were seen.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(12);

/// Narrows the deny first and associates then: what the instance fetches from here on works.
pub(super) async fn undo(
    aws: &Access<'_>,
    request: &StepRequest,
    receipt: &CredentialsReceipt,
) -> Result<UndoOutcome, StepError> {
    let ec2 = aws.client::<Ec2>();
    match instance::read(&ec2, &request.target).await {
        Ok(_) => {}
        Err(StepError::TargetGone { what }) => return Ok(gone(&what, receipt)),
        Err(error) => return Err(error),
    }
    let now = association::find(&ec2, &receipt.instance).await?;
    if let Some(now) = now.as_ref().filter(|now| now.profile_arn != receipt.profile_arn) {
        return Ok(UndoOutcome::Drifted {
            found: format!(
                "instance {} was left without a profile and has {} now",
                receipt.instance, now.profile_arn
            ),
        });
    }
    let denied = match &receipt.policy {
        Some(policy) => lift(aws, policy, request).await?,
        None => Denied::Gone,
    };
    if let Denied::Drifted(found) = denied {
        return Ok(UndoOutcome::Drifted { found });
    }
    let is_back = now.is_none();
    if is_back {
        association::give_back(&ec2, &receipt.instance, &receipt.profile_arn).await?;
    }
    let has = format!(
        "instance {} has the profile {} again",
        receipt.instance, receipt.profile_arn
    );
    Ok(match (&receipt.policy, denied) {
        (Some(policy), Denied::Narrowed { cutoff, until }) => UndoOutcome::KeptUntil {
            until,
            what: format!("{has}; {}", deny_stays(policy, cutoff, until)),
        },
        (Some(policy), Denied::Deleted) => UndoOutcome::Restored {
            what: format!(
                "{has}; removed policy {} from role {}",
                policy.policy_name, policy.holder
            ),
        },
        _ if is_back => UndoOutcome::Restored { what: has },
        _ => UndoOutcome::NothingToUndo { reason: has },
    })
}

/// What became of the deny.
enum Denied {
    /// It wasn't there.
    Gone,
    /// It is gone now.
    Deleted,
    /// It denies what was issued before the cut-off, until that has expired.
    Narrowed { cutoff: Timestamp, until: Timestamp },
    /// Somebody changed it.
    Drifted(String),
}

/// Takes the deny back. While credentials from before may be alive, only those stay denied; a person may accept
/// their revival by name.
async fn lift(aws: &Access<'_>, policy: &PolicyReceipt, request: &StepRequest) -> Result<Denied, StepError> {
    let state = denies(aws).state(policy).await?;
    let cutoff = match state {
        PolicyState::Ours => request.at,
        PolicyState::Narrowed { cutoff } => cutoff,
        PolicyState::Absent => return Ok(Denied::Gone),
        PolicyState::Altered => {
            return Ok(Denied::Drifted(format!(
                "policy `{}` of `{}` no longer has the text that Backstop wrote",
                policy.policy_name, policy.holder
            )));
        }
    };
    let until = cutoff.saturating_add(LONGEST_LIFE).unwrap_or(cutoff);
    let until = until.round(Unit::Second).unwrap_or(until);
    if request.at >= until || request.accepted.contains(&Risk::ReviveSessions) {
        denies(aws).delete(policy).await?;
        return Ok(Denied::Deleted);
    }
    if state == PolicyState::Ours {
        let narrowed = policy.narrowed(cutoff).ok_or_else(|| StepError::Invalid {
            what: "the receipt",
            detail: format!("the text of policy `{}` can't be narrowed", policy.policy_name),
        })?;
        denies(aws).put(&narrowed).await?;
    }
    Ok(Denied::Narrowed { cutoff, until })
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
