//! The second reading: what it must read, and what follows from what was read. A verdict is never stronger than that.

use jiff::Timestamp;
use serde::Serialize;

use super::{Incident, Status, StepState, Undo, fold::Illegal};
use crate::{
    aftermath::Aftermath,
    log::{Event, Record},
    outcome::Outcome,
    step::Phase,
};

/// What a reading after the first showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// When it was concluded.
    pub at: Timestamp,
    /// The record that says so, in the incident's own chain.
    pub record: u32,
    /// What follows.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What follows from a reading after the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// All of it holds, and nothing that was seen says otherwise.
    Confirmed,
    /// Something doesn't hold any more, or whoever was contained goes on.
    Reopened {
        /// What was found, a sentence each.
        found: Vec<String>,
    },
    /// Not everything could be read; what was read holds.
    Partial {
        /// What wasn't read, a sentence each.
        missing: Vec<String>,
    },
}

impl Verdict {
    /// As the log has it.
    pub fn into_event(self) -> Event {
        match self {
            Self::Confirmed => Event::Confirmed,
            Self::Reopened { found } => Event::Reopened { found },
            Self::Partial { missing } => Event::NotConfirmed { missing },
        }
    }
}

impl StepState {
    /// Takes in that it was read back.
    pub(super) fn note_reading(&mut self, is_first: bool, at: Timestamp) {
        let holds = self.verification.as_ref().is_some_and(|it| it.holds);
        if !is_first {
            self.read_again = true;
            self.not_read_again = None;
        } else if !holds {
            self.proven_at = None;
        } else if self.proven_at.is_none() {
            self.proven_at = Some(at);
        }
    }

    /// Whether it is what makes the incident contained, and can be read back.
    pub fn is_containing(&self) -> bool {
        self.step.phase == Phase::Contain && matches!(self.outcome, Some(Outcome::Done | Outcome::Already))
    }

    /// Whether it was read back since the incident was closed, or since the last verdict.
    pub const fn is_read_again(&self) -> bool {
        self.read_again
    }
}

impl Incident {
    /// When the last of its containing steps was first read back as it should be; `None` unless it is contained.
    pub fn contained_at(&self) -> Option<Timestamp> {
        let contained = matches!(self.closed, Some((Status::Contained, _))) || self.closed.is_none();
        let times = self.contain_steps().filter_map(|state| state.proven_at);
        times.max().filter(|_| contained)
    }

    /// Whether a second reading is still to come: it was closed as contained, nobody wants it undone, and it wasn't read a
    /// second time.
    pub fn awaits_second_reading(&self) -> bool {
        self.can_be_read_again() && self.confirmation.is_none()
    }

    /// Whether what was done is to hold.
    pub fn can_be_read_again(&self) -> bool {
        let is_contained = matches!(self.closed, Some((Status::Contained, _)));
        is_contained && self.undo == Undo::NotAsked && self.stuck.is_none() && self.released.is_none()
    }

    /// Whether what was done was read after the end and didn't hold: somebody changed it back.
    pub fn was_changed_back(&self) -> bool {
        let verdict = self.confirmation.as_ref().map(|it| &it.verdict);
        let is_gone = |state: &StepState| state.is_containing() && !state.is_proven();
        matches!(self.closed, Some((Status::Contained, _)))
            && (matches!(verdict, Some(Verdict::Reopened { .. })) || self.steps.iter().any(is_gone))
    }

    /// The verdict that is to be written down now: what the second reading showed, or that what was read later doesn't
    /// hold any more.
    pub fn verdict_due(&self) -> Option<Verdict> {
        let verdict = self.verdict()?;
        let is_told = self.status() == Status::Reopened;
        let is_news = matches!(verdict, Verdict::Reopened { .. }) && !is_told;
        (self.awaits_second_reading() || is_news).then_some(verdict)
    }

    /// What follows from what was read since it was closed, or since the last verdict; `None` where nothing is to hold.
    pub fn verdict(&self) -> Option<Verdict> {
        if !self.can_be_read_again() {
            return None;
        }
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for state in self.steps.iter().filter(|state| state.is_containing()) {
            let title = &state.step.title;
            match (&state.not_read_again, &state.verification) {
                (Some(why), _) => missing.push(format!("\"{title}\" couldn't be read again: {why}")),
                (None, Some(reading)) if state.read_again && reading.holds => {}
                (None, Some(reading)) if state.read_again => {
                    found.push(format!("\"{title}\" doesn't hold any more: {}", reading.observed));
                }
                _ => missing.push(format!("\"{title}\" wasn't read again")),
            }
        }
        // What was seen for the verdict before says nothing of what came after.
        let before = self.confirmation.as_ref().map(|it| it.at);
        let since = |seen: &&Aftermath| before.is_none_or(|before| seen.to > before);
        match self.aftermath.as_ref().filter(since) {
            Some(aftermath) => {
                found.extend(aftermath.alarming());
                missing.extend(aftermath.incomplete.iter().cloned());
            }
            None => missing.push("CloudTrail's event history wasn't read".to_owned()),
        }
        Some(if !found.is_empty() {
            Verdict::Reopened { found }
        } else if !missing.is_empty() {
            Verdict::Partial { missing }
        } else {
            Verdict::Confirmed
        })
    }

    /// How it was closed, and what was read since; whatever was undone later.
    pub fn ended_as(&self) -> Option<Status> {
        let (closed_as, _) = self.closed?;
        Some(self.status_as_confirmed(closed_as))
    }

    /// The status of an incident that was closed with this one.
    pub(super) fn status_as_confirmed(&self, closed_as: Status) -> Status {
        let verdict = self.confirmation.as_ref().map(|it| &it.verdict);
        match (closed_as, verdict) {
            (Status::Contained, Some(Verdict::Confirmed)) => Status::Confirmed,
            (Status::Contained, Some(Verdict::Reopened { .. })) => Status::Reopened,
            _ => closed_as,
        }
    }

    /// Folds a verdict. What it was drawn from counts no more for the next.
    pub(super) fn confirm(
        &mut self,
        event: &'static str,
        record: &Record,
        verdict: Verdict,
    ) -> Result<(), Illegal> {
        self.demand_closed(event)?;
        for state in &mut self.steps {
            state.read_again = false;
        }
        self.confirmation = Some(Confirmation {
            at: record.at,
            record: record.seq,
            verdict,
        });
        Ok(())
    }
}
