//! A call that AWS refuses when it is made twice. Where the answer to it is lost, the SDK asks again and is refused, though the
//! change was made: what the service shows tells what came of it, not the last answer.

use std::future::Future;

use backstop_runtime::CallError;

/// The call succeeded if what it was to do is there, whatever it was answered.
pub(crate) async fn unless_done(
    asked: Result<(), CallError>,
    is_done: impl Future<Output = Result<bool, CallError>>,
) -> Result<(), CallError> {
    let Err(refused) = asked else {
        return Ok(());
    };
    match is_done.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(refused),
        // The next attempt reads again, which a refusal wouldn't let come to pass.
        Err(unread) if unread.name.is_retryable() => Err(unread),
        Err(_) => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::future::ready;

    use backstop_core::ErrorName;

    use super::*;

    fn failed(name: ErrorName) -> CallError {
        CallError {
            name,
            call: "autoscaling:AttachInstances",
            on: String::new(),
            code: String::new(),
            message: String::new(),
        }
    }

    #[tokio::test]
    async fn what_is_there_tells_and_what_cannot_be_read_is_tried_again() {
        let refused = || Err(failed(ErrorName::Rejected));
        unless_done(refused(), ready(Ok(true))).await.unwrap();
        let never = async { unreachable!("what succeeded isn't read back") };
        unless_done(Ok(()), never).await.unwrap();
        let name = async |read| unless_done(refused(), ready(read)).await.unwrap_err().name;
        assert_eq!(name(Ok(false)).await, ErrorName::Rejected);
        assert_eq!(
            name(Err(failed(ErrorName::Throttled))).await,
            ErrorName::Throttled
        );
        assert_eq!(
            name(Err(failed(ErrorName::AccessDenied))).await,
            ErrorName::Rejected
        );
    }
}
