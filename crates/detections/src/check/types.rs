//! The finding types that a rule hides.

use std::collections::BTreeSet;

use backstop_playbook::{
    Catalog,
    known::{self, FindingType},
    suggest,
};
use serde_saphyr::{Location, Spanned};

use super::{Criteria, Judged};
use crate::{
    fields, reach,
    suppression::{TYPE, narrows},
};

/// Types that prove an attack, or that somebody blinds the account: a rule over them hides what nobody wants hidden.
const PROOF: [&str; 5] = [
    "AttackSequence:*",
    "*/CompromisedCredentials*",
    "*/InstanceCredentialExfiltration*",
    "*/RootCredentialUsage*",
    "*/CloudTrailLoggingDisabled*",
];

pub(super) fn check(criteria: &Criteria<'_>, playbooks: &Catalog, judged: &mut Judged) {
    let written = criteria
        .file
        .criteria
        .value
        .iter()
        .find(|it| it.value.field.value == TYPE);
    let positive = written.filter(|it| !it.value.equals.is_empty() || !it.value.matches.is_empty());
    check_root(criteria, judged);
    let Some(condition) = positive else {
        return refuse_untyped(criteria, judged);
    };
    let condition = &condition.value;
    for value in &condition.equals {
        check_name(value, judged);
        check_proof(value, judged);
    }
    for pattern in &condition.matches {
        check_pattern(pattern, judged);
        check_proof(pattern, judged);
    }
    check_whole(criteria, condition.place(), playbooks, judged);
}

fn refuse_untyped(criteria: &Criteria<'_>, judged: &mut Judged) {
    let place = criteria.file.criteria.referenced;
    let is_broad = criteria
        .plain
        .keys()
        .all(|field| fields::is_broad(field) || field == TYPE);
    let help = "name the finding types under `type`, one by one";
    if is_broad {
        let asked = criteria
            .plain
            .keys()
            .map(|field| format!("`{field}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let message = format!("it hides every kind of finding by {asked} alone");
        judged.refuse(place, "only-broad", message, help);
    } else {
        let message =
            "it names no finding type, so that it also hides those that come with later versions".to_owned();
        judged.refuse(place, "no-type", message, help);
    }
}

fn check_name(value: &Spanned<String>, judged: &mut Judged) {
    let name = value.value.as_str();
    // Said of any field.
    if name.contains('*') {
        return;
    }
    match known::finding_type(name) {
        Some(known) if known.retired => {
            let message = format!("GuardDuty makes no findings of type `{name}` any more");
            judged.refuse(value.referenced, "retired-type", message, "leave it out");
        }
        Some(_) => {}
        None => {
            let near = suggest::one_of(name, known::finding_types().map(|known| known.name));
            judged.refuse(
                value.referenced,
                "unknown-type",
                format!("no finding has the type `{name}`"),
                near,
            );
        }
    }
}

fn check_pattern(pattern: &Spanned<String>, judged: &mut Judged) {
    let (text, place) = (pattern.value.as_str(), pattern.referenced);
    let matched: Vec<FindingType> = known::matching(text)
        .into_iter()
        .filter(|known| !known.retired)
        .collect();
    let Some(first) = matched.first() else {
        let message = format!("no finding's type matches `{text}`");
        return judged.refuse(
            place,
            "unknown-type",
            message,
            "write a type's whole name under `equals`",
        );
    };
    let names = || {
        matched
            .iter()
            .map(|known| known.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    if is_wide(text) || matched.len() > 1 && family_is_whole(first, &matched) {
        let message = format!(
            "`{text}` hides {} types, and those that come with later versions",
            matched.len()
        );
        judged.refuse(
            place,
            "wide-type",
            message,
            format!("write those that are meant under `equals`: {}", names()),
        );
    } else if matched.len() > 1 {
        judged.warn(
            place,
            "several-types",
            format!("`{text}` hides {} types", matched.len()),
            names(),
        );
    }
}

/// Whether a pattern reaches over a purpose, a kind of resource, or all families of one.
fn is_wide(pattern: &str) -> bool {
    let Some((head, family)) = pattern.split_once('/') else {
        return true;
    };
    let is_wild = |text: &str| text.contains('*') || text.contains('?');
    is_wild(head) || family.starts_with('*') || family.starts_with('?')
}

/// Whether all of a family's types are among these: `Backdoor:EC2/DenialOfService` of `….Dns`, `….Tcp`, ….
fn family_is_whole(of: &FindingType, matched: &[FindingType]) -> bool {
    let family = |name: &'static str| name.split(['.', '!']).next().unwrap_or(name);
    let own = family(of.name);
    let all: Vec<&str> = known::finding_types()
        .filter(|known| !known.retired && family(known.name) == own)
        .map(|known| known.name)
        .collect();
    all.len() > 1
        && all
            .iter()
            .all(|name| matched.iter().any(|known| known.name == *name))
}

fn check_proof(value: &Spanned<String>, judged: &mut Judged) {
    let text = value.value.as_str();
    let hides = |proof: &str| {
        known::matching(proof)
            .iter()
            .any(|known| reach::like(text, known.name))
    };
    if PROOF.iter().any(|proof| hides(proof)) {
        let message =
            format!("`{text}` says that an attack is under way, or that somebody blinds the account");
        let help = "let it come, and exempt what must not be acted on: `backstop exempt add`; or take it upon yourself \
                    under `overrides`";
        judged.refuse(value.referenced, "proves-attack", message, help);
    }
}

/// The root user's findings, by whatever type.
fn check_root(criteria: &Criteria<'_>, judged: &mut Judged) {
    for condition in &criteria.file.criteria.value {
        let field = condition.value.field.value.as_str();
        let is_user_type = field.ends_with(".userType") || field.ends_with("userIdentity.type");
        for value in condition.value.equals.iter().chain(&condition.value.matches) {
            if is_user_type && value.value.eq_ignore_ascii_case("root") {
                let message = "it hides what the account's root user does".to_owned();
                let help = "root is used by hand and seldom: look at each finding";
                judged.refuse(value.referenced, "proves-attack", message, help);
            }
        }
    }
}

/// A rule that asks for nothing but the type: all of it is gone, everywhere.
fn check_whole(criteria: &Criteria<'_>, place: Location, playbooks: &Catalog, judged: &mut Judged) {
    if narrows(&criteria.plain).any(|(_, condition)| condition.is_positive()) {
        return;
    }
    let Some(condition) = criteria.plain.get(TYPE) else {
        return;
    };
    let hidden: BTreeSet<&str> = reach::types(condition).map(|known| known.name).collect();
    let lost = reach::lost_playbooks(playbooks, |name| hidden.contains(name));
    if lost.is_empty() {
        let message = "it hides all findings of its types, of every resource".to_owned();
        judged.warn(
            place,
            "whole-type",
            message,
            "ask for the resource that is meant as well",
        );
    } else {
        let message = format!("no finding would reach playbook `{}` any more", lost.join("`, `"));
        judged.refuse(
            place,
            "lost-trigger",
            message,
            "ask for the resource that is meant as well",
        );
    }
}
