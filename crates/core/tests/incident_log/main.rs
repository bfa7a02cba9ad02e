//! The log and what follows from it: chain, legality, and the status an incident closes with.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod confirmed;
mod evidence;
#[path = "../fixture/incident.rs"]
mod fixture;
mod reached;

use backstop_core::{
    ErrorName, IncidentId, Mode, Outcome, Playbooks, Receipt,
    guardrail::{Decision, Effect},
    incident::{Clearance, Incident, Status},
    log::{ChainError, Event, Record, check_chain, receipt},
    notice::{self, mail},
};
use fixture::{STEPS, acting, at, ended, opened, plan, verified};
use proptest::prelude::*;

fn log(events: impl IntoIterator<Item = Event>) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for (number, event) in events.into_iter().enumerate() {
        let record = Record::next(records.last(), at(number as i64), format!("id-{number}"), event).unwrap();
        records.push(record);
    }
    records
}

fn conclusion(events: Vec<Event>) -> Status {
    Incident::replay(&log(events)).unwrap().conclusion()
}

fn all_proven() -> Vec<Event> {
    let mut events = vec![opened(Mode::Auto)];
    for step in STEPS {
        events.extend([acting(step), ended(step, Outcome::Done), verified(step, true)]);
    }
    events
}

#[test]
fn contained_only_if_every_step_is_proven() {
    assert_eq!(conclusion(all_proven()), Status::Contained);
    let mut unverified = all_proven();
    unverified.pop();
    assert_eq!(conclusion(unverified), Status::PartiallyContained);
    let mut broken = all_proven();
    broken.push(verified("deny-user", false));
    assert_eq!(
        conclusion(broken),
        Status::PartiallyContained,
        "the last word counts"
    );
}

#[test]
fn a_denied_step_makes_it_partial_and_all_denied_make_it_failed() {
    let denied = || Outcome::failed(ErrorName::AccessDenied, "`iam:PutUserPolicy` on user `alice`");
    let mut partial = vec![opened(Mode::Auto)];
    partial.extend([
        acting(STEPS[0]),
        ended(STEPS[0], Outcome::Done),
        verified(STEPS[0], true),
    ]);
    partial.extend([
        acting(STEPS[1]),
        ended(STEPS[1], denied()),
        ended(STEPS[2], Outcome::Already),
    ]);
    partial.push(verified(STEPS[2], true));
    assert_eq!(conclusion(partial), Status::PartiallyContained);

    let mut failed = vec![opened(Mode::Auto)];
    failed.extend(STEPS.map(|step| ended(step, denied())));
    assert_eq!(conclusion(failed), Status::Failed);
}

#[test]
fn a_step_whose_function_died_is_missed() {
    let mut died = all_proven();
    died.retain(|event| !matches!(event, Event::StepEnded { step, .. } | Event::Verified { step, .. } if step.as_str() == "deny-user"));
    assert_eq!(conclusion(died), Status::PartiallyContained);
    assert_eq!(conclusion(vec![opened(Mode::Auto)]), Status::Failed);
}

#[test]
fn a_skipped_step_does_not_count_but_alone_it_contains_nothing() {
    let skipped = |step: &str| {
        ended(
            step,
            Outcome::Skipped {
                reason: "no long-term key".into(),
            },
        )
    };
    let mut events = vec![opened(Mode::Auto), skipped(STEPS[0])];
    for step in [STEPS[1], STEPS[2]] {
        events.extend([acting(step), ended(step, Outcome::Done), verified(step, true)]);
    }
    assert_eq!(conclusion(events), Status::Contained);
    let mut all = vec![opened(Mode::Auto)];
    all.extend(STEPS.map(skipped));
    assert_eq!(conclusion(all), Status::Failed);
}

