//! Canonical JSON (keys sorted, no white space) and its SHA-256, so that equal values hash equally.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::ids::Hash;

/// The value can't be written as JSON (a map with keys that aren't text, say).
#[derive(Debug, thiserror::Error)]
#[error("writing a value as canonical JSON")]
pub struct CanonicalError(#[from] serde_json::Error);

/// JSON with sorted keys and no white space.
pub fn json(value: &impl Serialize) -> Result<String, CanonicalError> {
    Ok(sorted(serde_json::to_value(value)?).to_string())
}

/// Sorts explicitly: `serde_json`'s own order depends on a feature that any crate of a build may turn on.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted_map: BTreeMap<String, Value> =
                map.into_iter().map(|(key, inner)| (key, sorted(inner))).collect();
            Value::Object(sorted_map.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
    }
}

/// SHA-256 of the canonical JSON.
pub fn hash(value: &impl Serialize) -> Result<Hash, CanonicalError> {
    Ok(sha256(json(value)?.as_bytes()))
}

/// SHA-256 of bytes, in lower-case hex.
pub fn sha256(bytes: &[u8]) -> Hash {
    Hash::new(
        Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>(),
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn key_order_does_not_matter() {
        let one: serde_json::Value = serde_json::from_str(r#"{"b":1,"a":{"d":[2,1],"c":null}}"#).unwrap();
        assert_eq!(json(&one).unwrap(), r#"{"a":{"c":null,"d":[2,1]},"b":1}"#);
    }

    #[test]
    fn sha256_is_the_published_one() {
        assert_eq!(
            sha256(b"abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
