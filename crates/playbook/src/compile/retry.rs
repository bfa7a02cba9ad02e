//! When a task is tried again. Every task is safe to run twice, so a lost answer is worth a retry.

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

/// For acting, planning, telling, closing. Full jitter: a burst of incidents must not retry in step.
pub(super) fn usual() -> Vec<Retrier> {
    vec![transient(), timed_out()]
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
