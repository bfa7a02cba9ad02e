//! Tells people what is new: the states that the machine entered, and what the log says of the steps.

use std::collections::BTreeSet;

use backstop_core::{
    Outcome, StepId,
    incident::Incident,
    log::{Event, Record},
};
use backstop_emulator::Progress;

use super::History;

/// How much was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    states: usize,
    /// By their ids: a step's record may come to stand before others that were told.
    records: BTreeSet<String>,
}

impl Told {
    pub(super) fn tell(
        &mut self,
        history: &History,
        incident: &Incident,
        log: &[Record],
        progress: &dyn Progress,
    ) {
        for state in history.entered().iter().skip(self.states) {
            progress.note(&format!("  ▸ {state}"));
        }
        for line in log
            .iter()
            .filter(|record| !self.records.contains(&record.id))
            .filter_map(|record| line(incident, &record.event))
        {
            progress.note(&format!("    {line}"));
        }
        self.states = history.entered().len();
        self.records = log.iter().map(|record| record.id.clone()).collect();
    }
}

fn line(incident: &Incident, event: &Event) -> Option<String> {
    let title = |step: &StepId| {
        incident
            .step(step)
            .map_or_else(|| step.to_string(), |state| state.step.title.clone())
    };
    match event {
        Event::Planned { plan, .. } => Some(format!("planned: {}", title(&plan.step))),
        Event::StepEnded { step, outcome } => Some(match outcome {
            Outcome::Done | Outcome::Already => format!("✔ {}: {}", outcome.word(), title(step)),
            Outcome::Partial { missing } => format!("– in part: {}: {missing}", title(step)),
            Outcome::Skipped { reason } => format!("– skipped: {}: {reason}", title(step)),
            Outcome::Refused { reason, .. } => format!("✘ refused: {}: {reason}", title(step)),
            Outcome::Failed { error, .. } => format!("✘ failed: {}: {error}", title(step)),
        }),
        Event::Verified {
            step, verification, ..
        } if verification.holds => Some(format!("✔ proven: {}: {}", title(step), verification.observed)),
        Event::Verified {
            step, verification, ..
        } => Some(format!(
            "✘ not proven: {}: {}",
            title(step),
            verification.observed
        )),
        Event::PlanDrifted { step, .. } => {
            Some(format!("✘ the world changed since the plan: {}", title(step)))
        }
        Event::Closed { status } => Some(format!("closed as {status}")),
        _ => None,
    }
}
