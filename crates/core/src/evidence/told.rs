//! What a manifest can't tell: whether the log in it is the one that people were told of.

use std::collections::BTreeMap;

use super::{MANIFEST, Manifest, Problem, log_name};
use crate::log::Record;

/// The shortest beginning of a hash that is taken for the whole: fewer digits could be met by trying.
const LEAST_DIGITS: usize = 32;

/// What is wrong if the newest log here doesn't hold the record that a notice named as its log's head: somebody wrote the
/// log anew since. `told` is the hash, or the notice's whole line.
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
    let Some(log) = newest_log(files) else {
        return problem(format!(
            "there is no log to be read here that could hold the record {hash}"
        ));
    };
    if log.iter().any(|record| record.hash.as_str().starts_with(&hash)) {
        return None;
    }
    problem(format!(
        "the log here doesn't hold the record {hash} that the notice named: it was written anew since people were \
         notified"
    ))
}

/// The log that the manifest names; those from before are held against it when the manifest is checked.
fn newest_log(files: &BTreeMap<String, Vec<u8>>) -> Option<Vec<Record>> {
    let manifest: Manifest = serde_json::from_slice(files.get(MANIFEST)?).ok()?;
    serde_json::from_slice(files.get(&log_name(manifest.log.records))?).ok()
}
