//! The fields that are asked, and whether what is asked of them can be answered.

use std::collections::BTreeSet;

use backstop_playbook::suggest;
use serde_saphyr::Spanned;

use super::{Criteria, Judged};
use crate::{
    fields::{self, Holds},
    suppression::{ConditionFile, narrows},
};

/// Fields of a filter ("Filtering findings in GuardDuty").
const MOST_FIELDS: usize = 50;
/// Values of `equals` and `not_equals` (API Condition).
const MOST_VALUES: usize = 50;
/// Patterns of `matches` and `not_matches` (API Condition).
const MOST_PATTERNS: usize = 5;
/// Characters of a pattern.
const LONGEST_PATTERN: usize = 512;

pub(super) fn check(criteria: &Criteria<'_>, judged: &mut Judged) {
    let written = &criteria.file.criteria;
    if written.value.len() > MOST_FIELDS {
        let message = format!("{} fields; GuardDuty takes {MOST_FIELDS}", written.value.len());
        judged.refuse(
            written.referenced,
            "too-many-fields",
            message,
            "make two rules of it",
        );
    }
    let mut seen = BTreeSet::new();
    for condition in &written.value {
        let (condition, name) = (&condition.value, condition.value.field.value.as_str());
        if !seen.insert(name) {
            let message = format!("`{name}` is asked twice");
            judged.refuse(
                condition.place(),
                "field-twice",
                message,
                "write all that is asked of a field in one place",
            );
        }
        let Some(field) = fields::named(name) else {
            let near = suggest::one_of(name, fields::all().map(|field| field.name));
            let message =
                format!("no finding can be filtered by `{name}`: the rule would be deployed and never match");
            judged.refuse(condition.place(), "unknown-field", message, near);
            continue;
        };
        if condition.condition().is_empty() {
            let message = format!("nothing is asked of `{name}`");
            judged.refuse(
                condition.place(),
                "empty-condition",
                message,
                "write `equals`, `matches` or a comparison",
            );
        }
        check_amounts(condition, judged);
        check_values(condition, field.holds, judged);
    }
    check_chosen(criteria, judged);
}

fn check_amounts(condition: &ConditionFile, judged: &mut Judged) {
    for (values, most) in [
        (&condition.equals, MOST_VALUES),
        (&condition.not_equals, MOST_VALUES),
        (&condition.matches, MOST_PATTERNS),
        (&condition.not_matches, MOST_PATTERNS),
    ] {
        if values.len() > most {
            let message = format!("{} values; GuardDuty takes {most}", values.len());
            judged.refuse(
                condition.place(),
                "too-many-values",
                message,
                "make two rules of it",
            );
        }
    }
    for pattern in condition.matches.iter().chain(&condition.not_matches) {
        if pattern.value.len() > LONGEST_PATTERN {
            let message = format!(
                "a pattern of {} characters; GuardDuty takes {LONGEST_PATTERN}",
                pattern.value.len()
            );
            judged.refuse(pattern.referenced, "long-pattern", message, "shorten it");
        }
    }
}

fn check_values(condition: &ConditionFile, holds: Holds, judged: &mut Judged) {
    let name = &condition.field.value;
    for value in condition.equals.iter().chain(&condition.not_equals) {
        if value.value.contains('*') {
            let message = format!(
                "`{}` is compared letter by letter: `*` stands for itself",
                value.value
            );
            judged.refuse(
                value.referenced,
                "literal-wildcard",
                message,
                "write it under `matches` or `not_matches`",
            );
        } else if !fits(value, holds) {
            let message = format!("`{}` never stands in `{name}`", value.value);
            judged.refuse(value.referenced, "wrong-value", message, wanted(holds));
        }
    }
    if condition.condition().compares() && !holds.is_ordered() {
        let message = format!("`{name}` holds no number: nothing is more or less");
        judged.refuse(
            condition.place(),
            "not-ordered",
            message,
            "write `equals` or `matches`",
        );
    }
    if holds != Holds::Text && (!condition.matches.is_empty() || !condition.not_matches.is_empty()) {
        let message = format!("`{name}` holds no text: a pattern says nothing of it");
        judged.refuse(condition.place(), "not-text", message, wanted(holds));
    }
    if name == "service.archived" && condition.equals.iter().any(|value| value.value == "true") {
        let message = "no finding is archived before a rule archives it: this never matches".to_owned();
        judged.refuse(condition.place(), "never-matches", message, "leave it out");
    }
}

fn fits(value: &Spanned<String>, holds: Holds) -> bool {
    match holds {
        Holds::Text => !value.value.trim().is_empty(),
        Holds::Number => value.value.parse::<f64>().is_ok(),
        Holds::Time => false,
        Holds::Flag => matches!(value.value.as_str(), "true" | "false"),
    }
}

fn wanted(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "write what stands there",
        Holds::Number => "write a number: a severity is 1 to 10, not a word",
        Holds::Time => "compare it: `greater_than` and `less_than`, in milliseconds since 1970",
        Holds::Flag => "write `true` or `false`",
    }
}

/// Whatever narrows it is chosen by who attacks: then nothing narrows it.
fn check_chosen(criteria: &Criteria<'_>, judged: &mut Judged) {
    let positive: Vec<&str> = narrows(&criteria.plain)
        .filter(|(_, condition)| condition.is_positive())
        .map(|(field, _)| field)
        .collect();
    if positive.is_empty() || !positive.iter().all(|field| fields::is_chosen_by_attackers(field)) {
        return;
    }
    for condition in &criteria.file.criteria.value {
        let name = condition.value.field.value.as_str();
        if positive.contains(&name) {
            let message = format!("whoever attacks may choose `{name}`, and so hide behind this rule");
            judged.refuse(
                condition.value.place(),
                "chosen-by-attacker",
                message,
                instead_of(name),
            );
        }
    }
}

fn instead_of(name: &str) -> &'static str {
    match name {
        _ if name.contains(".tags.") => {
            "ask for the image (`resource.instanceDetails.imageId`) or the instance itself"
        }
        _ if name.contains("runtimeDetails") => "ask for `service.runtimeDetails.process.executableSha256`",
        _ if name.to_ascii_lowercase().contains("user") => {
            "ask for `resource.accessKeyDetails.principalId`, or for the account and the address it comes from"
        }
        _ => {
            "ask for what can't be chosen: an image's id, a checksum, a principal's id, or an account and an address"
        }
    }
}
