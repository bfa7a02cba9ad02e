//! What a notice is about, and the key that follows: the same for the same thing to say, however often it is made, so
//! that it is sent once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::NoticeKey;

/// What a notice is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// How the playbook ended.
    #[default]
    Outcome,
    /// How the undo ended.
    Undo,
    /// What the investigation proposes, if anything.
    Investigation,
    /// A plan that waits for a decision.
    Question,
    /// The hourly limit is reached: what comes next waits for decisions.
    Limit,
    /// Incidents that nobody works on any more.
    Attention,
}

impl About {
    /// Whether it is how something ended: of that, people are notified once each.
    pub const fn is_ending(&self) -> bool {
        matches!(self, Self::Outcome | Self::Undo)
    }

    /// As logs and keys write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Undo => "undo",
            Self::Investigation => "investigation",
            Self::Question => "question",
            Self::Limit => "limit",
            Self::Attention => "attention",
        }
    }
}

impl NoticeKey {
    /// How the playbook ended.
    pub fn outcome() -> Self {
        Self::new(About::Outcome.as_str())
    }

    /// How the undo ended that the record with this id asked for.
    pub fn undo(record: &str) -> Self {
        Self::new(format!("{}-{record}", About::Undo.as_str()))
    }

    /// What the investigation proposes.
    pub fn investigation() -> Self {
        Self::new(About::Investigation.as_str())
    }

    /// The question that the record with this id asks.
    pub fn question(record: &str) -> Self {
        Self::new(format!("{}-{record}", About::Question.as_str()))
    }

    /// The limit of the hour in which the incident was opened.
    pub fn limit() -> Self {
        Self::new(About::Limit.as_str())
    }

    /// The execution of this name, which ended badly.
    pub fn execution_died(name: &str) -> Self {
        Self::new(format!("{}-{name}", About::Attention.as_str()))
    }

    /// The incidents that need a person at this time.
    pub fn attention(at: Timestamp) -> Self {
        Self::new(format!("{}-{at}", About::Attention.as_str()))
    }
}
