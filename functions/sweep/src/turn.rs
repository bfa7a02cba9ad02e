//! Whose turn it is where a run can't look at all: it goes on where the last one stopped, so that each is looked at in its turn.

use backstop_core::{IncidentId, api::IncidentRow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The last that was looked at by a run that didn't look at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Turn {
    opened_at: Timestamp,
    incident: IncidentId,
}

impl Turn {
    /// After this one.
    pub(crate) fn after(row: &IncidentRow) -> Self {
        Self {
            opened_at: row.opened_at,
            incident: row.incident.clone(),
        }
    }

    /// Begins with the first row, the oldest first, whose turn it is; those before it come last.
    pub(crate) fn arrange(turn: Option<&Self>, rows: &mut [IncidentRow]) {
        let Some(turn) = turn else { return };
        let had = rows.partition_point(|row| {
            (row.opened_at, row.incident.as_str()) <= (turn.opened_at, turn.incident.as_str())
        });
        rows.rotate_left(had);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_core::incident::Status;

    use super::*;

    fn rows(ids: &[&str]) -> Vec<IncidentRow> {
        let row = |id: &&str| IncidentRow {
            incident: (*id).into(),
            playbook: "triage".into(),
            target: String::new(),
            status: Status::Open,
            severity: String::new(),
            opened_at: "2026-05-01T08:00:00Z".parse().unwrap(),
            title: String::new(),
            origin: None,
            mode: None,
            untold: false,
        };
        ids.iter().map(row).collect()
    }

    fn names(rows: &[IncidentRow]) -> Vec<&str> {
        rows.iter().map(|row| row.incident.as_str()).collect()
    }

    #[test]
    fn each_has_its_turn_however_many_there_are() {
        let mut seen = Vec::new();
        let mut turn = None;
        for _run in 0..3 {
            let mut all = rows(&["a", "b", "c", "d", "e"]);
            Turn::arrange(turn.as_ref(), &mut all);
            let [first, second, ..] = all.as_slice() else {
                unreachable!("five")
            };
            seen.extend([first.incident.to_string(), second.incident.to_string()]);
            turn = Some(Turn::after(second));
        }
        assert_eq!(seen, ["a", "b", "c", "d", "e", "a"]);
    }

    #[test]
    fn what_was_closed_meanwhile_costs_nobody_its_turn() {
        let turn = Turn::after(rows(&["b"]).first().unwrap());
        let mut left = rows(&["a", "c", "d"]);
        Turn::arrange(Some(&turn), &mut left);
        assert_eq!(names(&left), ["c", "d", "a"]);
        Turn::arrange(None, &mut left);
        assert_eq!(names(&left), ["c", "d", "a"]);
    }
}
