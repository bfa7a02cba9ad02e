#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{
    finding::{Route, Severity, SeverityLabel},
    log::FindingRef,
};

const QUIET: Since = Since {
    reopened: 0,
    reverted: 0,
    told: false,
    mode: Mode::Auto,
};

/// Whether anybody hears of it, or it is answered.
fn is_silent(reaction: Reaction) -> bool {
    reaction == Reaction::Note
}

#[test]
fn no_ending_is_silent_whatever_is_new() {
    let mut walked = 0;
    for ending in Ending::ALL {
        for activity in NewActivity::ALL {
            walked += 1;
            let reaction = ending.reaction(activity).after(QUIET);
            let is_setting = activity == NewActivity::ModeRaised
                && matches!(
                    ending,
                    Ending::Contained
                        | Ending::Released
                        | Ending::Denied
                        | Ending::Undone
                        | Ending::Stuck
                        | Ending::Reported
                );
            let may_be_silent = activity == NewActivity::Nothing || is_setting;
            assert_eq!(
                is_silent(reaction),
                may_be_silent,
                "{ending:?} × {activity:?}: {reaction:?}"
            );
        }
    }
    assert_eq!(walked, 72);
}

#[test]
fn what_isnt_contained_or_denied_is_answered_again() {
    for ending in Ending::ALL {
        if matches!(
            ending,
            Ending::Contained | Ending::Released | Ending::Denied | Ending::Reported
        ) {
            continue;
        }
        for activity in [NewActivity::Continued, NewActivity::Worse, NewActivity::Reset] {
            let reaction = ending.reaction(activity).after(QUIET);
            assert!(
                matches!(reaction, Reaction::Open { .. }),
                "{ending:?} × {activity:?}: {reaction:?}"
            );
        }
    }
    let raised = [
        Ending::Observed,
        Ending::Refused,
        Ending::Expired,
        Ending::Unreached,
        Ending::Failed,
        Ending::PartiallyContained,
    ];
    for ending in raised {
        let reaction = ending.reaction(NewActivity::ModeRaised);
        assert_eq!(reaction, Reaction::Open { at_most: Mode::Auto }, "{ending:?}");
    }
}

/// Whatever is new, and whatever else happened.
#[test]
fn a_persons_word_is_never_overruled() {
    for ending in [Ending::Undone, Ending::Stuck, Ending::Denied, Ending::Released] {
        for activity in NewActivity::ALL {
            for (reopened, told) in [(0, false), (1, true), (MOST_REOPENED, false)] {
                let since = Since {
                    reopened,
                    told,
                    ..QUIET
                };
                let reaction = ending.reaction(activity).after(since);
                for last in [
                    reaction,
                    reaction.once_read(true, since),
                    reaction.once_read(false, since),
                ] {
                    assert!(!opens_unasked(last), "{ending:?} × {activity:?}: {last:?}");
                }
            }
        }
    }
}

fn changed_back(ending: Ending) -> Reaction {
    ending.when_changed_back().unwrap()
}

fn opens_unasked(reaction: Reaction) -> bool {
    matches!(
        reaction,
        Reaction::Open { at_most: Mode::Auto } | Reaction::VerifyAgain { at_most: Mode::Auto }
    )
}

/// What nobody looks for isn't promised.
#[test]
fn only_what_is_to_hold_can_be_changed_back() {
    let looked_for = Ending::ALL
        .into_iter()
        .filter(|it| it.when_changed_back().is_some());
    let all: Vec<Ending> = looked_for.collect();
    assert_eq!(all, [Ending::Contained, Ending::PartiallyContained]);
}

#[test]
fn contained_is_read_back_and_opened_only_if_it_does_not_hold() {
    for activity in [NewActivity::Continued, NewActivity::Worse, NewActivity::Reset] {
        let reaction = Ending::Contained.reaction(activity).after(QUIET);
        assert_eq!(reaction, Reaction::VerifyAgain { at_most: Mode::Auto });
        assert_eq!(reaction.once_read(true, QUIET), Reaction::Tell);
        assert_eq!(
            reaction.once_read(false, QUIET),
            Reaction::Open { at_most: Mode::Auto }
        );
        let told = Since { told: true, ..QUIET };
        assert_eq!(reaction.once_read(true, told), Reaction::Note, "once a day");
    }
}

#[test]
fn the_first_that_follows_may_act_those_after_it_ask_and_a_war_is_not_fought() {
    let open = |reopened| {
        let since = Since { reopened, ..QUIET };
        changed_back(Ending::Contained).after(since)
    };
    assert_eq!(open(0), Reaction::Open { at_most: Mode::Auto });
    for reopened in 1..MOST_REOPENED {
        assert_eq!(
            open(reopened),
            Reaction::Open {
                at_most: Mode::Approve
            },
            "{reopened}"
        );
    }
    assert_eq!(open(MOST_REOPENED), Reaction::Tell);
    let observing = Since {
        mode: Mode::Observe,
        ..QUIET
    };
    let again = Ending::Observed.reaction(NewActivity::Continued);
    assert_eq!(again.after(observing), Reaction::Tell);
    assert_eq!(
        again.after(Since {
            told: true,
            ..observing
        }),
        Reaction::Note
    );
}

