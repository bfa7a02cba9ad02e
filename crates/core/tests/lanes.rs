//! A log whose steps have chains of their own: whoever writes when, and whoever reads in what order, it is one log that
//! means one thing, and what is taken out of it or altered is found.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "fixture/incident.rs"]
mod fixture;

use std::{fs, path::Path};

use backstop_core::{
    ErrorName, Mode, Outcome, StepId, UndoOutcome,
    incident::{Clearance, Incident, Status},
    log::{self, ChainError, Event, Log, Record, check_chain},
};
use fixture::{STEPS, acting, at, ended, opened, plan, verified};
use proptest::prelude::*;

/// The table, as far as logs go: a slot of a chain is taken once.
struct Table(Vec<Record>);

impl Table {
    fn opened(mode: Mode) -> Self {
        Self(vec![Record::first(at(0), "w-0".into(), opened(mode)).unwrap()])
    }

    fn read(&self) -> Log {
        Log::read(self.0.clone()).unwrap()
    }

    fn incident(&self) -> Incident {
        Incident::replay(self.read().records()).unwrap()
    }

    /// Writes an event by somebody who knows `log`, at this second by their clock; false if it isn't legal, as far as they
    /// know, or somebody else was faster.
    fn write(&mut self, log: &mut Log, second: i64, event: Event) -> bool {
        let id = format!("w-{}", self.0.len());
        let record = log.next(at(second), id, event).unwrap();
        let after = log.with(record.clone()).unwrap();
        let is_taken = self.0.iter().any(|other| other.name() == record.name());
        if is_taken || Incident::replay(after.records()).is_err() {
            return false;
        }
        *log = after;
        self.0.push(record);
        true
    }
}

fn joined() -> Event {
    let Event::Opened(opened) = opened(Mode::Auto) else {
        unreachable!("`opened` opens")
    };
    Event::FindingJoined(opened.finding)
}

fn closed_as_known(log: &Log) -> Event {
    Event::Closed {
        status: Incident::replay(log.records()).unwrap().conclusion(),
    }
}

fn planned(step: &str, after: &str) -> Event {
    let mut plan = plan(step);
    plan.changes[0].after = after.to_owned();
    Event::Planned {
        hash: plan.hash().unwrap(),
        plan: Box::new(plan),
    }
}

fn asked(log: &Log) -> Event {
    let (plan_hash, _) = Incident::replay(log.records()).unwrap().plan_hashes().unwrap();
    Event::ApprovalRequested {
        plan_hash,
        expires_at: at(10_000),
        needed: 1,
        body: None,
    }
}

/// One containing step proven, another still acting when all is closed, undone as a person asked.
fn worked() -> Table {
    let mut table = Table::opened(Mode::Auto);
    let (mut one, mut other) = (table.read(), table.read());
    assert!(table.write(&mut one, 1, acting(STEPS[0])));
    assert!(table.write(&mut other, 1, acting(STEPS[1])));
    assert!(table.write(&mut one, 2, ended(STEPS[0], Outcome::Done)));
    assert!(table.write(&mut one, 3, verified(STEPS[0], true)));
    let mut close = table.read();
    let closed = closed_as_known(&close);
    assert!(table.write(&mut close, 4, closed));
    assert!(table.write(&mut other, 5, ended(STEPS[1], Outcome::Done)));
    table
}

#[test]
fn steps_that_write_at_the_same_time_do_not_meet() {
    let mut table = Table::opened(Mode::Auto);
    let mut logs = STEPS.map(|step| (step, table.read()));
    for (second, event) in [
        acting,
        |step: &str| ended(step, Outcome::Done),
        |step: &str| verified(step, true),
    ]
    .into_iter()
    .enumerate()
    {
        for (step, log) in &mut logs {
            assert!(
                table.write(log, second as i64, event(step)),
                "{step} lost a write"
            );
        }
    }
    assert_eq!(table.incident().conclusion(), Status::Contained);
}

