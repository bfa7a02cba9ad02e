//! The people on call: other identities than whoever runs the drill, who ask the api and have no other right.

mod person;

use backstop_core::{
    IncidentId, Risk, Target,
    api::{Decided, ErrorCode, RunAnswer, RunRequest, UndoAnswer, UndoRequest, UndoState},
    incident::{Incident, Question},
    log::Origin,
};
use backstop_emulator::Progress;

use super::{Drill, DrillError, Environment};
pub use person::Person;

/// The risk that a drill accepts: its sessions are its own, and undo is to leave nothing of it behind.
const ACCEPTED: [Risk; 1] = [Risk::ReviveSessions];

/// See the module. The second person comes where two must approve or undo, or where the first asked for it.
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
            first: Person::responder(environment, format!("drill-oncall-{ending}")),
            second: Person::responder(environment, format!("drill-second-{ending}")),
        }
    }

    /// Runs the drill's playbook on this target, as `backstop run` does.
    pub async fn run(&self, drill: &Drill, target: Target, reason: &str) -> Result<IncidentId, DrillError> {
        let playbook = backstop_playbook::load(&drill.folder)
            .map_err(|source| DrillError::Playbook(Box::new(source)))?;
        let request = RunRequest {
            playbook: playbook.name.to_string(),
            target: target.as_typed().ok_or(DrillError::NotTyped)?,
            mode: None,
            reason: Some(reason.to_owned()),
        };
        let api = self.first.api().await?;
        match api.begin(&["incidents"], &request).await? {
            RunAnswer::Started(started) => Ok(started.incident),
            RunAnswer::AlreadyOpen(open) => Err(DrillError::AlreadyOpen(open.incident)),
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
            Origin::Manual { .. } | Origin::Plan { .. } => [&self.second, &self.first],
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

    /// Asks for the undo of everything that an incident changed, by two people where it takes two; false if that is
    /// nothing.
    pub async fn undo(&self, id: &IncidentId) -> Result<bool, DrillError> {
        let api = self.first.api().await?;
        let planned = api
            .get::<UndoAnswer>(&["incidents", id.as_str(), "undo"], &[])
            .await;
        let planned = match planned {
            Err(error) if is_nothing(&error) => return Ok(false),
            planned => planned?,
        };
        let request = UndoRequest {
            seen: planned.steps.into_iter().map(|step| step.step).collect(),
            step: None,
            reason: Some("drill".to_owned()),
            accepting: ACCEPTED.to_vec(),
        };
        for person in [&self.first, &self.second] {
            let api = person.api().await?;
            let path = ["incidents", id.as_str(), "undo"];
            let asked: UndoAnswer = api.post(&path, &request).await?;
            if asked.state == UndoState::Started {
                break;
            }
        }
        Ok(true)
    }
}

/// Whether there is nothing to undo. An incident that changed nothing, or isn't closed, has nothing.
fn is_nothing(error: &backstop_client::ClientError) -> bool {
    let code = error.refusal().map(|refusal| refusal.code);
    matches!(code, Some(ErrorCode::NothingToUndo | ErrorCode::NotClosed))
}

/// Says whether the machine goes on.
async fn approve_as(
    person: &Person<'_>,
    id: &IncidentId,
    question: &Question,
    progress: &dyn Progress,
) -> Result<bool, DrillError> {
    let hash = &question.plan_hash;
    let decided = person.approve(id, hash.as_str()).await?;
    progress.note(&format!("  ✔ {} approved plan {}", person.name, hash.short()));
    Ok(!matches!(decided, Decided::Counted { .. }))
}
