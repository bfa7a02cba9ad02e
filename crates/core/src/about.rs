//! What a notice is about, and the key that follows: the same for the same thing to say, however often it is made, so
//! that it is sent once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    canonical,
    ids::{Hash, IncidentId, NoticeKey},
};

/// One list of what there is, so that a test that walks it meets each new subject. Two notices may share one.
macro_rules! abouts {
    ($($(#[$attribute:meta])* $name:ident = $text:literal,)+) => {
        /// What a notice is about.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum About {
            $($(#[$attribute])* $name,)+
        }

        impl About {
            /// Everything that there is a notice about.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// As logs and keys write it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

abouts! {
    /// How the playbook ended.
    #[default]
    Outcome = "outcome",
    /// How the undo ended.
    Undo = "undo",
    /// What the investigation proposes, if anything.
    Investigation = "investigation",
    /// It isn't contained yet, since AWS is down or refuses for now.
    NotContainedYet = "not-contained-yet",
    /// What the second reading of a containment showed, or a later one.
    Confirmation = "confirmation",
    /// A plan that waits for a decision.
    Question = "question",
    /// A question that nobody has answered yet.
    Reminder = "reminder",
    /// The hourly limit is reached: what comes next waits for decisions.
    Limit = "limit",
    /// What waits beyond the hourly limit, by severity.
    Digest = "digest",
    /// Incidents that nobody works on any more.
    Attention = "attention",
    /// Pauses and exemptions that are new, are others now, or have ended.
    Guards = "guards",
    /// Findings don't reach Backstop as they should.
    Integrity = "integrity",
    /// Nothing is done about a finding that a person sent.
    NothingDone = "nothing-done",
    /// A target whose incident has ended is heard of again, or another finding joins one that is open.
    Activity = "activity",
    /// Contained incidents that aren't read back by themselves any more, or can't be.
    Watch = "watch",
    /// What a step made stands longer than it was meant to.
    Overdue = "overdue",
    /// The incidents table can't be used.
    LedgerDown = "ledger-down",
    /// A finding met a lock that leads to no incident of Backstop's.
    BrokenLock = "broken-lock",
}

impl About {
    /// Whether it is how something ended: of that, people are notified once each.
    pub const fn is_ending(&self) -> bool {
        matches!(self, Self::Outcome | Self::Undo)
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

    /// It isn't contained yet: once for an incident.
    pub fn not_contained_yet() -> Self {
        Self::new(About::NotContainedYet.as_str())
    }

    /// What the investigation proposes.
    pub fn investigation() -> Self {
        Self::new(About::Investigation.as_str())
    }

    /// What this reading after the first showed: the record of the incident's chain that says so.
    pub fn confirmation(record: u32) -> Self {
        Self::new(format!("{}-{record}", About::Confirmation.as_str()))
    }

    /// The question that the record with this id asks.
    pub fn question(record: &str) -> Self {
        Self::new(format!("{}-{record}", About::Question.as_str()))
    }

    /// Nobody has answered this question.
    pub fn reminder(question: &Self) -> Self {
        Self::new(format!("{}-{question}", About::Reminder.as_str()))
    }

    /// The limit of the hour in which the incident was opened.
    pub fn limit() -> Self {
        Self::new(About::Limit.as_str())
    }

    fn at(about: About, at: Timestamp) -> Self {
        Self::new(format!("{}-{at}", about.as_str()))
    }

    /// What waits beyond the limit at this time.
    pub fn digest(at: Timestamp) -> Self {
        Self::at(About::Digest, at)
    }

    /// The execution of this name, which ended badly.
    pub fn execution_died(name: &str) -> Self {
        Self::new(format!("{}-{name}", About::Attention.as_str()))
    }

    /// The incidents that need a person at this time.
    pub fn attention(at: Timestamp) -> Self {
        Self::at(About::Attention, at)
    }

    /// What was seen of the guards at this time.
    pub fn guards(at: Timestamp) -> Self {
        Self::at(About::Guards, at)
    }

    /// One change of one guard, by its hash.
    pub fn guard(change: &Hash) -> Self {
        Self::new(format!("{}-{}", About::Guards.as_str(), change.short()))
    }

    /// The guards that are in force at this time.
    pub fn guards_in_force(at: Timestamp) -> Self {
        Self::new(format!("{}-in-force-{at}", About::Guards.as_str()))
    }

    /// What is wrong with Backstop itself at this time.
    pub fn integrity(at: Timestamp) -> Self {
        Self::at(About::Integrity, at)
    }

    /// A finding of one message: the same however often the queue delivers it.
    pub fn nothing_done(message: &str, finding: &str) -> Self {
        let both = canonical::sha256(format!("{message}\n{finding}").as_bytes());
        Self::new(format!("{}-{}", About::NothingDone.as_str(), both.short()))
    }

    /// What goes on in this period after the end; each period has one.
    pub fn activity(period: i64) -> Self {
        Self::new(format!("{}-{period}", About::Activity.as_str()))
    }

    /// A finding that joins: the same for every copy of it.
    pub fn joined(finding: &str) -> Self {
        let hash = canonical::sha256(finding.as_bytes());
        Self::new(format!("{}-{}", About::Activity.as_str(), hash.short()))
    }

    /// A finding that joins again, graver than before: once for each severity.
    pub fn graver(finding: &str, severity: impl std::fmt::Display) -> Self {
        Self::joined(&format!("{finding} {severity}"))
    }

    /// The incidents whose watch ended at this time.
    pub fn watch_ended(at: Timestamp) -> Self {
        Self::new(format!("{}-ended-{at}", About::Watch.as_str()))
    }

    /// The incidents that couldn't be read back at this time.
    pub fn watch_blind(at: Timestamp) -> Self {
        Self::new(format!("{}-blind-{at}", About::Watch.as_str()))
    }

    /// What should have been undone by then, on this day after it.
    pub fn overdue(until: Timestamp, day: i64) -> Self {
        Self::new(format!("{}-{until}-{day}", About::Overdue.as_str()))
    }

    /// The table at this time.
    pub fn ledger_down(at: Timestamp) -> Self {
        Self::at(About::LedgerDown, at)
    }

    /// The lock that names this incident. Whoever wrote the lock chose the name, so it stands here as a hash.
    pub fn broken_lock(named: &IncidentId) -> Self {
        let hash = canonical::sha256(named.as_str().as_bytes());
        Self::new(format!("{}-{}", About::BrokenLock.as_str(), hash.short()))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn each_is_written_as_serde_writes_it() {
        for about in About::ALL {
            assert_eq!(serde_json::to_value(about).unwrap(), about.as_str());
        }
    }
}
