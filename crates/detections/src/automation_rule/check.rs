//! What is wrong with an automation rule.

use std::collections::BTreeMap;

use backstop_playbook::{Problem, suggest};
use jiff::civil::Date;
use serde_saphyr::Spanned;

use super::{
    Asked, AutomationRule, Hub, Severity, Workflow, fields,
    file::{AskedFile, AutomationRuleFile},
};
use crate::check::{Answered, Judged, check_answered, check_name, one_line};

/// What proves an attack, wherever it stands in a type's or a generator's name.
const PROOF: [&str; 5] = [
    "attacksequence",
    "cloudtrailloggingdisabled",
    "compromisedcredentials",
    "instancecredentialexfiltration",
    "rootcredentialusage",
];
/// The longest note (the schema of `AWS::SecurityHub::AutomationRule`).
const LONGEST_NOTE: usize = 512;
/// The rules of AWS Security Incident Response have it.
const ORDER_OF_INCIDENT_RESPONSE: u16 = 10;

/// Checks a rule. It is there if nothing stops it.
pub(crate) fn check(name: &str, file: &AutomationRuleFile, today: Date) -> (Option<AutomationRule>, Judged) {
    let mut judged = Judged::default();
    check_name(name, &mut judged);
    let answered = Answered {
        title: &file.title,
        owner: &file.owner,
        reason: &file.reason,
        expires: Some(&file.expires),
    };
    check_answered(&answered, today, &mut judged);
    check_shape(file, &mut judged);
    for asked in &file.criteria.value {
        check_asked(file.hub, &asked.value, &mut judged);
    }
    let criteria: Vec<Asked> = file
        .criteria
        .value
        .iter()
        .map(|asked| asked.value.asked())
        .collect();
    let set = &file.set.value;
    if set.workflow.as_ref().is_some_and(|it| it.value.hides()) {
        check_hidden(file, &criteria, &mut judged);
    }
    let rule = judged.refusals.is_empty().then(|| AutomationRule {
        name: name.to_owned(),
        title: one_line(&file.title.value),
        owner: one_line(&file.owner.value),
        reason: one_line(&file.reason.value),
        expires: file.expires.value,
        ticket: file.ticket.clone(),
        hub: file.hub,
        order: file.order.value,
        is_last: file.last.as_ref().is_some_and(|last| last.value),
        criteria,
        workflow: set.workflow.as_ref().map(|it| it.value),
        severity: set.severity.as_ref().map(|it| it.value),
        note: set.note.as_ref().map(|it| one_line(&it.value)),
    });
    (rule, judged)
}

fn check_shape(file: &AutomationRuleFile, judged: &mut Judged) {
    if !(1..=1000).contains(&file.order.value) {
        let message = format!("{} is no place in the order", file.order.value);
        judged.refuse(file.order.referenced, "wrong-value", message, "write 1 to 1000");
    } else if file.order.value == ORDER_OF_INCIDENT_RESPONSE {
        let message = "the rules of AWS Security Incident Response have this place as well".to_owned();
        judged.warn(
            file.order.referenced,
            "same-order",
            message,
            "take another number",
        );
    }
    let set = &file.set.value;
    if set.workflow.is_none() && set.severity.is_none() && set.note.is_none() {
        let help = "write `workflow`, `severity` or `note`";
        judged.refuse(
            file.set.referenced,
            "empty-action",
            "it changes nothing".to_owned(),
            help,
        );
    }
    if file.criteria.value.is_empty() {
        let message = "it changes every finding".to_owned();
        judged.refuse(
            file.criteria.referenced,
            "only-broad",
            message,
            "say what is meant",
        );
    }
    let is_note = |text: &str| !text.trim().is_empty() && text.chars().count() <= LONGEST_NOTE;
    if let Some(note) = set.note.as_ref().filter(|note| !is_note(&note.value)) {
        let message = format!("a note has 1 to {LONGEST_NOTE} characters");
        judged.refuse(
            note.referenced,
            "wrong-value",
            message,
            "write one of that length",
        );
    }
    if file.hub == Hub::V2 {
        let notified = set.workflow.as_ref();
        if let Some(notified) = notified.filter(|it| it.value == Workflow::Notified) {
            let message = "Security Hub's rules know no `notified`".to_owned();
            judged.refuse(
                notified.referenced,
                "wrong-value",
                message,
                "leave it out, or write `hub: cspm`",
            );
        }
        if let Some(last) = file.last.as_ref().filter(|last| last.value) {
            let message = "Security Hub's rules know no `last`".to_owned();
            judged.refuse(last.referenced, "wrong-value", message, "leave it out");
        }
    }
    let low = set.severity.as_ref();
    if let Some(low) = low.filter(|it| matches!(it.value, Severity::Informational | Severity::Low)) {
        let message = "a playbook that asks for more doesn't answer what this lowers".to_owned();
        judged.warn(
            low.referenced,
            "lowers-severity",
            message,
            "see what is answered: backstop coverage",
        );
    }
}

