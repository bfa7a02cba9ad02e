//! What a person types to mean a target. Each kind knows its own forms; here they are tried in turn.

use super::{Arn, Location, Target, TargetKind};
use crate::ids::{AccountId, Region};

/// The text means no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistyped {
    /// It has no form that a kind knows.
    #[error("`{0}` names no target: type {forms}", forms = forms())]
    Unreadable(String),
    /// It names something that can't be contained by itself.
    #[error("`{typed}` is {what}: type {instead}")]
    NotByItself {
        /// What was typed.
        typed: String,
        /// What it is and why it isn't taken.
        what: String,
        /// What to type instead.
        instead: String,
    },
    /// It is well formed, but of something that Backstop has no kind for.
    #[error("`{0}` is an ARN of a kind that no playbook answers")]
    OtherArn(String),
}

/// Everything that can be typed for a target, in words: "an access key id (AKIA…), …, or an incident's id".
pub fn forms() -> String {
    let forms: Vec<&str> = TargetKind::ALL
        .iter()
        .filter_map(|kind| kind.typed_form())
        .collect();
    format!("{}, or an incident's id", forms.join(", "))
}

/// Reads what a person typed; `at` is where the target is if the text doesn't say.
pub fn read_typed(text: &str, at: &Location) -> Result<Target, Mistyped> {
    let text = text.trim();
    if text.starts_with("arn:") {
        return arn(text, at);
    }
    TargetKind::ALL
        .iter()
        .find_map(|kind| kind.read_typed(text, at))
        .unwrap_or_else(|| Err(Mistyped::Unreadable(text.to_owned())))
}

fn arn(text: &str, at: &Location) -> Result<Target, Mistyped> {
    let unreadable = || Mistyped::Unreadable(text.to_owned());
    let arn = Arn::read(text).ok_or_else(unreadable)?;
    let at = Location {
        account: if arn.account.is_empty() {
            at.account.clone()
        } else {
            AccountId::new(arn.account)
        },
        region: if arn.region.is_empty() {
            at.region.clone()
        } else {
            Region::new(arn.region)
        },
        partition: arn.partition.to_owned(),
    };
    if !at.account.is_well_formed() {
        return Err(unreadable());
    }
    let resource = TargetKind::ALL
        .iter()
        .find_map(|kind| kind.read_arn(&arn))
        .unwrap_or_else(|| Err(Mistyped::OtherArn(text.to_owned())))?;
    Ok(at.target(resource))
}

#[cfg(test)]
mod tests;
