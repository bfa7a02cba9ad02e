//! What follows when the sweep says that a containment doesn't hold any more. Whoever may send to the queue can say so: it is
//! read back here, and what it leads to is what the incident's own finding would, confirmed anew.

use backstop_core::{
    IncidentId, Mode,
    activity_after_end::{Reaction, is_unconfirmed},
    case::Case,
    evidence::RawFinding,
    finding::parse_event,
    guardrail::OpeningSubject,
    incident::Incident,
    log::{FindingRef, Opened, OriginKind},
};
use backstop_playbook::{Decided, gather};
use backstop_runtime::{LedgerError, ledger::NewIncident, now};

use crate::{
    Intake,
    batch::Unfinished,
    read::{Asked, Received},
};

impl Intake {
    /// Opens the incident that follows, if it doesn't hold and nobody has answered yet. People were paged by the sweep.
    pub(crate) async fn reverted(&self, message: &str, id: &IncidentId) -> Result<(), Unfinished> {
        let left =
            |why: &str| tracing::info!(message, incident = %id, why, "left: said not to hold any more");
        let log = match self.ledger.log(id).await {
            Err(LedgerError::NoSuchIncident(_)) => {
                left("there is no such incident");
                return Ok(());
            }
            log => log?,
        };
        let incident = log.incident()?;
        if !incident.can_be_read_again() {
            left("it isn't to hold");
            return Ok(());
        }
        let lock = self.ledger.lock(&incident.opened).await?;
        let Some(lock) = lock.filter(|lock| lock.incident == *id) else {
            left("another incident has its target");
            return Ok(());
        };
        let history = self.ledger.history(&log).await?;
        if self.still_holds(&history).await? {
            left("it holds");
            return Ok(());
        }
        let Some(new) = self.as_now(message, id, &incident).await? else {
            left("no playbook answers it any more");
            return Ok(());
        };
        let since = history.since(now(), new.opened.mode, !is_unconfirmed(&new.opened), true);
        let ending = history.ending();
        let Some(reaction) = ending.when_changed_back() else {
            left("what was done isn't to hold any more");
            return Ok(());
        };
        let reaction = reaction.after_reverted(since);
        tracing::warn!(incident = %id, ?ending, ?reaction, "what was contained was changed back");
        let Reaction::Open { at_most } = reaction else {
            return Ok(());
        };
        let reference = new.opened.finding.clone();
        self.follow_up(&lock, &history, new, reference, since, at_most)
            .await
            .map(drop)
    }

    /// The incident that would be opened for the same target now.
    async fn as_now(
        &self,
        message: &str,
        id: &IncidentId,
        incident: &Incident,
    ) -> Result<Option<NewIncident>, Unfinished> {
        let opened = &incident.opened;
        if matches!(opened.origin.kind(), OriginKind::Manual | OriginKind::Plan) {
            return Ok(Some(self.by_hand_as_now(opened).await?));
        }
        let received = self.ledger.findings(id).await?;
        for raw in received.iter().filter(|raw| raw.key == opened.finding.key) {
            if let Some(new) = self.by_finding_as_now(message, raw, opened).await? {
                return Ok(Some(new));
            }
        }
        Ok(None)
    }

    /// By the finding as it was received; whether it is still there, its service says.
    async fn by_finding_as_now(
        &self,
        message: &str,
        raw: &RawFinding,
        before: &Opened,
    ) -> Result<Option<NewIncident>, Unfinished> {
        let Ok(body) = std::str::from_utf8(&raw.bytes) else {
            return Ok(None);
        };
        let Ok(parsed) = parse_event(body.as_bytes()) else {
            return Ok(None);
        };
        let is_drill = parsed.envelope.is_drill;
        if is_drill && !self.accepts_drills {
            return Ok(None);
        }
        let received = Received {
            id: message,
            body,
            is_drill,
        };
        let guardrails = self.ledger.guardrails().await?;
        for finding in parsed
            .findings
            .iter()
            .filter(|one| one.key() == before.finding.key)
        {
            let Decided::Answered(answers) = self.catalog.decide(finding) else {
                continue;
            };
            let source = self.source(finding, &answers).await;
            let asked = Asked {
                received,
                finding,
                guardrails: &guardrails,
                source: &source,
            };
            let gathered = gather(finding, answers);
            let of_playbook = gathered
                .iter()
                .filter(|one| one.by.playbook.name == before.playbook);
            for answer in of_playbook {
                let new = self.new_incident(asked, answer, None);
                if backstop_runtime::ledger::Lock::is_same(before, &new.opened) {
                    return Ok(Some(new));
                }
            }
        }
        Ok(None)
    }

    /// A person began it, and no service confirms that: a person is asked again.
    async fn by_hand_as_now(&self, before: &Opened) -> Result<NewIncident, Unfinished> {
        let guardrails = self.ledger.guardrails().await?;
        let subject = OpeningSubject {
            playbook: &before.playbook,
            target: &before.target,
            wanted: Mode::Approve,
            furthest: None,
            maximum: self.maximum_mode,
        };
        let (mode, guardrails) = guardrails.mode_at_opening(&self.protection, subject, now());
        let opened = Opened {
            mode,
            guardrails,
            finding: FindingRef {
                message: None,
                ..before.finding.clone()
            },
            linked: None,
            // How long ago it was decides whether it is the same case.
            case: Case::default(),
            ..before.clone()
        };
        Ok(NewIncident {
            opened,
            raw: b"{}".to_vec(),
            hourly_limit: self.hourly_limit,
        })
    }
}

#[cfg(test)]
mod tests;
