//! The hourly limit: how many targets one playbook has contained by itself in one account in one hour (UTC). Real findings,
//! drills and people's runs are counted apart, so that none of them uses up what real incidents need.

use aws_sdk_dynamodb::{
    error::BuildError,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{AttributeValue, TransactWriteItem, Update},
};
use backstop_actions::permissions::dynamodb;
use backstop_core::{
    IncidentId,
    log::{Opened, Origin},
};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    Ledger, LedgerError,
    condition::held,
    item::{number, text},
};
use crate::CallError;

impl Ledger {
    /// Counts an incident that is about to be opened, unless the limit is reached.
    pub(super) fn count_write(
        &self,
        opened: &Opened,
        at: Timestamp,
        limit: u32,
    ) -> Result<TransactWriteItem, BuildError> {
        let update = Update::builder()
            .table_name(&self.table)
            .key("pk", text(pk(opened, at)))
            .key("sk", text("COUNT"))
            .update_expression("SET #ttl = :ttl ADD #count :one")
            .condition_expression("attribute_not_exists(#count) OR #count < :limit")
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", expiry(at))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":limit", number(limit))
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Takes back the count of an incident that was opened then in `auto` mode and had nothing to contain: targets that
    /// don't exist must not use up what real ones need. To be called once.
    pub async fn uncount(&self, opened: &Opened, at: Timestamp) -> Result<(), LedgerError> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(pk(opened, at)))
            .key("sk", text("COUNT"))
            .update_expression("ADD #count :less")
            .condition_expression("#count > :none")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":less", AttributeValue::N("-1".to_owned()))
            .expression_attribute_values(":none", number(0))
            .send()
            .await;
        // Where the condition doesn't hold, the hour's count has expired.
        held(
            outcome,
            UpdateItemError::is_conditional_check_failed_exception,
            CallError::of(dynamodb::UPDATE_ITEM, "the count of an hour"),
        )
        .map(drop)
    }

    /// Claims the one notice that a playbook, account and hour gets about its limit. True for the first
    /// incident that asks, and for it again, should it have died before the notice was sent.
    pub async fn claim_limit_notice(
        &self,
        incident: &IncidentId,
        opened: &Opened,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(pk(opened, at)))
            .item("sk", text("NOTICE"))
            .item("ttl", expiry(at))
            .item("incident", text(incident.as_str()))
            .condition_expression("attribute_not_exists(pk) OR incident = :incident")
            .expression_attribute_values(":incident", text(incident.as_str()))
            .send()
            .await;
        held(
            outcome,
            PutItemError::is_conditional_check_failed_exception,
            CallError::of(dynamodb::PUT_ITEM, "the notice about a limit"),
        )
    }
}

/// The partition that counts.
fn pk(opened: &Opened, at: Timestamp) -> String {
    let of = match opened.origin {
        Origin::Finding => "",
        Origin::Drill => "DRILL#",
        Origin::Manual { .. } | Origin::Plan { .. } => "MANUAL#",
    };
    let hour = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H");
    format!("LIMIT#{of}{}#{}#{hour}", opened.playbook, opened.target.account)
}

/// Counters are of no use after their hour; a day leaves time to look.
fn expiry(at: Timestamp) -> AttributeValue {
    number(at.as_second() + 24 * 60 * 60)
}

#[cfg(test)]
mod tests;
