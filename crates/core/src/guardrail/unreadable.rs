//! A guard that can't be read: nobody knows what it was to stop, so nothing is done unasked until it is gone.

use serde::{Deserialize, Serialize};

use super::{Decision, Effect};
use crate::{
    mode::Mode,
    text::{bounded, sanitize},
};

/// As much of a strange key, or of why it can't be read, as people need.
const SHOWN: usize = 200;

/// An item among the guards that is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableGuard {
    /// Its sort key, made harmless.
    pub key: String,
    /// Why it can't be read.
    pub why: String,
}

impl UnreadableGuard {
    /// Whoever writes to the table chooses both texts.
    pub fn new(key: &str, why: impl ToString) -> Self {
        let shown = |text: &str| bounded(&sanitize(text), SHOWN);
        Self {
            key: shown(key),
            why: shown(&why.to_string()),
        }
    }

    /// Fails closed for acting, and only for that: people are asked.
    pub(super) fn decide(&self) -> Decision {
        Decision {
            guardrail: "unreadable-guard".to_owned(),
            effect: Effect::LowerTo(Mode::Approve),
            detail: format!(
                "guard `{}` of the incidents table can't be read ({}): until it is removed, nothing is done unasked",
                self.key, self.why
            ),
        }
    }
}
