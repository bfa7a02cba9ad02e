//! `close`: writes down what other functions couldn't, computes the status from the log, releases the target,
//! keeps the evidence.

mod conclude;
mod died;
mod hub;
mod keep;
mod record_failure;
mod undo;

use backstop_aws::Accounts;
use backstop_core::{
    IncidentId,
    task::{CloseTask, Closed},
};
use backstop_runtime::{Ledger, StepError, evidence::EvidenceBucket, machines::Machines, serve, settings};
use jiff::SignedDuration;
use serde_json::Value;

use conclude::Told;
use hub::Hub;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = backstop_aws::config().await;
    let ledger = Ledger::new(
        aws_sdk_dynamodb::Client::new(&config),
        settings::required("TABLE_NAME")?,
    );
    let bucket = EvidenceBucket::new(
        aws_sdk_s3::Client::new(&config),
        settings::required("EVIDENCE_BUCKET")?,
    );
    let machines = Machines::new(
        aws_sdk_sfn::Client::new(&config),
        settings::required("MACHINE_ARN_PREFIX")?,
    );
    let confirm_after = settings::confirm_after()?;
    let account = settings::required("ACCOUNT_ID")?;
    let accounts = Accounts::own(account.as_str().into(), config);
    let close = Close {
        ledger,
        bucket,
        hub: Hub::new(account.as_str().into(), accounts),
        machines,
        confirm_after,
    };
    serve::serve(|task: CloseTask| close.handle(task)).await
}

/// What closing takes.
struct Close {
    ledger: Ledger,
    bucket: EvidenceBucket,
    hub: Hub,
    machines: Machines,
    confirm_after: SignedDuration,
}

impl Close {
    async fn handle(&self, task: CloseTask) -> Result<Value, StepError> {
        let Self { ledger, bucket, .. } = self;
        match task {
            CloseTask::RecordFailure {
                incident,
                step,
                error,
                cause,
            } => record_failure::record_failure(ledger, &incident, &step, &error, &cause).await,
            CloseTask::Close { incident } => self.close(&incident).await,
            CloseTask::Confirm { incident } => {
                let answer = conclude::confirm(ledger, &self.hub, &incident).await?;
                keep::keep(ledger, bucket, &incident).await?;
                Ok(answer)
            }
            CloseTask::ExecutionDied { name } => {
                died::died(ledger, &self.machines, &name).await?;
                let incident = name.incident();
                if !name.is_undo() {
                    let closed = conclude::close(
                        ledger,
                        &self.hub,
                        &incident,
                        Told::ByStepFunctions,
                        self.confirm_after,
                    )
                    .await?;
                    // Nobody looks at it a second time any more: the log says what wasn't read.
                    conclude::confirm(ledger, &self.hub, &incident).await?;
                    keep::keep(ledger, bucket, &incident).await?;
                    return answer(&closed);
                }
                let answer = undo::finish(ledger, &incident).await?;
                keep::keep(ledger, bucket, &incident).await?;
                Ok(answer)
            }
            CloseTask::RecordUndoFailure {
                incident,
                step,
                error,
                cause,
            } => undo::record_failure(ledger, &incident, &step, &error, &cause).await,
            CloseTask::KeepEvidence { incident } => keep::keep(ledger, bucket, &incident).await,
            CloseTask::FinishUndo { incident } => undo::finish(ledger, &incident).await,
        }
    }

    /// The evidence comes last: an incident that can't be proven is contained all the same.
    async fn close(&self, incident: &IncidentId) -> Result<Value, StepError> {
        let closed = conclude::close(
            &self.ledger,
            &self.hub,
            incident,
            Told::ByOrder,
            self.confirm_after,
        )
        .await?;
        keep::keep(&self.ledger, &self.bucket, incident).await?;
        answer(&closed)
    }
}

fn answer(closed: &Closed) -> Result<Value, StepError> {
    serde_json::to_value(closed).map_err(|error| StepError::Invalid {
        what: "the answer",
        detail: error.to_string(),
    })
}
