//! Listing incidents, and showing one.

use std::collections::BTreeSet;

use backstop_core::{
    IncidentId,
    api::{ApiError, Cursor, IncidentPage, IncidentRow, View},
    incident::Status,
    log::OriginKind,
};
use backstop_runtime::{now, playbooks};
use jiff::SignedDuration;

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::{bad_request, of_ledger, of_log},
    request::{Request, shown},
};

/// As many rows as one page may have, and as are looked at for one of a single status.
pub(crate) const MOST: usize = 500;
const USUAL: usize = 50;
/// A notice that was written down since may be on its way: Lambda itself tries three times within minutes.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(10);

impl Api {
    pub(crate) async fn list_incidents(&self, request: &Request) -> Answered {
        let statuses = request.query("status").map(statuses).transpose()?;
        let origin = request.query("origin").map(origin).transpose()?;
        let untold = match request.query("untold").map(include).transpose()? {
            Some(()) => self.untold().await?,
            None => BTreeSet::new(),
        };
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
            .map(|row| IncidentRow {
                untold: untold.contains(&row.incident),
                ..row
            })
            .filter(|row| {
                let is_wanted = |wanted: &Vec<Status>| wanted.contains(&row.status);
                row.untold || statuses.as_ref().is_none_or(is_wanted)
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

    /// The incidents of which a notice has reached nobody for longer than it can be on its way.
    async fn untold(&self) -> Result<BTreeSet<IncidentId>, ApiError> {
        let since = now() - ON_ITS_WAY;
        let waiting = self.ledger.undelivered(MOST).await.map_err(of_ledger)?;
        let late = waiting.into_iter().filter(|one| one.written < since);
        Ok(late.filter_map(|one| one.notice.incident).collect())
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

fn include(text: &str) -> Result<(), ApiError> {
    match text {
        "include" => Ok(()),
        _ => Err(bad_request("`untold` must be `include`")),
    }
}

fn origin(text: &str) -> Result<OriginKind, ApiError> {
    serde_json::from_value(text.into())
        .map_err(|_unknown| bad_request(&format!("there is no origin `{}`", shown(text))))
}

pub(crate) fn limit(text: &str) -> Result<usize, ApiError> {
    let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| bad_request("`limit` must be a whole number from 1 to 500"))
}

fn cursor(text: &str) -> Result<Cursor, ApiError> {
    Cursor::read(text).ok_or_else(|| bad_request("`after` must be the `next` of a page before"))
}
