//! Lets a message that couldn't be answered come back soon, and later each time, rather than after the queue's whole
//! visibility timeout.

use std::time::Duration;

use aws_lambda_events::event::sqs::SqsMessage;
use backstop_runtime::CallError;

/// A message has this long: the function's own time runs out later, and would take the whole batch with it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
/// What fails for a moment is answered seconds later.
const FIRST_SECONDS: i32 = 5;
/// What fails for long doesn't use its receives up: thirty of them take two hours.
const LONGEST_SECONDS: i32 = 300;

/// The intake queue.
pub(crate) struct ComeBack {
    sqs: aws_sdk_sqs::Client,
    queue_url: String,
}

impl ComeBack {
    pub(crate) const fn new(sqs: aws_sdk_sqs::Client, queue_url: String) -> Self {
        Self { sqs, queue_url }
    }

    /// Has the message delivered again after a pause that grows with its receives. If SQS refuses, it comes back after
    /// the queue's visibility timeout.
    pub(crate) async fn soon(&self, message: &SqsMessage) {
        let Some(receipt) = &message.receipt_handle else {
            return;
        };
        let changed = self
            .sqs
            .change_message_visibility()
            .queue_url(&self.queue_url)
            .receipt_handle(receipt)
            .visibility_timeout(pause(received(message)))
            .send()
            .await
            .map_err(CallError::of("sqs:ChangeMessageVisibility", "the intake queue"));
        if let Err(error) = changed {
            tracing::warn!(%error, "the message comes back after the queue's visibility timeout");
        }
    }
}

/// How often it has been received, this time included.
fn received(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Seconds until it is delivered again.
fn pause(received: u32) -> i32 {
    let doubled = 2_i32.saturating_pow(received.saturating_sub(1));
    FIRST_SECONDS.saturating_mul(doubled).min(LONGEST_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The queue's `maxReceiveCount`.
    const RECEIVES: u32 = 30;

    #[test]
    fn it_comes_back_within_seconds_and_its_receives_outlast_a_brown_out() {
        let pauses: Vec<i32> = (1..=8).map(pause).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
        // Each try may take its whole time as well.
        let in_two_minutes = (1..=RECEIVES)
            .scan(0, |at, received| {
                *at += pause(received);
                Some(*at)
            })
            .filter(|at| *at < 120)
            .count();
        assert!(in_two_minutes < 5, "{in_two_minutes} receives of {RECEIVES}");
        assert!((1..RECEIVES).map(pause).sum::<i32>() > 2 * 3600 - 300);
    }

    #[test]
    fn sqs_says_how_often_it_was_received() {
        let mut message = SqsMessage::default();
        assert_eq!(received(&message), 1);
        message
            .attributes
            .insert("ApproximateReceiveCount".to_owned(), "4".to_owned());
        assert_eq!(received(&message), 4);
        let template = include_str!("../../../template.yaml");
        assert!(template.contains(&format!("maxReceiveCount: {RECEIVES}")));
    }
}