#[test]
fn whoever_closes_does_not_see_who_acts_meanwhile_and_the_status_does() {
    for (acts_at, closes_at) in [(5, 6), (6, 5), (5, 5)] {
        let mut table = Table::opened(Mode::Auto);
        let (mut step, mut close) = (table.read(), table.read());
        let closed = closed_as_known(&close);
        assert!(table.write(&mut close, closes_at, closed));
        assert_eq!(table.incident().status(), Status::Failed);
        assert!(table.write(&mut step, acts_at, acting(STEPS[0])));
        assert_eq!(
            table.incident().status(),
            Status::PartiallyContained,
            "it may have been changed"
        );
        assert!(table.write(&mut step, acts_at, ended(STEPS[0], Outcome::Done)));
        assert!(
            table
                .incident()
                .step(&STEPS[0].into())
                .unwrap()
                .changed_something()
        );

        let mut knows = table.read();
        assert!(
            !table.write(&mut knows, 7, acting(STEPS[1])),
            "who has read that it is closed doesn't act"
        );
    }
}

#[test]
fn what_people_are_asked_about_is_what_whoever_asked_had_read() {
    for (planned_at, asked_at) in [(5, 6), (6, 5)] {
        let mut table = Table::opened(Mode::Approve);
        let mut step = table.read();
        assert!(table.write(&mut step, 1, planned(STEPS[0], "as people saw it")));
        let (mut ask, mut step) = (table.read(), table.read());
        assert!(table.write(&mut step, planned_at, planned(STEPS[0], "as nobody saw it")));
        let question = asked(&ask);
        assert!(table.write(&mut ask, asked_at, question));
        let Event::ApprovalRequested { plan_hash, .. } = &ask.records().last().unwrap().event else {
            unreachable!("it was asked last")
        };
        let approved = Event::Approved {
            by: "arn:aws:iam::123456789012:user/bob".into(),
            person: None,
            reason: None,
            plan_hash: plan_hash.clone(),
        };
        assert!(table.write(&mut ask, 8, approved));
        let incident = table.incident();
        let mut unseen = plan(STEPS[0]);
        unseen.changes[0].after = "as nobody saw it".to_owned();
        let Clearance::Only(hash) = incident.clearance(&unseen, Mode::Auto) else {
            unreachable!("it was approved")
        };
        assert_ne!(hash, &unseen.hash().unwrap());
    }
}

#[test]
fn an_undo_that_ends_twice_is_no_other_undo() {
    let mut table = worked();
    let mut person = table.read();
    let requested = Event::UndoRequested {
        by: "arn:aws:iam::123456789012:user/bob".into(),
        reason: None,
        steps: vec![STEPS[0].into(), STEPS[1].into()],
        accepting: vec![],
    };
    assert!(table.write(&mut person, 6, requested));
    let undone = |step: &str| Event::UndoEnded {
        step: step.into(),
        outcome: UndoOutcome::Restored {
            what: "the key".into(),
        },
    };
    let (mut one, mut other) = (table.read(), table.read());
    assert!(table.write(&mut one, 7, undone(STEPS[0])));
    assert!(table.write(&mut other, 8, undone(STEPS[1])));
    assert!(
        table.write(&mut one, 9, undone(STEPS[0])),
        "as far as it knows, the other one isn't undone yet"
    );
    assert_eq!(table.incident().status(), Status::Undone);
}

#[test]
fn a_log_that_was_opened_as_one_chain_stays_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded-logs");
    let text = fs::read(folder.join("leaked-access-key-contained.json")).unwrap();
    let records: Vec<Record> = serde_json::from_slice(&text).unwrap();
    // As it was when its first step had just ended.
    let under_way = 1 + records
        .iter()
        .position(|record| matches!(record.event, Event::StepEnded { .. }))
        .unwrap();
    let mut log = Log::read(records[..under_way].to_vec()).unwrap();
    assert!(!log.has_lanes());
    for record in &records[under_way..] {
        let next = log
            .next(record.at, record.id.clone(), record.event.clone())
            .unwrap();
        assert_eq!(&next, record, "what an earlier version wrote, this one writes");
        log = log.with(next).unwrap();
    }
    check_chain(log.records()).unwrap();
    assert_eq!(log::head(log.records()).lanes.len(), 0);

    let other = Record::first(at(0), "w".into(), opened(Mode::Auto)).unwrap();
    let other = Log::read(vec![other]).unwrap();
    let lane = other.next(at(1), "x".into(), acting(STEPS[0])).unwrap();
    assert!(matches!(log.with(lane), Err(ChainError::WrongLane { .. })));
}