#[test]
fn planning_is_not_containing_and_a_decision_shows_before_it_is_closed() {
    let skipped = || {
        let reason = "no long-term key".into();
        ended(STEPS[0], Outcome::Skipped { reason })
    };
    let status = |events: Vec<Event>| Incident::replay(&log(events)).unwrap().status();
    assert_eq!(status(vec![opened(Mode::Observe), skipped()]), Status::Open);
    assert_eq!(status(vec![opened(Mode::Approve), skipped()]), Status::Open);
    assert_eq!(status(vec![opened(Mode::Auto), skipped()]), Status::Containing);

    let (plan_hash, _) = Incident::replay(&log([opened(Mode::Approve)]))
        .unwrap()
        .plan_hashes()
        .unwrap();
    let asked = Event::ApprovalRequested {
        plan_hash: plan_hash.clone(),
        expires_at: at(600),
        needed: 1,
        body: None,
    };
    let by = || "arn:aws:iam::123456789012:user/alice".to_owned();
    let approved = Event::Approved {
        by: by(),
        person: None,
        reason: None,
        plan_hash,
    };
    let denied = Event::Denied {
        by: by(),
        reason: None,
    };
    for (decision, expected) in [
        (None, Status::AwaitingApproval),
        (Some(approved), Status::Containing),
        (Some(denied), Status::Denied),
        (Some(Event::ApprovalExpired), Status::Expired),
    ] {
        let told = reached::told(None);
        let events = [opened(Mode::Approve), asked.clone(), told]
            .into_iter()
            .chain(decision);
        assert_eq!(status(events.collect()), expected);
    }
}

#[test]
fn refused_observed_denied_and_expired_are_told_apart() {
    let refused = Outcome::Refused {
        guardrail: "exemption".into(),
        reason: "until tomorrow".into(),
    };
    let mut events = vec![opened(Mode::Auto)];
    events.extend(STEPS.map(|step| ended(step, refused.clone())));
    assert_eq!(conclusion(events), Status::Refused);
    assert_eq!(conclusion(vec![opened(Mode::Observe)]), Status::Observed);

    let asked = || {
        let mut events = vec![opened(Mode::Approve)];
        events.extend(STEPS.map(|step| {
            let plan = plan(step);
            let hash = plan.hash().unwrap();
            Event::Planned {
                plan: Box::new(plan),
                hash,
            }
        }));
        let (plan_hash, _) = Incident::replay(&log(events.clone()))
            .unwrap()
            .plan_hashes()
            .unwrap();
        events.push(Event::ApprovalRequested {
            plan_hash: plan_hash.clone(),
            expires_at: at(14_400),
            needed: 2,
            body: None,
        });
        (events, plan_hash)
    };
    let (mut denied, _) = asked();
    denied.push(Event::Denied {
        by: "arn:aws:iam::123456789012:user/bob".into(),
        reason: None,
    });
    assert_eq!(conclusion(denied), Status::Denied);
    let (mut expired, _) = asked();
    expired.extend([reached::told(None), Event::ApprovalExpired]);
    assert_eq!(conclusion(expired), Status::Expired);

    let (mut approved, hash) = asked();
    let by = |name: &str| Event::Approved {
        by: format!("arn:aws:iam::123456789012:user/{name}"),
        person: None,
        reason: None,
        plan_hash: hash.clone(),
    };
    approved.extend([by("bob"), by("bob")]);
    let incident = Incident::replay(&log(approved.clone())).unwrap();
    assert_eq!(
        incident.status(),
        Status::AwaitingApproval,
        "one person twice is one person"
    );
    assert_eq!(
        incident.clearance(&plan(STEPS[0]), Mode::Auto),
        Clearance::AskAgain
    );
    approved.push(by("carol"));
    let incident = Incident::replay(&log(approved.clone())).unwrap();
    let hash = plan(STEPS[0]).hash().unwrap();
    assert_eq!(
        incident.clearance(&plan(STEPS[0]), Mode::Auto),
        Clearance::Only(&hash)
    );
    assert!(matches!(
        incident.clearance(&plan("never-planned"), Mode::Auto),
        Clearance::No(_)
    ));
    approved.push(by("dave"));
    assert!(
        Incident::replay(&log(approved)).is_err(),
        "the question is decided already"
    );
}

