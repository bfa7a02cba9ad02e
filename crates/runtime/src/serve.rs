//! The Lambda loop: JSON logs, one handler, errors under their fixed names.

use std::future::Future;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};
use tracing_subscriber::EnvFilter;

/// Starts JSON logging. Never log a finding, a token or a secret: log ids.
pub fn init_logs() {
    let filter =
        EnvFilter::try_from_env("AWS_LAMBDA_LOG_LEVEL").unwrap_or_else(|_unset| EnvFilter::new("info"));
    // A second call (in tests) finds a subscriber in place, which is as good.
    drop(
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_target(false)
            .with_env_filter(filter)
            .try_init(),
    );
}

/// Serves until Lambda stops the process.
pub async fn serve<Task, Answer, Failure, Handler, Work>(
    handler: Handler,
) -> Result<(), lambda_runtime::Error>
where
    Task: DeserializeOwned,
    Answer: Serialize,
    Failure: Into<Diagnostic> + std::fmt::Debug,
    Handler: Fn(Task) -> Work,
    Work: Future<Output = Result<Answer, Failure>>,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Task>| handler(event.payload))).await
}
