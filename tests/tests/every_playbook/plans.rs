//! The plan of each drill as people are asked about it: what would change, what would break, how it is taken back.
//! Then it is approved, done and undone.

use std::sync::Arc;

use backstop_core::{
    Mode, TargetKind,
    incident::{Incident, Status},
    text::is_one_command,
};
use backstop_drill::Drill;
use backstop_playbook::Playbook;
use backstop_tests::{StagedTarget, Watched, story};
use regex_lite::Regex;

use super::drills;

/// What is made anew each time, and what stands for it. An id's kind stays.
const GENERATED: &[(&str, &str)] = &[
    (r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "[ulid]"),
    (r"\broot-[0-9a-z]{26}\b", "[session]"),
    (r"\b(AKIA|ASIA|AROA|AIDA|ACCA|APKA)[0-9A-Z]{12,}\b", "[$1]"),
    (
        r"\b(i|eni|eipalloc|eipassoc|sg|vol|vpc|subnet|acl|snap)-[0-9a-f]{8,17}\b",
        "[$1]",
    ),
    (r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z\b", "[time]"),
    (r"\b(plan|--plan) [0-9a-f]{12}\b", "$1 [hash]"),
    (r"\b10\.[0-9]+\.[0-9]+\.[0-9]+\b", "[address]"),
    (r"\b127\.[0-9]+\.[0-9]+\.[0-9]+\b", "[public address]"),
    (r"\btargetgroup/([a-z0-9-]+)/[0-9a-f]+\b", "targetgroup/$1/[id]"),
];

/// A plan about the account names all that is in it, so it is made before anything else is.
pub(crate) async fn of_account(watched: &Arc<Watched>) -> Vec<String> {
    each(watched, is_about_account, 1).await
}

pub(crate) async fn all_others(watched: &Arc<Watched>) -> Vec<String> {
    each(watched, |playbook| !is_about_account(playbook), 3).await
}

fn is_about_account(playbook: &Playbook) -> bool {
    playbook.targets == [TargetKind::Account]
}

async fn each(watched: &Arc<Watched>, wanted: impl Fn(&Playbook) -> bool, at_once: usize) -> Vec<String> {
    let drills = drills().into_iter().filter(|(playbook, _)| wanted(playbook));
    let runs = drills.map(|(playbook, drill)| {
        let name = format!("the plan of {}", drill.name);
        (name, one(Arc::clone(watched), playbook, drill))
    });
    Watched::each(runs.collect(), at_once).await
}

async fn one(watched: Arc<Watched>, playbook: Playbook, drill: Drill) {
    let staged = StagedTarget::plant(&watched, &drill).await;
    let id = staged.open(&playbook, Mode::Approve).await;
    let asked = |notices: &[backstop_tests::Notice]| notices.iter().any(|one| one.subject.contains("DECIDE"));
    while !asked(&watched.people.told_of(id.as_str()).await) {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let notices = watched.people.told_of(id.as_str()).await;
    let question = notices
        .iter()
        .find(|notice| notice.subject.contains("DECIDE"))
        .unwrap();
    let text = format!("{}\n\n{}", question.subject, question.body);
    let text = without_what_is_generated(&text, staged.planted.fixtures.ending());
    insta::assert_snapshot!(format!("plan-{}", drill.name), text);

    let log = staged.ended(&id).await;
    let incident = log.incident().unwrap();
    let proven = if drill.unproven.is_some() {
        Status::PartiallyContained
    } else {
        Status::Contained
    };
    assert_eq!(incident.status(), proven, "{}", story(&log));
    assert!(!incident.approvals.is_empty(), "{}", story(&log));
    for typed in by_hand(&incident) {
        assert!(is_one_command(typed), "people would not be shown `{typed}`");
    }
    let undone = staged.undone(&id).await;
    staged.assert_clean(&staged.states().await, &undone);
}

/// What people type where undo can't.
fn by_hand(incident: &Incident) -> impl Iterator<Item = &String> {
    let plans = incident.steps.iter().filter_map(|state| state.plan.as_ref());
    plans.flat_map(|plan| &plan.manual_undo)
}

fn without_what_is_generated(text: &str, ending: &str) -> String {
    let mut text = text.replace(&format!("-{ending}"), "");
    // A subject that is too long is cut within it.
    for length in (0..ending.len()).rev() {
        text = text.replace(
            &format!("-{}...", backstop_core::text::prefix(ending, length)),
            "...",
        );
    }
    GENERATED.iter().fold(text, |text, (pattern, name)| {
        Regex::new(pattern)
            .unwrap()
            .replace_all(&text, *name)
            .into_owned()
    })
}
