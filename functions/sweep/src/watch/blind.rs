//! Tells people of contained incidents that can't be read back, of each once a week.

use std::collections::BTreeMap;

use backstop_core::{
    IncidentId,
    incident::Incident,
    notice::{Watched, watch_blind},
};
use backstop_runtime::{LedgerError, now};
use jiff::{SignedDuration, Timestamp};

use crate::{Sweep, report::Report};

/// People are told again of one that can't be read for so long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What fails for a moment is read by the next runs: people hear of what two runs, this far apart, couldn't read.
const PASSING: SignedDuration = SignedDuration::from_hours(1);

impl Sweep {
    pub(super) async fn tell_of_unread(
        &self,
        due: &BTreeMap<IncidentId, Incident>,
        unread: &BTreeMap<IncidentId, String>,
        report: &mut Report,
    ) {
        let mut news = Vec::new();
        for (id, why) in unread {
            match self.is_news(id).await {
                Ok(true) => news.extend(due.get(id).map(|incident| Watched {
                    id: id.clone(),
                    incident: incident.clone(),
                    found: Some(why.clone()),
                })),
                Ok(false) => {}
                Err(error) => report.failed("noting what can't be read back", &error),
            }
        }
        if news.is_empty() {
            return;
        }
        match self.hand_over(&watch_blind(&news, now()), report).await {
            Ok(_) => {
                for one in &news {
                    let told = format!("blind-told {}", one.id);
                    if let Err(error) = self.ledger.keep_memo(&told, &now(), now() + REMEMBERED).await {
                        report.failed("noting that people know what can't be read back", &error);
                    }
                }
            }
            Err(error) => report.failed("telling people of what can't be read back", &error),
        }
    }

    async fn is_news(&self, id: &IncidentId) -> Result<bool, LedgerError> {
        let now = now();
        let told: Option<Timestamp> = self.ledger.memo(&format!("blind-told {id}"), now).await?;
        if told.is_some() {
            return Ok(false);
        }
        let name = format!("blind {id}");
        let first: Option<Timestamp> = self.ledger.memo(&name, now).await?;
        match first {
            Some(first) => Ok(now.duration_since(first) >= PASSING),
            None => {
                self.ledger.keep_memo(&name, &now, now + REMEMBERED).await?;
                Ok(false)
            }
        }
    }
}
