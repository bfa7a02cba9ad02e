//! The list of incidents, a page at a time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{IncidentId, PlaybookName},
    log::OriginKind,
    mode::Mode,
    status::Status,
};

/// One row of `backstop incidents list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// The incident.
    pub incident: IncidentId,
    /// Its playbook.
    pub playbook: PlaybookName,
    /// Its target, in words.
    pub target: String,
    /// Its status when the row was last written.
    pub status: Status,
    /// The finding's severity band.
    pub severity: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The finding's title.
    pub title: String,
    /// What opened it; absent where the row is of a version that didn't note it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginKind>,
    /// How far it may go; absent likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Whether a notice of it has reached nobody for some minutes; only said where it was asked for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub untold: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Some incidents, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentPage {
    /// The rows.
    pub incidents: Vec<IncidentRow>,
    /// How many were looked at for them.
    pub looked_at: usize,
    /// Where the next page begins; absent after the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// When it was read.
    pub read_at: Timestamp,
}

/// The row after which a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When its incident was opened, as the table has it.
    pub opened_at: Timestamp,
    /// Its incident.
    pub incident: IncidentId,
}

impl Cursor {
    /// Behind this row.
    pub fn after(row: &IncidentRow) -> Self {
        Self {
            opened_at: row.opened_at,
            incident: row.incident.clone(),
        }
    }

    /// What [`Cursor::to_text`] wrote; anything else is none.
    pub fn read(text: &str) -> Option<Self> {
        let (incident, at) = text.split_once('.')?;
        is_incident(incident).then_some(())?;
        Some(Self {
            opened_at: Timestamp::from_nanosecond(at.parse().ok()?).ok()?,
            incident: IncidentId::new(incident),
        })
    }

    /// As a query carries it.
    pub fn to_text(&self) -> String {
        format!("{}.{}", self.incident, self.opened_at.as_nanosecond())
    }
}

/// Whether the text is an incident's id, in either case: a ULID, 26 letters and digits of Crockford's alphabet, the first
/// at most 7.
pub fn is_incident(text: &str) -> bool {
    text.len() == 26
        && text.starts_with(|first: char| ('0'..='7').contains(&first))
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() && !matches!(byte.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_nothing_else_is_one() {
        let cursor = Cursor {
            opened_at: Timestamp::from_nanosecond(1_767_225_600_123_456_789).unwrap_or_default(),
            incident: "01JDXQ6T8R7M5V9N2K4H3G1FZB".into(),
        };
        assert_eq!(Cursor::read(&cursor.to_text()), Some(cursor));
        for text in [
            "",
            ".",
            "01JDXQ6T8R7M5V9N2K4H3G1FZB",
            "01JDXQ6T8R7M5V9N2K4H3G1FZB.x",
            "META#.1",
            "../x.1",
        ] {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
    }
}
