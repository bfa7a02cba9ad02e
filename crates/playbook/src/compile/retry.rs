//! When a task is tried again. Every task is safe to run twice, so a lost answer is worth a retry.

use backstop_actions::ActionSpec;
use backstop_core::ErrorName;

use crate::machine::Retrier;

/// What Lambda says when it didn't run the function, or lost it (Step Functions Developer Guide, "Handling
/// error conditions", and the Lambda error names that `lambda:invoke` passes on).
pub(crate) const LAMBDA_TRANSIENT: [&str; 7] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Runtime.ExitError",
];

/// The function or the task ran out of time.
pub(crate) const TIMED_OUT: [&str; 2] = ["Sandbox.Timedout", "States.Timeout"];

/// For planning, telling, closing, and for acting on what doesn't wait. Full jitter: a burst of incidents must not retry in step.
pub(super) fn usual() -> Vec<Retrier> {
    vec![transient(), timed_out()]
}

/// For acting. An action that waits for something slow says that it isn't through by the name that proving uses.
pub(super) fn acting(action: Option<&ActionSpec>) -> Vec<Retrier> {
    let waits = action.is_some_and(|action| action.waits_for_a_day).then(a_day);
    waits.into_iter().chain(usual()).collect()
}

/// Waits of 1, 2, 4 and 8 minutes, then of 10: about a day. EBS names no longest time for a snapshot; a large volume's
/// first takes hours (EBS User Guide, "Create Amazon EBS snapshots"). People have been told by then, and each attempt
/// is one transition, so a whole day of them costs less than a cent.
fn a_day() -> Retrier {
    Retrier {
        error_equals: vec![ErrorName::NotYetVerified.as_str()],
        interval_seconds: 60,
        backoff_rate: 2,
        max_attempts: 150,
        max_delay_seconds: Some(600),
        jitter_strategy: "NONE",
    }
}

/// For asking: the task's own timeout is the approval's end, not a fault.
pub(super) fn asking() -> Vec<Retrier> {
    vec![transient()]
}

/// For proving. IAM is eventually consistent: waits of 2, 4, 8, 16 and 20 seconds, without jitter, which
/// could use up all attempts at once.
pub(super) fn verification() -> Vec<Retrier> {
    let not_yet = Retrier {
        error_equals: vec![ErrorName::NotYetVerified.as_str()],
        interval_seconds: 2,
        backoff_rate: 2,
        max_attempts: 5,
        max_delay_seconds: Some(20),
        jitter_strategy: "NONE",
    };
    vec![not_yet, transient(), timed_out()]
}

fn transient() -> Retrier {
    let ours = ErrorName::ALL
        .into_iter()
        .filter(|name| name.is_retryable() && *name != ErrorName::NotYetVerified)
        .map(ErrorName::as_str);
    Retrier {
        error_equals: ours.chain(LAMBDA_TRANSIENT).collect(),
        interval_seconds: 1,
        backoff_rate: 2,
        max_attempts: 6,
        max_delay_seconds: Some(20),
        jitter_strategy: "FULL",
    }
}

fn timed_out() -> Retrier {
    Retrier {
        error_equals: TIMED_OUT.to_vec(),
        interval_seconds: 1,
        backoff_rate: 2,
        max_attempts: 2,
        max_delay_seconds: None,
        jitter_strategy: "FULL",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::compile::EXECUTION_TIMEOUT_SECONDS;

    /// The longest that a stack may wait for a person (`ApprovalTimeoutSeconds`): a week.
    const LONGEST_APPROVAL: u32 = 604_800;

    #[test]
    fn snapshots_are_waited_for_a_day_and_the_execution_lives_that_long() {
        let acting = acting(backstop_actions::find("ec2.secure-snapshots"));
        let first = acting.first().unwrap();
        let waits = (0..first.max_attempts).map(|attempt| {
            let wait = first.interval_seconds * first.backoff_rate.saturating_pow(attempt.min(10));
            wait.min(first.max_delay_seconds.unwrap())
        });
        let all: u32 = waits.sum();
        assert!((86_400..90_000).contains(&all), "{all} s");
        // Asked, asked again after drift, and evidence kept.
        assert!(2 * LONGEST_APPROVAL + all < EXECUTION_TIMEOUT_SECONDS);
        assert_eq!(
            super::acting(backstop_actions::find("ec2.tag-instance")),
            usual(),
            "nothing else waits"
        );
    }
}
