//! Findings that somebody saved: events, exports, or what the API answered.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    finding::Finding,
    load::{Unreadable, entries},
};

/// A GuardDuty finding out of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// The file, and which finding of it.
    pub place: String,
    /// The finding.
    pub finding: Finding,
    /// Whether an incident was contained for it: no rule may hide its like.
    pub contained: bool,
}

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// GuardDuty's findings.
    pub findings: Vec<Saved>,
    /// Files with something else, such as findings of other products: no rule of GuardDuty's hides those.
    pub left: Vec<String>,
}

/// Reads every file below a folder, or one file.
pub fn collect(path: &Path, contained: bool, into: &mut Collection) -> Result<(), Unreadable> {
    if path.is_dir() {
        return entries(path)?
            .iter()
            .try_for_each(|path| collect(path, contained, into));
    }
    let label = path.to_string_lossy().into_owned();
    let bytes = fs::read(path).map_err(Unreadable::at(path))?;
    let before = into.findings.len();
    for (index, json) in documents(&String::from_utf8_lossy(&bytes))
        .into_iter()
        .flat_map(unwrap)
        .enumerate()
    {
        into.findings.push(Saved {
            place: if index == 0 {
                label.clone()
            } else {
                format!("{label}#{}", index + 1)
            },
            finding: Finding::whole(json),
            contained,
        });
    }
    if into.findings.len() == before {
        into.left.push(label);
    }
    Ok(())
}

/// One document, or one on each line.
fn documents(text: &str) -> Vec<Value> {
    match serde_json::from_str(text) {
        Ok(whole) => vec![whole],
        Err(_no_single_document) => text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect(),
    }
}

/// The findings in a document: bare, in an event's envelope, or in a list as the API has it.
fn unwrap(document: Value) -> Vec<Value> {
    match document {
        Value::Array(elements) => elements.into_iter().flat_map(unwrap).collect(),
        Value::Object(mut members) => {
            if let Some(detail) = members.remove("detail") {
                return unwrap(detail);
            }
            if let Some(Value::Array(findings)) =
                members.remove("Findings").or_else(|| members.remove("findings"))
            {
                return findings.into_iter().flat_map(unwrap).collect();
            }
            let has = |name: &str| members.keys().any(|key| key.eq_ignore_ascii_case(name));
            // Security Hub's have `ProductArn` and `Types`.
            match has("type") && has("resource") && has("service") {
                true => vec![Value::Object(members)],
                false => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn findings_are_found_in_every_wrapping() {
        let finding = json!({ "type": "Recon:EC2/Portscan", "resource": {}, "service": {} });
        let upper = json!({ "Type": "Recon:EC2/Portscan", "Resource": {}, "Service": {} });
        for wrapped in [
            finding.clone(),
            json!([finding]),
            json!({ "source": "aws.guardduty", "detail": finding }),
            json!({ "Findings": [upper] }),
        ] {
            assert_eq!(unwrap(wrapped.clone()).len(), 1, "{wrapped}");
        }
        assert_eq!(documents(&format!("{finding}\n{finding}\n")).len(), 2);
        let hub = json!({ "detail": { "findings": [{ "ProductArn": "arn", "Types": [] }] } });
        assert!(unwrap(hub).is_empty());
        assert!(documents("no JSON").is_empty());
    }
}
