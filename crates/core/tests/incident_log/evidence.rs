//! Evidence beside containment: what is missing of it is told, and it never decides whether an incident is contained.

use backstop_core::{
    ErrorName, IncidentId, Mode, Outcome, Playbooks,
    incident::{Incident, Question, Status},
    log::Event,
    notice::{self, mail},
    step::{Phase, StepRef},
};

use crate::{
    fixture::{acting, at, ended, opened, plan, verified},
    log,
};

/// An incident that keeps evidence, too.
fn opened_with_evidence(mode: Mode) -> Event {
    let Event::Opened(mut opened) = opened(mode) else {
        unreachable!("`opened` opens");
    };
    opened.steps.truncate(1);
    opened.steps.push(StepRef {
        step: "take-snapshots".into(),
        action: "ec2.snapshot-volumes".into(),
        title: "Take snapshots".to_owned(),
        phase: Phase::Preserve,
        high_impact: false,
        with: Default::default(),
    });
    Event::Opened(opened)
}

#[test]
fn evidence_that_failed_is_said_to_be_missing_and_does_not_count_for_contained() {
    let mut events = vec![
        opened_with_evidence(Mode::Auto),
        acting("deactivate-key"),
        acting("take-snapshots"),
        ended("deactivate-key", Outcome::Done),
        verified("deactivate-key", true),
    ];
    let incident = |events: &[Event]| Incident::replay(&log(events.to_vec())).unwrap();
    let id = IncidentId::from("01JTESTTESTTESTTESTTESTTES");

    // While the snapshots hang, the notice goes out.
    let hanging = incident(&events);
    assert_eq!(hanging.conclusion(), Status::Contained);
    let notice = mail(&notice::outcome(&id, &hanging, &Playbooks::default())).body;
    let missing = "Evidence that is missing\n  - \"Take snapshots\": still under way";
    assert!(notice.contains(missing), "{notice}");
    assert!(
        !notice.contains("CUT OFF") && !notice.contains("keep by hand"),
        "{notice}"
    );

    events.push(ended(
        "take-snapshots",
        Outcome::failed(ErrorName::Unavailable, "`ec2:CreateSnapshots` failed"),
    ));
    let failed = incident(&events);
    assert_eq!(failed.conclusion(), Status::Contained);
    let notice = mail(&notice::outcome(&id, &failed, &Playbooks::default())).body;
    let missing = "\"Take snapshots\": Backstop.Unavailable: `ec2:CreateSnapshots` failed";
    assert!(notice.contains(missing), "{notice}");
    assert!(
        notice.contains("keep by hand, before anything is cleaned up"),
        "{notice}"
    );

    let kept = Event::StepEnded {
        step: "take-snapshots".into(),
        outcome: Outcome::Done,
    };
    events.push(kept);
    assert_eq!(incident(&events).missing_evidence(), []);
}

#[test]
fn people_are_asked_about_evidence_whose_keeping_changes_something() {
    let planned = |step: &str| Event::Planned {
        plan: Box::new(plan(step)),
        hash: plan(step).hash().unwrap(),
    };
    let events = [
        opened_with_evidence(Mode::Approve),
        planned("deactivate-key"),
        planned("take-snapshots"),
    ];
    let incident = Incident::replay(&log(events)).unwrap();
    let (hash, hashes) = incident.plan_hashes().unwrap();
    assert_eq!(hashes.len(), 2);
    let id = IncidentId::from("01JTESTTESTTESTTESTTESTTES");
    let asked = Question {
        notice: Default::default(),
        plan_hash: hash.clone(),
        step_hashes: hashes,
        expires_at: at(60),
        needed: 1,
    };
    let question = mail(&notice::question(&id, &incident, &asked)).body;
    assert!(question.contains("  - Take snapshots\n"), "{question}");
    // Nobody let it be kept, which the status says; it isn't missed.
    let denied = Event::Denied {
        by: "arn:aws:iam::123456789012:user/oncall".to_owned(),
        reason: None,
    };
    let asked = Event::ApprovalRequested {
        plan_hash: hash,
        expires_at: at(60),
        needed: 1,
        body: None,
    };
    let events = [
        opened_with_evidence(Mode::Approve),
        planned("deactivate-key"),
        planned("take-snapshots"),
        asked,
        denied,
    ];
    let incident = Incident::replay(&log(events)).unwrap();
    assert_eq!(incident.missing_evidence(), []);
}
