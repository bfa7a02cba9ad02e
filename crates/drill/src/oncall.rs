//! The people on call: other identities than whoever runs the drill, with just what running, approving and undoing take.

mod ask_for_undo;
mod person;

use backstop_core::{
    IncidentId, Target,
    incident::{Incident, Question},
    log::Origin,
};
use backstop_emulator::Progress;
use backstop_runtime::{
    decision::{self, Decided},
    manual_run::{self, ManualRun, ManualRunOutcome},
};

use super::{Drill, DrillError, Environment};
use person::Person;

/// See the module. The second person comes where two must approve, or where the first asked for it.
#[derive(Debug)]
pub struct OnCall<'a> {
    environment: &'a Environment,
    first: Person<'a>,
    second: Person<'a>,
}

impl<'a> OnCall<'a> {
    /// Two people whose users' names end in `ending`.
    pub fn new(environment: &'a Environment, ending: &str) -> Self {
        Self {
            environment,
            first: Person::new(environment, format!("drill-oncall-{ending}")),
            second: Person::new(environment, format!("drill-second-{ending}")),
        }
    }

    /// Runs the drill's playbook on this target, as `backstop run` does.
    pub async fn run(&self, drill: &Drill, target: Target, reason: &str) -> Result<IncidentId, DrillError> {
        let playbook = backstop_playbook::load(&drill.folder)
            .map_err(|source| DrillError::Playbook(Box::new(source)))?;
        let limits = self
            .environment
            .stack()
            .limits(self.environment.account().account_id())?;
        let request = ManualRun {
            steps: playbook.step_refs(),
            playbook: playbook.name,
            target,
            wanted: playbook.mode,
            by: self.first.arn().await?,
            reason: Some(reason.to_owned()),
        };
        let (ledger, machines) = (self.first.ledger().await?, self.first.machines().await?);
        match manual_run::run(&ledger, &machines, &request, &limits).await? {
            ManualRunOutcome::Started(incident) => Ok(incident),
            ManualRunOutcome::AlreadyOpen(incident) => Err(DrillError::AlreadyOpen(incident)),
        }
    }

    /// Approves the plan that waits, if the machine is ready for the answer; by two people where it takes two.
    pub async fn approve(
        &self,
        id: &IncidentId,
        incident: &Incident,
        progress: &dyn Progress,
    ) -> Result<(), DrillError> {
        let Some(question) = &incident.question else {
            return Ok(());
        };
        // The question is in the log a moment before the token that answers it is kept.
        let pending = self.environment.ledger().approval(id).await?;
        if pending.is_none_or(|pending| pending.plan_hash != question.plan_hash) {
            return Ok(());
        }
        // Whoever asked for it doesn't decide alone, even where one person may.
        let people = match incident.opened.origin {
            Origin::Manual { .. } => [&self.second, &self.first],
            Origin::Finding | Origin::Drill => [&self.first, &self.second],
        };
        for person in people {
            let is_enough = approve_as(person, id, question, progress).await?;
            if is_enough {
                break;
            }
        }
        Ok(())
    }

    /// Asks for the undo of everything that an incident changed; false if that is nothing.
    pub async fn undo(&self, id: &IncidentId) -> Result<bool, DrillError> {
        let (ledger, machines) = (self.first.ledger().await?, self.first.machines().await?);
        ask_for_undo::ask(&ledger, &machines, id, &self.first.arn().await?).await
    }
}

/// Says whether the machine goes on.
async fn approve_as(
    person: &Person<'_>,
    id: &IncidentId,
    question: &Question,
    progress: &dyn Progress,
) -> Result<bool, DrillError> {
    let (ledger, sfn) = (person.ledger().await?, person.sfn().await?);
    let hash = &question.plan_hash;
    let reason = Some("drill".to_owned());
    let by = person.arn().await?;
    let decided = decision::approve(&ledger, &sfn, id, &by, Some(hash.as_str()), reason).await?;
    progress.note(&format!("  ✔ {} approved plan {}", person.name, hash.short()));
    Ok(!matches!(decided, Decided::Counted { .. }))
}
