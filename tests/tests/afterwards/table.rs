//! The table of `docs/activity-after-the-end.md`, all of it: each ending with each thing that can be new, in one deployment. What
//! is expected is what the table's own code says; what is held against it is the incident, what people got, and the account.
//! Prints the table with what was seen.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use backstop_core::{
    IncidentId, Mode, PersonId,
    about::About,
    activity_after_end::{Ending, NewActivity, Reaction},
    hub_update::Workflow,
    incident::{Incident, Status},
    log::Event,
};
use backstop_tests::{Leaked, Notice, People, Scene, change_back};
use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, sleep};

use crate::{
    ended::{ALICE, Ended, undo_requested},
    heard::Heard,
};

/// Long before anything new is heard of what is really contained.
const CONFIRM_AFTER: (&str, &str) = ("ConfirmAfterSeconds", "2");
/// Cells at the same time, on two cores.
const AT_ONCE: usize = 6;
const PATIENCE: Duration = Duration::from_secs(90);
const HEARD: [NewActivity; 5] = [
    NewActivity::AnotherFinding,
    NewActivity::Worse,
    NewActivity::Reset,
    NewActivity::Continued,
    NewActivity::ModeRaised,
];
const TOLD: [&str; 2] = ["GOES ON", "STILL TRIED"];

/// What came of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Came {
    /// The log has it, and nobody was disturbed.
    Noted,
    /// People were told once.
    Told,
    /// An incident followed that contained the key, and people were told of it.
    Contained,
    /// An incident followed that asks, people were asked, and nothing was changed.
    Asked,
    /// Nothing at all.
    Left,
}

impl Came {
    const fn of(reaction: Reaction) -> Self {
        match reaction {
            Reaction::Note => Self::Noted,
            // Here it holds; what doesn't is in the column of what was changed back.
            Reaction::Tell | Reaction::VerifyAgain { .. } => Self::Told,
            Reaction::Open { at_most: Mode::Auto } => Self::Contained,
            Reaction::Open { .. } => Self::Asked,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Noted => "noted",
            Self::Told => "told",
            Self::Contained => "contained",
            Self::Asked => "asked",
            Self::Left => "left",
        }
    }
}