fn check_asked(hub: Hub, asked: &AskedFile, judged: &mut Judged) {
    let (name, place) = (asked.field.value.as_str(), asked.field.referenced);
    if !fields::all(hub).contains(&name) {
        let message = format!("no rule of this hub can ask for `{name}`");
        let near = suggest::one_of(name, fields::all(hub).iter().copied());
        return judged.refuse(place, "unknown-field", message, near);
    }
    if fields::is_map(name) != asked.key.is_some() {
        let (message, help) = match fields::is_map(name) {
            true => (format!("`{name}` is asked by a key and values"), "add `key:`"),
            false => (format!("`{name}` has no keys"), "leave `key` out"),
        };
        judged.refuse(place, "wrong-value", message, help);
    }
    let values: usize = asked.compared().map(|(_, values)| values.len()).sum();
    if values == 0 {
        let message = format!("nothing is asked of `{name}`");
        judged.refuse(place, "empty-condition", message, "write `equals` or `prefix`");
    }
    let most = fields::most_values(name);
    if values > most {
        let message = format!("{values} values; Security Hub takes {most}");
        judged.refuse(place, "too-many-values", message, "make two rules of it");
    }
    for (comparison, values) in asked.compared() {
        let is_prefix = comparison.contains("PREFIX");
        if fields::is_map(name) && (is_prefix || hub == Hub::V2 && comparison == "CONTAINS") {
            let message = format!("`{name}` can't be asked by {comparison}");
            judged.refuse(place, "wrong-value", message, "write `equals` or `not_equals`");
        }
        for value in values {
            check_value(name, comparison, value, judged);
        }
    }
}

fn check_value(field: &str, comparison: &str, value: &Spanned<String>, judged: &mut Judged) {
    let text = value.value.as_str();
    if text.trim().is_empty() {
        let message = "nothing stands there".to_owned();
        judged.refuse(
            value.referenced,
            "wrong-value",
            message,
            "write what stands there",
        );
    } else if text.contains('*') {
        let message = format!("`{text}` is compared letter by letter: `*` stands for itself");
        judged.refuse(
            value.referenced,
            "literal-wildcard",
            message,
            "write its beginning under `prefix`",
        );
    } else if let Some(words) = fields::words(field)
        && matches!(comparison, "EQUALS" | "NOT_EQUALS")
        && !words.contains(&text)
    {
        let message = format!("`{text}` never stands in `{field}`");
        let near = suggest::one_of(text, words.iter().copied());
        judged.refuse(value.referenced, "wrong-value", message, near);
    }
}

/// A rule that suppresses or resolves hides as a suppression rule does.
fn check_hidden(file: &AutomationRuleFile, criteria: &[Asked], judged: &mut Judged) {
    let place = file.criteria.referenced;
    let positive: Vec<&Asked> = criteria.iter().filter(|asked| asked.is_positive()).collect();
    let named = |fields: &[&Asked]| {
        fields
            .iter()
            .map(|asked| format!("`{}`", asked.field))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if positive.is_empty() {
        let message = "it says only what isn't hidden".to_owned();
        judged.refuse(place, "only-negative", message, "name what is meant");
    } else if positive.iter().all(|asked| fields::is_broad(&asked.field)) {
        let message = format!("it hides every kind of finding by {} alone", named(&positive));
        let help = "name the control (`ComplianceSecurityControlId`) or the generator (`GeneratorId`)";
        judged.refuse(place, "only-broad", message, help);
    } else if !positive.iter().any(|asked| fields::names_kind(&asked.field)) {
        let help =
            "name the control (`ComplianceSecurityControlId`), the generator (`GeneratorId`) or the type";
        let message = format!(
            "by {} it also hides attacks: it names no kind of finding",
            named(&positive)
        );
        judged.refuse(place, "no-type", message, help);
    }
    let narrowing: Vec<&Asked> = positive
        .iter()
        .copied()
        .filter(|asked| !fields::names_kind(&asked.field) && !fields::is_broad(&asked.field))
        .collect();
    if !narrowing.is_empty()
        && narrowing
            .iter()
            .all(|asked| fields::is_chosen_by_attackers(&asked.field))
    {
        let message = format!("whoever attacks may choose {}", named(&narrowing));
        let help = "ask for the resource's id, or for the account";
        judged.refuse(place, "chosen-by-attacker", message, help);
    }
    check_proof(file, judged);
}

fn check_proof(file: &AutomationRuleFile, judged: &mut Judged) {
    for asked in &file.criteria.value {
        let values = asked
            .value
            .compared()
            .filter(|(comparison, _)| !comparison.contains("NOT_"))
            .flat_map(|(_, values)| values);
        for value in values {
            // Types are written with `:`, `/` or `-` between their parts, by product.
            let letters: String = value
                .value
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_lowercase())
                .collect();
            if PROOF.iter().any(|proof| letters.contains(proof)) {
                let message = format!(
                    "`{}` says that an attack is under way, or that somebody blinds the account",
                    value.value
                );
                let help = "let it come, and exempt what must not be acted on: `backstop exempt add`";
                judged.refuse(value.referenced, "proves-attack", message, help);
            }
        }
    }
}

/// Two rules of one hub in one place of the order come in an order that AWS doesn't document.
pub(crate) fn check_together(rules: &[(String, AutomationRuleFile)]) -> BTreeMap<String, Vec<Problem>> {
    let mut warnings: BTreeMap<String, Vec<Problem>> = BTreeMap::new();
    for (index, (label, file)) in rules.iter().enumerate() {
        let mut before = rules.iter().take(index);
        let is_alike =
            |other: &AutomationRuleFile| other.hub == file.hub && other.order.value == file.order.value;
        if let Some((other, _)) = before.find(|(_, other)| is_alike(other)) {
            let message = format!("`{other}` has this place as well");
            let warning = Problem::at(file.order.referenced, "same-order", message)
                .help("take another number")
                .warning();
            warnings.entry(label.clone()).or_default().push(warning);
        }
    }
    warnings
}
