//! Whether a question reached anybody: who was never asked hasn't failed to answer.

use super::{Delivery, Incident, Question};
use crate::{about::About, finding::SeverityLabel, ids::NoticeKey};

impl Incident {
    /// Whether people are asked by a notice of its own. Beyond the hourly limit one notice an hour stands for all but what is
    /// high or critical, or cheap decoys could silence that.
    pub fn is_asked_by_itself(&self) -> bool {
        self.limit().is_none() || self.opened.finding.severity.label >= SeverityLabel::High
    }

    /// Whether its question reached nobody, as far as the log knows: no channel took it, or a reminder of it, and nobody
    /// came upon it. Of what isn't asked by itself another incident's log would have to tell.
    pub fn nobody_was_reached(&self) -> bool {
        let Some(question) = &self.question else {
            return false;
        };
        let is_delivered = |delivery: &Delivery| delivery.failure.is_none() && is_asking(delivery, question);
        self.is_asked_by_itself()
            && self.approvals.is_empty()
            && !self.notices.deliveries.iter().any(is_delivered)
    }
}

/// Logs from before there were several notices of a kind don't say which it was.
fn is_asking(delivery: &Delivery, question: &Question) -> bool {
    match (&delivery.notice, delivery.about) {
        (Some(notice), About::Question) => *notice == question.notice,
        (Some(notice), About::Reminder) => *notice == NoticeKey::reminder(&question.notice),
        (None, About::Question) => true,
        _ => false,
    }
}
