//! A question whose time is over: nobody answered it, or nobody could.

use backstop_core::{
    Hash, Mode, NoticeKey,
    about::About,
    finding::{Severity, SeverityLabel},
    guardrail::{Decision, Effect},
    incident::{Incident, Status},
    log::Event,
};

use super::{fixture, log};

/// A channel took the question; logs from before there were several notices of a kind don't say which.
pub(crate) fn told(notice: Option<NoticeKey>) -> Event {
    told_of(About::Question, notice)
}

fn told_of(about: About, notice: Option<NoticeKey>) -> Event {
    Event::Notified {
        channel: "topic".into(),
        subject: "DECIDE".into(),
        message_id: "1".into(),
        body: None,
        about,
        notice,
    }
}

fn asked() -> Event {
    Event::ApprovalRequested {
        plan_hash: Hash::default(),
        expires_at: fixture::at(600),
        needed: 2,
        body: None,
    }
}

/// How an incident ends whose question was followed by this, and by nobody's decision.
fn ending(opened: Event, then: Vec<Event>) -> Status {
    let events = [vec![opened, asked()], then, vec![Event::ApprovalExpired]].concat();
    let incident = Incident::replay(&log(events)).unwrap();
    assert_eq!(incident.status(), incident.conclusion());
    incident.status()
}

fn opened() -> Event {
    fixture::opened(Mode::Approve)
}

/// Beyond the hour's limit, of this severity.
fn beyond_limit(label: SeverityLabel) -> Event {
    let Event::Opened(mut opened) = opened() else {
        unreachable!("the first event opens")
    };
    opened.guardrails.push(Decision {
        guardrail: "limit".into(),
        effect: Effect::LowerTo(Mode::Approve),
        detail: String::new(),
    });
    opened.finding.severity = Severity::of_label(label);
    Event::Opened(opened)
}

#[test]
fn what_reached_nobody_is_not_what_nobody_answered() {
    let replayed = Incident::replay(&log([opened(), asked()])).unwrap();
    let key = replayed.question.unwrap().notice;
    let failed = Event::NotNotified {
        channel: "topic".into(),
        about: About::Question,
        notice: key.clone(),
        error: "Backstop.NoSubscription".into(),
        detail: "no confirmed subscription".into(),
    };
    let another = told(Some(NoticeKey::question("another")));
    for unheard in [vec![], vec![failed.clone()], vec![another]] {
        assert_eq!(
            ending(opened(), unheard.clone()),
            Status::Unreached,
            "{unheard:?}"
        );
    }

    let reminder = told_of(About::Reminder, Some(NoticeKey::reminder(&key)));
    let approved = Event::Approved {
        by: "arn:aws:iam::123456789012:user/alice".into(),
        person: None,
        reason: None,
        plan_hash: Hash::default(),
    };
    for heard in [told(Some(key)), told(None), reminder, approved] {
        let events = vec![failed.clone(), heard.clone()];
        assert_eq!(ending(opened(), events), Status::Expired, "{heard:?}");
    }
}

/// One notice an hour stands for them, and another incident's log has it.
#[test]
fn beyond_the_limit_only_what_is_grave_is_asked_by_itself() {
    assert_eq!(
        ending(beyond_limit(SeverityLabel::Medium), vec![]),
        Status::Expired
    );
    assert_eq!(
        ending(beyond_limit(SeverityLabel::High), vec![]),
        Status::Unreached
    );
}
