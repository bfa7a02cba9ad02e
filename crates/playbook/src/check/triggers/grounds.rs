//! Checks of how far a playbook goes by itself on what a trigger proves.

use backstop_core::{Mode, TargetKind};
use serde_saphyr::Spanned;

use crate::{
    check::{not_blank, one_line, plain},
    file::{GroundsFile, PlaybookFile},
    fit::is_pattern,
    known,
    playbook::Grounds,
    problem::Problem,
    suggest,
};

/// Checks all grounds, and that a playbook which acts unasked has no trigger without.
pub(super) fn check(file: &PlaybookFile, kinds: &[TargetKind], problems: &mut Vec<Problem>) {
    if file.mode.value == Mode::Auto {
        problems.extend(file.triggers.lists().into_iter().flatten().map(unproven));
    }
    for grounds in &file.triggers.grounds {
        let GroundsFile {
            furthest_mode,
            because,
            targets,
            ..
        } = &grounds.value;
        not_blank(because, "because", problems);
        if grounds.value.lists().iter().all(|list| list.is_empty()) {
            problems.push(
                Problem::at(grounds.referenced, "no-trigger", "these grounds name no trigger")
                    .help("add `finding_types:`, `health_events:`, `product_types:` or `controls:`"),
            );
        }
        if furthest_mode.value > file.mode.value {
            let message = format!(
                "`{}` is further than the playbook's own mode, `{}`",
                furthest_mode.value, file.mode.value
            );
            problems.push(
                Problem::at(furthest_mode.referenced, "furthest-mode", message).help(format!(
                    "write `{}`, or change the playbook's `mode`",
                    file.mode.value
                )),
            );
        }
        for kind in targets.iter().filter(|kind| !kinds.contains(&kind.value)) {
            problems.push(
                Problem::at(
                    kind.referenced,
                    "grounds-target",
                    format!("`{}` isn't among the playbook's targets", kind.value),
                )
                .help(suggest::one_of(
                    kind.value.as_str(),
                    kinds.iter().map(|kind| kind.as_str()),
                )),
            );
        }
        if furthest_mode.value == Mode::Auto {
            for pattern in grounds.value.lists().into_iter().flatten() {
                problems.extend(wildcard(pattern).or_else(|| provoked(pattern)));
            }
        }
    }
}

fn unproven(pattern: &Spanned<String>) -> Problem {
    Problem::at(
        pattern.referenced,
        "no-grounds",
        format!(
            "`{}` doesn't say how far the playbook goes by itself on it",
            pattern.value
        ),
    )
    .help("put it below `grounds:`, with `furthest_mode` and `because`")
}

/// What AWS adds tomorrow under the same pattern nobody has judged.
fn wildcard(pattern: &Spanned<String>) -> Option<Problem> {
    is_pattern(&pattern.value).then(|| {
        Problem::at(
            pattern.referenced,
            "auto-wildcard",
            format!(
                "`{}` would answer types of tomorrow unasked, whatever they prove",
                pattern.value
            ),
        )
        .help("name each type under `furthest_mode: auto`, and keep the pattern under `approve`")
    })
}

fn provoked(pattern: &Spanned<String>) -> Option<Problem> {
    let known = known::finding_type(&pattern.value)?;
    (!known.provoked_by.deserves_auto()).then(|| {
        Problem::at(
            pattern.referenced,
            "auto-provoked",
            format!(
                "`{}` can be provoked by an {}: containing unasked would be a weapon",
                known.name,
                known.provoked_by.as_str()
            ),
        )
        .help("put it under `furthest_mode: approve`")
    })
}

pub(super) fn build(file: GroundsFile) -> Grounds {
    Grounds {
        furthest_mode: file.furthest_mode.value,
        because: Some(one_line(&file.because.value)),
        finding_types: plain(file.finding_types),
        actor_finding_types: plain(file.actor_finding_types),
        health_events: plain(file.health_events),
        product_types: plain(file.product_types),
        controls: plain(file.controls),
        severity_floor: file.severity_floor,
        targets: file.targets.into_iter().map(|kind| kind.value).collect(),
    }
}
