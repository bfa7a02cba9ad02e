//! `approve`: asks people to decide on a plan, reminds them, and writes down that nobody did. `notify` delivers the question.

mod ask;
mod expire;
mod remind;
mod unasked;

use backstop_core::task::ApproveTask;
use backstop_runtime::{Ledger, StepError, outbox::Outbox, serve, settings};
use serde_json::Value;

pub(crate) struct Approver {
    ledger: Ledger,
    outbox: Outbox,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = backstop_aws::config().await;
    let approver = Approver {
        ledger: Ledger::new(
            aws_sdk_dynamodb::Client::new(&config),
            settings::required("TABLE_NAME")?,
        ),
        outbox: Outbox::new(
            aws_sdk_lambda::Client::new(&config),
            settings::required("NOTIFY_FUNCTION")?,
        ),
    };
    serve::serve(|task: ApproveTask| approver.run(task)).await
}

impl Approver {
    async fn run(&self, task: ApproveTask) -> Result<Value, StepError> {
        match task {
            ApproveTask::Ask {
                incident,
                task_token,
                expires_in_seconds,
            } => self.ask(&incident, task_token, expires_in_seconds).await,
            ApproveTask::Remind { incident, task_token } => self.remind(&incident, task_token).await,
            ApproveTask::Expire { incident } => self.expire(&incident).await,
            ApproveTask::Unasked {
                incident,
                error,
                cause,
            } => self.unasked(&incident, format!("{error}: {cause}")).await,
        }
    }
}

#[cfg(test)]
mod tests;
