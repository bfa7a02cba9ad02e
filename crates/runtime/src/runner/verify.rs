//! Reading back every step that this function ended: only that makes an incident `contained`.

use backstop_core::{
    Outcome, Receipt, StepId, Verification, incident::StepState, log::Event, task::VerifyTask,
};
use futures_util::future::join_all;
use serde::Serialize;
use serde_json::Value;

use super::{Runner, request_to_verify};
use crate::{IncidentLog, StepError};

/// What verification found.
#[derive(Debug, Serialize)]
pub(super) struct VerifyAnswer {
    /// Steps whose goal state was read back.
    pub(super) proven: Vec<StepId>,
    /// Steps whose goal state doesn't hold, or couldn't be read.
    pub(super) unproven: Vec<StepId>,
}

impl Runner {
    /// Reads back all of this function's steps that ended `done` or `already`; of a closed incident once more also what is
    /// proven, since what was proven at its end may have been changed back. That is no second reading ([`Runner::verify_again`]).
    ///
    /// IAM is eventually consistent (IAM User Guide, "Changes that I make are not always immediately visible"):
    /// a state that doesn't hold yet is written down and handed back as `Backstop.NotYetVerified`, so
    /// that the machine waits and asks again. The log's last word counts.
    pub(super) async fn verify(&self, task: &VerifyTask) -> Result<VerifyAnswer, StepError> {
        let (mut log, incident) = self.ledger.log_of(task).await?;
        let mut answer = VerifyAnswer {
            proven: Vec::new(),
            unproven: Vec::new(),
        };
        let mut not_yet = None;
        let is_closed = incident.closed.is_some();
        let to_read = |state: &&StepState| self.is_ours(state) && (is_closed || !state.is_proven());
        let ours: Vec<&StepState> = incident.steps.iter().filter(to_read).collect();
        let receipts = join_all(ours.iter().map(|state| self.receipt_to_verify(&log, task, state))).await;
        for (state, receipt) in ours.into_iter().zip(receipts) {
            let step = &state.step.step;
            match self.verify_step(&mut log, task, state, receipt, is_closed).await {
                Ok(true) => answer.proven.push(step.clone()),
                Ok(false) => {
                    answer.unproven.push(step.clone());
                    // A snapshot takes its hours: the containment's proof doesn't wait for it.
                    if state.is_evidence() {
                        continue;
                    }
                    not_yet = Some(StepError::NotYetVerified {
                        observed: format!("step `{step}`"),
                    });
                }
                // One unreadable step must not keep the others from being proven.
                Err(error) => {
                    tracing::warn!(incident = %task.incident, %step, %error, "step can't be verified");
                    self.note_unreadable(&mut log, step, &error, is_closed).await?;
                    answer.unproven.push(step.clone());
                    if error.name().is_retryable() && !state.is_evidence() {
                        not_yet = Some(error);
                    }
                }
            }
        }
        not_yet.map_or(Ok(answer), Err)
    }

    fn is_ours(&self, state: &StepState) -> bool {
        self.actions.contains_key(state.step.action.as_str())
            && matches!(state.outcome, Some(Outcome::Done | Outcome::Already))
    }

    pub(super) async fn verify_step(
        &self,
        log: &mut IncidentLog,
        task: &VerifyTask,
        state: &StepState,
        receipt: Result<Option<Receipt>, StepError>,
        after_end: bool,
    ) -> Result<bool, StepError> {
        let action = self.action(&state.step.action)?;
        let request = request_to_verify(log, task, state, action.as_ref())?;
        let verification = action.verify(&request, receipt?.as_ref()).await?;
        let holds = verification.holds;
        self.note(log, &state.step.step, verification, after_end).await?;
        Ok(holds)
    }

    /// A receipt that isn't proven must not say what is read back.
    pub(super) async fn receipt_to_verify(
        &self,
        log: &IncidentLog,
        task: &VerifyTask,
        state: &StepState,
    ) -> Result<Option<Receipt>, StepError> {
        let step = &state.step.step;
        if !state.changed_something() {
            // What was captured is in the log itself. That it is there is all that the capture has to read back, and
            // nothing of its receipt; no other action takes this for a receipt of its own.
            let is_capture = state.acted && state.plan.as_ref().is_some_and(|plan| plan.captured.is_some());
            return Ok(is_capture.then(|| Receipt(Value::Null)));
        }
        let proven = self.proven(&task.incident, &task.target, step, log.records());
        Ok(proven.await?.map(|plan| plan.receipt.clone()))
    }

    async fn note_unreadable(
        &self,
        log: &mut IncidentLog,
        step: &StepId,
        error: &StepError,
        after_end: bool,
    ) -> Result<(), StepError> {
        self.note(log, step, unreadable(error), after_end).await
    }

    pub(super) async fn note(
        &self,
        log: &mut IncidentLog,
        step: &StepId,
        verification: Verification,
        after_end: bool,
    ) -> Result<(), StepError> {
        log.append(
            &self.ledger,
            Event::Verified {
                step: step.clone(),
                verification,
                after_end,
            },
        )
        .await?;
        Ok(())
    }
}

/// Nobody knows whether it holds.
pub(super) fn unreadable(error: &StepError) -> Verification {
    Verification {
        holds: false,
        observed: format!("couldn't be read back: {error}"),
    }
}
