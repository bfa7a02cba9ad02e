//! Reads contained incidents back, those that were read the longest ago first, and sees to what doesn't hold any more: intake
//! is told at once, then who changed it is looked for, the log says so, and people are paged.

mod blind;
mod reopen;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use backstop_core::{
    IncidentId,
    incident::Incident,
    log::Event,
    notice::{Notice, Watched, over_since, overdue, watch_ended},
    sweep::{MOST_AT_ONCE, MOST_WATCHED, WatchAction, watch_action, watch_order},
    task::{ReadBack, RespondTask, VerifyTask, WatchAnswer, WatchTask},
};
use backstop_runtime::{LedgerError, now};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{Sweep, report::Report};

/// How long a function is waited for. Looking back takes CloudTrail up to a minute and a half.
pub(crate) const PATIENCE: Duration = Duration::from_secs(110);
/// Rows that are looked at for each that is read: those whose machine still reads them cost a look, and no more.
const LOOKS: usize = 3;

/// What was found of the incidents of one run.
#[derive(Default)]
struct Found {
    to_read: BTreeMap<IncidentId, Incident>,
    to_hand_over: Vec<IncidentId>,
    ended: Vec<Watched>,
    overdue: Vec<Notice>,
}

impl Sweep {
    /// Watches, and begins nothing after this.
    pub(crate) async fn watch(&self, until: Instant, report: &mut Report) {
        let found = match self.what_is_due(until, report).await {
            Ok(found) => found,
            Err(error) => return report.failed("listing the incidents that are watched", &error),
        };
        for id in &found.to_hand_over {
            self.hand_over_reopened(id, report).await;
        }
        for notice in &found.overdue {
            match self.hand_over(notice, report).await {
                Ok(_) => report.overdue += 1,
                Err(error) => report.failed("telling people of what is overdue", &error),
            }
        }
        let gone = self.read_back(&found.to_read, until, report).await;
        self.reopen_all(gone, until, report).await;
        if !found.ended.is_empty() {
            report.watch_ended = found.ended.len();
            let notice = watch_ended(&found.ended, self.watch.days, now());
            if let Err(error) = self.hand_over(&notice, report).await {
                report.failed("telling people of incidents that aren't watched any more", &error);
            }
        }
    }

    async fn what_is_due(&self, until: Instant, report: &mut Report) -> Result<Found, LedgerError> {
        let rows = watch_order(self.ledger.watched(self.watch.opened_since(now())).await?);
        let mut found = Found::default();
        for row in rows.into_iter().take(MOST_WATCHED * LOOKS) {
            if found.to_read.len() >= MOST_WATCHED || Instant::now() >= until {
                break;
            }
            let id = row.incident;
            if let Err(error) = self.look_at(&id, &mut found).await {
                report.failed(&format!("looking at contained incident {id}"), &error);
                // A log that can't be read isn't to keep the others from their turn.
                self.ledger.note_watched(&id, now()).await?;
            }
        }
        Ok(found)
    }

    async fn look_at(&self, id: &IncidentId, found: &mut Found) -> Result<(), LedgerError> {
        let mut log = self.ledger.log(id).await?;
        let incident = log.incident()?;
        found.overdue.extend(overdue_steps(id, &incident, now()));
        match watch_action(&incident, self.watch, now()) {
            WatchAction::Wait => {}
            WatchAction::Read => {
                found.to_read.insert(id.clone(), incident);
            }
            WatchAction::HandOver => found.to_hand_over.push(id.clone()),
            WatchAction::End => {
                let days = self.watch.days;
                log.append(&self.ledger, Event::WatchEnded { days }).await?;
                self.ledger.note_watch_over(id, now()).await?;
                found.ended.push(Watched {
                    id: id.clone(),
                    incident,
                    found: None,
                });
            }
            WatchAction::Over => {
                // The list is behind its log: whoever ended it died before the list had it.
                self.ledger.show_status(id, incident.status()).await?;
                self.ledger.note_watch_over(id, now()).await?;
            }
        }
        Ok(())
    }

    /// Asks those that contained them; gives what doesn't hold. Each request names several, one after another, so that
    /// containing never waits for a turn that this has taken.
    async fn read_back(
        &self,
        due: &BTreeMap<IncidentId, Incident>,
        until: Instant,
        report: &mut Report,
    ) -> Vec<IncidentId> {
        let (mut gone, mut unread) = (Vec::new(), BTreeMap::<IncidentId, String>::new());
        let (mut late, asked) = (BTreeSet::new(), by_function(due));
        for (function, tasks) in &asked {
            for batch in tasks.chunks(MOST_AT_ONCE) {
                let named = || batch.iter().map(|task| task.incident.clone());
                if Instant::now() >= until {
                    late.extend(named());
                    continue;
                }
                let task = RespondTask::Watch(WatchTask {
                    incidents: batch.to_vec(),
                });
                match self.functions.ask::<WatchAnswer>(function, &task).await {
                    Ok(answer) => {
                        for one in answer.incidents {
                            take(one, &mut gone, &mut unread);
                        }
                    }
                    Err(error) => {
                        report.failed(&format!("having incidents read back by {function}"), &error);
                        unread.extend(named().map(|id| (id, error.to_string())));
                    }
                }
            }
        }
        if !late.is_empty() {
            report
                .unfinished
                .push(format!("the watch, {} incidents", late.len()));
        }
        // Also what couldn't be read: it isn't to keep the others from their turn.
        for id in due.keys().filter(|id| !late.contains(*id)) {
            report.watched += 1;
            if let Err(error) = self.ledger.note_watched(id, now()).await {
                report.failed(&format!("noting that incident {id} was read back"), &error);
            }
        }
        report.unwatched = unread.len();
        self.tell_of_unread(due, &unread, report).await;
        gone
    }
}

/// What was meant for hours, stands longer, and should be undone.
fn overdue_steps(id: &IncidentId, incident: &Incident, now: Timestamp) -> Vec<Notice> {
    incident
        .steps
        .iter()
        .filter_map(|state| {
            let hours = backstop_actions::hours_to_stand(&state.step)?;
            let until = over_since(state, hours, now)?;
            Some(overdue(id, incident, state, until, now))
        })
        .collect()
}

/// What each function is to read back.
fn by_function(due: &BTreeMap<IncidentId, Incident>) -> BTreeMap<&'static str, Vec<VerifyTask>> {
    let mut all: BTreeMap<&'static str, Vec<VerifyTask>> = BTreeMap::new();
    for (id, incident) in due {
        let containing = incident.steps.iter().filter(|state| state.is_containing());
        let mut functions: Vec<&'static str> = containing
            .filter_map(|state| backstop_actions::function_of(&state.step.action))
            .collect();
        functions.sort_unstable();
        functions.dedup();
        for function in functions {
            all.entry(function).or_default().push(VerifyTask {
                incident: id.clone(),
                target: incident.opened.target.clone(),
            });
        }
    }
    all
}

fn take(one: ReadBack, gone: &mut Vec<IncidentId>, unread: &mut BTreeMap<IncidentId, String>) {
    let id = one.incident;
    if !one.gone.is_empty() && !gone.contains(&id) {
        gone.push(id.clone());
    }
    if let Some(why) = one.unread.into_iter().next() {
        unread.insert(id, why);
    }
}
