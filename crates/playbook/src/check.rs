//! What a well-shaped playbook can still get wrong, each mistake at its place.

mod samples;
mod steps;
mod triggers;

pub use steps::is_kebab_case;

use std::collections::BTreeSet;

use backstop_core::{Mode, PlaybookName, StepId, TargetKind, log::Phase};
use serde_saphyr::Spanned;

use crate::{
    file::{PlaybookFile, TestFile},
    playbook::{PhaseSteps, Playbook, Test},
    problem::Problem,
    suggest,
};

/// Checks everything and reports all mistakes at once.
pub(crate) fn check(name: &PlaybookName, file: PlaybookFile) -> Result<Playbook, Vec<Problem>> {
    let mut problems = Vec::new();
    not_blank(&file.title, "title", &mut problems);
    not_blank(&file.summary, "summary", &mut problems);
    check_targets(&file, &mut problems);
    check_phase_order(&file, &mut problems);
    let kinds: Vec<TargetKind> = match &file.targets {
        Some(written) => written.value.iter().map(|kind| kind.value).collect(),
        None => TargetKind::ALL.to_vec(),
    };
    triggers::check(&file, &kinds, &mut problems);
    steps::check(&file, &kinds, &mut problems);
    check_mode(&file, &mut problems);
    check_attack(&file.attack, &mut problems);
    samples::check(&file, &kinds, &mut problems);
    if problems.is_empty() {
        Ok(build(name, file, kinds))
    } else {
        Err(problems)
    }
}

fn build(name: &PlaybookName, file: PlaybookFile, targets: Vec<TargetKind>) -> Playbook {
    Playbook {
        name: name.clone(),
        title: one_line(&file.title.value),
        summary: file.summary.value.trim().to_owned(),
        triggers: triggers::build(file.triggers, file.mode.value),
        targets,
        mode: file.mode.value,
        phases: file
            .phases
            .value
            .into_iter()
            .map(|phase| PhaseSteps {
                phase: phase.phase.value,
                steps: phase.steps.value.into_iter().map(steps::build).collect(),
            })
            .collect(),
        links: file.links,
        attack: plain(file.attack),
        tests: file.tests.value.into_iter().map(build_test).collect(),
    }
}

fn build_test(file: TestFile) -> Test {
    Test {
        finding: file.finding.value,
        target: file.target.value,
        steps: file
            .steps
            .into_iter()
            .map(|step| StepId::new(step.value))
            .collect(),
    }
}

fn plain(texts: Vec<Spanned<String>>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn not_blank(text: &Spanned<String>, field: &str, problems: &mut Vec<Problem>) {
    if text.value.trim().is_empty() {
        problems.push(
            Problem::at(text.referenced, "blank", format!("`{field}` is empty"))
                .help("write a sentence for the person who is woken by this playbook"),
        );
    }
}

/// A playbook with steps names its targets: what it does was thought of for these kinds only.
fn check_targets(file: &PlaybookFile, problems: &mut Vec<Problem>) {
    let Some(targets) = &file.targets else {
        if !file.phases.value.is_empty() {
            problems.push(
                Problem::of_file("no-target", "`targets` is missing")
                    .help("name the kinds that its steps are for, such as `access-key`"),
            );
        }
        return;
    };
    if targets.value.is_empty() {
        problems.push(
            Problem::at(targets.referenced, "no-target", "`targets` is empty")
                .help("name at least one kind, such as `access-key`"),
        );
    }
    let mut seen = BTreeSet::new();
    for kind in &targets.value {
        if !seen.insert(kind.value) {
            problems.push(
                Problem::at(
                    kind.referenced,
                    "duplicate-target",
                    format!("target `{}` stands here twice", kind.value),
                )
                .help("remove one of them"),
            );
        }
    }
}

fn check_phase_order(file: &PlaybookFile, problems: &mut Vec<Problem>) {
    let mut last: Option<Phase> = None;
    for phase in &file.phases.value {
        let here = phase.phase.value;
        if let Some(before) = last
            && here <= before
        {
            let message = if here == before {
                format!("phase `{}` stands here twice", phase_name(here))
            } else {
                format!(
                    "phase `{}` comes after `{}`",
                    phase_name(here),
                    phase_name(before)
                )
            };
            problems.push(
                Problem::at(phase.phase.referenced, "phase-order", message)
                    .help("the order is contain, preserve, investigate, eradicate, recover, each once"),
            );
        }
        last = last.max(Some(here));
    }
    let contains = file
        .phases
        .value
        .iter()
        .any(|phase| phase.phase.value == Phase::Contain);
    if !contains && file.mode.value != Mode::Observe {
        problems.push(
            Problem::at(file.phases.referenced, "no-contain", "there is no `contain` phase")
                .help("add `- phase: contain` with at least one step, or write `mode: observe` if people are only to be told"),
        );
    }
}

/// The name of a phase as files write it.
pub(crate) const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Contain => "contain",
        Phase::Preserve => "preserve",
        Phase::Investigate => "investigate",
        Phase::Eradicate => "eradicate",
        Phase::Recover => "recover",
    }
}

fn check_mode(file: &PlaybookFile, problems: &mut Vec<Problem>) {
    let steps = file.phases.value.iter().flat_map(|phase| &phase.steps.value);
    for step in steps {
        let Some(action) = backstop_actions::find(&step.action.value) else {
            continue;
        };
        let two_people = step.high_impact.as_ref().is_some_and(|high| high.value);
        let allowed = if two_people {
            Mode::Approve
        } else {
            action.impact.maximum_mode()
        };
        if file.mode.value <= allowed {
            continue;
        }
        let why = if two_people {
            format!("step `{}` is marked `high_impact`", step.step.value)
        } else {
            format!("`{}` affects {}", action.id, action.impact)
        };
        problems.push(
            Problem::at(
                file.mode.referenced,
                "mode-too-high",
                format!("mode `{}` is too far: {why}", file.mode.value),
            )
            .help(format!("write `mode: {allowed}`")),
        );
    }
}

fn check_attack(attack: &[Spanned<String>], problems: &mut Vec<Problem>) {
    for technique in attack {
        if !is_technique(&technique.value) {
            problems.push(
                Problem::at(
                    technique.referenced,
                    "attack-id",
                    format!("`{}` is no MITRE ATT&CK technique id", technique.value),
                )
                .help("an id reads `T1078` or `T1078.004`"),
            );
        }
    }
}

fn is_technique(text: &str) -> bool {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    let Some(rest) = text.strip_prefix('T') else {
        return false;
    };
    match rest.split_once('.') {
        Some((main, sub)) => digits(main, 4) && digits(sub, 3),
        None => digits(rest, 4),
    }
}

/// A hint for an action that isn't known.
pub(crate) fn known_actions(id: &str) -> String {
    suggest::one_of(id, backstop_actions::actions().map(|action| action.id))
}
