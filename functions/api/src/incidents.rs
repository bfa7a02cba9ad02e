//! Listing incidents, and showing one.

use backstop_core::{
    IncidentId,
    api::{ApiError, Cursor, IncidentPage, View},
    incident::Status,
    log::OriginKind,
};
use backstop_runtime::{now, playbooks};

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::{bad_request, of_ledger, of_log},
    request::{Request, shown},
};

/// As many rows as one page may have, and as are looked at for one of a single status.
const MOST: usize = 500;
const USUAL: usize = 50;

impl Api {
    pub(crate) async fn list_incidents(&self, request: &Request) -> Answered {
        let statuses = request.query("status").map(statuses).transpose()?;
        let origin = request.query("origin").map(origin).transpose()?;
        let limit = request.query("limit").map(limit).transpose()?.unwrap_or(USUAL);
        let after = request.query("after").map(cursor).transpose()?;
        let is_filtered = statuses.is_some() || origin.is_some();
        let look_at = if is_filtered { MOST } else { limit };
        let rows = self.ledger.incidents_after(after.as_ref(), look_at);
        let rows = rows.await.map_err(of_ledger)?;
        let (looked_at, is_last) = (rows.len(), rows.len() < look_at);
        let last = rows.last().map(Cursor::after);
        let mut incidents: Vec<_> = rows
            .into_iter()
            .filter(|row| {
                statuses
                    .as_ref()
                    .is_none_or(|wanted| wanted.contains(&row.status))
            })
            .filter(|row| origin.is_none_or(|wanted| row.origin == Some(wanted)))
            .collect();
        let next = if incidents.len() > limit {
            incidents.truncate(limit);
            incidents.last().map(Cursor::after)
        } else {
            last.filter(|_| !is_last)
        };
        Done::ok(&IncidentPage {
            incidents,
            looked_at,
            next: next.map(|cursor| cursor.to_text()),
            read_at: now(),
        })
    }

    pub(crate) async fn show_incident(&self, request: &Request) -> Answered {
        Done::ok(&self.view(&request.incident()?).await?)
    }

    pub(crate) async fn view(&self, id: &IncidentId) -> Result<View, ApiError> {
        let log = self.ledger.log(id).await.map_err(of_ledger)?;
        View::of(id, log.records().to_vec(), playbooks(), now()).map_err(of_log)
    }
}

/// The statuses have one spelling, that of the log; several are parted by commas.
fn statuses(text: &str) -> Result<Vec<Status>, ApiError> {
    let status = |word: &str| {
        serde_json::from_value(word.into())
            .map_err(|_unknown| bad_request(&format!("there is no status `{}`", shown(word))))
    };
    text.split(',').map(status).collect()
}

fn origin(text: &str) -> Result<OriginKind, ApiError> {
    serde_json::from_value(text.into())
        .map_err(|_unknown| bad_request(&format!("there is no origin `{}`", shown(text))))
}

fn limit(text: &str) -> Result<usize, ApiError> {
    let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| bad_request("`limit` must be a whole number from 1 to 500"))
}

fn cursor(text: &str) -> Result<Cursor, ApiError> {
    Cursor::read(text).ok_or_else(|| bad_request("`after` must be the `next` of a page before"))
}
