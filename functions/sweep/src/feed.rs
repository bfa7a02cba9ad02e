//! Feeds findings to intake that a playbook answers and no incident knows.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use backstop_core::{
    Finding, IncidentId, Mode,
    activity_after_end::{History, NewActivity, Reaction},
    canonical,
    finding::parse,
    guardrail::{Guardrails, OpeningSubject},
    log::FindingRef,
    sweep::{Fed, FedLate, Feeding, feeding, is_late},
};
use backstop_playbook::{Decided, Gathered, gather};
use backstop_runtime::{CallError, LedgerError, now};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{Sweep, report::Report, source::Source};

/// Fed in one run. More are left to the next, so that one bad day doesn't become a flood at once.
const MOST_FED: usize = 500;
/// `SendMessageBatch` takes ten messages of one MiB together (SQS Developer Guide, "Message quotas").
const BATCH: usize = 10;
const BATCH_BYTES: usize = 1024 * 1024;
/// How long it is remembered that a finding was fed, beyond the window in which it can be found again.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// What keeps a page from being fed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FeedError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Queue(#[from] CallError),
    #[error("{refused} of {all} messages were refused by the intake queue: {code}")]
    Refused {
        refused: usize,
        all: usize,
        code: String,
    },
    #[error("a message can't be made")]
    Message(#[from] aws_sdk_sqs::error::BuildError),
}

/// One finding on its way to the queue.
struct Parcel {
    note: String,
    fed: Fed,
    body: String,
    /// What people hear of it if it is sent for the first time.
    late: Option<FedLate>,
}

/// What incidents know of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    /// This state of it, or nothing would follow from it.
    Yes,
    /// This state of it, and it would now be answered by more: in this mode.
    Raised(Mode),
    /// It, but something is new since the incident has ended.
    Before,
    /// Nothing.
    No,
}

/// Feeds; remembers for one run what incidents know.
pub(crate) struct Feeder<'a> {
    sweep: &'a Sweep,
    known: BTreeMap<IncidentId, History>,
    /// Read once in a run.
    guardrails: Option<Arc<Guardrails>>,
    fed: usize,
}

impl<'a> Feeder<'a> {
    pub(crate) const fn new(sweep: &'a Sweep) -> Self {
        Self {
            sweep,
            known: BTreeMap::new(),
            guardrails: None,
            fed: 0,
        }
    }

    /// Whether the rest is for the next run.
    pub(crate) const fn is_full(&self) -> bool {
        self.fed >= MOST_FED
    }

    /// Feeds what a page holds; gives the latest update in it.
    pub(crate) async fn feed(
        &mut self,
        source: &Source,
        findings: &[Value],
        report: &mut Report,
    ) -> Result<Option<Timestamp>, FeedError> {
        let mut reached = None;
        let mut parcels = Vec::new();
        for finding in findings {
            report.seen += 1;
            let body = source.envelope(finding).to_string();
            let mut late = None;
            let (note, known) = match parse(body.as_bytes()) {
                // Intake parks it with the reason, which is how people learn of it.
                Err(_) => (canonical::sha256(body.as_bytes()).to_string(), Known::No),
                Ok(parsed) => match parsed.findings.first() {
                    Some(finding) => {
                        reached = reached.max(finding.updated_at);
                        let Some(known) = self.is_known(finding).await? else {
                            report.unanswered += 1;
                            continue;
                        };
                        // GuardDuty tells of what goes on every few hours only: an update that is here first isn't late.
                        late = late_if_fed(finding).filter(|_| known == Known::No);
                        (note_of(finding, known), known)
                    }
                    None => {
                        report.unanswered += 1;
                        continue;
                    }
                },
            };
            if let Some(parcel) = self.parcel(&note, known == Known::Yes, body, report).await? {
                parcels.push(Parcel { late, ..parcel });
            }
        }
        self.send(parcels, report).await?;
        Ok(reached)
    }

    /// What each incident that would answer the finding knows of it, the least counts; `None` if nothing would answer it.
    async fn is_known(&mut self, finding: &Finding) -> Result<Option<Known>, LedgerError> {
        let sweep = self.sweep;
        let Decided::Answered(answers) = sweep.catalog.decide(finding) else {
            return Ok(None);
        };
        let reference = FindingRef::of(finding, None);
        let guardrails = self.guardrails().await?;
        let mut least = Known::Yes;
        // As intake opens them: what only tells of several targets has one incident.
        for answer in gather(finding, answers) {
            least = least.max(self.knows(&answer, &reference, &guardrails).await?);
        }
        Ok(Some(least))
    }

    async fn guardrails(&mut self) -> Result<Arc<Guardrails>, LedgerError> {
        if let Some(read) = &self.guardrails {
            return Ok(Arc::clone(read));
        }
        let read = Arc::new(self.sweep.ledger.guardrails().await?);
        self.guardrails = Some(Arc::clone(&read));
        Ok(read)
    }

