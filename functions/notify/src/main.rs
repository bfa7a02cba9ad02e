//! `notify`: the only function that tells people anything. Makes the notices of incidents that have ended, and delivers
//! those and what other functions wrote down.

mod channel;
mod deliver;
mod make;
mod not_yet;
#[cfg(test)]
mod testing;

use backstop_core::{notice, task::NotifyTask};
use backstop_runtime::{Ledger, StepError, serve, settings};
use jiff::SignedDuration;
use serde_json::Value;

use channel::{Channel, sns::Sns};

struct Notifier {
    ledger: Ledger,
    channels: Vec<Box<dyn Channel>>,
    confirm_after: SignedDuration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = backstop_aws::config().await;
    let sns = Sns::new(
        aws_sdk_sns::Client::new(&config),
        settings::required("ALERTS_TOPIC_ARN")?,
    );
    let notifier = Notifier {
        ledger: Ledger::new(
            aws_sdk_dynamodb::Client::new(&config),
            settings::required("TABLE_NAME")?,
        ),
        channels: vec![Box::new(sns)],
        confirm_after: settings::confirm_after()?,
    };
    serve::serve(|task: NotifyTask| notifier.run(task)).await
}

impl Notifier {
    async fn run(&self, task: NotifyTask) -> Result<Value, StepError> {
        match task {
            NotifyTask::Deliver { notice } => self.deliver(&notice).await,
            NotifyTask::Make {
                incident,
                delayed: Some(delayed),
                ..
            } => self.not_yet(&incident, &delayed).await,
            NotifyTask::Make { incident, about, .. } => self.make(&incident, about).await,
            NotifyTask::ExecutionDied(died) => self.page(&notice::execution_died(&died)).await,
        }
    }
}
