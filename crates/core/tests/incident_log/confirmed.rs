//! The second reading: what is read, and what follows for the status.

use backstop_core::{
    aftermath::Aftermath,
    incident::{Incident, Status, Verdict},
    log::Event,
    notice::{self, Class, mail},
};

use super::{
    all_proven,
    fixture::{STEPS, at, verified},
    log,
};

fn closed() -> Vec<Event> {
    let mut events = all_proven();
    events.push(Event::Closed {
        status: Status::Contained,
    });
    events
}

fn looked_back(aftermath: Aftermath) -> Event {
    Event::LookedBack {
        aftermath: Box::new(aftermath),
    }
}

fn quiet() -> Aftermath {
    Aftermath {
        from: at(10),
        settled: at(300),
        to: at(900),
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        denied: 4,
        ..Aftermath::default()
    }
}

/// All that a second reading reads, as this reading of the second step and this look at CloudTrail have it.
fn read_again(deny_holds: bool, aftermath: Aftermath) -> Vec<Event> {
    let mut events = closed();
    events.extend([
        verified(STEPS[0], true),
        verified(STEPS[1], deny_holds),
        verified(STEPS[2], true),
        looked_back(aftermath),
    ]);
    events
}

fn replay(events: Vec<Event>) -> Incident {
    Incident::replay(&log(events)).unwrap()
}

fn with_verdict(mut events: Vec<Event>) -> Incident {
    let verdict = replay(events.clone()).verdict().unwrap();
    events.push(verdict.into_event());
    replay(events)
}

#[test]
fn what_holds_and_is_quiet_is_confirmed() {
    let events = read_again(true, quiet());
    assert_eq!(
        replay(events.clone()).status(),
        Status::Contained,
        "nobody has said so yet"
    );
    let confirmed = with_verdict(events);
    assert_eq!(confirmed.status(), Status::Confirmed);
    assert!(!confirmed.awaits_second_reading());
    assert_eq!(confirmed.conclusion(), Status::Contained);
}

#[test]
fn a_deny_that_is_gone_reopens_it() {
    let reopened = with_verdict(read_again(false, quiet()));
    assert_eq!(reopened.status(), Status::Reopened);
    let Some(Verdict::Reopened { found }) = reopened.confirmation.map(|it| it.verdict) else {
        unreachable!("it says what was found");
    };
    assert_eq!(found, ["\"deny-user\" doesn't hold any more: read"]);
}

#[test]
fn calls_that_still_succeed_reopen_it_though_everything_holds() {
    let aftermath = Aftermath {
        succeeded: 2,
        ..quiet()
    };
    assert_eq!(
        with_verdict(read_again(true, aftermath)).status(),
        Status::Reopened
    );
    let while_it_took_effect = Aftermath { early: 2, ..quiet() };
    assert_eq!(
        with_verdict(read_again(true, while_it_took_effect)).status(),
        Status::Confirmed
    );
}

#[test]
fn what_was_not_read_confirms_nothing() {
    let unreadable = Aftermath {
        incomplete: vec!["eu-west-1 wasn't read: access denied".into()],
        ..quiet()
    };
    let mut not_looked = read_again(true, quiet());
    not_looked.pop();
    let mut one_unread = closed();
    one_unread.extend([
        verified(STEPS[0], true),
        verified(STEPS[2], true),
        Event::NotReadAgain {
            step: STEPS[1].into(),
            error: "Backstop.AccessDenied".into(),
            detail: "`iam:GetUserPolicy`".into(),
        },
        looked_back(quiet()),
    ]);
    let mut nothing_read_again = closed();
    nothing_read_again.push(looked_back(quiet()));
    for (events, missing) in [
        (read_again(true, unreadable), 1),
        (not_looked, 1),
        (one_unread, 1),
        (nothing_read_again, 3),
    ] {
        let partial = with_verdict(events);
        assert_eq!(partial.status(), Status::Contained);
        assert!(!partial.awaits_second_reading(), "it was looked at");
        let Some(Verdict::Partial { missing: found }) = partial.confirmation.map(|it| it.verdict) else {
            unreachable!("it says what is missing");
        };
        assert_eq!(found.len(), missing, "{found:?}");
    }
}

