//! Findings as they were received: kept with the incident that they opened or joined, until the evidence is written.

use std::io::{Read as _, Write as _};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::Blob;
use backstop_core::{IncidentId, canonical, evidence::RawFinding, log::FindingRef};

use super::{
    Ledger, LedgerError, incident_pk,
    item::{Item, get_text, text},
};
use crate::CallError;

/// DynamoDB's limit is 400 KB an item (DynamoDB Developer Guide, "Quotas"); the rest is for keys.
const LARGEST_COMPRESSED: usize = 380 * 1024;
/// Far more than any event has; what is in the table can't make a function run out of memory.
const LARGEST: u64 = 32 * 1024 * 1024;

impl Ledger {
    /// Keeps a finding that joins an incident. Each message is kept: an update says something else than the first.
    pub async fn put_finding(
        &self,
        incident: &IncidentId,
        finding: &FindingRef,
        raw: &[u8],
    ) -> Result<(), LedgerError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(incident, finding, &compress(raw)?)))
            .send()
            .await
            .map_err(CallError::of(
                "dynamodb:PutItem",
                format!("a finding of incident `{incident}`"),
            ))?;
        Ok(())
    }

    /// The findings of an incident as they were received, in an order that stays.
    pub async fn findings(&self, incident: &IncidentId) -> Result<Vec<RawFinding>, LedgerError> {
        let mut found = Vec::new();
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :finding)")
            .expression_attribute_values(":pk", text(incident_pk(incident)))
            .expression_attribute_values(":finding", text("FINDING#"))
            .into_paginator()
            .items()
            .send();
        while let Some(item) = items.next().await {
            let item = item.map_err(CallError::of(
                "dynamodb:Query",
                format!("the findings of incident `{incident}`"),
            ))?;
            found.push(read(&item)?);
        }
        Ok(found)
    }
}

pub(super) fn item(incident: &IncidentId, finding: &FindingRef, compressed: &[u8]) -> Item {
    let message = finding.message.clone().unwrap_or_default();
    let hash = canonical::sha256(format!("{}\n{message}", finding.key).as_bytes());
    let mut item = Item::from([
        ("pk".to_owned(), text(incident_pk(incident))),
        ("sk".to_owned(), text(format!("FINDING#{hash}"))),
        ("key".to_owned(), text(finding.key.clone())),
        ("raw".to_owned(), AttributeValue::B(Blob::new(compressed))),
    ]);
    if let Some(message) = &finding.message {
        item.insert("message".to_owned(), text(message.clone()));
    }
    item
}

fn read(item: &Item) -> Result<RawFinding, LedgerError> {
    let unreadable = |detail: String| LedgerError::Unreadable {
        what: "a finding as it was received".to_owned(),
        detail,
    };
    let raw = item
        .get("raw")
        .and_then(|value| value.as_b().ok())
        .ok_or_else(|| unreadable("it has no bytes `raw`".to_owned()))?;
    let bytes = decompress(raw.as_ref()).map_err(|error| unreadable(error.to_string()))?;
    Ok(RawFinding {
        key: get_text(item, "key")?.to_owned(),
        message: item.get("message").and_then(|value| value.as_s().ok()).cloned(),
        bytes,
    })
}

pub(super) fn decompress(compressed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(compressed)
        .take(LARGEST)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn compress(raw: &[u8]) -> Result<Vec<u8>, LedgerError> {
    let unwritable = |detail: String| LedgerError::Unwritable {
        what: "the raw finding",
        detail,
    };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let compressed = encoder
        .write_all(raw)
        .and_then(|()| encoder.finish())
        .map_err(|error| unwritable(error.to_string()))?;
    if compressed.len() > LARGEST_COMPRESSED {
        return Err(unwritable(format!(
            "{} bytes after compression; 380 KiB fit",
            compressed.len()
        )));
    }
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_finding_comes_back_byte_for_byte_and_updates_of_it_are_kept_beside_it() {
        let mut finding: FindingRef = serde_json::from_value(serde_json::json!({
            "key": "123456789012/eu-west-1/abc", "finding_type": "t", "route": "guard-duty-event",
            "severity": { "score": 8.0, "label": "high" }, "count": 1, "first_seen": null, "last_seen": null,
            "created_at": null, "updated_at": null, "message": "m-1",
        }))
        .unwrap();
        let raw = br#"{ "detail": "spaces  stay" }"#;
        let first = item(&"01K".into(), &finding, &compress(raw).unwrap());
        let back = read(&first).unwrap();
        assert_eq!(
            (back.bytes.as_slice(), back.message.as_deref()),
            (raw.as_slice(), Some("m-1"))
        );
        finding.message = Some("m-2".into());
        let update = item(&"01K".into(), &finding, &compress(raw).unwrap());
        assert_ne!(first.get("sk"), update.get("sk"));
    }
}
