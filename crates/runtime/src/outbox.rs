//! Hands notices over to `notify`, which alone delivers. A notice is written down first, so that a crash at any point
//! loses none: what isn't delivered is found by the sweep.

use aws_sdk_lambda::Client;
use backstop_core::{
    IncidentId,
    about::About,
    notice::Notice,
    task::{NoticeRef, NotifyTask},
};

use crate::{CallError, Ledger, LedgerError, functions::hand_over};

/// See the module.
#[derive(Clone, Debug)]
pub struct Outbox {
    lambda: Client,
    notify: String,
}

/// A notice wasn't handed over.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    /// It isn't written down either.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It is written down and left to the sweep.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl Outbox {
    /// Hands over to the function with this name.
    pub const fn new(lambda: Client, notify: String) -> Self {
        Self { lambda, notify }
    }

    /// Writes the notice down, then asks for its delivery. One that was delivered before isn't delivered again.
    pub async fn hand_over(&self, ledger: &Ledger, notice: &Notice) -> Result<(), HandOverError> {
        ledger.put_notice(notice).await?;
        Ok(self.deliver(notice.reference()).await?)
    }

    /// Asks for the delivery of a notice that is written down; doesn't wait for it. Lambda tries three times, and then
    /// hands the request to the dead-letter queue.
    pub async fn deliver(&self, notice: NoticeRef) -> Result<(), CallError> {
        let on = format!("`{}`, notice `{}`", self.notify, notice.key);
        self.invoke(&NotifyTask::Deliver { notice }, on).await
    }

    /// Has the notice of an incident made as its log stands, and delivered; doesn't wait for it.
    pub async fn make(&self, incident: &IncidentId, about: About) -> Result<(), CallError> {
        let on = format!(
            "`{}`, the {} of incident `{incident}`",
            self.notify,
            about.as_str()
        );
        let task = NotifyTask::Make {
            incident: incident.clone(),
            about,
            delayed: None,
        };
        self.invoke(&task, on).await
    }

    async fn invoke(&self, task: &NotifyTask, on: String) -> Result<(), CallError> {
        hand_over(&self.lambda, &self.notify, task, on).await
    }
}

#[cfg(test)]
mod tests;
