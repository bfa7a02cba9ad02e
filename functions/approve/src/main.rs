//! `approve`: asks people to decide on a plan, and writes down that nobody did.

mod ask;
mod expire;

use backstop_core::{message::Message, task::ApproveTask};
use backstop_runtime::{CallError, Ledger, StepError, aws, serve, settings};
use serde_json::Value;

pub(crate) struct Approver {
    ledger: Ledger,
    sns: aws_sdk_sns::Client,
    topic: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = aws::config().await;
    let approver = Approver {
        ledger: Ledger::new(
            aws_sdk_dynamodb::Client::new(&config),
            settings::required("TABLE_NAME")?,
        ),
        sns: aws_sdk_sns::Client::new(&config),
        topic: settings::required("ALERTS_TOPIC_ARN")?,
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
            ApproveTask::Expire { incident } => self.expire(&incident).await,
        }
    }

    async fn publish(&self, message: &Message) -> Result<String, StepError> {
        let answer = self
            .sns
            .publish()
            .topic_arn(&self.topic)
            .subject(&message.subject)
            .message(&message.body)
            .send()
            .await
            .map_err(CallError::of("sns:Publish", "the alerts topic"))?;
        Ok(answer.message_id.unwrap_or_default())
    }
}
