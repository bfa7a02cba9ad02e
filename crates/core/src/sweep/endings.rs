//! Whether people were told how an incident ended. Its notice may never have been written down: `notify` couldn't be run.

use jiff::{SignedDuration, Timestamp};

use crate::{
    about::About,
    incident::{Incident, Undo},
    log::OriginKind,
};

/// A machine tells people before it closes an incident or right after; until then the notice is on its way.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(15);

/// What is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It hasn't ended, or only just has.
    TooSoon,
    /// People know, or the notice is written down, so that it is delivered until they do; or nobody is to be told.
    Settled,
    /// Nobody was told, and nothing is written down to tell them.
    Untold(About),
}

/// Decides on one incident.
pub fn ending(incident: &Incident, now: Timestamp) -> Ending {
    let Some((_, closed_at)) = incident.closed else {
        return Ending::TooSoon;
    };
    let about = match incident.undo {
        Undo::Running(_) => return Ending::TooSoon,
        Undo::Ended => About::Undo,
        Undo::NotAsked => About::Outcome,
    };
    let notices = &incident.notices;
    let is_tried = || {
        let mut deliveries = notices.deliveries.iter();
        deliveries.any(|it| it.notice.as_ref() == Some(notices.ending_key()))
    };
    // Whoever asked for a plan sees it.
    if incident.opened.origin.kind() == OriginKind::Plan || notices.ending_is_known() || is_tried() {
        return Ending::Settled;
    }
    if now.duration_since(closed_at) < ON_ITS_WAY {
        Ending::TooSoon
    } else {
        Ending::Untold(about)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;
    use crate::{ids::NoticeKey, log::Event, status::Status, sweep::testing};

    const CLOSED: &str = "2026-05-01T08:00:00Z";

    fn closed_with(events: Vec<Event>, origin: &str) -> Incident {
        let origin = json!({ "origin": origin, "by": "arn:aws:iam::123456789012:user/alice" });
        let opened = testing::opened(&json!({ "origin": origin }));
        let closed = Event::Closed {
            status: Status::Reported,
        };
        let all = [vec![opened], events, vec![closed]].concat();
        let records = testing::log_of(CLOSED.parse().unwrap(), SignedDuration::ZERO, all);
        Incident::replay(&records).unwrap()
    }

    fn after(minutes: i64) -> Timestamp {
        CLOSED.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn what_nobody_was_told_is_told_once_it_cannot_be_on_its_way() {
        let untold = closed_with(vec![], "finding");
        assert_eq!(ending(&untold, after(14)), Ending::TooSoon);
        assert_eq!(ending(&untold, after(15)), Ending::Untold(About::Outcome));
    }

    #[test]
    fn what_is_delivered_or_written_down_is_settled() {
        let delivered = Event::Notified {
            channel: "t".into(),
            subject: "s".into(),
            message_id: "m".into(),
            body: None,
            about: About::Outcome,
            notice: Some(NoticeKey::outcome()),
        };
        let tried = Event::NotNotified {
            channel: "t".into(),
            about: About::Outcome,
            notice: NoticeKey::outcome(),
            error: "Backstop.NoSubscription".into(),
            detail: "d".into(),
        };
        for event in [delivered, tried] {
            let known = closed_with(vec![event], "finding");
            assert_eq!(ending(&known, after(60)), Ending::Settled);
        }
        let about_another = Event::NotNotified {
            channel: "t".into(),
            about: About::Question,
            notice: NoticeKey::question("1"),
            error: "Backstop.AccessDenied".into(),
            detail: "d".into(),
        };
        let untold = closed_with(vec![about_another], "finding");
        assert_eq!(ending(&untold, after(60)), Ending::Untold(About::Outcome));
    }
}
