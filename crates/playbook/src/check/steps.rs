//! Checks of steps: names, actions, order.

use std::collections::{BTreeMap, BTreeSet};

use backstop_actions::{ActionSpec, OptionSpec};
use backstop_core::{ActionId, StepId, TargetKind, log::Phase};

use super::{known_actions, one_line, phase_name};
use crate::{
    file::{PhaseFile, PlaybookFile, StepFile},
    playbook::Step,
    problem::Problem,
    suggest,
};

/// The longest title: state names are made of it and may have 80 characters (Step Functions quotas).
pub(crate) const LONGEST_TITLE: usize = 55;

/// Checks the steps of all phases.
pub(super) fn check(file: &PlaybookFile, kinds: &[TargetKind], problems: &mut Vec<Problem>) {
    let mut names = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for phase in &file.phases.value {
        if phase.steps.value.is_empty() {
            problems.push(
                Problem::at(
                    phase.steps.referenced,
                    "no-step",
                    format!("phase `{}` has no steps", phase_name(phase.phase.value)),
                )
                .help("add a step or remove the phase"),
            );
        }
        for step in &phase.steps.value {
            check_name(step, &mut names, problems);
            check_title(step, &mut titles, problems);
            check_action(step, phase, kinds, problems);
            check_at_once(step, phase, problems);
        }
        check_order(phase, problems);
    }
    check_every_kind_is_answered(file, kinds, problems);
}

pub(super) fn build(file: StepFile) -> Step {
    Step {
        at_once: is_at_once(&file),
        step: StepId::new(file.step.value),
        action: ActionId::new(file.action.value),
        title: one_line(&file.title.value),
        after: file
            .after
            .into_iter()
            .map(|step| StepId::new(step.value))
            .collect(),
        high_impact: file.high_impact.is_some_and(|high| high.value),
        with: file
            .with
            .into_iter()
            .map(|(name, value)| (name, value.value))
            .collect(),
    }
}

fn check_name(step: &StepFile, seen: &mut BTreeSet<String>, problems: &mut Vec<Problem>) {
    let name = &step.step.value;
    if !is_kebab_case(name) {
        problems.push(
            Problem::at(
                step.step.referenced,
                "step-name",
                format!("`{name}` is no step name"),
            )
            .help("write lower-case words joined by `-`, such as `deactivate-key`"),
        );
    }
    if !seen.insert(name.clone()) {
        problems.push(
            Problem::at(
                step.step.referenced,
                "duplicate-step",
                format!("step `{name}` stands here twice"),
            )
            .help("give each step its own name"),
        );
    }
}

