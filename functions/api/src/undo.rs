//! Undo as people ask for it.

use backstop_core::{
    Risk, StepId,
    api::{ApiError, UndoAnswer, UndoRequest, UndoState},
    person::Caller,
};
use backstop_runtime::undoing::{self, UndoError};

use crate::{
    Api,
    answer::{Answered, Done},
    refusal::{bad_request, of_ledger, of_undo},
    request::{Request, words},
};

impl Api {
    pub(crate) async fn show_undo(&self, request: &Request) -> Answered {
        let incident = request.incident()?;
        let only = request.query("step").map(StepId::from);
        let log = self.ledger.log(&incident).await.map_err(of_ledger)?;
        let state = log.incident().map_err(of_ledger)?;
        let steps = undoing::undoable(&incident, &state, only.as_ref()).map_err(of_undo)?;
        let accepting = request
            .query("accepting")
            .map(risks)
            .transpose()?
            .unwrap_or_default();
        undoing::check_risks(&incident, &state, &accepting).map_err(of_undo)?;
        Done::ok(&UndoAnswer {
            needed: undoing::people_needed(&state, &steps),
            state: UndoState::Planned,
            incident,
            steps,
        })
    }

    pub(crate) async fn undo(&self, request: &Request, caller: Caller) -> Answered {
        let incident = request.incident()?;
        let UndoRequest {
            seen,
            step,
            reason,
            accepting,
        } = request.body()?;
        let reason = words(reason)?;
        let person = self.person(caller).await?;
        let mut log = self.ledger.log(&incident).await.map_err(of_ledger)?;
        let state = log.incident().map_err(of_ledger)?;
        let steps = undoing::undoable(&incident, &state, step.as_ref()).map_err(of_undo)?;
        if !steps.iter().map(|step| &step.step).eq(&seen) {
            return Err(of_undo(UndoError::Changed(incident)));
        }
        let needed = undoing::people_needed(&state, &steps);
        let state = undoing::request(
            &self.ledger,
            &self.machines,
            &mut log,
            &person,
            reason,
            &steps,
            &accepting,
        );
        Done::ok(&UndoAnswer {
            state: state.await.map_err(of_undo)?,
            needed,
            incident,
            steps,
        })
    }
}

fn risks(list: &str) -> Result<Vec<Risk>, ApiError> {
    let risk = |name: &str| serde_json::from_value(name.into());
    let risks: Result<_, _> = list.split(',').map(risk).collect();
    risks.map_err(|_unknown: serde_json::Error| {
        bad_request("`accepting` must be `revive-sessions` or `reactivate-key`")
    })
}
