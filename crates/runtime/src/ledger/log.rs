//! Reading an incident's log, and appending to it: one conditional write per event, safe against competitors and repeats.
//!
//! All chains of a log come by one query: `LOG#000001` is the incident's own, `LOG#<step>#000001` a step's. What the
//! incident's chain says is read first: what a step's records name of it was there then, or the log is read again.

use std::ops::RangeInclusive;

use aws_sdk_dynamodb::{
    error::SdkError, operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};
use backstop_actions::permissions::dynamodb;
use backstop_core::{
    IncidentId,
    incident::Incident,
    log::{ChainError, Event, Log, Record, RecordName},
};

use super::{
    Ledger, LedgerError, incident_pk,
    item::{Item, get_json, number, text},
    write_record,
};
use crate::{CallError, new_id, now};

/// Competing writers each make progress, so this many losses in a row mean a flood.
const MOST_ATTEMPTS: u32 = 50;
/// A log that was written to while it was read is whole when it is read again.
const MOST_READINGS: u32 = 5;
/// As many digits as sort keys give to a number.
const LAST_SEQ: u32 = 999_999;

/// A log as read, and what was appended since.
#[derive(Clone, Debug)]
pub struct IncidentLog {
    id: IncidentId,
    log: Log,
}

impl IncidentLog {
    pub(super) async fn read(ledger: &Ledger, id: &IncidentId) -> Result<Self, LedgerError> {
        let mut reading = 1;
        let log = loop {
            match Log::read(query(ledger, id, None).await?) {
                Err(ChainError::Empty) => return Err(LedgerError::NoSuchIncident(id.clone())),
                // A query is no snapshot: what others write meanwhile may be there in part.
                Err(ChainError::Unseen { .. } | ChainError::Gap { .. }) if reading < MOST_READINGS => {
                    reading += 1;
                }
                read => break read?,
            }
        };
        Ok(Self { id: id.clone(), log })
    }

    /// The records, in their order.
    pub fn records(&self) -> &[Record] {
        self.log.records()
    }

    /// The incident's id.
    pub const fn id(&self) -> &IncidentId {
        &self.id
    }

    /// The state that follows from the log.
    pub fn incident(&self) -> Result<Incident, LedgerError> {
        Ok(Incident::replay(self.log.records())?)
    }

    /// Appends an event. The slot after the last record of its chain is taken by a conditional write; if somebody else
    /// took it, their record is learnt and the next slot is tried. The event must be legal there, as far as what was read
    /// says.
    pub async fn append(&mut self, ledger: &Ledger, event: Event) -> Result<(), LedgerError> {
        let write_id = new_id();
        for _ in 0..MOST_ATTEMPTS {
            let record = self.log.next(now(), write_id.clone(), event.clone())?;
            let after = self.log.with(record.clone())?;
            Incident::replay(after.records())?;
            match put(ledger, &self.id, &record).await? {
                // A lost answer made the SDK send it twice: the slot holds our own record.
                Some(taken) if taken.id != write_id => self.learn(ledger, taken).await?,
                Some(_) | None => {
                    self.log = after;
                    return Ok(());
                }
            }
        }
        Err(LedgerError::Contended {
            incident: self.id.clone(),
            writers: MOST_ATTEMPTS,
        })
    }

    /// Appends an event to a step's chain, and reads at the same time what the incident's own says since it was read:
    /// whether there was anything. The chains don't wait for each other, so a step that is about to act looks once more, and
    /// loses no time by it.
    pub async fn append_and_catch_up(&mut self, ledger: &Ledger, event: Event) -> Result<bool, LedgerError> {
        if !self.log.has_lanes() {
            self.append(ledger, event).await?;
            return Ok(false);
        }
        let (id, since) = (self.id.clone(), self.log.incident_head().seq + 1);
        let (appended, news) = tokio::join!(
            self.append(ledger, event),
            query(ledger, &id, Some(since..=LAST_SEQ))
        );
        appended?;
        self.learn_all(ledger, news?).await
    }

    /// Reads what the incident's own chain says since this log was read; whether there was anything. What it says
    /// of steps, only the whole log knows.
    pub async fn catch_up(&mut self, ledger: &Ledger) -> Result<bool, LedgerError> {
        let next = self.log.incident_head().seq + 1;
        let news = query(ledger, &self.id, Some(next..=LAST_SEQ)).await?;
        self.learn_all(ledger, news).await
    }

    async fn learn_all(&mut self, ledger: &Ledger, news: Vec<Record>) -> Result<bool, LedgerError> {
        let is_news = !news.is_empty();
        for record in news {
            self.learn(ledger, record).await?;
        }
        Ok(is_news)
    }

    /// Takes over what somebody else wrote. If they had read more than we have, the log is read again.
    async fn learn(&mut self, ledger: &Ledger, record: Record) -> Result<(), LedgerError> {
        let is_known = |known: &Record| known.name() == record.name() && known.hash == record.hash;
        if self.log.records().iter().any(is_known) {
            return Ok(());
        }
        match self.log.with(record) {
            Ok(log) => self.log = log,
            Err(ChainError::Unseen { .. }) => *self = Self::read(ledger, &self.id).await?,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// The records of an incident, or those of its own chain with these numbers.
async fn query(
    ledger: &Ledger,
    id: &IncidentId,
    only: Option<RangeInclusive<u32>>,
) -> Result<Vec<Record>, LedgerError> {
    let request = ledger
        .client
        .query()
        .table_name(&ledger.table)
        .consistent_read(true)
        .expression_attribute_values(":pk", text(incident_pk(id)));
    let request = match only {
        None => request
            .key_condition_expression("pk = :pk AND begins_with(sk, :log)")
            .expression_attribute_values(":log", text("LOG#")),
        Some(seqs) => request
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":from", text(incident_sk(*seqs.start())))
            .expression_attribute_values(":to", text(incident_sk(*seqs.end()))),
    };
    let mut records = Vec::new();
    let mut items = request.into_paginator().items().send();
    while let Some(item) = items.next().await {
        let item = item.map_err(CallError::of(
            dynamodb::QUERY,
            format!("the log of incident `{id}`"),
        ))?;
        records.push(get_json(&item, "record")?);
    }
    Ok(records)
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
                    None => read_one(ledger, id, record.name()).await.map(Some),
                },
                _ => Ok(None),
            }
        }
        Err(error) => {
            Err(CallError::of(dynamodb::PUT_ITEM, format!("the log of incident `{id}`"))(error).into())
        }
    }
}

async fn read_one(ledger: &Ledger, id: &IncidentId, name: RecordName) -> Result<Record, LedgerError> {
    let item = ledger
        .item(id, &record_sk(&name), "the log")
        .await?
        .ok_or_else(|| LedgerError::NoSuchIncident(id.clone()))?;
    get_json(&item, "record")
}

pub(super) fn record_item(id: &IncidentId, record: &Record) -> Result<Item, LedgerError> {
    Ok(Item::from([
        ("pk".to_owned(), text(incident_pk(id))),
        ("sk".to_owned(), text(record_sk(&record.name()))),
        ("seq".to_owned(), number(record.seq)),
        ("record".to_owned(), text(write_record(record)?)),
    ]))
}

fn record_sk(name: &RecordName) -> String {
    match &name.lane {
        None => incident_sk(name.seq),
        Some(step) => format!("LOG#{step}#{:06}", name.seq),
    }
}

fn incident_sk(seq: u32) -> String {
    format!("LOG#{seq:06}")
}

#[cfg(test)]
mod tests;
