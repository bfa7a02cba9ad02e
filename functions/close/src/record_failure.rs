//! Writes down that a step failed in a way its own function couldn't: killed, timed out, retries used up.

use backstop_core::{IncidentId, Outcome, StepId, log::Event};
use backstop_runtime::{Ledger, StepError};
use serde_json::{Value, json};

/// Causes can hold a whole stack trace; the log keeps what people read.
const LONGEST_DETAIL: usize = 1000;

/// Appends the failure, unless the step has ended in the log: its own function knew better.
pub(crate) async fn record_failure(
    ledger: &Ledger,
    incident: &IncidentId,
    step: &StepId,
    error: &str,
    cause: &str,
) -> Result<Value, StepError> {
    let mut log = ledger.log(incident).await?;
    let known = log.incident()?.step(step).and_then(|state| state.outcome.clone());
    let outcome = match known {
        Some(outcome) => outcome,
        None => {
            let outcome = Outcome::Failed {
                error: error.to_owned(),
                detail: detail(cause),
            };
            tracing::warn!(%incident, %step, error, "step failed outside its function");
            log.append(
                ledger,
                Event::StepEnded {
                    step: step.clone(),
                    outcome: outcome.clone(),
                },
            )
            .await?;
            outcome
        }
    };
    Ok(json!({ "step": step, "outcome": outcome.word() }))
}

/// Lambda hands a failed function's error over as JSON text; its message is what people want.
pub(crate) fn detail(cause: &str) -> String {
    let message = serde_json::from_str::<Value>(cause)
        .ok()
        .and_then(|value| value.get("errorMessage")?.as_str().map(str::to_owned));
    backstop_core::text::bounded(message.as_deref().unwrap_or(cause), LONGEST_DETAIL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_message_out_of_lambdas_cause() {
        let cause =
            r#"{"errorType":"Backstop.AccessDenied","errorMessage":"`iam:PutUserPolicy` on user `a`"}"#;
        assert_eq!(detail(cause), "`iam:PutUserPolicy` on user `a`");
        assert_eq!(detail("killed"), "killed");
        assert_eq!(detail(&"x".repeat(5000)).chars().count(), LONGEST_DETAIL);
    }
}
