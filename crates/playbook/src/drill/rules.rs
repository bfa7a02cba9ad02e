//! What drills must satisfy beyond the shape of their file, so that a slip is found before anything is started.

mod planted;
mod second_reading;

use std::collections::{BTreeMap, BTreeSet};

use backstop_core::log::Phase;

use self::planted::Planted;
use super::{
    ACCOUNT, ANYONE, Access, Aspect, Check, CheckState, CheckSubject, Drill, Placed, ProbeCall, Start,
    file::DrillFile, load::ReadFile,
};
use crate::{
    check::is_kebab_case,
    playbook::Playbook,
    problem::{InvalidFile, Problem},
};

/// Every mistake of the drills of one file.
pub(super) fn problems(file: &DrillFile) -> Vec<Problem> {
    let mut problems: Vec<Problem> = file.drills.iter().flat_map(of_drill).collect();
    let mut names = BTreeSet::new();
    let twins = file
        .drills
        .iter()
        .filter(|drill| !names.insert(drill.name.as_str()));
    problems.extend(twins.map(|drill| twin(drill, "above")));
    if file.drills.is_empty() {
        problems.push(
            Problem::at(file.drills.place(), "no-drill", "there is no drill")
                .help("write one; `backstop playbook new` writes one to start from"),
        );
    }
    problems
}

/// Two drills of one name couldn't be told apart by `cargo drill`; the later file is told.
pub(crate) fn check_twins(files: &[ReadFile]) -> Vec<InvalidFile> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut invalid = Vec::new();
    for file in files {
        let problems: Vec<Problem> = file
            .drills
            .iter()
            .filter_map(|drill| {
                Some(twin(
                    drill,
                    &format!("of playbook `{}`", seen.get(drill.name.as_str())?),
                ))
            })
            .collect();
        if !problems.is_empty() {
            invalid.push(InvalidFile::new(&file.label, &file.text, problems));
        }
        seen.extend(
            file.drills
                .iter()
                .map(|drill| (drill.name.as_str(), drill.playbook.as_str())),
        );
    }
    invalid
}

fn twin(drill: &Drill, other: &str) -> Problem {
    let message = format!("a drill {other} is called `{}` as well", drill.name);
    Problem::at(drill.name.place(), "drill-name-taken", message)
        .help("give this one a name of its own: `cargo drill` is given nothing else")
}

/// What the playbook around them makes of the drills.
pub(crate) fn fits_playbook(drills: &[Drill], playbook: &Playbook) -> Vec<Problem> {
    let mut problems = Vec::new();
    let investigates = !playbook.steps_of(Phase::Investigate).is_empty();
    for drill in drills {
        if let (Some(Start::Finding(about)), true) = (drill.start(), playbook.triggers.manual) {
            let message = format!(
                "no finding starts playbook `{}`: only people run it",
                playbook.name
            );
            problems.push(
                Problem::at(about.place(), "no-finding-starts-it", message).help(format!(
                    "write `manual_run: {{ target: {about}, reason: … }}` instead of `finding_about`"
                )),
            );
        }
        let steps = drill.unproven.iter().chain(drill.before_asking.iter().flatten());
        problems.extend(steps.filter(|step| !has_step(playbook, step)).map(|step| {
            let message = format!("playbook `{}` has no step `{}`", playbook.name, step.as_str());
            Problem::at(step.place(), "unknown-step", message)
                .help("write the name of a step of the playbook, such as `isolate`")
        }));
        if let (Some(proposed), false) = (drill.proposals.first(), investigates) {
            let message = format!(
                "playbook `{}` investigates nothing, so it proposes nothing",
                playbook.name
            );
            problems.push(
                Problem::at(proposed.of().place(), "nothing-proposed", message)
                    .help("remove `proposals`, or add an `investigate` phase to the playbook"),
            );
        }
    }
    problems
}

fn has_step(playbook: &Playbook, name: &str) -> bool {
    playbook.steps().any(|(_, step)| step.step.as_str() == name)
}

