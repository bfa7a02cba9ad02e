//! Which incidents are watched, and when each was read back last: beside the row that lists show.

use backstop_core::{
    IncidentId,
    sweep::{WATCHED, WatchRow},
};
use jiff::Timestamp;

use super::{
    Ledger, LedgerError, incident_pk,
    item::{Item, get_text, text},
    meta::{BY_OPENED, LIST},
};
use crate::CallError;

impl Ledger {
    /// Those that lists show with a status that is watched, opened since then, whose watch isn't over.
    pub async fn watched(&self, since: Timestamp) -> Result<Vec<WatchRow>, LedgerError> {
        let names: Vec<String> = (0..WATCHED.len()).map(|at| format!(":status{at}")).collect();
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_OPENED)
            .key_condition_expression("#list = :list AND opened_at >= :since")
            .filter_expression(format!(
                "#status IN ({}) AND attribute_not_exists(watch_over)",
                names.join(", ")
            ))
            .expression_attribute_names("#list", "list")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":list", text(LIST))
            .expression_attribute_values(":since", text(since.to_string()));
        for (name, status) in names.iter().zip(WATCHED) {
            query = query.expression_attribute_values(name, text(status.as_str()));
        }
        let mut rows = Vec::new();
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            let item = item.map_err(CallError::of("dynamodb:Query", "the incidents that are watched"))?;
            rows.push(row(&item)?);
        }
        Ok(rows)
    }

    /// Notes when it was read back.
    pub async fn note_watched(&self, incident: &IncidentId, at: Timestamp) -> Result<(), LedgerError> {
        self.note_on_row(incident, "SET watched_at = :at", at).await
    }

    /// Notes that it isn't watched any more.
    pub async fn note_watch_over(&self, incident: &IncidentId, at: Timestamp) -> Result<(), LedgerError> {
        self.note_on_row(incident, "SET watch_over = :at", at).await
    }

    async fn note_on_row(
        &self,
        incident: &IncidentId,
        update: &str,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(incident_pk(incident)))
            .key("sk", text("META"))
            .update_expression(update)
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":at", text(at.to_string()))
            .send()
            .await
            .map_err(CallError::of(
                "dynamodb:UpdateItem",
                format!("the watch over incident `{incident}`"),
            ))?;
        Ok(())
    }
}

fn row(item: &Item) -> Result<WatchRow, LedgerError> {
    let time = |name: &str| -> Result<Timestamp, LedgerError> {
        get_text(item, name)?
            .parse()
            .map_err(|error| LedgerError::Unreadable {
                what: "a row of the list of incidents".to_owned(),
                detail: format!("{error}"),
            })
    };
    Ok(WatchRow {
        incident: get_text(item, "incident")?.into(),
        opened_at: time("opened_at")?,
        read_at: item
            .contains_key("watched_at")
            .then(|| time("watched_at"))
            .transpose()?,
    })
}
