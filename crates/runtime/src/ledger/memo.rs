//! What one sweep tells the next: small values under a name.

use backstop_actions::permissions::dynamodb;
use backstop_core::canonical;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Ledger, LedgerError,
    item::{get_json, number, text},
};
use crate::CallError;

impl Ledger {
    /// The value kept under this name; `None` if there is none or its time is over, since DynamoDB may take days
    /// to delete what has expired (Developer Guide, "Using time to live").
    pub async fn memo<T: DeserializeOwned>(
        &self,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<T>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .key("pk", text(memo_pk(name)))
            .key("sk", text("MEMO"))
            .send()
            .await
            .map_err(CallError::of(dynamodb::GET_ITEM, "a note of the sweep"))?;
        let Some(item) = answer.item else { return Ok(None) };
        let until = item
            .get("ttl")
            .and_then(|value| value.as_n().ok())
            .and_then(|seconds| seconds.parse::<i64>().ok());
        if until.is_some_and(|until| until <= now.as_second()) {
            return Ok(None);
        }
        get_json(&item, "memo").map(Some)
    }

    /// Keeps a value under this name until then.
    pub async fn keep_memo(
        &self,
        name: &str,
        value: &impl Serialize,
        until: Timestamp,
    ) -> Result<(), LedgerError> {
        let json = serde_json::to_string(value).map_err(|error| LedgerError::Unwritable {
            what: "a note of the sweep",
            detail: error.to_string(),
        })?;
        self.client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(memo_pk(name)))
            .item("sk", text("MEMO"))
            .item("ttl", number(until.as_second()))
            .item("memo", text(json))
            .send()
            .await
            .map_err(CallError::of(dynamodb::PUT_ITEM, "a note of the sweep"))?;
        Ok(())
    }
}

/// Names hold ids from findings, which can be longer than a key and say anything.
fn memo_pk(name: &str) -> String {
    format!("SWEEP#{}", canonical::sha256(name.as_bytes()))
}