fn of_drill(drill: &Drill) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !is_kebab_case(&drill.name) {
        problems.push(
            Problem::at(
                drill.name.place(),
                "drill-name",
                format!("`{}` is no name for a drill", drill.name),
            )
            .help("write lower-case words joined by `-`"),
        );
    }
    let mut planted = Planted::default();
    for plant in &drill.plant {
        planted.add(plant, &mut problems);
    }
    check_start(drill, &planted, &mut problems);
    for probe in &drill.probes {
        if let ProbeCall::GetObject { bucket } = &probe.call {
            planted.bucket(bucket, &mut problems);
        }
        if *probe.who == ANYONE {
            check_anyone(&probe.who, &probe.call, &mut problems);
        } else {
            planted.caller(&probe.who, &mut problems);
        }
    }
    for check in &drill.checks {
        check_state(check, &planted, &mut problems);
        check_remote(check, drill, &mut problems);
    }
    for proposed in &drill.proposals {
        planted.proposed(proposed, &mut problems);
    }
    second_reading::check(drill, &planted, &mut problems);
    if !drill.ends_something() {
        let message = "no probe goes from allowed to denied and no check changes, so it proves nothing";
        problems.push(
            Problem::at(drill.name.place(), "proves-nothing", message).help(format!(
                "add a call of the attacker's to `probes`, with `before: {}` and `after: {}`",
                Access::Allowed,
                Access::Denied
            )),
        );
    }
    problems
}

fn check_start(drill: &Drill, planted: &Planted<'_>, problems: &mut Vec<Problem>) {
    match drill.start() {
        Some(Start::Finding(about)) => planted.subject(about, problems),
        Some(Start::ManualRun(run)) => planted.target(&run.target, problems),
        None => problems.push(
            Problem::at(
                drill.name.place(),
                "no-start",
                "it needs either `finding_about` or `manual_run`, and not both",
            )
            .help(format!(
                "write `finding_about:` with a name from `plant`, or `{ACCOUNT}`; `manual_run:` is for playbooks that \
                 no finding starts"
            )),
        ),
    }
}

/// Whoever signs nothing can call what needs no signature.
fn check_anyone(who: &Placed<String>, call: &ProbeCall, problems: &mut Vec<Problem>) {
    match call {
        ProbeCall::GetObject { .. } => {}
        ProbeCall::ListBuckets => problems.push(
            Problem::at(
                who.place(),
                "call-needs-credential",
                format!("`{ANYONE}` signs nothing, and `list-buckets` needs a signature"),
            )
            .help("name a credential from `plant`, or write `call: { get-object: { bucket: … } }`"),
        ),
    }
}

/// Only the finding names the address, and only of what it is about.
fn check_remote(check: &Check, drill: &Drill, problems: &mut Vec<Problem>) {
    let is_of_it = match drill.start() {
        Some(Start::Finding(about)) => **about == *check.of,
        _ => false,
    };
    if check.instance == Some(Aspect::RemoteAddress) && !is_of_it {
        let message = format!("no finding says with which address `{}` talked", *check.of);
        problems.push(
            Problem::at(check.of.place(), "no-remote-address", message)
                .help("write the instance that `finding_about` names"),
        );
    }
}

fn check_state(check: &Check, planted: &Planted<'_>, problems: &mut Vec<Problem>) {
    let states = match check.subject() {
        Some(CheckSubject::Credential(_)) => {
            planted.user(&check.of, problems);
            [CheckState::Active, CheckState::Inactive]
        }
        Some(CheckSubject::Instance(_)) => {
            planted.instance(&check.of, problems);
            [CheckState::AsPlanted, CheckState::Contained]
        }
        Some(CheckSubject::Role(_)) => {
            planted.role(&check.of, problems);
            [CheckState::AsPlanted, CheckState::Contained]
        }
        None => {
            let message = "it needs one of `credential`, `instance` and `role`, and no other";
            problems.push(
                Problem::at(check.name.place(), "check-subject", message)
                    .help("write what is read of it, such as `instance: interfaces`"),
            );
            return;
        }
    };
    let [one, other] = states;
    for state in [&check.before, &check.after] {
        if !states.contains(state) {
            let message = format!("`{}` is no state of what this check reads", state.as_str());
            problems.push(Problem::at(state.place(), "check-state", message).help(format!(
                "write `{}` or `{}`",
                one.as_str(),
                other.as_str()
            )));
        }
    }
}
