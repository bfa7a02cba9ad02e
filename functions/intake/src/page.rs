//! Pages people when Backstop itself can't work: without its table it contains nothing.

use std::sync::atomic::{AtomicI64, Ordering};

use backstop_core::notice::{Mail, ledger_down, mail};
use backstop_runtime::{CallError, now};

/// At most one page from this process in so many seconds; the queue's alarms go on by themselves.
const QUIET_SECONDS: i64 = 15 * 60;

/// The alerts topic.
pub(crate) struct Pager {
    sns: aws_sdk_sns::Client,
    topic: String,
    last: AtomicI64,
}

impl Pager {
    pub(crate) const fn new(sns: aws_sdk_sns::Client, topic: String) -> Self {
        Self {
            sns,
            topic,
            last: AtomicI64::new(0),
        }
    }

    /// Says that nothing is being contained: the one message that can't be handed to `notify`, since nothing can be
    /// written down. A page that can't be sent is logged; the message itself goes back to the queue whatever happens
    /// here, and the dead-letter alarm pages by another way.
    pub(crate) async fn ledger_is_down(&self, why: &str) {
        let now = now();
        let seconds = now.as_second();
        let last = self.last.load(Ordering::Relaxed);
        if seconds - last < QUIET_SECONDS
            || self
                .last
                .compare_exchange(last, seconds, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        if let Err(error) = self.publish(mail(&ledger_down(why, now))).await {
            self.last.store(last, Ordering::Relaxed);
            tracing::error!(%error, "can't page");
        }
    }

    async fn publish(&self, mail: Mail) -> Result<(), CallError> {
        self.sns
            .publish()
            .topic_arn(&self.topic)
            .subject(mail.subject)
            .message(mail.body)
            .send()
            .await
            .map_err(CallError::of("sns:Publish", "the alerts topic"))?;
        Ok(())
    }
}
