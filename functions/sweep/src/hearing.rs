//! Looks whether anybody hears of incidents, and leaves word of how the run went.

use backstop_core::sweep::LastRun;
use backstop_runtime::{CallError, now};
use jiff::SignedDuration;

use crate::{Sweep, report::Report};

/// As [`backstop_core::api::LAST_RUN`] is read; a stack that wasn't swept for so long is as good as new.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Nobody is told of anything: no notice could say so, a failed run and its alarm can.
#[derive(Debug, thiserror::Error)]
#[error(
    "NOBODY HEARS of incidents: the alerts topic `{0}` has no confirmed subscription. Type `backstop doctor` for what to do"
)]
struct NobodyHears(String);

impl Sweep {
    /// Fails the run if the topic has no confirmed subscription: its alarm is seen in CloudWatch, its error in the log.
    pub(crate) async fn look_who_hears(&self, report: &mut Report) {
        match self.topic.confirmed_subscriptions().await {
            Ok(0) => report.failed("looking who is told", &NobodyHears(self.topic.arn().to_owned())),
            Ok(_) => {}
            Err(error) => report.failed("looking who is told", &error),
        }
    }

    /// What `backstop doctor` says of this run.
    pub(crate) async fn leave_word(&self, report: &mut Report) {
        let dead_letters = match self.dead_letters().await {
            Ok(number) => number,
            Err(error) => {
                report.failed("looking at the dead-letter queue", &error);
                None
            }
        };
        let at = now();
        let run = LastRun {
            at,
            failures: report.failures.clone(),
            dead_rules: report.dead_rule_names.clone(),
            dead_letters,
        };
        let kept = self
            .ledger
            .keep_memo(backstop_core::api::LAST_RUN, &run, at + REMEMBERED);
        if let Err(error) = kept.await {
            report.failed("leaving word of this run", &error);
        }
    }

    async fn dead_letters(&self) -> Result<Option<u64>, CallError> {
        let name = aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages;
        let read = self.sqs.get_queue_attributes().queue_url(&self.dead_letters_url);
        let answer = read
            .attribute_names(name.clone())
            .send()
            .await
            .map_err(CallError::of("sqs:GetQueueAttributes", "the dead-letter queue"))?;
        let number = answer.attributes().and_then(|all| all.get(&name));
        Ok(number.and_then(|number| number.parse().ok()))
    }
}
