//! What lists show of an incident: a projection of its log, written beside it.

use std::collections::HashMap;

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};
use backstop_actions::permissions::dynamodb;
use backstop_core::{
    IncidentId,
    api::{Cursor, IncidentRow},
    incident::Status,
    log::{Opened, Record},
};

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{
    Ledger, LedgerError, incident_pk,
    item::{Item, get_text, text},
    peers,
};
use crate::CallError;

/// The index that lists incidents by the time they were opened, and notices that aren't delivered.
pub(super) const BY_OPENED: &str = "by_opened";
/// The one partition of that index. At a few thousand incidents a day one partition is far from its
/// limit of 1,000 writes a second (DynamoDB Developer Guide, "Best practices for designing partition keys").
const LIST: &str = "incident";

pub(super) fn meta_item(incident: &IncidentId, first: &Record, opened: &Opened) -> Item {
    let mut item = HashMap::from([
        ("pk".to_owned(), text(incident_pk(incident))),
        ("sk".to_owned(), text("META")),
        ("list".to_owned(), text(LIST)),
        ("opened_at".to_owned(), text(first.at.to_string())),
        ("incident".to_owned(), text(incident.as_str())),
        ("playbook".to_owned(), text(opened.playbook.as_str())),
        ("target".to_owned(), text(opened.target.to_string())),
        (
            "severity".to_owned(),
            text(opened.finding.severity.label.to_string()),
        ),
        ("title".to_owned(), text(opened.title.clone())),
        ("status".to_owned(), text(Status::Open.as_str())),
        ("origin".to_owned(), text(opened.origin.kind().as_str())),
        ("mode".to_owned(), text(opened.mode.as_str())),
    ]);
    item.extend(peers::of_row(&opened.finding));
    item
}

impl Ledger {
    /// Writes the status that lists show.
    pub async fn show_status(&self, incident: &IncidentId, status: Status) -> Result<(), LedgerError> {
        let what = format!("the status of incident `{incident}`");
        self.set_on_row(incident, "status", status.as_str(), what).await
    }

    /// Sets one attribute of the row that an incident was opened with.
    pub(super) async fn set_on_row(
        &self,
        incident: &IncidentId,
        attribute: &str,
        value: &str,
        what: String,
    ) -> Result<(), LedgerError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(incident_pk(incident)))
            .key("sk", text("META"))
            .update_expression("SET #attribute = :value")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":value", text(value))
            .send()
            .await
            .map_err(CallError::of(dynamodb::UPDATE_ITEM, what))?;
        Ok(())
    }

    /// The incident's row of the list, if it has one: each is opened with one.
    pub async fn row(&self, incident: &IncidentId) -> Result<Option<IncidentRow>, LedgerError> {
        let item = self.item(incident, "META", "the row").await?;
        // What lacks the index's key is in no list.
        let item = item.filter(|item| item.contains_key("list"));
        item.as_ref().map(row).transpose()
    }

    /// The newest incidents first, at most `most`.
    pub async fn incidents(&self, most: usize) -> Result<Vec<IncidentRow>, LedgerError> {
        self.incidents_after(None, most).await
    }

    /// Those that lists show with one of these statuses and that were opened since then, the newest first, at most `most`.
    /// DynamoDB leaves the others out before they are sent.
    pub async fn incidents_since(
        &self,
        statuses: &[Status],
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<IncidentRow>, LedgerError> {
        self.rows(
            self.list_since(statuses, since, "").scan_index_forward(false),
            most,
        )
        .await
    }

    /// Those that were opened before a row, the newest first, at most `most`.
    pub async fn incidents_after(
        &self,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Vec<IncidentRow>, LedgerError> {
        let query = self.list().scan_index_forward(false);
        self.rows(query.set_exclusive_start_key(after.map(start_key)), most)
            .await
    }

    pub(super) async fn rows(
        &self,
        query: QueryFluentBuilder,
        most: usize,
    ) -> Result<Vec<IncidentRow>, LedgerError> {
        let mut rows = Vec::new();
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            let item = item.map_err(CallError::of(dynamodb::QUERY, "the list of incidents"))?;
            rows.push(row(&item)?);
            if rows.len() == most {
                break;
            }
        }
        Ok(rows)
    }

    /// Asks for the list of incidents.
    pub(super) fn list(&self) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name(BY_OPENED)
            .key_condition_expression("#list = :list")
            .expression_attribute_names("#list", "list")
            .expression_attribute_values(":list", text(LIST))
    }

    /// Asks for those that were opened since then, likewise.
    pub(super) fn list_since(&self, statuses: &[Status], since: Timestamp, and: &str) -> QueryFluentBuilder {
        self.list_with(statuses, and)
            .key_condition_expression("#list = :list AND opened_at >= :since")
            .expression_attribute_values(":since", text(since.to_string()))
    }

    /// Asks for those of the list that have one of these statuses, and fit what else the filter says.
    pub(super) fn list_with(&self, statuses: &[Status], and: &str) -> QueryFluentBuilder {
        let names: Vec<String> = (0..statuses.len()).map(|at| format!(":status{at}")).collect();
        let query = self
            .list()
            .filter_expression(format!("#status IN ({}){and}", names.join(", ")))
            .expression_attribute_names("#status", "status");
        names.iter().zip(statuses).fold(query, |query, (name, status)| {
            query.expression_attribute_values(name, text(status.as_str()))
        })
    }
}

/// What a filter says besides: this mark of a row isn't of the status that lists show.
pub(super) fn and_not_marked(mark: &str) -> String {
    format!(" AND (attribute_not_exists({mark}) OR {mark} <> #status)")
}

/// The index's key of a row, with the table's own.
fn start_key(cursor: &Cursor) -> Item {
    HashMap::from([
        ("list".to_owned(), text(LIST)),
        ("opened_at".to_owned(), text(cursor.opened_at.to_string())),
        ("pk".to_owned(), text(incident_pk(&cursor.incident))),
        ("sk".to_owned(), text("META")),
    ])
}

fn row(item: &HashMap<String, AttributeValue>) -> Result<IncidentRow, LedgerError> {
    let unreadable = |detail: String| LedgerError::Unreadable {
        what: "a row of the list of incidents".to_owned(),
        detail,
    };
    let status = get_text(item, "status")?;
    Ok(IncidentRow {
        incident: get_text(item, "incident")?.into(),
        playbook: get_text(item, "playbook")?.into(),
        target: get_text(item, "target")?.to_owned(),
        status: serde_json::from_value(status.into()).map_err(|error| unreadable(error.to_string()))?,
        severity: get_text(item, "severity")?.to_owned(),
        opened_at: get_text(item, "opened_at")?
            .parse()
            .map_err(|error| unreadable(format!("{error}")))?,
        title: get_text(item, "title")?.to_owned(),
        origin: optional(item, "origin"),
        mode: optional(item, "mode"),
        untold: false,
    })
}

/// What rows of earlier versions lack.
fn optional<T: DeserializeOwned>(item: &HashMap<String, AttributeValue>, name: &str) -> Option<T> {
    let value = item.get(name)?.as_s().ok()?;
    serde_json::from_value(value.as_str().into()).ok()
}