#[test]
fn in_auto_mode_a_plan_can_ask_for_a_person() {
    let [first, second] = [STEPS[0], STEPS[1]];
    let mut public = plan(first);
    public.needs_approval = Some("the bucket hosts a website".into());
    let mut events = vec![opened(Mode::Auto)];
    let auto = Incident::replay(&log(events.clone())).unwrap();
    assert_eq!(auto.clearance(&public, Mode::Auto), Clearance::AskAgain);
    assert_eq!(
        auto.clearance(&plan(second), Mode::Auto),
        Clearance::Any,
        "its neighbours act at once"
    );

    let hash = public.hash().unwrap();
    events.push(Event::Planned {
        plan: Box::new(public.clone()),
        hash: hash.clone(),
    });
    let asked = Incident::replay(&log(events.clone())).unwrap();
    let (plan_hash, _) = asked.plan_hashes().unwrap();
    events.push(Event::ApprovalRequested {
        plan_hash: plan_hash.clone(),
        expires_at: at(600),
        needed: 1,
        body: None,
    });
    let mut denied = events.clone();
    denied.push(Event::Denied {
        by: "arn:aws:iam::123456789012:user/bob".into(),
        reason: None,
    });
    let denied = Incident::replay(&log(denied)).unwrap();
    assert!(matches!(denied.clearance(&public, Mode::Auto), Clearance::No(_)));
    assert_eq!(denied.conclusion(), Status::Denied);

    events.push(Event::Approved {
        by: "arn:aws:iam::123456789012:user/bob".into(),
        person: None,
        reason: None,
        plan_hash,
    });
    let approved = Incident::replay(&log(events)).unwrap();
    assert_eq!(approved.clearance(&public, Mode::Auto), Clearance::Only(&hash));
    let mut second = plan(second);
    second.needs_approval = public.needs_approval;
    assert_eq!(
        approved.clearance(&second, Mode::Auto),
        Clearance::AskAgain,
        "nobody saw this one"
    );
}

#[test]
fn a_plan_that_changes_nothing_needs_nobodys_word() {
    let mut reading = plan(STEPS[0]);
    reading.changes.clear();
    for mode in [Mode::Observe, Mode::Approve, Mode::Auto] {
        let incident = Incident::replay(&log([opened(mode)])).unwrap();
        assert_eq!(incident.clearance(&reading, Mode::Auto), Clearance::Any, "{mode}");
    }
}

#[test]
fn an_intake_refusal_outranks_the_mode_it_left() {
    let Event::Opened(mut first) = opened(Mode::Observe) else {
        unreachable!()
    };
    first.guardrails.push(Decision {
        guardrail: "pause".into(),
        effect: Effect::Refuse,
        detail: "everything is paused".into(),
    });
    assert_eq!(conclusion(vec![Event::Opened(first)]), Status::Refused);
}

#[test]
fn the_first_receipt_is_the_one_that_counts() {
    let mut second = plan("deny-user");
    second.receipt = Receipt(serde_json::json!({ "was_active": false }));
    let records = log([
        opened(Mode::Auto),
        acting("deny-user"),
        Event::Acting {
            plan: Box::new(second),
        },
    ]);
    assert_eq!(
        receipt(&records, &"deny-user".into()),
        Some(&plan("deny-user").receipt)
    );
    let incident = Incident::replay(&records).unwrap();
    assert_eq!(
        incident.step(&"deny-user".into()).unwrap().plan.as_ref(),
        Some(&plan("deny-user"))
    );
}