#[test]
fn an_earlier_version_does_not_take_it_for_a_log_of_its_own() {
    let first = Record::first(at(0), "w".into(), opened(Mode::Auto)).unwrap();
    let as_before = Record::next(None, at(0), "w".into(), opened(Mode::Auto)).unwrap();
    // It would leave out what it doesn't know, and find that the hash is another: it refuses to go on.
    assert_ne!(first.hash, as_before.hash);
}

/// Whether the log itself can tell that this record is gone.
fn is_missed(records: &[Record], gone: &Record) -> bool {
    let follows = |other: &Record| other.lane == gone.lane && other.seq > gone.seq;
    let names = |other: &Record| match &gone.lane {
        None => other.seen.as_ref().is_some_and(|seen| seen.seq >= gone.seq),
        Some(step) => other
            .heads
            .iter()
            .flatten()
            .any(|(lane, head)| lane == step && head.seq >= gone.seq),
    };
    gone.seq == 1 && gone.lane.is_none() || records.iter().any(|other| follows(other) || names(other))
}

#[test]
fn all_but_an_end_that_nothing_names_is_missed() {
    let table = worked();
    let log = table.read();
    for (place, gone) in log.records().iter().enumerate() {
        let mut without = log.records().to_vec();
        without.remove(place);
        assert_eq!(
            Log::read(without).is_err(),
            is_missed(log.records(), gone),
            "{}",
            gone.name()
        );
    }
    let is_end = |record: &&Record| !is_missed(log.records(), record);
    let ends: Vec<String> = log
        .records()
        .iter()
        .filter(is_end)
        .map(|end| end.name().to_string())
        .collect();
    assert_eq!(ends, ["log record 2", "log record 2 of step `deny-user`"]);
    let lane = StepId::from(STEPS[0]);
    let without_lane = log
        .records()
        .iter()
        .filter(|record| record.lane.as_ref() != Some(&lane));
    assert!(matches!(
        Log::read(without_lane.cloned().collect()),
        Err(ChainError::Unseen { .. })
    ));
}

/// What one of several writers does next.
#[derive(Clone, Debug)]
enum Doing {
    /// Reads the log.
    Read,
    /// Writes the event with this number about this step, so many seconds before or after the others' clocks.
    Write { event: usize, step: usize, skew: i64 },
}

fn doing() -> impl Strategy<Value = (usize, Doing)> {
    let write =
        (0usize..15, 0usize..3, -3i64..3).prop_map(|(event, step, skew)| Doing::Write { event, step, skew });
    (0usize..4, prop_oneof![1 => Just(Doing::Read), 3 => write])
}

fn event(number: usize, step: &str, log: &Log) -> Event {
    match number {
        0 | 1 => acting(step),
        2 | 3 => ended(step, Outcome::Done),
        4 => ended(step, Outcome::failed(ErrorName::Throttled, "slow down")),
        5 | 6 => verified(step, true),
        7 => verified(step, false),
        8 => planned(step, "all"),
        9 => joined(),
        10 => closed_as_known(log),
        11 => asked(log),
        12 => Event::Denied {
            by: "arn:aws:iam::123456789012:user/bob".into(),
            reason: None,
        },
        13 => Event::UndoRequested {
            by: "arn:aws:iam::123456789012:user/bob".into(),
            reason: None,
            steps: vec![step.into()],
            accepting: vec![],
        },
        _ => Event::UndoEnded {
            step: step.into(),
            outcome: UndoOutcome::NothingToUndo {
                reason: "none".into(),
            },
        },
    }
}

