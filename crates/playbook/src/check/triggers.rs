//! Checks of triggers: finding types and controls.

use backstop_core::finding;
use serde_saphyr::Spanned;
use wildmatch::WildMatch;

use crate::{file::TriggersFile, known, problem::Problem, suggest};

/// Checks that the triggers name something, and nothing that AWS can't send.
pub(super) fn check(triggers: &TriggersFile, problems: &mut Vec<Problem>) {
    let lists = [
        &triggers.finding_types,
        &triggers.actor_finding_types,
        &triggers.health_events,
        &triggers.controls,
        &triggers.products,
    ];
    let names_something = lists.iter().any(|list| !list.is_empty()) || triggers.custom_actions;
    if let Some(by_hand) = triggers.by_hand.as_ref().filter(|by_hand| by_hand.value)
        && names_something
    {
        let message = "`by_hand` stands beside other triggers";
        problems.push(
            Problem::at(by_hand.referenced, "by-hand-trigger", message)
                .help("remove `by_hand`: `backstop run` starts any playbook; or remove the others"),
        );
    }
    if !triggers.is_by_hand() && !names_something {
        problems.push(
            Problem::of_file(
                "no-trigger",
                "`triggers` names neither finding types nor controls",
            )
            .help("add `finding_types:` or `controls:`, or `by_hand: true` if only people run it"),
        );
    }
    for pattern in triggers.finding_types.iter().chain(&triggers.actor_finding_types) {
        check_finding_type(pattern, problems);
    }
    for code in &triggers.health_events {
        let is_risk = code
            .value
            .strip_prefix("AWS_RISK_")
            .is_some_and(|rest| !rest.is_empty());
        if !is_risk {
            let message = format!("`{}` is no event of AWS Health about a risk", code.value);
            problems.push(
                Problem::at(code.referenced, "unknown-health-event", message)
                    .help("only the codes that begin with `AWS_RISK_` are about credentials and abuse"),
            );
        }
    }
    for product in &triggers.products {
        if !finding::aws_products().any(|known| known == product.value) {
            problems.push(
                Problem::at(
                    product.referenced,
                    "unknown-product",
                    format!("`{}` is no known product of AWS", product.value),
                )
                .help(suggest::one_of(&product.value, finding::aws_products())),
            );
        }
    }
    for control in &triggers.controls {
        let wild = WildMatch::new(&control.value);
        if !known::controls().any(|known| wild.matches(known.id)) {
            problems.push(
                Problem::at(
                    control.referenced,
                    "unknown-control",
                    format!("`{}` is no known Security Hub control", control.value),
                )
                .help(did_you_mean(
                    &control.value,
                    known::controls().map(|known| known.id),
                )),
            );
        }
    }
}

fn check_finding_type(pattern: &Spanned<String>, problems: &mut Vec<Problem>) {
    if !known::matching(&pattern.value).is_empty() {
        return;
    }
    let text = &pattern.value;
    problems.push(if text.contains('*') {
        Problem::at(
            pattern.referenced,
            "unknown-finding-type",
            format!("`{text}` matches none of GuardDuty's finding types"),
        )
        .help("a finding type reads `Purpose:Resource/Family`, such as `*:IAMUser/*`")
    } else {
        Problem::at(
            pattern.referenced,
            "unknown-finding-type",
            format!("`{text}` is no known GuardDuty finding type"),
        )
        .help(did_you_mean(text, known::finding_types().map(|known| known.name)))
    });
}

fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    suggest::nearest(word, known).map_or_else(
        || "see `playbooks/playbook.schema.json` for the known names".to_owned(),
        |near| format!("did you mean `{near}`?"),
    )
}
