//! `backstop incidents list`.

use std::fmt;

use backstop_client::{Client, ClientError};
use backstop_core::{
    api::{IncidentPage, IncidentRow},
    incident::Status,
    log::OriginKind,
    text::{bounded, for_terminal},
    times::between,
};
use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;
use serde::Serialize;

use crate::{api::now, command::CommandOutput};

/// Rows of one status may lie far back: so many are looked at.
const MOST_LOOKED_AT: usize = 5000;

/// As many rows as the api gives at once.
const LARGEST_PAGE: usize = 500;

/// The columns that can't be broken need so much.
const NARROWEST: u16 = 100;

/// Which incidents are wanted; without a word, all.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) statuses: Vec<Status>,
    /// Besides those with these statuses, those of which nobody was told what is to be told.
    pub(super) or_untold: bool,
    pub(super) origin: Option<OriginKind>,
    /// Without what somebody only had planned.
    pub(super) without_plans: bool,
}

impl Wanted {
    fn is_all(&self) -> bool {
        self.statuses.is_empty() && self.origin.is_none()
    }
}

/// Incidents, the newest first.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    #[serde(flatten)]
    found: Found,
    #[serde(skip)]
    wanted: Wanted,
    #[serde(skip)]
    now: Timestamp,
}

impl CommandOutput for Listed {}

/// What was found, and how many plans were left out on the way.
#[derive(Debug, Default, Serialize)]
pub(super) struct Found {
    pub(super) incidents: Vec<IncidentRow>,
    plans_left_out: usize,
}

impl Found {
    fn take(&mut self, wanted: &Wanted, rows: Vec<IncidentRow>) {
        for row in rows {
            if wanted.without_plans && row.origin == Some(OriginKind::Plan) {
                self.plans_left_out += 1;
            } else {
                self.incidents.push(row);
            }
        }
    }
}

/// Reads the list.
pub(super) async fn list(api: &Client, wanted: Wanted, most: usize) -> Result<Listed, ClientError> {
    let is_all = wanted.is_all() && !wanted.without_plans;
    let look_at = if is_all { most } else { MOST_LOOKED_AT };
    Ok(Listed {
        found: newest(api, &wanted, most, look_at).await?,
        wanted,
        now: now(),
    })
}

/// The newest incidents, page by page: at most `most`, among as many as are looked at.
pub(super) async fn newest(
    api: &Client,
    wanted: &Wanted,
    most: usize,
    look_at: usize,
) -> Result<Found, ClientError> {
    let (mut found, mut looked_at) = (Found::default(), 0);
    let mut after: Option<String> = None;
    let words: Vec<&str> = wanted.statuses.iter().map(|status| status.as_str()).collect();
    let statuses = words.join(",");
    loop {
        let limit = (most - found.incidents.len()).min(LARGEST_PAGE).to_string();
        let mut query = vec![("limit", limit.as_str())];
        query.extend((!statuses.is_empty()).then_some(("status", statuses.as_str())));
        query.extend(wanted.or_untold.then_some(("untold", "include")));
        query.extend(wanted.origin.map(|origin| ("origin", origin.as_str())));
        query.extend(after.as_deref().map(|after| ("after", after)));
        let page: IncidentPage = api.get(&["incidents"], &query).await?;
        looked_at += page.looked_at;
        found.take(wanted, page.incidents);
        after = page.next;
        if after.is_none() || found.incidents.len() >= most || looked_at >= look_at {
            return Ok(found);
        }
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found {
            incidents,
            plans_left_out,
        } = &self.found;
        if incidents.is_empty() {
            f.write_str(if self.wanted.is_all() {
                "no incidents yet"
            } else {
                "no such incident among the newest"
            })?;
            return write_left_out(f, *plans_left_out);
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header([
            "INCIDENT", "OPENED", "BY", "STATUS", "SEVERITY", "PLAYBOOK", "TARGET",
        ]);
        // Narrow or unknown terminals break lines better by themselves than columns can.
        if table.width().is_some_and(|width| width >= NARROWEST) {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        }
        for row in incidents {
            table.add_row([
                row.incident.to_string(),
                format!("{} ago", between(row.opened_at, self.now)),
                row.origin.map_or("-", OriginKind::as_str).to_owned(),
                status(row),
                for_terminal(&row.severity),
                row.playbook.to_string(),
                bounded(&for_terminal(&row.target), 100),
            ]);
        }
        writeln!(f, "{}", table.trim_fmt())?;
        write!(f, "\nsee one: backstop incidents show <incident>")?;
        write_left_out(f, *plans_left_out)
    }
}

fn write_left_out(f: &mut fmt::Formatter<'_>, plans: usize) -> fmt::Result {
    match plans {
        0 => Ok(()),
        1 => write!(f, "\n1 plan left out: --origin plan"),
        many => write!(f, "\n{many} plans left out: --origin plan"),
    }
}

fn status(row: &IncidentRow) -> String {
    if row.untold {
        format!("{}, NOBODY WAS TOLD", row.status)
    } else {
        row.status.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn row() -> IncidentRow {
        IncidentRow {
            incident: "01JDXQ6T8R7M5V9N2K4H3G1FZB".into(),
            playbook: "leaked-access-key".into(),
            target: "access key AKIAIOSFODNN7EXAMPLE of user \u{1b}]0;owned\u{7}ci\u{202e}\r\nin account 123456789012".into(),
            status: Status::AwaitingApproval,
            severity: "high".into(),
            opened_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            title: String::new(),
            origin: Some(OriginKind::Drill),
            mode: None,
            untold: false,
        }
    }

    fn listed(rows: Vec<IncidentRow>) -> Listed {
        let wanted = Wanted {
            without_plans: true,
            ..Wanted::default()
        };
        let mut found = Found::default();
        found.take(&wanted, rows);
        Listed {
            found,
            wanted,
            now: "2026-01-01T00:04:10Z".parse().unwrap(),
        }
    }

    #[test]
    fn the_list_is_harmless_for_terminals() {
        insta::assert_snapshot!(listed(vec![row()]).to_string());
        assert_eq!(status(&row()), "awaiting-approval");
        let untold = IncidentRow {
            untold: true,
            ..row()
        };
        assert_eq!(status(&untold), "awaiting-approval, NOBODY WAS TOLD");
    }

    #[test]
    fn plans_are_counted_instead_of_listed() {
        let plan = || IncidentRow {
            incident: "01JDXQ6T8R7M5V9N2K4H3G1PPP".into(),
            origin: Some(OriginKind::Plan),
            ..row()
        };
        let text = listed(vec![plan(), row(), plan()]).to_string();
        assert!(text.ends_with("\n2 plans left out: --origin plan"), "{text}");
        assert!(!text.contains("G1PPP") && text.contains("G1FZB"), "{text}");
        let text = listed(vec![plan()]).to_string();
        assert_eq!(text, "no incidents yet\n1 plan left out: --origin plan");
        assert!(!listed(vec![row()]).to_string().contains("left out"));
    }
}
