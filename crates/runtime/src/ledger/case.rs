//! Which case a target belongs to: what findings on one resource open within some hours is one case, whichever playbooks
//! answer them. It is written by the transaction that opens an incident, so that two at the same time can't each begin one.

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{Put, TransactWriteItem},
};
use backstop_actions::permissions::dynamodb;
use backstop_core::{
    IncidentId,
    case::WINDOW,
    log::{Opened, OriginKind},
};
use jiff::Timestamp;

use super::{
    Ledger, LedgerError,
    item::{number, text},
    opening::target_pk,
};
use crate::CallError;

/// On what the case of an incident that is about to be opened depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// It begins one, unless its target is in one.
    IfTargetHasNone,
    /// It was looked for: the incident is of the case that it names, or begins one.
    Anyhow,
}

/// A plan is nobody's incident.
pub(super) fn has_case(opened: &Opened) -> bool {
    opened.origin.kind() != OriginKind::Plan
}

impl Ledger {
    /// Notes at the target which case the incident belongs to.
    pub(super) fn case_write(
        &self,
        incident: &IncidentId,
        opened: &Opened,
        at: Timestamp,
        begins: Begins,
    ) -> Result<TransactWriteItem, BuildError> {
        let mut put = Put::builder()
            .table_name(&self.table)
            .item("pk", text(target_pk(opened)))
            .item("sk", text("CASE"))
            .item("incident", text(opened.case.id(incident).as_str()))
            .item("ttl", number(at.as_second() + WINDOW.as_secs()));
        if begins == Begins::IfTargetHasNone && opened.case.first.is_none() {
            put = put
                .condition_expression("attribute_not_exists(pk) OR #ttl <= :now")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", number(at.as_second()));
        }
        Ok(TransactWriteItem::builder().put(put.build()?).build())
    }

    /// The incident that opened the case of this target. What can't be read names none: it keeps no finding from being
    /// answered.
    pub(super) async fn case_of_target(&self, opened: &Opened) -> Result<Option<IncidentId>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .key("pk", text(target_pk(opened)))
            .key("sk", text("CASE"))
            .send()
            .await
            .map_err(CallError::of(dynamodb::GET_ITEM, "the case of a target"))?;
        let item = answer.item.unwrap_or_default();
        let incident = item.get("incident").and_then(|value| value.as_s().ok());
        Ok(incident.map(|id| IncidentId::new(id.as_str())))
    }
}
