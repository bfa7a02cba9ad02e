//! Which incidents are watched, and when each was read back last: beside the row that lists show.

use backstop_actions::permissions::dynamodb;
use backstop_core::{
    IncidentId,
    sweep::{WATCHED, WatchRow},
};
use jiff::Timestamp;

use super::{
    Ledger, LedgerError,
    item::{Item, get_text},
};
use crate::CallError;

impl Ledger {
    /// Those that lists show with a status that is watched, opened since then, whose watch isn't over.
    pub async fn watched(&self, since: Timestamp) -> Result<Vec<WatchRow>, LedgerError> {
        let query = self.list_since(&WATCHED, since, " AND attribute_not_exists(watch_over)");
        let mut rows = Vec::new();
        let mut items = query.into_paginator().items().send();
        while let Some(item) = items.next().await {
            let item = item.map_err(CallError::of(dynamodb::QUERY, "the incidents that are watched"))?;
            rows.push(row(&item)?);
        }
        Ok(rows)
    }

    /// Notes when it was read back.
    pub async fn note_watched(&self, incident: &IncidentId, at: Timestamp) -> Result<(), LedgerError> {
        let what = format!("when incident `{incident}` was read back");
        self.set_on_row(incident, "watched_at", &at.to_string(), what)
            .await
    }

    /// Notes that it isn't watched any more.
    pub async fn note_watch_over(&self, incident: &IncidentId, at: Timestamp) -> Result<(), LedgerError> {
        let what = format!("the watch over incident `{incident}`");
        self.set_on_row(incident, "watch_over", &at.to_string(), what)
            .await
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
