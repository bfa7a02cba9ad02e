//! What is wrong with an event rule: it would be refused, or never match.

use jiff::civil::Date;
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use super::{EventRule, EventRuleFile, NAME_PREFIX};
use crate::check::{Answered, Judged, check_answered, check_name, one_line};

/// Characters of an event pattern (EventBridge quotas).
const LONGEST_PATTERN: usize = 2048;
/// Characters of a rule's name (API PutRule).
const LONGEST_NAME: usize = 64;
/// What EventBridge compares by ("Comparison operators for use in event patterns").
const OPERATORS: [&str; 9] = [
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
    "$or",
];
/// How calls begin that only read.
const READING: [&str; 4] = ["Describe", "Get", "List", "Lookup"];

/// Checks a rule. It is there if nothing stops it.
pub(crate) fn check(name: &str, file: &EventRuleFile, today: Date) -> (Option<EventRule>, Judged) {
    let mut judged = Judged::default();
    check_name(name, &mut judged);
    if NAME_PREFIX.len() + name.len() > LONGEST_NAME {
        let message = format!("`{name}` is too long for a rule that begins with `{NAME_PREFIX}`");
        judged.refuse(Location::UNKNOWN, "rule-name", message, "shorten it");
    }
    let answered = Answered {
        title: &file.title,
        owner: &file.owner,
        reason: &file.reason,
        expires: None,
    };
    check_answered(&answered, today, &mut judged);
    check_service(&file.service, &mut judged);
    check_calls(file, &mut judged);
    let detail = file
        .detail
        .as_ref()
        .map(|it| it.value.clone())
        .unwrap_or_default();
    if let Some(written) = &file.detail {
        for taken in ["eventName", "eventSource"] {
            if written.value.contains_key(taken) {
                let message = format!("`{taken}` follows from `service` and `calls`");
                judged.refuse(written.referenced, "field-twice", message, "leave it out");
            }
        }
        for (key, value) in &written.value {
            check_leaf(key, value, written.referenced, &mut judged);
        }
    }
    let rule = EventRule {
        name: name.to_owned(),
        title: one_line(&file.title.value),
        owner: one_line(&file.owner.value),
        reason: one_line(&file.reason.value),
        service: file.service.value.clone(),
        calls: file.calls.value.iter().map(|call| call.value.clone()).collect(),
        reads: file.reads,
        detail,
    };
    let length = rule.pattern().to_string().chars().count();
    if length > LONGEST_PATTERN {
        let message = format!("a pattern of {length} characters; EventBridge takes {LONGEST_PATTERN}");
        judged.refuse(
            file.calls.referenced,
            "long-pattern",
            message,
            "make two rules of it",
        );
    }
    (judged.refusals.is_empty().then_some(rule), judged)
}

fn check_service(service: &Spanned<String>, judged: &mut Judged) {
    let text = service.value.as_str();
    let is_name = !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !is_name {
        let help = match text.strip_suffix(".amazonaws.com") {
            Some(name) => format!("write `{name}`"),
            None => "write what stands before `.amazonaws.com` in CloudTrail's `eventSource`".to_owned(),
        };
        judged.refuse(
            service.referenced,
            "wrong-value",
            format!("`{text}` is no service"),
            help,
        );
    }
}

fn check_calls(file: &EventRuleFile, judged: &mut Judged) {
    if file.calls.value.is_empty() {
        let message = "it names no call".to_owned();
        judged.refuse(
            file.calls.referenced,
            "empty-condition",
            message,
            "name those that are meant",
        );
    }
    for (index, call) in file.calls.value.iter().enumerate() {
        let (text, place) = (call.value.as_str(), call.referenced);
        let is_call = text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_call {
            let help = "write it as CloudTrail's `eventName` has it, such as `StopLogging`";
            judged.refuse(place, "wrong-value", format!("`{text}` is no call"), help);
        } else if !file.reads && READING.iter().any(|verb| text.starts_with(verb)) {
            let message = format!("EventBridge leaves out `{text}`, which only reads: this never matches");
            judged.refuse(place, "never-matches", message, "add `reads: true`");
        } else if file.service.value == "lambda" && !text.bytes().any(|b| b.is_ascii_digit()) {
            let help = "look it up in an event: older ones are named like `UpdateFunctionCode20150331v2`";
            let message = format!("CloudTrail may name `{text}` with the version of Lambda's API");
            judged.warn(place, "versioned-call", message, help);
        }
        if file
            .calls
            .value
            .iter()
            .take(index)
            .any(|other| other.value == call.value)
        {
            judged.refuse(
                place,
                "field-twice",
                format!("`{text}` is named twice"),
                "remove one",
            );
        }
    }
}

/// A field of an event pattern is a list of values, or fields below it.
fn check_leaf(path: &str, value: &Value, place: Location, judged: &mut Judged) {
    match value {
        Value::Object(below) if !below.is_empty() => {
            for (key, value) in below {
                check_leaf(&format!("{path}.{key}"), value, place, judged);
            }
        }
        Value::Array(values) if !values.is_empty() => {
            for value in values {
                check_compared(path, value, place, judged);
            }
        }
        _ => judged.refuse(
            place,
            "wrong-value",
            format!("`{path}` isn't a list: EventBridge refuses the rule"),
            "write what it may be as a list, such as `[Root]`",
        ),
    }
}

fn check_compared(path: &str, value: &Value, place: Location, judged: &mut Judged) {
    match value {
        Value::Object(operator) => {
            for name in operator.keys() {
                if !OPERATORS.contains(&name.as_str()) && !path.ends_with("$or") {
                    let near = backstop_playbook::suggest::one_of(name, OPERATORS);
                    let message = format!("EventBridge doesn't compare by `{name}` (`{path}`)");
                    judged.refuse(place, "wrong-value", message, near);
                }
            }
        }
        Value::Array(_) => judged.refuse(
            place,
            "wrong-value",
            format!("a list stands in the list of `{path}`"),
            "write the values one beside the other",
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
