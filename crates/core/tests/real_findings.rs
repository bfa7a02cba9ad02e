//! Replays findings that nobody of this project wrote, where they lie beside the checkout at
//! `../shared/findings`; they aren't part of the repository because their licences differ.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests; the tables are what this one is run for"
)]

use std::{collections::BTreeMap, fs, path::PathBuf};

use backstop_core::finding::{ParseError, Parsed, Standing, parse};
use serde_json::{Value, json};

type Counts = BTreeMap<String, usize>;

fn directory() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/findings/events");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: no real findings at {}", path.display());
    None
}

/// Every file's name and content.
fn files() -> Vec<(String, Value)> {
    let Some(directory) = directory() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for folder in ["guardduty", "securityhub"] {
        for entry in fs::read_dir(directory.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
            found.push((name, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// The event that EventBridge would have sent around a bare finding; `None` for whole events and for the
/// API's casing, which EventBridge never sends.
fn wrapped(value: &Value) -> Option<Value> {
    let (source, detail_type, detail) = if value.get("detail").is_some() {
        return None;
    } else if value.get("class_uid").is_some() {
        (
            "aws.securityhub",
            "Findings Imported V2",
            json!({ "findings": [value] }),
        )
    } else if value.get("type").is_some() {
        ("aws.guardduty", "GuardDuty Finding", value.clone())
    } else if value.get("GeneratorId").is_some() {
        (
            "aws.securityhub",
            "Security Hub Findings - Imported",
            json!({ "findings": [value] }),
        )
    } else {
        return None;
    };
    Some(json!({
        "version": "0", "id": "b1946ac9-2492-4d23-8d6b-3c8a1d0e5f00", "source": source,
        "detail-type": detail_type, "account": "111122223333", "time": "1970-01-01T00:00:00Z",
        "region": "us-east-1", "resources": [], "detail": detail,
    }))
}

fn read(value: &Value) -> Result<Parsed, ParseError> {
    parse(&serde_json::to_vec(value).unwrap())
}

/// Follows an error's path, whatever the case of the names; `None` if nothing (or null, or blank text)
/// stands there.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let steps = path.trim_start_matches('$').split(['.', '[', ']']);
    let found = steps
        .filter(|step| !step.is_empty())
        .try_fold(value, |value, step| match value {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            Value::Object(map) => {
                let mut fields = map.iter();
                fields
                    .find(|(key, _)| key.eq_ignore_ascii_case(step))
                    .map(|(_, field)| field)
            }
            _ => None,
        });
    found.filter(|it| !it.is_null() && it.as_str().is_none_or(|text| !text.trim().is_empty()))
}

/// A refusal is right if the document itself bears it out, whichever file it is.
fn check_refusal(name: &str, value: &Value, error: &ParseError) {
    match error {
        ParseError::MissingField { path, .. } => {
            assert_eq!(at(value, path), None, "{name}: {error}");
        }
        ParseError::NotAKeyId { path, .. } => {
            let text = at(value, path).and_then(Value::as_str).unwrap();
            let id = text.rsplit(':').next().unwrap();
            let is_key = id.len() >= 16 && (id.starts_with("AKIA") || id.starts_with("ASIA"));
            assert!(!is_key, "{name}: {error}");
        }
        // Made up by whoever wrote the file: not hex.
        ParseError::NotAllowed { path, .. } => {
            let text = at(value, path).and_then(Value::as_str).unwrap();
            let id = text.rsplit('/').next().unwrap();
            let digits = id.strip_prefix("i-").unwrap();
            assert!(
                !digits.bytes().all(|it| it.is_ascii_hexdigit()),
                "{name}: {error}"
            );
        }
        other => panic!("{name}: refused without a good reason: {other}"),
    }
}

fn count(parsed: &Parsed, counts: &mut Counts) {
    let mut add = |line: String| *counts.entry(line).or_default() += 1;
    for finding in &parsed.findings {
        match &finding.standing {
            Standing::Active => add(format!("finding | {} | active", finding.route)),
            Standing::Inactive { reason } => add(format!("finding | {} | inactive: {reason}", finding.route)),
        }
        let targets: Vec<_> = finding
            .targets
            .iter()
            .map(|it| it.resource.kind().as_str())
            .collect();
        add(format!("targets | {}", targets.join(" + ")));
    }
    for left in &parsed.left {
        add(format!("left    | {}", left.reason));
    }
    for refused in &parsed.refused {
        add(format!("refused | {}", refused.error.name()));
    }
}

fn print(title: &str, counts: &Counts) {
    println!("\n{title}");
    for (line, number) in counts {
        println!("{number:5} | {line}");
    }
}

#[test]
fn every_real_finding_is_read_or_refused_for_a_reason_that_holds() {
    let mut counts = Counts::new();
    for (name, value) in files() {
        match read(&value) {
            Ok(parsed) => {
                for refused in &parsed.refused {
                    check_refusal(&name, &value, &refused.error);
                }
                count(&parsed, &mut counts);
            }
            Err(error) => {
                check_refusal(&name, &value, &error);
                *counts.entry(format!("refused | {}", error.name())).or_default() += 1;
                println!("refused: {name}: {error}");
            }
        }
    }
    print("All files as they are", &counts);
}

#[test]
fn a_bare_finding_and_its_event_say_the_same() {
    for (name, value) in files() {
        let Some(event) = wrapped(&value) else { continue };
        match (read(&value), read(&event)) {
            (Ok(bare), Ok(event)) => {
                let same = |parsed: Parsed| {
                    let findings = parsed.findings.into_iter();
                    findings
                        .map(|it| (it.key(), it.finding_type, it.targets, it.related, it.standing))
                        .collect::<Vec<_>>()
                };
                assert_eq!(same(bare), same(event), "{name}");
            }
            (Err(bare), Err(event)) => assert_eq!(bare.name(), event.name(), "{name}"),
            (bare, event) => panic!("{name}: bare {bare:?}, event {event:?}"),
        }
    }
}

#[test]
fn a_list_of_the_api_gives_each_finding_its_own_answer() {
    let all: Vec<Value> = files()
        .into_iter()
        .map(|(_, value)| value)
        .filter(|value| value.get("Service").is_some() && value.get("AwsAccountId").is_none())
        .collect();
    if all.is_empty() {
        return;
    }
    let single: usize = all.iter().filter(|value| read(value).is_ok()).count();
    let together = read(&json!({ "Findings": all })).unwrap();
    assert_eq!(together.findings.len(), single);
    assert_eq!(together.refused.len(), all.len() - single);
}

#[test]
fn camel_case_guardduty_findings_of_access_keys() {
    let mut counts = Counts::new();
    for (name, value) in files() {
        let detail = value.get("detail").unwrap_or(&value);
        if detail.pointer("/resource/resourceType") != Some(&json!("AccessKey")) {
            continue;
        }
        let line = match read(&value) {
            Err(error) => format!("refused: {}", error.name()),
            Ok(parsed) => match parsed.findings.first().map(|it| (&it.standing, &it.targets)) {
                Some((Standing::Inactive { reason }, _)) => reason.clone(),
                Some((Standing::Active, targets)) => {
                    let kinds: Vec<_> = targets.iter().map(|it| it.resource.kind().as_str()).collect();
                    format!("active: {}", kinds.join(" + "))
                }
                None => panic!("{name}: neither read nor refused"),
            },
        };
        *counts.entry(line).or_default() += 1;
    }
    print("GuardDuty, camelCase, resourceType AccessKey", &counts);
}
