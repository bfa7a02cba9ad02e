//! Has `close` do for an incident that the sweep closed what its machine would have had it do: write down that nobody reads
//! it a second time, tell Security Hub, and keep the evidence. The sweep may do none of it itself.

use aws_sdk_lambda::Client;
use backstop_core::{IncidentId, task::CloseTask};
use backstop_runtime::{CallError, functions::hand_over};

/// The function `close`.
pub(crate) struct Closer {
    lambda: Client,
    function: String,
}

impl Closer {
    pub(crate) const fn new(lambda: Client, function: String) -> Self {
        Self { lambda, function }
    }

    /// Asks for it and doesn't wait. Lambda tries three times, then the request goes to the dead-letter queue.
    pub(crate) async fn finish(&self, incident: &IncidentId) -> Result<(), CallError> {
        let on = format!("`{}`, incident `{incident}`", self.function);
        let task = CloseTask::Confirm {
            incident: incident.clone(),
        };
        hand_over(&self.lambda, &self.function, &task, on).await
    }
}