/// One cell, its incident that has ended, and the key that it is about.
struct Cell {
    ending: Ending,
    /// `None`: it was changed back.
    activity: Option<NewActivity>,
    expected: Came,
    leaked: Leaked,
    finding: Heard,
    before: IncidentId,
    state: (bool, bool),
    joined: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: cargo test --workspace --test afterwards -- --ignored --nocapture"]
async fn each_ending_with_each_thing_that_is_new() {
    let scene = Scene::start(Mode::Auto, &[("ContainmentsPerHour", "1000"), CONFIRM_AFTER]).await;
    let people = People::of(&scene.environment).await;
    let heard = Ending::ALL.into_iter().flat_map(|ending| {
        HEARD.map(|activity| (ending, Some(activity), Came::of(ending.reaction(activity))))
    });
    let changed_back = Ending::ALL.into_iter().map(|ending| {
        let reaction = ending.when_changed_back();
        (ending, None, reaction.map_or(Came::Left, Came::of))
    });
    // First: a sweep would feed what Security Hub is given for the others.
    let mut cells = begin_all(&scene, changed_back).await;
    let attacker = scene.second_identity("mallory").await;
    for cell in &cells {
        change_back(&attacker, &cell.leaked).await;
    }
    let swept = scene.sweep().await;
    assert_eq!(swept["fed"].as_u64(), Some(0), "{swept:#}");
    cells.extend(begin_all(&scene, heard).await);
    scene.drained(PATIENCE).await;
    let seen = stream::iter(&cells)
        .map(|cell| settled(&scene, &people, cell))
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>();
    let mut seen: BTreeMap<(Ending, Option<NewActivity>), Came> = seen.await.into_iter().collect();
    scene.settled(PATIENCE).await;
    let mut wrong = Vec::new();
    for cell in &cells {
        let key = (cell.ending, cell.activity);
        if let Err(why) = is_as_expected(&scene, &people, cell).await {
            wrong.push(format!("{key:?}: {:?} expected: {why}", cell.expected));
            seen.remove(&key);
        }
    }
    print(&seen, cells.len());
    assert!(wrong.is_empty(), "{}\n{swept:#}", wrong.join("\n"));
    assert_eq!(seen.len(), Ending::ALL.len() * (HEARD.len() + 1));
    scene.end().await;
}

async fn begin_all(
    scene: &Scene,
    cells: impl Iterator<Item = (Ending, Option<NewActivity>, Came)>,
) -> Vec<Cell> {
    stream::iter(cells)
        .map(|(ending, activity, expected)| begin(scene, ending, activity, expected))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

/// Has an incident end so, and says what is new of it. Nobody says what was changed back.
async fn begin(scene: &Scene, ending: Ending, activity: Option<NewActivity>, expected: Came) -> Cell {
    let leaked = scene.leak(true).await;
    let mut finding = Heard::of(scene, &leaked);
    if activity == Some(NewActivity::Reset) {
        finding = finding.imported_by_security_hub(scene, &leaked);
    }
    // Where what was done is read back it must have been done.
    let is_read_back = matches!(
        activity.map(|activity| ending.reaction(activity)),
        None | Some(Reaction::VerifyAgain { .. })
    );
    let before = if is_read_back && was_contained(ending) {
        let before = really_contained(scene, &finding).await;
        if ending == Ending::PartiallyContained {
            let found = vec!["it was changed back".to_owned()];
            append(scene, &before, vec![Event::Reopened { found }]).await;
        }
        before
    } else {
        let mut ended = Ended::as_status(status_of(ending));
        if activity == Some(NewActivity::ModeRaised) {
            ended = ended.in_a_lower_mode();
        }
        ended.of(scene, &finding).await
    };
    append(scene, &before, since_closed(ending)).await;
    if activity == Some(NewActivity::Reset) {
        let resolved = Event::HubTold {
            workflow: Workflow::Resolved,
            updated: vec![finding.finding().key()],
            failed: Vec::new(),
        };
        append(scene, &before, vec![resolved]).await;
    }
    let log = scene.environment.ledger().log(&before).await.unwrap();
    assert_eq!(Ending::of(&log.incident().unwrap()), Some(ending));
    let cell = Cell {
        ending,
        activity,
        expected,
        state: scene.state(&leaked).await,
        joined: log.findings().count() - 1,
        leaked,
        finding,
        before,
    };
    match cell.activity {
        None => {}
        Some(NewActivity::AnotherFinding) => Heard::of(scene, &cell.leaked).send(scene).await,
        Some(NewActivity::Worse) => cell.finding.graver().send(scene).await,
        Some(NewActivity::Reset) => cell.finding.updated().send(scene).await,
        Some(NewActivity::Continued) => cell.finding.goes_on().send(scene).await,
        Some(NewActivity::ModeRaised | NewActivity::Nothing) => cell.finding.copied().send(scene).await,
    }
    cell
}

/// Endings of what was contained first.
const fn was_contained(ending: Ending) -> bool {
    matches!(
        ending,
        Ending::Contained | Ending::PartiallyContained | Ending::Released | Ending::Undone | Ending::Stuck
    )
}

/// By its machine, and confirmed.
async fn really_contained(scene: &Scene, finding: &Heard) -> IncidentId {
    finding.send(scene).await;
    let is_confirmed = |incident: &Incident| {
        incident.status() == Status::Confirmed
            && incident.notices.ending_is_known()
            && incident.notices.is_known(About::Confirmation)
    };
    scene.until(finding.id(), is_confirmed).await.0
}

const fn status_of(ending: Ending) -> Status {
    match ending {
        Ending::PartiallyContained => Status::PartiallyContained,
        Ending::Failed => Status::Failed,
        Ending::Refused => Status::Refused,
        Ending::Observed => Status::Observed,
        Ending::Reported => Status::Reported,
        Ending::Denied => Status::Denied,
        Ending::Expired => Status::Expired,
        Ending::Unreached => Status::Unreached,
        Ending::Contained | Ending::Released | Ending::Undone | Ending::Stuck => Status::Contained,
    }
}

/// What has made this ending of it since it was closed.
fn since_closed(ending: Ending) -> Vec<Event> {
    match ending {
        Ending::Released => vec![Event::Released {
            person: PersonId::new(ALICE),
            by: ALICE.to_owned(),
            reason: "the key was rotated".to_owned(),
        }],
        Ending::Undone => vec![undo_requested()],
        Ending::Stuck => {
            let stuck = Event::Stuck {
                during: "undo".to_owned(),
                reason: "it was changed since".to_owned(),
                commands: Vec::new(),
            };
            vec![undo_requested(), stuck]
        }
        _ => Vec::new(),
    }
}

async fn append(scene: &Scene, id: &IncidentId, events: Vec<Event>) {
    let ledger = scene.environment.ledger();
    let mut log = ledger.log(id).await.unwrap();
    for event in events {
        // Its machine may still be writing what evidence was kept.
        while log.append(&ledger, event.clone()).await.is_err() {
            log = ledger.log(id).await.unwrap();
        }
    }
}

/// Waits until what is expected can have come of it.
async fn settled(scene: &Scene, people: &People, cell: &Cell) -> ((Ending, Option<NewActivity>), Came) {
    let until = Instant::now() + PATIENCE;
    loop {
        let came = came_of(scene, people, cell).await;
        if came == Some(cell.expected) || Instant::now() >= until {
            return ((cell.ending, cell.activity), came.unwrap_or(Came::Left));
        }
        sleep(Duration::from_millis(300)).await;
    }
}

/// `None` while an incident that follows is under way.
async fn came_of(scene: &Scene, people: &People, cell: &Cell) -> Option<Came> {
    if let Some((_, next)) = next(scene, cell).await {
        return match next.status() {
            Status::Contained | Status::Confirmed if next.notices.ending_is_known() => Some(Came::Contained),
            Status::AwaitingApproval if next.notices.is_known(About::Question) => Some(Came::Asked),
            _ => None,
        };
    }
    let log = scene.environment.ledger().log(&cell.before).await.unwrap();
    Some(
        match (
            told_of(people, &cell.before, &TOLD).await,
            log.findings().count() - 1 > cell.joined,
        ) {
            (0, true) => Came::Noted,
            (0, false) => Came::Left,
            _ => Came::Told,
        },
    )
}

/// The incident that has the target now, if it is another.
async fn next(scene: &Scene, cell: &Cell) -> Option<(IncidentId, Incident)> {
    let ledger = scene.environment.ledger();
    let before = ledger.log(&cell.before).await.unwrap().incident().unwrap();
    let lock = ledger.lock(&before.opened).await.unwrap().unwrap();
    if lock.incident == cell.before {
        return None;
    }
    let next = ledger.log(&lock.incident).await.unwrap().incident().unwrap();
    Some((lock.incident, next))
}

async fn told_of(people: &People, id: &IncidentId, words: &[&str]) -> usize {
    let told = people.told_of(id.as_str()).await;
    let of = |notice: &&Notice| words.iter().any(|word| notice.subject.contains(word));
    told.iter().filter(of).count()
}

/// The incident, what people got and the account, once nothing more is to come.
async fn is_as_expected(scene: &Scene, people: &People, cell: &Cell) -> Result<(), String> {
    let came = came_of(scene, people, cell).await;
    let demand = |holds: bool, what: String| if holds { Ok(()) } else { Err(what) };
    demand(came == Some(cell.expected), format!("{came:?}"))?;

    let told = told_of(people, &cell.before, &TOLD).await;
    demand(
        told == usize::from(cell.expected == Came::Told),
        format!("told {told} times"),
    )?;
    let paged = told_of(people, &cell.before, &["REOPENED"]).await;
    // The sweep reads that the first doesn't hold; of the second the log says it, and nobody was paged of it yet.
    let is_found =
        cell.activity.is_none() && matches!(cell.ending, Ending::Contained | Ending::PartiallyContained);
    demand(paged == usize::from(is_found), format!("paged {paged} times"))?;

    let next = next(scene, cell).await;
    let demanded = match cell.expected {
        Came::Contained => Some((Mode::Auto, "CONTAINED")),
        Came::Asked => Some((Mode::Approve, "DECIDE")),
        Came::Noted | Came::Told | Came::Left => None,
    };
    let state = scene.state(&cell.leaked).await;
    match (next, demanded) {
        (Some((id, next)), Some((mode, word))) => {
            demand(
                next.opened.linked.as_ref() == Some(&cell.before) && next.opened.mode == mode,
                format!("{:?} after {:?}", next.opened.mode, next.opened.linked),
            )?;
            let told = told_of(people, &id, &[word]).await;
            demand(told == 1, format!("told {told} times of what follows: {word}"))?;
        }
        (None, None) => {}
        (next, _) => return Err(format!("{next:#?} follows")),
    }
    let wanted = match (cell.expected, cell.activity) {
        (Came::Contained, _) => (false, true),
        (_, None) => (true, false),
        _ => cell.state,
    };
    demand(state == wanted, format!("active and denied: {state:?}"))
}

#[expect(clippy::print_stderr, reason = "the table is what the suite is run for")]
fn print(seen: &BTreeMap<(Ending, Option<NewActivity>), Came>, walked: usize) {
    let columns = HEARD.map(Some).into_iter().chain([None]);
    let names = columns.clone().map(|column| match column {
        Some(activity) => format!("{activity:?}"),
        None => "ChangedBack".to_owned(),
    });
    let names: Vec<String> = names.collect();
    let mut text = format!(
        "| ended | {} |\n| --- |{}\n",
        names.join(" | "),
        " --- |".repeat(names.len())
    );
    for ending in Ending::ALL {
        let cells = columns
            .clone()
            .map(|column| seen.get(&(ending, column)).map_or("WRONG", |came| came.words()));
        let cells: Vec<&str> = cells.collect();
        writeln!(text, "| {ending:?} | {} |", cells.join(" | ")).unwrap();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for came in seen.values() {
        *counts.entry(came.words()).or_default() += 1;
    }
    eprintln!(
        "{text}\n{walked} cells walked, {} as the table says: {counts:?}",
        seen.len()
    );
}
