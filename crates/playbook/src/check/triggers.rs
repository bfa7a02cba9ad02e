//! Checks of triggers: finding types, controls, and what they prove.

mod grounds;

use backstop_core::{Mode, TargetKind, finding};
use serde_saphyr::Spanned;
use wildmatch::WildMatch;

use super::plain;
use crate::{
    file::{GroundsFile, PlaybookFile, TriggersFile},
    fit::is_pattern,
    known,
    playbook::{Grounds, Triggers},
    problem::Problem,
    suggest,
};

/// Checks that the triggers name something, nothing that AWS can't send, and nothing that is answered unasked though it
/// proves too little.
pub(super) fn check(file: &PlaybookFile, kinds: &[TargetKind], problems: &mut Vec<Problem>) {
    let triggers = &file.triggers;
    let in_grounds = triggers.grounds.iter().map(|grounds| &grounds.value);
    let names_something = triggers.lists().iter().any(|list| !list.is_empty())
        || !triggers.products.is_empty()
        || !triggers.grounds.is_empty()
        || triggers.custom_actions;
    if let Some(manual) = triggers.manual.as_ref().filter(|manual| manual.value)
        && names_something
    {
        let message = "`manual` stands beside other triggers";
        problems.push(
            Problem::at(manual.referenced, "manual-trigger", message)
                .help("remove `manual`: `backstop run` starts any playbook; or remove the others"),
        );
    }
    if !triggers.is_manual() && !names_something {
        problems.push(
            Problem::of_file(
                "no-trigger",
                "`triggers` names neither finding types nor controls",
            )
            .help("add `finding_types:` or `controls:`, or `manual: true` if only people run it"),
        );
    }
    grounds::check(file, kinds, problems);
    let all = |list: fn(&GroundsFile) -> &Vec<Spanned<String>>, plain| {
        in_grounds.clone().flat_map(list).chain(plain)
    };
    let types = all(|it| &it.finding_types, &triggers.finding_types);
    for pattern in types.chain(all(|it| &it.actor_finding_types, &triggers.actor_finding_types)) {
        check_finding_type(pattern, problems);
    }
    for code in all(|it| &it.health_events, &triggers.health_events) {
        check_health_event(code, problems);
    }
    for named in in_grounds.clone().flat_map(|it| &it.product_types) {
        check_product_type(named, problems);
    }
    for control in all(|it| &it.controls, &triggers.controls) {
        check_control(control, problems);
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
}

/// The triggers as the program uses them. Those without `grounds` are good for all that the playbook does; one that
/// acts unasked has none there.
pub(super) fn build(file: TriggersFile, mode: Mode) -> Triggers {
    let manual = file.is_manual();
    let unsorted = Grounds {
        furthest_mode: mode,
        because: None,
        finding_types: plain(file.finding_types),
        actor_finding_types: plain(file.actor_finding_types),
        health_events: plain(file.health_events),
        product_types: Vec::new(),
        controls: plain(file.controls),
        severity_floor: None,
        targets: Vec::new(),
    };
    let named = file.grounds.into_iter().map(|it| grounds::build(it.value));
    Triggers {
        grounds: std::iter::once(unsorted)
            .filter(|it| !it.is_empty())
            .chain(named)
            .collect(),
        products: plain(file.products),
        custom_actions: file.custom_actions,
        manual,
        severity_floor: file.severity_floor,
        resource_role: file.resource_role,
    }
}

fn check_health_event(code: &Spanned<String>, problems: &mut Vec<Problem>) {
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

fn check_product_type(named: &Spanned<String>, problems: &mut Vec<Problem>) {
    if !known::product_types().any(|(_, known)| known == named.value) {
        let message = format!("`{}` is no known finding type of another product", named.value);
        problems.push(
            Problem::at(named.referenced, "unknown-product-type", message).help(suggest::one_of(
                &named.value,
                known::product_types().map(|(_, known)| known),
            )),
        );
    }
}

fn check_control(control: &Spanned<String>, problems: &mut Vec<Problem>) {
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

fn check_finding_type(pattern: &Spanned<String>, problems: &mut Vec<Problem>) {
    if !known::matching(&pattern.value).is_empty() {
        return;
    }
    let text = &pattern.value;
    problems.push(if is_pattern(text) {
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
