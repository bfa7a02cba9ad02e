//! What a manifest can't tell: whether the log in it is the one that people were told of.

use std::collections::BTreeMap;

use super::Problem;
use crate::log::Record;

/// The shortest beginning of a hash that is taken for the whole: fewer digits could be met by trying.
const LEAST_DIGITS: usize = 32;

/// What is wrong if none of the logs here holds the record that a notice named as its log's head: somebody wrote the log
/// anew since. `told` is the hash, or the notice's whole line.
pub fn check_head(files: &BTreeMap<String, Vec<u8>>, told: &str) -> Option<Problem> {
    let problem = |what: String| {
        Some(Problem {
            item: "log".to_owned(),
            what,
        })
    };
    let hash = told
        .split_whitespace()
        .last()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if hash.len() < LEAST_DIGITS || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return problem(format!(
            "the head to hold it against isn't a hash of at least {LEAST_DIGITS} digits: copy it from the closing notice"
        ));
    }
    let logs = files.iter().filter(|(name, _)| name.starts_with("log-"));
    let holds = |bytes: &[u8]| {
        let records: Vec<Record> = serde_json::from_slice(bytes).unwrap_or_default();
        records
            .iter()
            .any(|record| record.hash.as_str().starts_with(&hash))
    };
    if logs.into_iter().any(|(_, bytes)| holds(bytes)) {
        return None;
    }
    problem(format!(
        "no log here holds the record {hash} that the notice named: it was written anew since people were notified"
    ))
}
