//! The notice that nobody has answered a question: made while there is still time to.

use jiff::Timestamp;

use super::{Notice, line, question, title};
use crate::{
    about::About,
    finding::SeverityLabel,
    ids::{IncidentId, NoticeKey},
    incident::{Incident, Question},
};

/// The question again, graver, so that channels that wake people by severity do.
pub fn reminder(id: &IncidentId, incident: &Incident, open: &Question, asked_at: Timestamp) -> Notice {
    let mut notice = question(id, incident, open);
    let reminded = line![
        "NOBODY HAS ANSWERED since ",
        asked_at,
        ": without an answer the question expires at ",
        open.expires_at,
        ", and nothing is done."
    ];
    notice.lead.insert(0, reminded);
    Notice {
        about: About::Reminder,
        severity: SeverityLabel::Critical,
        title: title(incident, "STILL WAITS, DECIDE".into()),
        key: NoticeKey::reminder(&open.notice),
        ..notice
    }
}