/// Whether the text is lower-case words joined by `-`.
pub fn is_kebab_case(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

fn check_title(step: &StepFile, seen: &mut BTreeSet<String>, problems: &mut Vec<Problem>) {
    let title = one_line(&step.title.value);
    let length = title.chars().count();
    if length == 0 || length > LONGEST_TITLE {
        problems.push(
            Problem::at(
                step.title.referenced,
                "title-length",
                format!("the title has {length} characters"),
            )
            .help(format!(
                "write 1 to {LONGEST_TITLE}: the machine's states are named after it"
            )),
        );
    } else if !seen.insert(title.to_lowercase()) {
        problems.push(
            Problem::at(
                step.title.referenced,
                "duplicate-title",
                format!("the title `{title}` stands here twice"),
            )
            .help("give each step its own title: the machine's states are named after it"),
        );
    }
}

fn check_action(step: &StepFile, phase: &PhaseFile, kinds: &[TargetKind], problems: &mut Vec<Problem>) {
    let place = step.action.referenced;
    let id = &step.action.value;
    let Some(action) = backstop_actions::find(id) else {
        problems.push(
            Problem::at(place, "unknown-action", format!("`{id}` is no known action"))
                .help(known_actions(id)),
        );
        return;
    };
    if !action.phases.contains(&phase.phase.value) {
        let names: Vec<&str> = action.phases.iter().copied().map(phase_name).collect();
        problems.push(
            Problem::at(
                place,
                "action-phase",
                format!("`{id}` has no place in phase `{}`", phase_name(phase.phase.value)),
            )
            .help(format!("move it to `{}`", names.join("` or `"))),
        );
    }
    if !kinds.iter().any(|kind| action.fits(*kind)) {
        problems.push(misfit(action, step, kinds));
    }
    check_options(action, step, problems);
}

fn misfit(action: &ActionSpec, step: &StepFile, kinds: &[TargetKind]) -> Problem {
    let wanted: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let fits: Vec<&str> = action.targets.iter().map(|kind| kind.as_str()).collect();
    Problem::at(
        step.action.referenced,
        "action-target",
        format!(
            "`{}` doesn't fit the targets `{}`",
            action.id,
            wanted.join("`, `")
        ),
    )
    .help(format!("it acts on `{}`", fits.join("`, `")))
}

fn check_options(action: &ActionSpec, step: &StepFile, problems: &mut Vec<Problem>) {
    for (name, value) in &step.with {
        let Some(option) = action.option(name) else {
            problems.push(
                Problem::at(
                    value.referenced,
                    "unknown-option",
                    format!("`{}` has no option `{name}`", action.id),
                )
                .help(suggest::one_of(name, action.options.iter().map(OptionSpec::name))),
            );
            continue;
        };
        if let Err(wrong) = option.check(&value.value) {
            let example = option.default();
            problems.push(
                Problem::at(value.referenced, "option-value", wrong.to_string())
                    .help(format!("write {}, such as `{name}: {example}`", wrong.wanted)),
            );
        }
    }
}

fn is_at_once(step: &StepFile) -> bool {
    step.at_once.as_ref().is_some_and(|at_once| at_once.value)
}

/// Containing steps start at once anyway; what runs beside them can't wait for what runs after people were told.
fn check_at_once(step: &StepFile, phase: &PhaseFile, problems: &mut Vec<Problem>) {
    let Some(at_once) = step.at_once.as_ref().filter(|at_once| at_once.value) else {
        return;
    };
    let here = phase.phase.value;
    if here != Phase::Preserve {
        let message = format!("a step of phase `{}` can't be `at_once`", phase_name(here));
        problems.push(
            Problem::at(at_once.referenced, "at-once-phase", message)
                .help("remove `at_once`: only evidence of phase `preserve` is kept beside containment"),
        );
        return;
    }
    let later = |name: &str| {
        let mut steps = phase.steps.value.iter();
        steps.any(|other| other.step.value == name && !is_at_once(other))
    };
    for after in step.after.iter().filter(|after| later(&after.value)) {
        let message = format!("`{}` isn't `at_once`, so this step can't be", after.value);
        problems.push(
            Problem::at(after.referenced, "at-once-after", message)
                .help("remove it from `after`, or make both steps `at_once`"),
        );
    }
}

/// `after` may only name other steps of the phase, and must not go in a circle.
fn check_order(phase: &PhaseFile, problems: &mut Vec<Problem>) {
    let names: BTreeSet<&str> = phase
        .steps
        .value
        .iter()
        .map(|step| step.step.value.as_str())
        .collect();
    let mut waiting: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for step in &phase.steps.value {
        let before = waiting.entry(step.step.value.as_str()).or_default();
        for after in &step.after {
            if names.contains(after.value.as_str()) {
                before.insert(after.value.as_str());
            } else {
                problems.push(
                    Problem::at(
                        after.referenced,
                        "unknown-step",
                        format!("there is no step `{}` in this phase", after.value),
                    )
                    .help(suggest::one_of(&after.value, names.iter().copied())),
                );
            }
        }
    }
    while let Some(ready) = waiting
        .iter()
        .find_map(|(name, before)| before.is_empty().then_some(*name))
    {
        waiting.remove(ready);
        for before in waiting.values_mut() {
            before.remove(ready);
        }
    }
    for step in phase
        .steps
        .value
        .iter()
        .filter(|step| waiting.contains_key(step.step.value.as_str()))
    {
        if let Some(after) = step.after.first() {
            problems.push(
                Problem::at(
                    after.referenced,
                    "circle",
                    format!(
                        "step `{}` can never start: `after` goes in a circle",
                        step.step.value
                    ),
                )
                .help("remove one `after` of the circle"),
            );
        }
    }
}

/// Every target kind needs a containing step, but for those that guardrails always refuse: people are
/// paged for them, and for that they must reach a playbook.
fn check_every_kind_is_answered(file: &PlaybookFile, kinds: &[TargetKind], problems: &mut Vec<Problem>) {
    let actions: Vec<&ActionSpec> = file
        .phases
        .value
        .iter()
        .flat_map(|phase| &phase.steps.value)
        .filter_map(|step| backstop_actions::find(&step.action.value))
        .collect();
    if actions.is_empty() {
        return;
    }
    let unanswered = kinds
        .iter()
        .zip(file.written_targets())
        .filter(|(kind, _)| kind.is_ever_contained() && !actions.iter().any(|action| action.fits(**kind)));
    for (kind, written) in unanswered {
        problems.push(
            Problem::at(
                written.referenced,
                "target-without-step",
                format!("no step fits the target `{kind}`"),
            )
            .help("add a step whose action fits it, or remove the target"),
        );
    }
}
