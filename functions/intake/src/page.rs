//! Pages people when Backstop itself can't work: without its table it contains nothing.

use std::sync::atomic::{AtomicI64, Ordering};

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

    /// Tells people something once.
    pub(crate) async fn tell(&self, subject: &str, body: String) -> Result<(), CallError> {
        self.sns
            .publish()
            .topic_arn(&self.topic)
            .subject(subject)
            .message(body)
            .send()
            .await
            .map_err(CallError::of("sns:Publish", "the alerts topic"))?;
        Ok(())
    }

    /// Says that nothing is being contained. A page that can't be sent is logged; the message itself goes
    /// back to the queue whatever happens here, and the dead-letter alarm pages by another way.
    pub(crate) async fn ledger_is_down(&self, why: &str) {
        let seconds = now().as_second();
        let last = self.last.load(Ordering::Relaxed);
        if seconds - last < QUIET_SECONDS
            || self
                .last
                .compare_exchange(last, seconds, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        let body = format!(
            "Backstop can't use its incidents table, so NOTHING is being contained by itself.\n\n{why}\n\n\
             What to do next\n  - look at the table and at the intake function's log\n  \
             - findings wait in the intake queue, then in the dead-letter queue; none is lost\n  \
             - until then contain by hand\n"
        );
        let subject = "[Backstop] NOT WORKING: the incidents table can't be used";
        if let Err(error) = self.tell(subject, body).await {
            self.last.store(last, Ordering::Relaxed);
            tracing::error!(%error, "can't page");
        }
    }
}