#[test]
fn illegal_events_are_errors() {
    let after = |event: Event| Incident::replay(&log([opened(Mode::Auto), event]));
    assert!(after(opened(Mode::Auto)).is_err());
    assert!(
        after(ended("deny-user", Outcome::Done)).is_err(),
        "done without a receipt"
    );
    assert!(after(ended("no-such-step", Outcome::Already)).is_err());
    assert!(after(Event::ApprovalExpired).is_err());
    let closed = || Event::Closed {
        status: Status::Failed,
    };
    assert!(Incident::replay(&log([opened(Mode::Auto), closed(), closed()])).is_err());
    assert!(Incident::replay(&log([opened(Mode::Auto), closed(), acting("deny-user")])).is_err());
    assert!(Incident::replay(&[]).is_err());
}

#[test]
fn every_alteration_of_a_log_is_found() {
    let records = log(all_proven());
    check_chain(&records).unwrap();
    for number in 0..records.len() {
        let mut altered = records.clone();
        altered[number].at = at(1_000_000);
        assert!(
            matches!(check_chain(&altered), Err(ChainError::WrongHash { .. })),
            "{number}"
        );
        let mut dropped = records.clone();
        dropped.remove(number);
        // Losing the last record can't be seen in the chain itself.
        assert_eq!(check_chain(&dropped).is_ok(), number + 1 == records.len());
    }
}

#[test]
fn records_survive_json() {
    for record in log(all_proven()) {
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    }
}

#[test]
fn the_notice_reads_well() {
    let mut events = all_proven();
    events.truncate(events.len() - 3);
    let denied = Outcome::failed(
        ErrorName::AccessDenied,
        "`iam:UpdateSSHPublicKey` on SSH public key `APKA1` of user `alice`: AccessDenied: not authorized",
    );
    events.extend([acting(STEPS[2]), ended(STEPS[2], denied)]);
    let incident = Incident::replay(&log(events)).unwrap();
    let notice = mail(&notice::outcome(
        &IncidentId::from("01JTEST"),
        &incident,
        &Playbooks::default(),
    ));
    insta::assert_snapshot!(format!("{}\n\n{}", notice.subject, notice.body));
    assert!(notice.subject.is_ascii() && notice.subject.len() <= 100);
    assert!(!notice.body.contains('\u{1b}') && !notice.body.contains("http://"));
}

proptest! {
    /// Whatever happens in whatever order, an incident is `contained` only if a naive reading of the log says
    /// that each step's last outcome is done or already and its last verification, later than that, holds.
    #[test]
    fn agrees_with_a_naive_model(choices in prop::collection::vec((0usize..3, 0usize..5), 0..40)) {
        let mut records = log([opened(Mode::Auto)]);
        for (step, what) in choices {
            let step = STEPS[step];
            let event = match what {
                0 => acting(step),
                1 => ended(step, Outcome::Done),
                2 => ended(step, Outcome::failed(ErrorName::Throttled, "slow down")),
                3 => verified(step, true),
                _ => verified(step, false),
            };
            let record =
                Record::next(records.last(), at(records.len() as i64), "w".into(), event).unwrap();
            records.push(record);
            if Incident::replay(&records).is_err() {
                records.pop();
            }
        }
        check_chain(&records).unwrap();
        let naive = STEPS.iter().all(|step| {
            let (mut done, mut holds) = (false, false);
            for record in &records {
                match &record.event {
                    Event::Acting { plan } if plan.step.as_str() == *step => (done, holds) = (false, false),
                    Event::StepEnded { step: of, outcome } if of.as_str() == *step => {
                        done = matches!(outcome, Outcome::Done | Outcome::Already);
                        holds = false;
                    }
                    Event::Verified { step: of, verification, .. } if of.as_str() == *step => {
                        holds = verification.holds;
                    }
                    _ => {}
                }
            }
            done && holds
        });
        let incident = Incident::replay(&records).unwrap();
        prop_assert_eq!(incident.conclusion() == Status::Contained, naive);
    }
}
