//! Notices, written down before they are sent. One that isn't delivered stays in the index of the table under a
//! partition of its own, so that the sweep finds it whatever became of its incident.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::{operation::put_item::PutItemError, types::AttributeValue};
use backstop_actions::permissions::dynamodb;
use backstop_core::{NoticeKey, notice::Notice, task::NoticeRef};
use jiff::{SignedDuration, Timestamp};

use super::{
    Ledger, LedgerError,
    compressed::{compress, get_compressed},
    condition::held,
    incident_pk,
    item::{Item, get_json, get_text, name_of, number, text},
    meta::BY_OPENED,
};
use crate::{CallError, now};

/// The partition of the index that holds what isn't delivered.
const UNDELIVERED: &str = "notice";
/// What nobody took for so long is of no use any more: an incident's log still says that nobody got it.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a delivered notice that is about no incident is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A notice as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptNotice {
    /// What it says.
    pub notice: Notice,
    /// When it was written down.
    pub written: Timestamp,
    /// The channels that took it, each with its id of the message. Of an incident's notices the log says so.
    pub delivered: BTreeMap<String, String>,
}

/// A notice that isn't delivered to all channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Where it is kept.
    pub notice: NoticeRef,
    /// When it was written down.
    pub written: Timestamp,
}

impl Ledger {
    /// Writes a notice down, unless one with its key is there: that one counts. True if this one was written.
    pub async fn put_notice(&self, notice: &Notice) -> Result<bool, LedgerError> {
        let outcome = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(notice, now())?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        held(
            outcome,
            PutItemError::is_conditional_check_failed_exception,
            CallError::of(dynamodb::PUT_ITEM, what(&notice.reference())),
        )
    }

    /// The notice, if it is there.
    pub async fn notice(&self, notice: &NoticeRef) -> Result<Option<KeptNotice>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(key(notice)))
            .send()
            .await
            .map_err(CallError::of(dynamodb::GET_ITEM, what(notice)))?;
        answer.item.as_ref().map(read).transpose()
    }

    /// Notes the channels that took a notice that is about no incident.
    pub async fn note_delivered(
        &self,
        notice: &NoticeRef,
        delivered: &BTreeMap<String, String>,
    ) -> Result<(), LedgerError> {
        let json = serde_json::to_string(delivered).map_err(|error| unwritable(error.to_string()))?;
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(notice)))
            .update_expression("SET delivered = :delivered")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":delivered", text(json))
            .send()
            .await
            .map_err(CallError::of(dynamodb::UPDATE_ITEM, what(notice)))?;
        Ok(())
    }

    /// Takes a notice off the list of those that aren't delivered. It stays, so that it isn't made again.
    pub async fn settle_notice(&self, notice: &NoticeRef) -> Result<(), LedgerError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(notice)))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#list", "list");
        let update = match notice.incident {
            Some(_) => update.update_expression("REMOVE #list"),
            None => update
                .update_expression("REMOVE #list SET #ttl = :ttl")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", number((now() + REMEMBERED).as_second())),
        };
        update
            .send()
            .await
            .map_err(CallError::of(dynamodb::UPDATE_ITEM, what(notice)))?;
        Ok(())
    }

    /// What isn't delivered and isn't given up, the oldest first, at most `most`.
    pub async fn undelivered(&self, most: usize) -> Result<Vec<Undelivered>, LedgerError> {
        let mut found = Vec::new();
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_OPENED)
            .key_condition_expression("#list = :list AND opened_at > :since")
            .expression_attribute_names("#list", "list")
            .expression_attribute_values(":list", text(UNDELIVERED))
            .expression_attribute_values(":since", text((now() - GIVEN_UP).to_string()))
            .into_paginator()
            .items()
            .send();
        while let Some(item) = items.next().await {
            let item = item.map_err(CallError::of(
                dynamodb::QUERY,
                "the notices that aren't delivered",
            ))?;
            found.push(Undelivered {
                notice: get_json(&item, "reference")?,
                written: written(&item)?,
            });
            if found.len() == most {
                break;
            }
        }
        Ok(found)
    }
}

fn item(notice: &Notice, at: Timestamp) -> Result<Item, LedgerError> {
    let reference = notice.reference();
    let json = serde_json::to_vec(notice).map_err(|error| unwritable(error.to_string()))?;
    let reference_json = serde_json::to_string(&reference).map_err(|error| unwritable(error.to_string()))?;
    let mut item = key(&reference);
    item.extend([
        ("list".to_owned(), text(UNDELIVERED)),
        // The index sorts by it.
        ("opened_at".to_owned(), text(at.to_string())),
        ("reference".to_owned(), text(reference_json)),
        ("notice".to_owned(), compress("the notice", &json)?),
    ]);
    Ok(item)
}

fn key(notice: &NoticeRef) -> HashMap<String, AttributeValue> {
    let sk = sk(&notice.key);
    let pk = match &notice.incident {
        Some(incident) => incident_pk(incident),
        None => sk.clone(),
    };
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

fn sk(key: &NoticeKey) -> String {
    format!("NOTICE#{key}")
}

fn read(item: &Item) -> Result<KeptNotice, LedgerError> {
    let json = get_compressed(item, "notice")?;
    let notice = serde_json::from_slice(&json).map_err(|error| LedgerError::Unreadable {
        what: name_of(item),
        detail: format!("`notice`: {error}"),
    })?;
    Ok(KeptNotice {
        notice,
        written: written(item)?,
        delivered: match item.get("delivered") {
            Some(_) => get_json(item, "delivered")?,
            None => BTreeMap::new(),
        },
    })
}

fn written(item: &Item) -> Result<Timestamp, LedgerError> {
    get_text(item, "opened_at")?
        .parse()
        .map_err(|error: jiff::Error| LedgerError::Unreadable {
            what: "a notice".to_owned(),
            detail: error.to_string(),
        })
}

fn what(notice: &NoticeRef) -> String {
    match &notice.incident {
        Some(incident) => format!("notice `{}` of incident `{incident}`", notice.key),
        None => format!("notice `{}`", notice.key),
    }
}

fn unwritable(detail: String) -> LedgerError {
    LedgerError::Unwritable {
        what: "a notice",
        detail,
    }
}