/// Four writers, each of whom reads now and then, and writes by what it has read.
fn written(mode: Mode, doings: Vec<(usize, Doing)>) -> Table {
    let mut table = Table::opened(mode);
    let mut writers: Vec<Log> = (0..4).map(|_| table.read()).collect();
    for (second, (writer, doing)) in doings.into_iter().enumerate() {
        let log = &mut writers[writer];
        match doing {
            Doing::Read => *log = table.read(),
            Doing::Write {
                event: number,
                step,
                skew,
            } => {
                let event = event(number, STEPS[step], log);
                table.write(log, second as i64 + skew, event);
            }
        }
    }
    table
}

proptest! {
    /// Whoever wrote what when, the log can be read, folds, and means the same in whatever order it is read.
    #[test]
    fn any_interleaving_is_one_log_that_means_one_thing(
        is_auto in any::<bool>(),
        doings in prop::collection::vec(doing(), 0..60),
        shuffle in any::<prop::sample::Index>(),
    ) {
        let table = written(if is_auto { Mode::Auto } else { Mode::Approve }, doings);
        let log = table.read();
        let incident = Incident::replay(log.records()).unwrap();
        check_chain(log.records()).unwrap();

        let mut shuffled = table.0.clone();
        shuffled.rotate_left(shuffle.index(table.0.len()));
        shuffled.reverse();
        let again = Log::read(shuffled).unwrap();
        prop_assert_eq!(again.records(), log.records());

        for record in log.records() {
            let before = log.records().iter().take_while(|other| other.name() != record.name());
            let seen = record.seen.as_ref().map_or(0, |seen| seen.seq);
            prop_assert!(before.filter(|other| other.lane.is_none()).count() as u32 >= seen);
        }
        let said = incident.closed.map(|(status, _)| status);
        let acted = incident.steps.iter().any(|state| state.acted);
        let nothing = [Status::Denied, Status::Expired, Status::Unreached, Status::Observed, Status::Refused];
        prop_assert!(!(acted && said.is_some_and(|said| nothing.contains(&said))), "{said:?}");
        let proven = |state: &backstop_core::incident::StepState| {
            let lane = Some(&state.step.step);
            log.records().iter().any(|record| record.lane.as_ref() == lane
                && matches!(&record.event, Event::Verified { verification, .. } if verification.holds))
        };
        if said == Some(Status::Contained) {
            prop_assert!(incident.steps.iter().all(proven));
        }
    }

    /// Nothing can be taken out, altered or put elsewhere unseen, but for an end that nothing names.
    #[test]
    fn any_alteration_is_found(
        doings in prop::collection::vec(doing(), 1..40),
        place in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
    ) {
        let log = written(Mode::Auto, doings).read();
        let (place, other) = (place.index(log.records().len()), other.index(log.records().len()));
        let altered = |alter: fn(&mut Record)| {
            let mut records = log.records().to_vec();
            alter(&mut records[place]);
            Log::read(records).is_err()
        };
        prop_assert!(altered(|record| record.at = at(1_000_000)));
        prop_assert!(altered(|record| record.id.push('x')));
        prop_assert!(altered(|record| record.event = ended(STEPS[0], Outcome::Already)));
        prop_assert!(altered(|record| record.lane = Some("no-such-step".into())));
        prop_assert!(altered(|record| record.seen = Some(Default::default())));
        let other_heads = altered(|record| {
            let missing = (StepId::from(STEPS[0]), Default::default());
            record.heads = record.heads.is_none().then(|| [missing].into());
        });
        prop_assert!(other_heads);

        let mut without = log.records().to_vec();
        let gone = without.remove(place);
        prop_assert_eq!(Log::read(without).is_err(), is_missed(log.records(), &gone));

        let mut swapped = log.records().to_vec();
        swapped.swap(place, other);
        prop_assert_eq!(check_chain(&swapped).is_err(), place != other);

        let mut renumbered = log.records().to_vec();
        let (one, two) = (renumbered[place].seq, renumbered[other].seq);
        (renumbered[place].seq, renumbered[other].seq) = (two, one);
        prop_assert_eq!(Log::read(renumbered).is_err(), one != two);
    }
}