/// However long ago: a pipeline that runs once a night isn't fought each night.
#[test]
fn what_is_changed_back_again_and_again_is_contained_once_by_itself() {
    let auto = Reaction::Open { at_most: Mode::Auto };
    let ask = Reaction::Open {
        at_most: Mode::Approve,
    };
    let before = Since { reverted: 1, ..QUIET };
    for ending in [Ending::Contained, Ending::PartiallyContained] {
        let reaction = changed_back(ending);
        assert_eq!(reaction.after_reverted(QUIET), auto, "{ending:?}");
        assert_eq!(reaction.after_reverted(before), ask, "{ending:?}");
    }
    let heard = Ending::Contained.reaction(NewActivity::Continued).after(before);
    assert_eq!(heard.once_read(false, before), ask);
    assert_eq!(reopened_before(QUIET), None);
    assert!(reopened_before(before).is_some());
}

#[test]
fn each_closed_status_is_an_ending() {
    for (status, ending) in [
        (Status::Contained, Some(Ending::Contained)),
        (Status::PartiallyContained, Some(Ending::PartiallyContained)),
        (Status::Failed, Some(Ending::Failed)),
        (Status::Refused, Some(Ending::Refused)),
        (Status::Observed, Some(Ending::Observed)),
        (Status::Reported, Some(Ending::Reported)),
        (Status::Denied, Some(Ending::Denied)),
        (Status::Expired, Some(Ending::Expired)),
        (Status::Unreached, Some(Ending::Unreached)),
        (Status::Undone, Some(Ending::Undone)),
        (Status::Stuck, Some(Ending::Stuck)),
        (Status::Open, None),
        (Status::AwaitingApproval, None),
        (Status::Containing, None),
    ] {
        assert_eq!(Ending::of_status(status), ending, "{status}");
    }
}

fn known() -> FindingRef {
    FindingRef {
        key: "123456789012/5ec0ffee".to_owned(),
        finding_type: "Recon:IAMUser/TorIPCaller".to_owned(),
        route: Route::GuardDutyEvent,
        severity: Severity::of_label(SeverityLabel::Medium),
        count: 17,
        first_seen: Some(at("2026-03-01T08:00:00Z")),
        last_seen: Some(at("2026-03-01T09:00:00Z")),
        created_at: None,
        updated_at: Some(at("2026-03-01T09:05:00Z")),
        message: None,
        facts: Vec::new(),
        peers: Vec::new(),
        hub: None,
    }
}

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn activity(new: &FindingRef, mode: Mode, resolved: bool) -> NewActivity {
    let earlier = Earlier {
        findings: &[known()],
        closed_at: at("2026-03-01T10:00:00Z"),
        mode: Mode::Approve,
        resolved,
    };
    NewActivity::of(new, mode, earlier)
}

#[test]
fn what_is_new_is_read_from_the_finding() {
    let of = |change: fn(&mut FindingRef)| {
        let mut new = known();
        change(&mut new);
        activity(&new, Mode::Approve, false)
    };
    assert_eq!(of(|_| ()), NewActivity::Nothing);
    assert_eq!(of(|it| it.key.push('x')), NewActivity::AnotherFinding);
    assert_eq!(
        of(|it| it.severity = Severity::of_label(SeverityLabel::High)),
        NewActivity::Worse
    );
    assert_eq!(
        of(|it| it.last_seen = Some(at("2026-03-01T10:00:01Z"))),
        NewActivity::Continued
    );
    // GuardDuty is late: more was counted, all of it before the end.
    let late = of(|it| {
        it.count = 500;
        it.updated_at = Some(at("2026-03-01T10:30:00Z"));
    });
    assert_eq!(late, NewActivity::Nothing);
    assert_eq!(activity(&known(), Mode::Auto, false), NewActivity::ModeRaised);
}

/// Security Hub looks at a control every few hours, and each time it fails the finding was seen again.
#[test]
fn a_control_that_goes_on_failing_is_no_news_and_one_that_fails_again_is() {
    let asff = include_bytes!("../../tests/fixtures/asff-control.json");
    let finding = crate::finding::parse(asff).unwrap().findings.remove(0);
    let first = FindingRef::of(&finding, None);
    let mut again = first.clone();
    again.last_seen = Some(at("2027-01-01T00:00:00Z"));
    again.updated_at = again.last_seen;
    let of = |resolved| {
        let findings = [first.clone()];
        let earlier = Earlier {
            findings: &findings,
            closed_at: at("2026-12-01T10:00:00Z"),
            mode: Mode::Approve,
            resolved,
        };
        NewActivity::of(&again, Mode::Approve, earlier)
    };
    assert_eq!(of(false), NewActivity::Nothing);
    assert_eq!(of(true), NewActivity::Reset);
}
