//! One batch of messages: each on its own, all at once; only those that are worth a retry go back.

use std::convert::Infallible;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;

use crate::{Intake, come_back::DEADLINE, park::Reason, read::ReadError};

/// Why a message isn't finished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfinished {
    /// It never can be: it belongs on the dead-letter queue, with the reason.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Something failed: let SQS deliver it again.
    #[error("{doing}: {why}")]
    TryAgain {
        /// What we were doing.
        doing: &'static str,
        /// What went wrong.
        why: String,
        /// Whether the incidents table failed: then nothing is contained, and people must know.
        is_ledger: bool,
    },
}

impl Unfinished {
    /// Whatever it waits for doesn't answer.
    fn out_of_time() -> Self {
        Self::TryAgain {
            doing: "answering the message",
            why: format!("it wasn't done after {} seconds", DEADLINE.as_secs()),
            is_ledger: false,
        }
    }

    /// An error that may pass.
    pub(crate) fn again(doing: &'static str, error: &impl std::error::Error) -> Self {
        Self::TryAgain {
            doing,
            why: error.to_string(),
            is_ledger: false,
        }
    }
}

impl From<backstop_runtime::LedgerError> for Unfinished {
    fn from(error: backstop_runtime::LedgerError) -> Self {
        Self::TryAgain {
            doing: "using the incidents table",
            why: error.to_string(),
            // A flood or an unreadable log is not a table that is down.
            is_ledger: matches!(error, backstop_runtime::LedgerError::Call(_)),
        }
    }
}

impl Intake {
    /// Answers a batch with the messages to deliver again (Lambda Developer Guide, "Reporting batch item
    /// failures for Lambda functions with an Amazon SQS trigger").
    pub(crate) async fn batch(&self, event: SqsEvent) -> Result<SqsBatchResponse, Infallible> {
        let outcomes = join_all(event.records.iter().map(|message| self.message(message))).await;
        let mut response = SqsBatchResponse::default();
        for item in outcomes.into_iter().flatten() {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = item;
            response.batch_item_failures.push(failure);
        }
        Ok(response)
    }

    /// Handles one message; returns its id if SQS should deliver it again.
    async fn message(&self, message: &SqsMessage) -> Option<String> {
        let id = message.message_id.clone().unwrap_or_default();
        let body = message.body.as_deref().unwrap_or_default();
        let answered = tokio::time::timeout(DEADLINE, self.answer(&id, body)).await;
        let failure = match answered.unwrap_or_else(|_elapsed| Err(Unfinished::out_of_time())) {
            Ok(()) => return None,
            Err(Unfinished::Unreadable(error)) => {
                tracing::error!(message = %id, error = error.name(), reason = %error, "parked on the dead-letter queue");
                let reason = Reason {
                    error: error.name(),
                    detail: error.to_string(),
                };
                match self.parking.park(body, &reason).await {
                    Ok(()) => return None,
                    Err(parking) => parking.to_string(),
                }
            }
            Err(Unfinished::TryAgain {
                doing,
                why,
                is_ledger,
            }) => {
                if is_ledger {
                    self.pager.ledger_is_down(&why).await;
                }
                format!("{doing}: {why}")
            }
        };
        tracing::error!(message = %id, reason = %failure, "message goes back to the queue");
        self.come_back.soon(message).await;
        Some(id)
    }
}
