//! From one message to the findings that may be acted on; everything else is said why not.

use backstop_core::{
    Finding, IncidentId, Mode,
    finding::{ParseError, Route, parse_event},
    guardrail::Guardrails,
    notice::{Notice, nothing_done},
    sweep::ContainmentReverted,
};
use backstop_playbook::{Decided, Match, gather, is_new_type};
use backstop_runtime::outbox::HandOverError;
use futures_util::{StreamExt as _, stream};

use crate::{Intake, batch::Unfinished, source::Source};

/// A message, as far as its findings need it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received<'a> {
    /// SQS's id of it.
    pub(crate) id: &'a str,
    /// The whole text.
    pub(crate) body: &'a str,
    /// Whether its findings are a drill's.
    pub(crate) is_drill: bool,
}

/// Answers of one finding that are given at the same time: hundreds of instances must not take minutes, and all of them
/// count in one item of the hour's limit.
const AT_ONCE: usize = 4;

/// A finding that is to be answered, with what was read for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) received: Received<'a>,
    pub(crate) finding: &'a Finding,
    pub(crate) guardrails: &'a Guardrails,
    pub(crate) source: &'a Source,
}

/// The message belongs on the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// It can't be parsed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Some of its findings can't be parsed; the others were answered.
    #[error("{refused} of {all} findings of this event can't be read, the first: {first}")]
    PartlyUnreadable {
        /// How many.
        refused: usize,
        /// Of how many.
        all: usize,
        /// Why the first can't.
        first: String,
    },
    /// A drill event where drills aren't allowed.
    #[error("drill events aren't accepted here: deploy with DrillEvents=Enabled to accept them")]
    DrillsDisabled,
}

impl ReadError {
    /// The fixed name, for the log and the parked message.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Parse(error) => error.name(),
            Self::PartlyUnreadable { .. } => "PartlyUnreadable",
            Self::DrillsDisabled => "DrillsDisabled",
        }
    }
}

impl Intake {
    /// Answers one message: each finding becomes an incident, joins one, or is left with a stated reason.
    pub(crate) async fn answer(&self, message: &str, body: &str) -> Result<(), Unfinished> {
        if let Some(incident) = ContainmentReverted::read(body) {
            return self.reverted(message, &incident).await;
        }
        let parsed = parse_event(body.as_bytes()).map_err(ReadError::from)?;
        let is_drill = parsed.envelope.is_drill;
        if is_drill && !self.accepts_drills {
            return Err(ReadError::DrillsDisabled.into());
        }
        for left in &parsed.left {
            tracing::info!(message, reason = %left.reason, "left: nothing to act on");
        }
        let received = Received {
            id: message,
            body,
            is_drill,
        };
        // One finding that fails must not keep its neighbours from being answered.
        let mut first_failure = None;
        for finding in &parsed.findings {
            if let Err(error) = self.finding(received, finding).await {
                first_failure.get_or_insert(error);
            }
        }
        if let Some(error) = first_failure {
            return Err(error);
        }
        match parsed.refused.first() {
            None => Ok(()),
            // The readable ones were answered above, and will only be joined if this comes again.
            Some(first) => Err(ReadError::PartlyUnreadable {
                refused: parsed.refused.len(),
                all: parsed.refused.len() + parsed.findings.len() + parsed.left.len(),
                first: first.error.to_string(),
            }
            .into()),
        }
    }

    /// Whoever pressed a button waits for something to happen: if nothing does, they are told why. Nobody waits for
    /// the other routes.
    async fn tell_sender(&self, message: &str, finding: &Finding, reason: &str) -> Result<(), Unfinished> {
        if finding.route != Route::SecurityHubCustomAction {
            return Ok(());
        }
        self.hand_over(&nothing_done(finding, reason, message)).await
    }

    /// Writes a notice down and has it delivered.
    pub(crate) async fn hand_over(&self, notice: &Notice) -> Result<(), Unfinished> {
        match self.outbox.hand_over(&self.ledger, notice).await {
            Ok(()) => Ok(()),
            Err(HandOverError::Ledger(error)) => Err(error.into()),
            // It is written down: the sweep has it delivered.
            Err(HandOverError::Call(error)) => {
                tracing::error!(notice = %notice.key, %error, "written down, but not handed over yet");
                Ok(())
            }
        }
    }

    async fn finding(&self, received: Received<'_>, finding: &Finding) -> Result<(), Unfinished> {
        let message = received.id;
        if is_new_type(finding) {
            tracing::warn!(message, finding = %finding.key(), r#type = %finding.finding_type,
                "this type is newer than this version");
        }
        let answers = match self.catalog.decide(finding) {
            Decided::Answered(answers) => answers,
            Decided::Inactive { reason } => {
                tracing::info!(message, finding = %finding.key(), %reason, "left: not active");
                return self.tell_sender(message, finding, reason).await;
            }
            Decided::Unanswered { reason } => {
                tracing::info!(message, finding = %finding.key(), %reason, "left: not answered");
                return self.tell_sender(message, finding, &reason).await;
            }
        };
        // Nobody waits for the one to be done before the other begins.
        let (guardrails, source) = tokio::join!(self.ledger.guardrails(), self.source(finding, &answers));
        // Fail closed: without the guardrails nothing is opened, and SQS keeps the message.
        let guardrails = guardrails?;
        let answers = gather(finding, answers);
        let Some((first, others)) = answers.split_first() else {
            return Ok(());
        };
        let asked = Asked {
            received,
            finding,
            guardrails: &guardrails,
            source: &source,
        };
        // What the finding opens is one case, of the incident that answers first. One answer that fails must not keep the
        // others from being given.
        let opened = self.open_or_join(asked, first, None).await;
        let case = opened.as_ref().ok();
        let given: Vec<Result<IncidentId, Unfinished>> = stream::iter(others)
            .map(|answer| self.open_or_join(asked, answer, case))
            .buffered(AT_ONCE)
            .collect()
            .await;
        std::iter::once(opened)
            .chain(given)
            .try_for_each(|one| one.map(drop))
    }

    /// Only what would be acted on unasked is worth the call.
    pub(crate) async fn source(&self, finding: &Finding, answers: &[Match<'_>]) -> Source {
        let acts = |answer: &Match<'_>| {
            answer.mode.min(self.maximum_mode) == Mode::Auto && !answer.playbook.step_refs().is_empty()
        };
        if !answers.iter().any(acts) {
            return Source::NotAsked;
        }
        self.ask_source(finding).await
    }
}
