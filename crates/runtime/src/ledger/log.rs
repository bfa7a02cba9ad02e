//! Appending to an incident's log: one conditional write per event, safe against competitors and repeats.

use aws_sdk_dynamodb::{
    error::SdkError, operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};
use backstop_core::{
    IncidentId,
    incident::Incident,
    log::{Event, Record, check_chain},
};

use super::{
    Ledger, LedgerError, incident_pk,
    item::{Item, get_json, number, text},
    record_sk, write_record,
};
use crate::{CallError, new_id, now};

/// Competing writers each make progress, so this many losses in a row mean a flood.
const MOST_ATTEMPTS: u32 = 50;

/// A log as read, and what was appended since.
#[derive(Clone, Debug)]
pub struct IncidentLog {
    id: IncidentId,
    records: Vec<Record>,
}

impl IncidentLog {
    pub(super) async fn read(ledger: &Ledger, id: &IncidentId) -> Result<Self, LedgerError> {
        let mut records = Vec::new();
        let mut pages = ledger
            .client
            .query()
            .table_name(&ledger.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :log)")
            .expression_attribute_values(":pk", text(incident_pk(id)))
            .expression_attribute_values(":log", text("LOG#"))
            .into_paginator()
            .items()
            .send();
        while let Some(item) = pages.next().await {
            let item = item.map_err(CallError::of(
                "dynamodb:Query",
                format!("the log of incident `{id}`"),
            ))?;
            records.push(get_json(&item, "record")?);
        }
        if records.is_empty() {
            return Err(LedgerError::NoSuchIncident(id.clone()));
        }
        check_chain(&records)?;
        Ok(Self {
            id: id.clone(),
            records,
        })
    }

    /// The records, oldest first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The incident's id.
    pub const fn id(&self) -> &IncidentId {
        &self.id
    }

    /// The state that follows from the log.
    pub fn incident(&self) -> Result<Incident, LedgerError> {
        Ok(Incident::replay(&self.records)?)
    }

    /// Appends an event. The slot after the last record is taken by a conditional write; if somebody else
    /// took it, their record is learnt and the next slot is tried. The event must be legal there.
    pub async fn append(&mut self, ledger: &Ledger, event: Event) -> Result<&Record, LedgerError> {
        let write_id = new_id();
        for _ in 0..MOST_ATTEMPTS {
            let record = Record::next(self.records.last(), now(), write_id.clone(), event.clone())?;
            self.records.push(record.clone());
            if let Err(illegal) = Incident::replay(&self.records) {
                self.records.pop();
                return Err(illegal.into());
            }
            match put(ledger, &self.id, &record).await {
                Ok(None) => break,
                // A lost answer made the SDK send it twice: the slot holds our own record.
                Ok(Some(taken)) if taken.id == write_id => break,
                Ok(Some(taken)) => {
                    self.records.pop();
                    self.records.push(taken);
                    check_chain(&self.records)?;
                }
                Err(error) => {
                    self.records.pop();
                    return Err(error);
                }
            }
        }
        match self.records.last() {
            Some(record) if record.id == write_id => Ok(record),
            _ => Err(LedgerError::Contended {
                incident: self.id.clone(),
                writers: MOST_ATTEMPTS,
            }),
        }
    }
}

/// Puts a record into its slot; returns the record that is there already, if any.
async fn put(ledger: &Ledger, id: &IncidentId, record: &Record) -> Result<Option<Record>, LedgerError> {
    let outcome = ledger
        .client
        .put_item()
        .table_name(&ledger.table)
        .set_item(Some(record_item(id, record)?))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    match outcome {
        Ok(_) => Ok(None),
        Err(SdkError::ServiceError(answer)) if answer.err().is_conditional_check_failed_exception() => {
            match answer.err() {
                PutItemError::ConditionalCheckFailedException(failure) => match failure.item() {
                    Some(item) => Ok(Some(get_json(item, "record")?)),
                    None => read_one(ledger, id, record.seq).await.map(Some),
                },
                _ => Ok(None),
            }
        }
        Err(error) => {
            Err(CallError::of("dynamodb:PutItem", format!("the log of incident `{id}`"))(error).into())
        }
    }
}

async fn read_one(ledger: &Ledger, id: &IncidentId, seq: u32) -> Result<Record, LedgerError> {
    let answer = ledger
        .client
        .get_item()
        .table_name(&ledger.table)
        .consistent_read(true)
        .key("pk", text(incident_pk(id)))
        .key("sk", text(record_sk(seq)))
        .send()
        .await
        .map_err(CallError::of(
            "dynamodb:GetItem",
            format!("the log of incident `{id}`"),
        ))?;
    let item = answer
        .item
        .ok_or_else(|| LedgerError::NoSuchIncident(id.clone()))?;
    get_json(&item, "record")
}

pub(super) fn record_item(id: &IncidentId, record: &Record) -> Result<Item, LedgerError> {
    Ok(Item::from([
        ("pk".to_owned(), text(incident_pk(id))),
        ("sk".to_owned(), text(record_sk(record.seq))),
        ("seq".to_owned(), number(record.seq)),
        ("record".to_owned(), text(write_record(record)?)),
    ]))
}
