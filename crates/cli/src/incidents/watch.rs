//! `backstop incidents show --watch`: redrawn on a terminal, lines that are appended elsewhere.

use std::{collections::BTreeSet, fmt, time::Duration};

use backstop_client::{Client, ClientError};
use backstop_core::{IncidentId, log::Record, text::for_terminal, words};
use backstop_terminal::{Exit, Format, Printer};
use jiff::Timestamp;
use serde::Serialize;

use super::View;
use crate::command::{CommandOutput, End as _};

const PAUSE: Duration = Duration::from_secs(1);

/// Something that happened, in a line.
#[derive(Serialize)]
struct Line<'a>(&'a Record);

impl CommandOutput for Line<'_> {}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(record) = self;
        write!(
            f,
            "{}  {}",
            seconds(record.at),
            for_terminal(&words::event(&record.event))
        )
    }
}

/// Shows the incident whenever its log grows, until it is over. As JSON: its state each time.
pub(super) async fn watch(api: &Client, id: &IncidentId, printer: &Printer) -> Result<Exit, ClientError> {
    // A step's record may come to stand before others that were shown: records are known by their ids.
    let mut seen: BTreeSet<String> = BTreeSet::new();
    loop {
        let view = View::read(api, id).await?;
        if view.log.len() > seen.len() {
            if printer.format() == Format::Json {
                printer.put(&view);
            } else if printer.is_terminal() {
                printer.redraw(&view);
            } else {
                for record in view.log.iter().filter(|record| !seen.contains(&record.id)) {
                    printer.put(&Line(record));
                }
            }
            seen = view.log.iter().map(|record| record.id.clone()).collect();
        }
        if view.is_over() {
            if printer.format() == Format::Text && !printer.is_terminal() {
                printer.put(&view);
            }
            return Ok(Exit::Done);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// To the second: lines are read, not computed with.
fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
