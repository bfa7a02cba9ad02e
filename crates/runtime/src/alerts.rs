//! The alerts topic: how people are told.

use aws_sdk_sns::Client;
use backstop_core::message::Message;

use crate::CallError;

/// See the module.
#[derive(Clone, Debug)]
pub struct Alerts {
    sns: Client,
    topic: String,
}

impl Alerts {
    /// The topic with this ARN.
    pub const fn new(sns: Client, topic: String) -> Self {
        Self { sns, topic }
    }

    /// The topic's ARN.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Publishes a message; gives SNS's id of it.
    pub async fn publish(&self, message: &Message) -> Result<String, CallError> {
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
