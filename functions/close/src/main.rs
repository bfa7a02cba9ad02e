//! `close`: writes down what other functions couldn't, computes the status from the log, releases the target.

mod conclude;
mod hub;
mod record_failure;
mod undo;

use backstop_core::task::CloseTask;
use backstop_runtime::{Ledger, StepError, aws, serve, settings};
use serde_json::Value;

use hub::Hub;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = aws::config().await;
    let ledger = Ledger::new(
        aws_sdk_dynamodb::Client::new(&config),
        settings::required("TABLE_NAME")?,
    );
    let hub = Hub::of(config);
    serve::serve(|task: CloseTask| handle(&ledger, &hub, task)).await
}

async fn handle(ledger: &Ledger, hub: &Hub, task: CloseTask) -> Result<Value, StepError> {
    match task {
        CloseTask::RecordFailure {
            incident,
            step,
            error,
            cause,
        } => record_failure::record_failure(ledger, &incident, &step, &error, &cause).await,
        CloseTask::Close { incident } => conclude::close(ledger, hub, &incident).await,
        CloseTask::ExecutionDied { name } => match name.split_once('-') {
            None => conclude::close(ledger, hub, &name.as_str().into()).await,
            Some((incident, _request)) => undo::finish(ledger, &incident.into()).await,
        },
        CloseTask::RecordUndoFailure {
            incident,
            step,
            error,
            cause,
        } => undo::record_failure(ledger, &incident, &step, &error, &cause).await,
        CloseTask::FinishUndo { incident } => undo::finish(ledger, &incident).await,
    }
}
