//! The Lambda loop: JSON logs, one handler, errors under their fixed names.

use std::future::Future;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter, util::SubscriberInitExt};

/// Starts JSON logging. Never log a finding, a token or a secret: log ids.
pub fn init_logs() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").unwrap_or_default();
    // A second call (in tests) finds a subscriber in place, which is as good.
    drop(lines(least(&level), std::io::stdout).try_init());
}

/// Lambda gives one level for all (Lambda Developer Guide, "Configuring JSON and plain text log formats"). A filter of
/// more than that would carry a regex engine into every function.
fn least(level: &str) -> LevelFilter {
    match level {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

/// One line of JSON an event; what is hostile in a value is escaped there.
fn lines<W>(level: LevelFilter, to: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_target(false)
        .with_max_level(level)
        .with_writer(to)
        .finish()
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lambdas_levels_are_known_and_anything_else_is_info() {
        assert_eq!(least("WARN"), LevelFilter::WARN);
        assert_eq!(least("FATAL"), LevelFilter::ERROR);
        assert_eq!(least(""), LevelFilter::INFO);
        assert_eq!(least("info,hyper=off"), LevelFilter::INFO);
    }

    #[test]
    fn hostile_text_stays_inside_its_line_and_its_value() {
        let hostile = "\u{1b}[2J\r\n{\"level\":\"INFO\",\"message\":\"forged\"}\u{0}\u{7}<script>";
        let written = Written::default();
        let to = written.clone();
        let subscriber = lines(LevelFilter::INFO, move || to.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(reason = %hostile, finding = hostile, "parked");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.trim_end().chars().any(char::is_control), "{text:?}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line.get("message").unwrap(), "parked");
        assert_eq!(line.get("finding").unwrap(), hostile);
    }
}
