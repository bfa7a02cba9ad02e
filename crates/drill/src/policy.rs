//! A policy as IAM answers with it: percent-encoded by AWS, by emulators with or without.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A policy by its meaning: white space says nothing. What is no JSON stays the text that it is.
pub fn policy_by_meaning(encoded: &str) -> Value {
    let text = percent_decode_str(encoded).decode_utf8_lossy();
    serde_json::from_str(&text).unwrap_or_else(|_not_json| Value::from(text.as_ref()))
}
