//! `notify`: tells people what happened, what was done, what is proven, what may break and what to do next.

use backstop_core::{
    incident::Status,
    log::Event,
    message,
    task::{About, NotifyTask},
};
use backstop_runtime::{Ledger, StepError, alerts::Alerts, aws, serve, settings};
use serde_json::{Value, json};

struct Notifier {
    ledger: Ledger,
    alerts: Alerts,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = aws::config().await;
    let notifier = Notifier {
        ledger: Ledger::new(
            aws_sdk_dynamodb::Client::new(&config),
            settings::required("TABLE_NAME")?,
        ),
        alerts: Alerts::new(
            aws_sdk_sns::Client::new(&config),
            settings::required("ALERTS_TOPIC_ARN")?,
        ),
    };
    serve::serve(|task: NotifyTask| notifier.notify(task)).await
}

impl Notifier {
    /// Publishes the notice of an incident once. If the log can't take the note that it was sent, the next
    /// attempt sends it again: two notices are better than none.
    async fn notify(&self, task: NotifyTask) -> Result<Value, StepError> {
        let mut log = self.ledger.log(&task.incident).await?;
        let incident = log.incident()?;
        let is_told = match task.about {
            About::Outcome | About::Undo => incident.notified,
            About::Investigation => incident.proposals_told,
        };
        if is_told {
            return Ok(json!({ "notified": "already" }));
        }
        let message = match task.about {
            About::Outcome => Some(message::outcome(&task.incident, &incident)),
            About::Undo => Some(message::undone(&task.incident, &incident)),
            About::Investigation => message::proposals(&task.incident, &incident),
        };
        let Some(message) = message else {
            return Ok(json!({ "notified": "nothing to tell" }));
        };
        let message_id = self.alerts.publish(&message).await?;
        let event = Event::Notified {
            channel: self.alerts.topic().to_owned(),
            subject: message.subject,
            message_id,
            body: Some(message.body),
            about: task.about,
        };
        log.append(&self.ledger, event).await?;
        let status: Status = incident.conclusion();
        tracing::info!(incident = %task.incident, %status, "people were told");
        Ok(json!({ "notified": status }))
    }
}