    /// What the target's incident knows, and those that it follows: intake acts on no state of a finding twice.
    async fn knows(
        &mut self,
        answer: &Gathered<'_>,
        finding: &FindingRef,
        guardrails: &Guardrails,
    ) -> Result<Known, LedgerError> {
        let (sweep, target) = (self.sweep, answer.target());
        let playbook = answer.by.playbook;
        let Some(lock) = sweep.ledger.lock_on(&target, &playbook.name).await? else {
            return Ok(Known::No);
        };
        let subject = OpeningSubject {
            playbook: &playbook.name,
            target: &target,
            wanted: playbook.mode,
            furthest: Some(answer.by.furthest()),
            maximum: sweep.maximum_mode,
        };
        let (mode, _) = guardrails.mode_at_opening(&sweep.protection, subject, now());
        if let Some(history) = self.known.get(&lock.incident) {
            return Ok(known_by(history, finding, mode));
        }
        let log = sweep.ledger.log(&lock.incident).await?;
        let history = sweep.ledger.history(&log).await?;
        let known = known_by(&history, finding, mode);
        self.known.insert(lock.incident, history);
        Ok(known)
    }

    /// What is to be sent, unless it was sent before or needn't be.
    async fn parcel(
        &self,
        key: &str,
        is_known: bool,
        body: String,
        report: &mut Report,
    ) -> Result<Option<Parcel>, LedgerError> {
        let (note, now) = (format!("fed {key}"), now());
        let fed: Option<Fed> = if is_known {
            None
        } else {
            self.sweep.ledger.memo(&note, now).await?
        };
        match feeding(is_known, fed.as_ref(), now) {
            Feeding::Known => report.known += 1,
            Feeding::Waits => report.waiting += 1,
            Feeding::GivenUp => report.given_up += 1,
            Feeding::Feed(_) if body.len() > BATCH_BYTES => {
                report.too_large += 1;
                tracing::error!(
                    finding = key,
                    bytes = body.len(),
                    "no message can hold this finding: look at it by hand"
                );
            }
            Feeding::Feed(fed) => {
                return Ok(Some(Parcel {
                    note,
                    fed,
                    body,
                    late: None,
                }));
            }
        }
        Ok(None)
    }

    async fn send(&mut self, parcels: Vec<Parcel>, report: &mut Report) -> Result<(), FeedError> {
        for batch in batches(parcels) {
            let (refused, all) = (self.send_batch(&batch).await?, batch.len());
            let until = now() + self.sweep.window + MEMORY;
            for (number, parcel) in batch.into_iter().enumerate() {
                if !refused.contains_key(&number.to_string()) {
                    // Sent first, noted then: after a crash between the two it is sent again, and joins.
                    self.sweep
                        .ledger
                        .keep_memo(&parcel.note, &parcel.fed, until)
                        .await?;
                    self.fed += 1;
                    report.fed += 1;
                    // What was fed before and isn't there yet says nothing new about the rules.
                    report
                        .fed_late
                        .extend(parcel.late.filter(|_| parcel.fed.times == 1));
                }
            }
            if let Some(code) = refused.values().next() {
                return Err(FeedError::Refused {
                    refused: refused.len(),
                    all,
                    code: code.clone(),
                });
            }
        }
        Ok(())
    }

    /// Sends at most ten; gives those that SQS refused, by their number, with its code.
    async fn send_batch(&self, batch: &[Parcel]) -> Result<BTreeMap<String, String>, FeedError> {
        let mut request = self
            .sweep
            .sqs
            .send_message_batch()
            .queue_url(&self.sweep.queue_url);
        for (number, parcel) in batch.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .message_body(&parcel.body)
                .build()?;
            request = request.entries(entry);
        }
        let answer = request
            .send()
            .await
            .map_err(CallError::of("sqs:SendMessageBatch", "the intake queue"))?;
        Ok(answer
            .failed
            .into_iter()
            .map(|failure| (failure.id, failure.code))
            .collect())
    }
}

/// What follows from a mode that was raised, and from nothing else, is in the table of endings as well.
fn known_by(history: &History, finding: &FindingRef, mode: Mode) -> Known {
    if !history.knows(&finding.key) {
        return Known::No;
    }
    let is_raised = history.is_raised_by_settings(mode);
    let mode = if is_raised {
        mode
    } else {
        history.last().opened.mode
    };
    match history.activity(finding, mode) {
        None | Some(NewActivity::Nothing) => Known::Yes,
        Some(NewActivity::ModeRaised) => match history.ending().reaction(NewActivity::ModeRaised) {
            Reaction::Note => Known::Yes,
            _ => Known::Raised(mode),
        },
        Some(_) => Known::Before,
    }
}

/// Under what it is remembered that it was fed: after the end each state of it once more, and each mode that it would be
/// answered in.
fn note_of(finding: &Finding, known: Known) -> String {
    let state = finding.updated_at.map(|at| format!(" {at}")).unwrap_or_default();
    match known {
        Known::Before => format!("{}{state}", finding.key()),
        Known::Raised(mode) => format!("{}{state} {mode}", finding.key()),
        Known::Yes | Known::No => finding.key(),
    }
}

/// What people hear of a finding that no event brought; none if its event may be on its way.
fn late_if_fed(finding: &Finding) -> Option<FedLate> {
    let updated_at = finding.updated_at?;
    is_late(updated_at, now()).then(|| FedLate {
        key: finding.key(),
        finding_type: finding.finding_type.clone(),
        updated_at,
    })
}

/// In order, each as full as its limits allow.
fn batches(parcels: Vec<Parcel>) -> Vec<Vec<Parcel>> {
    let mut batches: Vec<Vec<Parcel>> = Vec::new();
    let mut bytes = 0;
    for parcel in parcels {
        bytes += parcel.body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH && bytes <= BATCH_BYTES => batch.push(parcel),
            _ => {
                bytes = parcel.body.len();
                batches.push(vec![parcel]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests;
