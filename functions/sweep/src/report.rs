//! What one run did, in counts: the answer of the function and its last line in the log.

use backstop_core::{sweep::FedLate, words::with_causes};
use serde::Serialize;

/// The counts of one run.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// Findings that were looked at.
    pub(crate) seen: usize,
    /// Sent to intake, since no incident knows them.
    pub(crate) fed: usize,
    /// Of those, what an event should have brought long before.
    #[serde(skip)]
    pub(crate) fed_late: Vec<FedLate>,
    /// Rules that bring nothing.
    pub(crate) dead_rules: usize,
    /// Which, and what is wrong with each.
    #[serde(skip)]
    pub(crate) dead_rule_names: Vec<String>,
    /// Left: an incident knows them.
    pub(crate) known: usize,
    /// Left: fed by an earlier run.
    pub(crate) waiting: usize,
    /// Left: fed so often that once more won't help.
    pub(crate) given_up: usize,
    /// Left: not active, or no playbook answers them.
    pub(crate) unanswered: usize,
    /// Larger than a message of SQS.
    pub(crate) too_large: usize,
    /// Sources that aren't switched on.
    pub(crate) off: Vec<String>,
    /// Sources that weren't read to the end; the next run goes on there.
    pub(crate) unfinished: Vec<String>,
    /// Approvals that expired because nothing waited for them any more.
    pub(crate) expired_approvals: usize,
    /// Incidents that were closed because their machine had ended without doing so.
    pub(crate) closed: usize,
    /// Pauses and exemptions that had ended.
    pub(crate) expired_guards: usize,
    /// Incidents that need a person.
    pub(crate) attention: usize,
    /// Incidents beyond the hourly limit that wait for people.
    pub(crate) beyond_limit: usize,
    /// Whether people are notified of them by this run.
    pub(crate) notified: bool,
    /// Questions of which people were reminded.
    pub(crate) reminded: usize,
    /// Notices that weren't delivered, and are tried again.
    pub(crate) notices_again: usize,
    /// Contained incidents that were read back.
    pub(crate) watched: usize,
    /// Of those, what doesn't hold any more.
    pub(crate) reverted: usize,
    /// Of those, what couldn't be read.
    pub(crate) unwatched: usize,
    /// Incidents whose watch has ended, since their days are over.
    pub(crate) watch_ended: usize,
    /// Steps that were meant for hours and stand longer, of which people were told.
    pub(crate) overdue: usize,
    /// What failed; the rest was done all the same.
    pub(crate) failures: Vec<String>,
}

impl Report {
    pub(crate) fn failed(&mut self, doing: &str, error: &dyn std::error::Error) {
        let text = format!("{doing}: {}", with_causes(error));
        tracing::error!(reason = %text, "a part of the sweep failed");
        self.failures.push(text);
    }

    /// One line with every count, for metric filters and people.
    pub(crate) fn log(&self) {
        tracing::info!(
            seen = self.seen,
            fed = self.fed,
            known = self.known,
            waiting = self.waiting,
            given_up = self.given_up,
            unanswered = self.unanswered,
            too_large = self.too_large,
            off = %self.off.join("; "),
            unfinished = %self.unfinished.join("; "),
            expired_approvals = self.expired_approvals,
            closed = self.closed,
            expired_guards = self.expired_guards,
            dead_rules = self.dead_rules,
            beyond_limit = self.beyond_limit,
            attention = self.attention,
            notified = self.notified,
            watched = self.watched,
            reverted = self.reverted,
            unwatched = self.unwatched,
            watch_ended = self.watch_ended,
            overdue = self.overdue,
            reminded = self.reminded,
            notices_again = self.notices_again,
            failures = self.failures.len(),
            "swept"
        );
    }
}
