//! Which of the deactivated credentials an undo switches on again, and what is said of the others.

use backstop_core::{Risk, UndoOutcome, kind};
use backstop_runtime::action::StepRequest;

use super::credential::{Kind, Listed};

/// Why one stays off; none if it may work again.
pub(super) fn stays_off(request: &StepRequest, listed: &Listed) -> Option<String> {
    let made = listed.made_in_words();
    if !request
        .attack_began
        .is_some_and(|began| listed.is_older_than(began))
    {
        return Some(format!(
            "{made}, in the day before the attack was seen or since, so it counts as the attacker's"
        ));
    }
    let is_source_known = kind::AccessKey::of(&request.target.resource).is_some();
    let is_accepted = request.accepted.contains(&Risk::ReactivateKey);
    if listed.credential.kind == Kind::AccessKey && !is_source_known && !is_accepted {
        return Some("it may be what the attacker got in with, since the finding names no key".to_owned());
    }
    None
}

/// What the undo did, said in words.
#[derive(Default)]
pub(super) struct Revival {
    active_again: Vec<String>,
    kept_off: Vec<String>,
}

impl Revival {
    pub(super) fn reactivated(&mut self, listed: &Listed) {
        self.active_again.push(listed.credential.words());
    }

    /// One that was made since the attack began is to be deleted; of another its owner decides.
    pub(super) fn kept_off(&mut self, user: &str, listed: &Listed, why: &str) {
        let credential = &listed.credential;
        self.kept_off.push(format!(
            "{} ({why}): delete it by `{}`, or, if its owner knows it and nobody else can, switch it on by `{}`",
            credential.words(),
            credential.delete(user),
            credential.reactivate(user)
        ));
    }

    pub(super) fn outcome(self) -> UndoOutcome {
        let kept = self.kept_off.join("; ");
        let back = format!("active again: {}", self.active_again.join(", "));
        match (self.active_again.is_empty(), self.kept_off.is_empty()) {
            (true, true) => UndoOutcome::NothingToUndo {
                reason: "every credential is as it was before".to_owned(),
            },
            (true, false) => UndoOutcome::KeptOff { reason: kept },
            (false, true) => UndoOutcome::Restored { what: back },
            (false, false) => UndoOutcome::Restored {
                what: format!("{back}; LEFT OFF on purpose: {kept}"),
            },
        }
    }
}