/// Whoever hears of the target after the end has it read back: at any time, and not for the verdict.
#[test]
fn what_is_read_because_the_target_is_heard_of_again_is_no_second_reading() {
    let heard_of_again = |step: &str, holds: bool| match verified(step, holds) {
        Event::Verified {
            step, verification, ..
        } => Event::Verified {
            step,
            verification,
            after_end: true,
        },
        other => other,
    };
    let mut events = closed();
    events.extend(STEPS.map(|step| heard_of_again(step, true)));
    let heard = replay(events.clone());
    assert!(heard.steps.iter().all(|state| !state.is_read_again()));
    events.push(looked_back(quiet()));
    let Some(Verdict::Partial { missing }) = replay(events).verdict() else {
        unreachable!("nothing was read a second time");
    };
    assert_eq!(missing.len(), STEPS.len(), "{missing:?}");

    // The last word on what holds is the last word all the same.
    let mut events = read_again(true, quiet());
    events.push(heard_of_again(STEPS[1], false));
    let verdict = replay(events).verdict();
    assert!(matches!(verdict, Some(Verdict::Reopened { .. })), "{verdict:?}");
}

#[test]
fn what_was_read_for_one_verdict_does_not_count_for_the_next() {
    let mut events = read_again(true, quiet());
    events.push(Event::Confirmed);
    let Some(Verdict::Partial { missing }) = replay(events.clone()).verdict() else {
        unreachable!("nothing was read since");
    };
    assert_eq!(missing.len(), 3);
    events.push(Event::Reopened {
        found: vec!["the deny is gone".into()],
    });
    assert_eq!(replay(events).status(), Status::Reopened, "the last word counts");
}

#[test]
fn nothing_is_read_again_of_what_is_not_contained_or_is_undone() {
    assert!(!replay(all_proven()).awaits_second_reading());
    assert!(replay(closed()).awaits_second_reading());
    let mut undone = read_again(true, quiet());
    undone.push(Event::UndoRequested {
        by: "arn:aws:iam::123456789012:user/oncall".into(),
        reason: None,
        steps: STEPS.map(Into::into).to_vec(),
        accepting: vec![],
    });
    let undone = replay(undone);
    assert_eq!(undone.verdict(), None);
    assert!(!undone.awaits_second_reading());
    let mut open = all_proven();
    open.push(Event::Confirmed);
    Incident::replay(&log(open)).unwrap_err();
}

#[test]
fn it_is_contained_since_its_last_step_was_proven() {
    let incident = replay(read_again(true, quiet()));
    // The events are a second apart; the last step is proven by the tenth.
    assert_eq!(incident.contained_at(), Some(at(9)));
}

#[test]
fn the_notices_say_what_was_read() {
    let id = "01JDXQ6T8R7M5V9N2K4H3G1FZB".into();
    let playbooks = Default::default();
    let first = notice::outcome_looked_at_again(&id, &replay(all_proven()), &playbooks, Some(at(900)));
    insta::assert_snapshot!(mail(&first).body);
    let unreadable = Aftermath {
        incomplete: vec!["eu-west-1 wasn't read: access denied".into()],
        ..quiet()
    };
    let told = [
        with_verdict(read_again(true, quiet())),
        with_verdict(read_again(false, quiet())),
        with_verdict(read_again(true, unreadable)),
    ]
    .map(|incident| notice::confirmation(&id, &incident, &playbooks).unwrap());
    assert_eq!(
        told.each_ref().map(|notice| notice.class),
        [Class::Tell, Class::Page, Class::Tell]
    );
    let bodies = told.map(|notice| {
        let mail = mail(&notice);
        format!("{}\n\n{}", mail.subject, mail.body)
    });
    insta::assert_snapshot!(bodies.join("\n=====\n"));
}
