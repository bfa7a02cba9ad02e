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
    LAMBDA_THROTTLED,
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Runtime.ExitError",
];

/// Lambda has no room for the function: the account's concurrency is used up, or its own reserved one.
const LAMBDA_THROTTLED: &str = "Lambda.TooManyRequestsException";

/// The function was killed.
const LOST: [&str; 2] = ["Lambda.Unknown", "Runtime.ExitError"];

/// The function or the task ran out of time.
pub(crate) const TIMED_OUT: [&str; 2] = ["Sandbox.Timedout", TASK_TIMED_OUT];

/// The task ran out of time.
const TASK_TIMED_OUT: &str = "States.Timeout";

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

/// What passes by waiting: Backstop's own names of it, and what Lambda says while it can't run a function. A function that
/// was killed isn't of it: it would be killed again.
pub(super) const PASSING: [&str; 11] = [
    ErrorName::Throttled.as_str(),
    ErrorName::Unavailable.as_str(),
    ErrorName::LogContended.as_str(),
    ErrorName::LedgerUnavailable.as_str(),
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    LAMBDA_THROTTLED,
    "Lambda.ClientExecutionTimeoutException",
    TIMED_OUT[0],
    TIMED_OUT[1],
];

/// For what contains, before people are told that it waits, which is to be within the first minute: a call of AWS is given
/// up after 15 seconds, so three attempts and the waits between them take 51 at most. Lambda says at once that it is
/// throttled, so that is tried for half a minute. A function that ran out of time isn't tried again first.
pub(super) fn within_the_minute() -> Vec<Retrier> {
    let throttled = Retrier {
        error_equals: vec![LAMBDA_THROTTLED],
        interval_seconds: 1,
        max_attempts: 5,
        max_delay_seconds: Some(16),
        ..transient()
    };
    let mut others = transient();
    others.error_equals.retain(|error| *error != LAMBDA_THROTTLED);
    others.interval_seconds = 2;
    others.max_attempts = 2;
    others.max_delay_seconds = None;
    vec![throttled, others]
}

/// For what contains, once people are told: waits that grow from 5 seconds to ten minutes, each cut at random, or every
/// incident would come back at the same moment; eight hours in the mean, sixteen at most.
pub(super) fn for_hours() -> Vec<Retrier> {
    vec![Retrier {
        error_equals: PASSING.to_vec(),
        interval_seconds: 5,
        backoff_rate: 2,
        max_attempts: 100,
        max_delay_seconds: Some(600),
        jitter_strategy: "FULL",
    }]
}

/// For writing down, asking and closing: nobody else does it, so it is tried for hours.
pub(super) fn writing_down() -> Vec<Retrier> {
    let mut all = for_hours();
    for retrier in &mut all {
        retrier.interval_seconds = 1;
        retrier.error_equals.extend(LOST);
    }
    all
}

/// For asking: the task's own timeout is the approval's end, not a fault. A function that ran out of time is one.
pub(super) fn asking() -> Vec<Retrier> {
    let mut all = writing_down();
    for retrier in &mut all {
        retrier.error_equals.retain(|error| *error != TASK_TIMED_OUT);
    }
    all
}

/// For proving, before people are told that it waits.
pub(super) fn proving() -> Vec<Retrier> {
    [not_yet()].into_iter().chain(within_the_minute()).collect()
}

/// The same once they are.
pub(super) fn proving_for_hours() -> Vec<Retrier> {
    [not_yet()].into_iter().chain(for_hours()).collect()
}

/// IAM is eventually consistent: waits of 2, 4, 8, 16 and 20 seconds, without jitter, which could use up all attempts
/// at once.
fn not_yet() -> Retrier {
    Retrier {
        error_equals: vec![ErrorName::NotYetVerified.as_str()],
        interval_seconds: 2,
        backoff_rate: 2,
        max_attempts: 5,
        max_delay_seconds: Some(20),
        jitter_strategy: "NONE",
    }
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

    /// The longest that the waits of a retrier take.
    fn waits(retrier: &Retrier) -> u32 {
        let wait = |attempt: u32| {
            let wait = retrier.interval_seconds * retrier.backoff_rate.saturating_pow(attempt.min(20));
            wait.min(retrier.max_delay_seconds.unwrap_or(u32::MAX))
        };
        (0..retrier.max_attempts).map(wait).sum()
    }

    /// As long as the SDK waits for one call in all, see `backstop_aws::config`.
    const LONGEST_CALL: u32 = 15;

    #[test]
    fn people_are_told_within_the_first_minute_and_it_is_tried_for_hours() {
        for retrier in within_the_minute() {
            let is_lambdas = retrier.error_equals == [LAMBDA_THROTTLED];
            let call = if is_lambdas { 0 } else { LONGEST_CALL };
            assert!(
                waits(&retrier) + (retrier.max_attempts + 1) * call <= 52,
                "{retrier:?}"
            );
        }
        for retrier in [for_hours(), writing_down(), asking()].concat() {
            let hours = waits(&retrier) / 3600;
            assert!((12..17).contains(&hours), "{hours} h");
        }
    }

    #[test]
    fn a_function_that_runs_out_of_time_is_asked_again_and_a_time_to_decide_that_is_over_is_not() {
        let asking = asking();
        let names: Vec<&str> = asking.iter().flat_map(|all| all.error_equals.clone()).collect();
        assert!(names.contains(&"Sandbox.Timedout"));
        assert!(!names.contains(&"States.Timeout") && !names.contains(&"States.ALL"));
    }

    #[test]
    fn what_passes_by_waiting_is_what_functions_and_lambda_say_of_it() {
        for name in ErrorName::ALL {
            let is_told = name.is_retryable() && name != ErrorName::NotYetVerified;
            assert_eq!(PASSING.contains(&name.as_str()), is_told, "{name}");
        }
        for name in LAMBDA_TRANSIENT.iter().chain(&TIMED_OUT) {
            assert_eq!(PASSING.contains(name), !LOST.contains(name), "{name}");
        }
    }

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
