//! Putting the profile back without bringing a stolen credential back to life.

use backstop_core::UndoOutcome;
use backstop_runtime::{
    StepError,
    action::Order,
    inline_policy::{PolicyReceipt, Standing},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    CredentialsReceipt, association, put, standing,
    words::{deletion, deny_stays},
};
use crate::{clients::Clients, instance};

/// The longest life of credentials that an instance gets for its role (EC2 User Guide, "Retrieve security
/// credentials from instance metadata": they are renewed before they expire, after six hours at most).
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(6);

/// Narrows the deny first and associates then: what the instance fetches from here on works.
pub(super) async fn undo(
    clients: &Clients,
    order: &Order,
    receipt: &CredentialsReceipt,
) -> Result<UndoOutcome, StepError> {
    match instance::read(&clients.ec2, &order.target).await {
        Ok(_) => {}
        Err(StepError::TargetGone { what }) => return Ok(gone(&what, receipt)),
        Err(error) => return Err(error),
    }
    let now = association::find(&clients.ec2, &receipt.instance).await?;
    if let Some(now) = now.as_ref().filter(|now| now.profile_arn != receipt.profile_arn) {
        return Ok(UndoOutcome::Drifted {
            found: format!(
                "instance {} was left without a profile and has {} now",
                receipt.instance, now.profile_arn
            ),
        });
    }
    let denied = match &receipt.policy {
        Some(policy) => match narrow(clients, policy, order.at).await? {
            Ok(denied) => Some(denied),
            Err(drifted) => return Ok(drifted),
        },
        None => None,
    };
    if now.is_none() {
        association::give_back(&clients.ec2, &receipt.instance, &receipt.profile_arn).await?;
    }
    let narrowed = denied.as_ref().is_some_and(|denied| denied.narrowed_now);
    let mut text = format!(
        "instance {} has the profile {} again",
        receipt.instance, receipt.profile_arn
    );
    if let Some(denied) = denied {
        text.push_str("; ");
        text.push_str(&denied.text);
    }
    Ok(if now.is_none() || narrowed {
        UndoOutcome::Restored { what: text }
    } else {
        UndoOutcome::NothingToUndo { reason: text }
    })
}

/// What became of the deny.
struct Denied {
    narrowed_now: bool,
    text: String,
}

async fn narrow(
    clients: &Clients,
    policy: &PolicyReceipt,
    cutoff: Timestamp,
) -> Result<Result<Denied, UndoOutcome>, StepError> {
    let standing = standing(clients, policy).await?;
    let cutoff = match standing {
        Standing::Ours => cutoff,
        Standing::Narrowed { cutoff } => cutoff,
        Standing::Absent => {
            return Ok(Ok(Denied {
                narrowed_now: false,
                text: format!(
                    "policy {} of role {} is gone already",
                    policy.policy_name, policy.holder
                ),
            }));
        }
        Standing::Altered => {
            return Ok(Err(UndoOutcome::Drifted {
                found: format!(
                    "policy `{}` of `{}` no longer has the text that Backstop wrote",
                    policy.policy_name, policy.holder
                ),
            }));
        }
    };
    let narrowed_now = standing == Standing::Ours;
    if narrowed_now {
        let narrowed = policy.narrowed(cutoff).ok_or_else(|| StepError::Invalid {
            what: "the receipt",
            detail: format!("the text of policy `{}` can't be narrowed", policy.policy_name),
        })?;
        put(clients, &narrowed).await?;
    }
    Ok(Ok(Denied {
        narrowed_now,
        text: deny_stays(
            policy,
            cutoff,
            cutoff.saturating_add(LONGEST_LIFE).unwrap_or(cutoff),
        ),
    }))
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
