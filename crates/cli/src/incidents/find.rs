//! From what a person typed to one incident.

use backstop_client::{Client, ClientError};
use backstop_core::{
    IncidentId,
    api::{IncidentRow, is_incident},
    text::for_terminal,
};

use super::list::{Wanted, newest};
use crate::command::CommandError;
use backstop_terminal::Exit;

/// Fewer characters meet too many incidents to be typed on purpose.
const SHORTEST: usize = 4;
/// Whoever types a part of an id means a recent incident.
const RECENT: usize = 1000;
/// As many candidates as are read in one look.
const MOST_CANDIDATES: usize = 8;

/// No incident, or too many.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error("there is no incident `{0}`; list them with `backstop incidents list`")]
    None(String),
    #[error(
        "`{0}` is too short: type at least {SHORTEST} characters of the beginning or the end of an incident's id"
    )]
    TooShort(String),
    #[error("`{typed}` can mean several incidents; type more of one of these:{}", lines(.candidates, *.others))]
    Several {
        typed: String,
        candidates: Vec<String>,
        others: usize,
    },
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl CommandError for FindError {
    fn exit(&self) -> Exit {
        match self {
            Self::None(_) | Self::TooShort(_) | Self::Several { .. } => Exit::NotFound,
            Self::Client(error) => error.exit(),
        }
    }
}

/// A whole id is taken as it is, a part is looked up among recent incidents.
pub(crate) async fn find(api: &Client, typed: &str) -> Result<IncidentId, FindError> {
    let wanted = typed.trim().to_ascii_uppercase();
    if is_incident(&wanted) {
        return Ok(IncidentId::new(wanted));
    }
    if wanted.chars().count() < SHORTEST {
        return Err(FindError::TooShort(typed.to_owned()));
    }
    choose(
        typed,
        &wanted,
        &newest(api, &Wanted::default(), RECENT, RECENT).await?.incidents,
    )
}

fn choose(typed: &str, wanted: &str, rows: &[IncidentRow]) -> Result<IncidentId, FindError> {
    let matching: Vec<&IncidentRow> = rows
        .iter()
        .filter(|row| row.incident.as_str().starts_with(wanted) || row.incident.as_str().ends_with(wanted))
        .collect();
    match matching.as_slice() {
        [] => Err(FindError::None(typed.to_owned())),
        [only] => Ok(only.incident.clone()),
        many => Err(FindError::Several {
            typed: typed.to_owned(),
            candidates: many
                .iter()
                .take(MOST_CANDIDATES)
                .map(|row| candidate(row))
                .collect(),
            others: many.len().saturating_sub(MOST_CANDIDATES),
        }),
    }
}

fn candidate(row: &IncidentRow) -> String {
    format!(
        "`{}`  {}  {}",
        row.incident,
        row.status,
        for_terminal(&row.target)
    )
}

fn lines(candidates: &[String], others: usize) -> String {
    let mut text: String = candidates.iter().map(|line| format!("\n  {line}")).collect();
    if others > 0 {
        text.push_str(&format!("\n  and {others} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_core::incident::Status;

    use super::*;

    fn row(id: &str) -> IncidentRow {
        IncidentRow {
            incident: id.into(),
            playbook: "compromised-role".into(),
            target: "role \u{1b}[31mbuild in account 123456789012".into(),
            status: Status::Open,
            severity: "high".into(),
            opened_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            title: String::new(),
            origin: None,
            mode: None,
            untold: false,
        }
    }

    #[test]
    fn a_part_must_mean_one_incident() {
        let rows = [
            row("01JDXQ6T8R7M5V9N2K4H3G1FZB"),
            row("01JDXQ6T8R7M5V9N2K4H3G1FAA"),
        ];
        assert_eq!(choose("1fzb", "1FZB", &rows).unwrap(), rows[0].incident);
        assert!(matches!(choose("ZZZZ", "ZZZZ", &rows), Err(FindError::None(_))));
        let error = choose("01jd", "01JD", &rows).unwrap_err().to_string();
        assert!(
            error.contains("`01JDXQ6T8R7M5V9N2K4H3G1FZB`  open  role build in"),
            "{error}"
        );
        assert!(error.contains("`01JDXQ6T8R7M5V9N2K4H3G1FAA`"), "{error}");
    }
}
