//! Keeps the evidence within what a log record holds, the most telling parts first.

use backstop_core::canonical;
use backstop_runtime::CallError;
use serde_json::{Map, Value, json};

/// The longest that all parts together are, as JSON: half of what a log record holds (400 KB, DynamoDB's limit
/// for an item), since the log keeps a plan's other texts beside it.
const LONGEST: usize = 200 * 1024;

/// What one read gave: the setting, none, or why not.
pub(super) type Part = (&'static str, Result<Option<Value>, CallError>);

/// The parts as one object, and a sentence for each that is missing. A part that doesn't fit any more is left out
/// whole; a shorter one after it may fit.
pub(super) fn settle(parts: Vec<Part>) -> (Value, Vec<String>) {
    let mut missing = Vec::new();
    let mut kept = Map::new();
    let mut left = LONGEST;
    for (name, part) in parts {
        let value = match part {
            Ok(None) => Value::Null,
            Ok(Some(value)) => {
                let text = value.to_string();
                if text.len() <= left {
                    left -= text.len();
                    value
                } else {
                    missing.push(format!(
                        "evidence is missing, `{name}` is too long for the log ({} bytes): copy it by hand",
                        text.len()
                    ));
                    json!({ "too_long": text.len(), "sha256": canonical::sha256(text.as_bytes()) })
                }
            }
            Err(error) => {
                missing.push(format!("evidence is missing, `{name}` couldn't be read: {error}"));
                json!({ "unreadable": error.to_string() })
            }
        };
        kept.insert(name.to_owned(), value);
    }
    (Value::Object(kept), missing)
}
