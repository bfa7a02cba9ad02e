//! Who may put messages on the intake queue as they are, past EventBridge, which takes only what it can read: of all roles
//! the sweep's alone.

use backstop_drill::Environment;

use crate::Role;

/// See the module.
#[derive(Debug)]
pub struct Sender {
    sqs: aws_sdk_sqs::Client,
    queue: String,
}

impl Sender {
    pub async fn of(environment: &Environment) -> Self {
        let session = Role::of(environment, "sweep").await.session(environment).await;
        Self {
            sqs: aws_sdk_sqs::Client::new(&environment.account().sdk_config(session)),
            queue: environment.stack().intake_queue_url().unwrap().to_owned(),
        }
    }

    pub async fn put(&self, body: &str) {
        let send = self.sqs.send_message().queue_url(&self.queue);
        send.message_body(body).send().await.map(drop).unwrap();
    }
}
