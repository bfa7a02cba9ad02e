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
use texts::{ID, PLAIN, Texts, id, incident};

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
