//! The alerts topic: how many get what is published to it.

use aws_sdk_sns::Client;
use backstop_core::ErrorName;

use crate::CallError;

const READ: &str = "sns:GetTopicAttributes";
const ON: &str = "the alerts topic";

/// See the module.
#[derive(Clone, Debug)]
pub struct AlertsTopic {
    client: Client,
    arn: String,
}

impl AlertsTopic {
    /// The topic with this ARN.
    pub const fn new(client: Client, arn: String) -> Self {
        Self { client, arn }
    }

    /// Its ARN.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The client, for publishing.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// How many subscriptions are confirmed. SNS takes what is published to a topic that has none, and drops it.
    pub async fn confirmed_subscriptions(&self) -> Result<u64, CallError> {
        let read = self.client.get_topic_attributes().topic_arn(&self.arn);
        let answer = read.send().await.map_err(CallError::of(READ, ON))?;
        let confirmed = answer
            .attributes()
            .and_then(|all| all.get("SubscriptionsConfirmed"))
            .and_then(|number| number.parse().ok());
        confirmed.ok_or_else(|| CallError {
            name: ErrorName::Internal,
            call: READ,
            on: ON.to_owned(),
            code: String::new(),
            message: "the answer doesn't say how many subscriptions are confirmed".to_owned(),
        })
    }
}
