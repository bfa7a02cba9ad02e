//! Whether people are to be reminded of a question that nobody has answered.

use jiff::Timestamp;

use crate::{
    about::About,
    ids::NoticeKey,
    incident::{Incident, Question, Status},
    log::{Event, Record},
};

/// The question and when it was asked, if people are still to be reminded of it: once for a question, since a reminder that was
/// tried is delivered from the table until it is heard.
pub fn unreminded<'a>(
    incident: &'a Incident,
    log: &[Record],
    now: Timestamp,
) -> Option<(&'a Question, Timestamp)> {
    let (open, asked_at) = open(incident, log, now)?;
    let key = NoticeKey::reminder(&open.notice);
    let mut deliveries = incident.notices.deliveries.iter();
    let is_tried = deliveries.any(|it| it.notice.as_ref() == Some(&key));
    (!is_unasked_beyond_limit(incident) && !is_tried).then_some((open, asked_at))
}

/// The same, once half of the time to answer is over: its machine does it then, unless it died.
pub fn unanswered<'a>(
    incident: &'a Incident,
    log: &[Record],
    now: Timestamp,
) -> Option<(&'a Question, Timestamp)> {
    half_over(incident, log, now).and_then(|_| unreminded(incident, log, now))
}

/// Whether it waits for people who were told only that there are more such: beyond the hourly limit nobody is asked about one
/// incident alone, nor reminded of it. It is listed instead.
pub fn is_unasked_beyond_limit(incident: &Incident) -> bool {
    incident.limit().is_some()
        && incident.status() == Status::AwaitingApproval
        && !incident.notices.is_known(About::Question)
}

/// The open question and when it was asked, where half of the time to answer is over, and not all of it.
pub fn half_over<'a>(
    incident: &'a Incident,
    log: &[Record],
    now: Timestamp,
) -> Option<(&'a Question, Timestamp)> {
    let (open, asked_at) = open(incident, log, now)?;
    let half = open.expires_at.duration_since(asked_at) / 2;
    (now >= asked_at + half).then_some((open, asked_at))
}

/// The open question and when it was asked, while there is time to answer.
fn open<'a>(incident: &'a Incident, log: &[Record], now: Timestamp) -> Option<(&'a Question, Timestamp)> {
    let open = incident.question.as_ref();
    let open = open
        .filter(|open| incident.decision.is_none() && incident.closed.is_none() && now < open.expires_at)?;
    let is_asking = |record: &&Record| matches!(record.event, Event::ApprovalRequested { .. });
    Some((open, log.iter().rev().find(is_asking)?.at))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::sweep::testing;

    fn log_of(events: Vec<Event>) -> Vec<Record> {
        let asked = Event::ApprovalRequested {
            plan_hash: crate::Hash::default(),
            expires_at: "2026-05-01T12:00:00Z".parse().unwrap(),
            needed: 1,
            body: None,
        };
        let begun = [testing::opened(&json!({ "mode": "approve" })), asked];
        let at = "2026-05-01T08:00:00Z".parse().unwrap();
        testing::log_of(at, SignedDuration::ZERO, begun.into_iter().chain(events))
    }

    fn is_due(log: &[Record], time: &str) -> bool {
        let now = format!("2026-05-01T{time}:00Z").parse().unwrap();
        unanswered(&Incident::replay(log).unwrap(), log, now).is_some()
    }

    #[test]
    fn people_are_reminded_once_half_the_time_is_over_and_before_all_of_it_is() {
        let log = log_of(vec![]);
        let due = ["09:59", "10:00", "11:59", "12:00"].map(|time| is_due(&log, time));
        assert_eq!(due, [false, true, true, false]);
    }

    #[test]
    fn nobody_is_reminded_twice_or_of_what_is_decided() {
        let key = NoticeKey::reminder(&NoticeKey::question(&log_of(vec![])[1].id));
        let failed = Event::NotNotified {
            channel: "t".into(),
            about: About::Reminder,
            notice: key,
            error: "Backstop.NoSubscription".into(),
            detail: "d".into(),
        };
        let denied = Event::Denied {
            by: "alice".into(),
            reason: None,
        };
        for event in [failed, denied] {
            assert!(!is_due(&log_of(vec![event]), "11:00"));
        }
    }
}
