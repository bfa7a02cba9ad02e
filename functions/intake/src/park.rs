//! Parks what can't be read on the dead-letter queue, with the reason beside it.

use aws_sdk_sqs::types::MessageAttributeValue;
use backstop_runtime::CallError;

/// The dead-letter queue.
pub(crate) struct Parking {
    sqs: aws_sdk_sqs::Client,
    queue_url: String,
}

/// Why a message is parked: shown by `aws sqs receive-message --message-attribute-names All`.
pub(crate) struct Reason {
    /// The fixed name: `Backstop.InvalidInput` and the parser's own.
    pub(crate) error: &'static str,
    /// For people.
    pub(crate) detail: String,
}

impl Parking {
    pub(crate) const fn new(sqs: aws_sdk_sqs::Client, queue_url: String) -> Self {
        Self { sqs, queue_url }
    }

    /// Sends the message on, unchanged. An empty body can't be sent; SQS wants at least one character.
    pub(crate) async fn park(&self, body: &str, reason: &Reason) -> Result<(), CallError> {
        let body = if body.is_empty() { "(empty)" } else { body };
        let mut request = self
            .sqs
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(body);
        for (name, value) in [
            ("BackstopError", reason.error),
            ("BackstopReason", &reason.detail),
        ] {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build();
            match value {
                Ok(value) => request = request.message_attributes(name, value),
                Err(error) => tracing::error!(%error, "a message attribute can't be made"),
            }
        }
        request
            .send()
            .await
            .map_err(CallError::of("sqs:SendMessage", "the dead-letter queue"))?;
        Ok(())
    }
}
