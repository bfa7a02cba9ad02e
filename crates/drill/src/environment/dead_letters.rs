//! What the stack could not answer, and why.

use std::collections::HashMap;

use aws_sdk_sqs::types::MessageAttributeValue;

use super::Environment;
use crate::{DrillError, error::call};

/// SQS gives no more at once.
const MOST_AT_ONCE: i32 = 10;

/// A message on the dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// What came in.
    pub body: String,
    /// `BackstopError`: the fixed name; empty if SQS itself moved the message.
    pub error: String,
    /// `BackstopReason`, for people.
    pub reason: String,
}

impl Environment {
    /// Reads the dead-letter queue and leaves it as it is.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, DrillError> {
        let sqs = aws_sdk_sqs::Client::new(&self.account.sdk_config(self.account.root()));
        let queue = self.stack.dead_letter_queue_url()?;
        let mut letters = HashMap::new();
        let mut handles = Vec::new();
        loop {
            let receive = sqs
                .receive_message()
                .queue_url(queue)
                .max_number_of_messages(MOST_AT_ONCE);
            let answer = receive
                .message_attribute_names("All")
                .send()
                .await
                .map_err(call("sqs:ReceiveMessage"))?;
            if answer.messages().is_empty() {
                break;
            }
            for message in answer.messages() {
                handles.extend(message.receipt_handle.clone());
                letters.insert(message.message_id.clone(), letter(message));
            }
        }
        for handle in handles {
            let back = sqs
                .change_message_visibility()
                .queue_url(queue)
                .receipt_handle(handle);
            back.visibility_timeout(0)
                .send()
                .await
                .map_err(call("sqs:ChangeMessageVisibility"))?;
        }
        Ok(letters.into_values().collect())
    }
}

fn letter(message: &aws_sdk_sqs::types::Message) -> DeadLetter {
    let attribute = |name: &str| {
        let value = message
            .message_attributes()
            .and_then(|attributes| attributes.get(name));
        value
            .and_then(MessageAttributeValue::string_value)
            .unwrap_or_default()
            .to_owned()
    };
    DeadLetter {
        body: message.body().unwrap_or_default().to_owned(),
        error: attribute("BackstopError"),
        reason: attribute("BackstopReason"),
    }
}
