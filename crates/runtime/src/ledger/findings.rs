//! Findings as they were received: kept with the incident that they opened or joined, until the evidence is written.

use aws_sdk_dynamodb::types::AttributeValue;
use backstop_actions::permissions::dynamodb;
use backstop_core::{IncidentId, canonical, evidence::RawFinding, log::FindingRef};

use super::{
    Ledger, LedgerError,
    compressed::{compress, get_compressed},
    incident_pk,
    item::{Item, get_text, text},
};
use crate::CallError;

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
            .set_item(Some(item(incident, finding, compress("the raw finding", raw)?)))
            .send()
            .await
            .map_err(CallError::of(
                dynamodb::PUT_ITEM,
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
                dynamodb::QUERY,
                format!("the findings of incident `{incident}`"),
            ))?;
            found.push(read(&item)?);
        }
        Ok(found)
    }
}

pub(super) fn item(incident: &IncidentId, finding: &FindingRef, compressed: AttributeValue) -> Item {
    let message = finding.message.clone().unwrap_or_default();
    let hash = canonical::sha256(format!("{}\n{message}", finding.key).as_bytes());
    let mut item = Item::from([
        ("pk".to_owned(), text(incident_pk(incident))),
        ("sk".to_owned(), text(format!("FINDING#{hash}"))),
        ("key".to_owned(), text(finding.key.clone())),
        ("raw".to_owned(), compressed),
    ]);
    if let Some(message) = &finding.message {
        item.insert("message".to_owned(), text(message.clone()));
    }
    item
}

fn read(item: &Item) -> Result<RawFinding, LedgerError> {
    Ok(RawFinding {
        key: get_text(item, "key")?.to_owned(),
        message: item.get("message").and_then(|value| value.as_s().ok()).cloned(),
        bytes: get_compressed(item, "raw")?,
    })
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
        let first = item(&"01K".into(), &finding, compress("a finding", raw).unwrap());
        let back = read(&first).unwrap();
        assert_eq!(
            (back.bytes.as_slice(), back.message.as_deref()),
            (raw.as_slice(), Some("m-1"))
        );
        finding.message = Some("m-2".into());
        let update = item(&"01K".into(), &finding, compress("a finding", raw).unwrap());
        assert_ne!(first.get("sk"), update.get("sk"));
    }
}
