//! Checks of the sample findings that a playbook names.

use backstop_core::TargetKind;

use crate::{file::PlaybookFile, problem::Problem, suggest};

/// Checks the sample findings' names, targets and steps; [`crate::lint()`] reads the files.
pub(super) fn check(file: &PlaybookFile, kinds: &[TargetKind], problems: &mut Vec<Problem>) {
    if file.tests.value.is_empty() && !file.triggers.is_manual() {
        problems.push(
            Problem::at(file.tests.referenced, "no-test", "`tests` is empty")
                .help("name a sample finding: `- finding: finding.json` with `target` and `steps`"),
        );
    }
    let names: Vec<&str> = file
        .phases
        .value
        .iter()
        .flat_map(|phase| phase.steps.value.iter().map(|step| step.step.value.as_str()))
        .collect();
    for test in &file.tests.value {
        if test.finding.value.contains(['/', '\\']) || test.finding.value.starts_with('.') {
            problems.push(
                Problem::at(
                    test.finding.referenced,
                    "test-file",
                    format!(
                        "`{}` isn't the name of a file beside this one",
                        test.finding.value
                    ),
                )
                .help("put the finding into the playbook's folder and write its name"),
            );
        }
        if !kinds.contains(&test.target.value) {
            problems.push(
                Problem::at(
                    test.target.referenced,
                    "test-target",
                    format!("`{}` isn't among the playbook's targets", test.target.value),
                )
                .help(suggest::one_of(
                    test.target.value.as_str(),
                    kinds.iter().map(|kind| kind.as_str()),
                )),
            );
        }
        for step in test
            .steps
            .iter()
            .filter(|step| !names.contains(&step.value.as_str()))
        {
            problems.push(
                Problem::at(
                    step.referenced,
                    "unknown-step",
                    format!("there is no step `{}`", step.value),
                )
                .help(suggest::one_of(&step.value, names.iter().copied())),
            );
        }
    }
}
