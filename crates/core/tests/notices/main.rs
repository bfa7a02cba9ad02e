//! Every kind of notice as it is mailed, and the same with hostile text in every field that comes from outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod deliveries;
mod events;
mod every;
mod harms;
mod hostile;
mod texts;

use backstop_core::{
    Playbooks,
    about::About,
    notice::{self, Class, Mail, Notice, mail},
};
use events::ended;
use harms::hostile;
use serde_json::json;
use texts::{ID, PLAIN, Texts, at, id, incident};

#[test]
fn every_notice_reads_well() {
    for (name, notice) in PLAIN.every() {
        let Mail { subject, body } = mail(&notice);
        insta::assert_snapshot!(format!("notice-{name}"), format!("{subject}\n\n{body}"));
    }
}

/// People have one thread for a case, whichever of its incidents a notice is about.
#[test]
fn what_is_about_an_incident_is_of_its_case() {
    let first = "01JDXQ6T8R7M5V9N2K4H3G1F00";
    let in_case = Texts {
        first: Some(first),
        ..PLAIN
    };
    for (name, notice) in in_case.every() {
        // One notice for all incidents of an hour is of no case.
        let of_one = notice.incident.is_some() && notice.about != About::Limit;
        assert_eq!(notice.case, of_one.then(|| first.into()), "{name}");
    }
}

#[test]
fn a_notice_survives_being_written_down() {
    for (name, notice) in hostile().every() {
        let text = serde_json::to_string(&notice).unwrap();
        assert_eq!(serde_json::from_str::<Notice>(&text).unwrap(), notice, "{name}");
    }
}

#[test]
fn who_must_act_is_paged_and_others_are_told() {
    for (name, notice) in PLAIN.every() {
        let is_told = matches!(notice.about, About::NothingDone | About::Activity);
        assert_eq!(notice.class == Class::Tell, is_told, "{name}");
        let is_of_none = matches!(
            notice.about,
            About::Attention
                | About::Digest
                | About::Guards
                | About::Integrity
                | About::NothingDone
                | About::LedgerDown
                | About::BrokenLock
                | About::Watch
        );
        assert_eq!(notice.incident.is_none(), is_of_none, "{name}");
    }
    let contained = vec![
        PLAIN.opened("auto"),
        PLAIN.acting("deactivate-key"),
        ended("deactivate-key", "done"),
        PLAIN.verified("deactivate-key"),
        ended("deny-user", "already"),
        PLAIN.verified("deny-user"),
    ];
    assert_eq!(
        notice::outcome(&id(), &incident(contained), &Playbooks::default()).class,
        Class::Tell
    );
}

#[test]
fn a_notice_that_is_too_long_is_cut_between_lines_and_says_so() {
    let mut long = incident(PLAIN.acted());
    let radius = (0..5000).map(|number| format!("service number {number} stops working as of now"));
    long.steps[0].plan.as_mut().unwrap().blast_radius = radius.collect();
    let body = mail(&notice::outcome(&id(), &long, &Playbooks::default())).body;
    assert!(body.len() < 200 * 1024);
    let end = format!(
        "\nThis notice was too long and is cut here. See everything: backstop incidents show {ID}\n\nWhat to do next\n"
    );
    assert!(body.contains(&end), "what to do is kept");
    assert!(body.ends_with(&format!("  - see everything: backstop incidents show {ID}\n\n")));
    let whole = body.lines().filter(|line| line.starts_with("  - service number"));
    assert!(whole.clone().count() > 1000 && whole.clone().all(|line| line.ends_with("as of now")));
}

#[test]
fn what_was_meant_for_hours_is_overdue_until_it_is_undone() {
    let over = |events: Vec<serde_json::Value>, hours: u32, now: i64| {
        notice::over_since(&incident(events).steps[0], hours, at(now)).is_some()
    };
    assert!(!over(PLAIN.acted(), 2, 7_000) && over(PLAIN.acted(), 2, 8_000));
    assert!(!over(vec![PLAIN.opened("auto")], 2, 8_000), "it made nothing");
    let undone = |outcome: serde_json::Value| {
        let mut events = PLAIN.acted();
        events.extend([
            json!({ "event": "closed", "status": "partially-contained" }),
            json!({ "event": "undo-requested", "by": "bob", "reason": null, "steps": ["deactivate-key"] }),
            outcome,
        ]);
        events
    };
    let restored =
        json!({ "event": "undo-ended", "step": "deactivate-key", "outcome": "restored", "what": "it" });
    assert!(!over(undone(restored), 2, 8_000));
    let drifted =
        json!({ "event": "undo-ended", "step": "deactivate-key", "outcome": "drifted", "found": "else" });
    assert!(over(undone(drifted), 2, 8_000), "it stands still");

    let incident = incident(PLAIN.acted());
    let page = |hours: i64| {
        let now = at(hours * 3_600);
        let until = notice::over_since(&incident.steps[0], 2, now).unwrap();
        notice::overdue(&id(), &incident, &incident.steps[0], until, now)
    };
    assert_eq!(page(3).key, page(20).key, "once a day");
    assert_ne!(page(3).key, page(40).key);
    assert_eq!(page(3).class, Class::Page);
}
