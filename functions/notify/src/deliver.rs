//! Hands a notice that is written down to every channel that hasn't taken it yet. A channel that fails stops no other.

use std::collections::BTreeMap;

use backstop_core::{
    NoticeKey, about::About, incident::Incident, log::Event, notice::Notice, task::NoticeRef,
};
use backstop_runtime::{CallError, IncidentLog, LedgerError, StepError, ledger::KeptNotice};
use serde_json::{Value, json};

use super::{
    Notifier,
    channel::{Channel, Sent},
};

/// Where it is written down which channel took the notice: in the log of its incident, or beside it if it is about none.
enum Deliveries {
    Log(IncidentLog),
    Beside(BTreeMap<String, String>),
}

impl Notifier {
    /// Delivers, and notes each delivery as it is made. What a channel doesn't take is this task's error: it is tried
    /// again by whoever called, and then by the sweep. If a delivery can't be noted, the next attempt makes it again:
    /// two notices are better than none.
    pub(crate) async fn deliver(&self, reference: &NoticeRef) -> Result<Value, StepError> {
        let Some(KeptNotice {
            notice, delivered, ..
        }) = self.ledger.notice(reference).await?
        else {
            return Err(StepError::Invalid {
                what: "the notice to deliver",
                detail: format!("there is no notice `{}`", reference.key),
            });
        };
        let mut deliveries = match &reference.incident {
            Some(incident) => Deliveries::Log(self.ledger.log(incident).await?),
            None => Deliveries::Beside(delivered),
        };
        if let Deliveries::Log(log) = &deliveries
            && is_overtaken(&notice, &log.incident()?)
        {
            self.ledger.settle_notice(reference).await?;
            tracing::info!(notice = %notice.key, "decided meanwhile: people aren't asked any more");
            return Ok(json!({ "notified": "overtaken" }));
        }
        let mut failed: Option<StepError> = None;
        for channel in &self.channels {
            if let Err(error) = self.deliver_to(channel.as_ref(), &notice, &mut deliveries).await {
                failed.get_or_insert(error);
            }
        }
        match failed {
            Some(error) => Err(error),
            None => {
                self.ledger.settle_notice(reference).await?;
                Ok(json!({ "notified": notice.about }))
            }
        }
    }

    /// Hands a notice to every channel at once, written down or not: what is about Backstop itself must reach people
    /// while the table can't be used. If a channel fails, Lambda tries again, and a channel that took it gets it twice.
    pub(crate) async fn page(&self, notice: &Notice) -> Result<Value, StepError> {
        let mut failed: Option<CallError> = None;
        for channel in &self.channels {
            if let Err(error) = channel.send(notice).await {
                tracing::error!(notice = %notice.key, channel = channel.name(), %error, "a channel failed");
                failed.get_or_insert(error);
            }
        }
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(json!({ "notified": notice.about })),
        }
    }

    async fn deliver_to(
        &self,
        channel: &dyn Channel,
        notice: &Notice,
        deliveries: &mut Deliveries,
    ) -> Result<(), StepError> {
        if deliveries.has(notice, channel.name())? {
            return Ok(());
        }
        match channel.send(notice).await {
            Ok(sent) => {
                tracing::info!(notice = %notice.key, about = notice.about.as_str(), "people are notified");
                Ok(self.note_sent(channel.name(), notice, sent, deliveries).await?)
            }
            Err(error) => {
                tracing::error!(notice = %notice.key, channel = channel.name(), %error, "a channel failed");
                self.note_failure(channel.name(), notice, &error, deliveries)
                    .await;
                Err(error.into())
            }
        }
    }

    async fn note_sent(
        &self,
        channel: &str,
        notice: &Notice,
        sent: Sent,
        deliveries: &mut Deliveries,
    ) -> Result<(), LedgerError> {
        match deliveries {
            Deliveries::Log(log) => {
                let event = Event::Notified {
                    channel: channel.to_owned(),
                    subject: sent.subject,
                    message_id: sent.message_id,
                    // The log has the question's text where it is asked.
                    body: (notice.about != About::Question).then_some(sent.body),
                    about: notice.about,
                    notice: Some(notice.key.clone()),
                };
                log.append(&self.ledger, event).await?;
            }
            Deliveries::Beside(delivered) => {
                delivered.insert(channel.to_owned(), sent.message_id);
                self.ledger.note_delivered(&notice.reference(), delivered).await?;
            }
        }
        Ok(())
    }

    /// Once for the same failure: it is tried again for as long as it takes. If the log fails as well, the function's own
    /// log and the failed task are left.
    async fn note_failure(
        &self,
        channel: &str,
        notice: &Notice,
        error: &CallError,
        deliveries: &mut Deliveries,
    ) {
        let Deliveries::Log(log) = deliveries else { return };
        let (name, detail) = (error.name.as_str().to_owned(), error.to_string());
        let noted = async {
            let before = log.incident()?;
            let last = before.notices.last_failure(&notice.key, channel);
            if last == Some(format!("{name}: {detail}").as_str()) {
                return Ok(());
            }
            let event = Event::NotNotified {
                channel: channel.to_owned(),
                about: notice.about,
                notice: notice.key.clone(),
                error: name,
                detail,
            };
            log.append(&self.ledger, event).await?;
            Ok::<(), LedgerError>(())
        };
        if let Err(error) = noted.await {
            tracing::error!(notice = %notice.key, %error, "the failure couldn't be written to the log either");
        }
    }
}

impl Deliveries {
    fn has(&self, notice: &Notice, channel: &str) -> Result<bool, LedgerError> {
        Ok(match self {
            Self::Log(log) => log.incident()?.notices.is_delivered(&notice.key, channel),
            Self::Beside(delivered) => delivered.contains_key(channel),
        })
    }
}

/// A question that isn't open any more, or a reminder of it: whoever answered it now would be refused.
fn is_overtaken(notice: &Notice, incident: &Incident) -> bool {
    let question = incident.question.as_ref().filter(|_| incident.decision.is_none());
    let open = question.filter(|_| incident.closed.is_none());
    match notice.about {
        About::Question => open.is_none_or(|open| open.notice != notice.key),
        About::Reminder => open.is_none_or(|open| NoticeKey::reminder(&open.notice) != notice.key),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
