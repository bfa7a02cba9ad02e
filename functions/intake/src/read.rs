//! From one message to the findings that may be acted on; everything else is said why not.

use backstop_core::{
    Finding,
    finding::{ParseError, Route, parse},
};
use backstop_playbook::{Decided, is_new_type};

use crate::{Intake, batch::Unfinished, tell};

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
        let parsed = parse(body.as_bytes()).map_err(ReadError::from)?;
        let is_drill = parsed.envelope.is_drill;
        if is_drill && !self.accepts_drills {
            return Err(ReadError::DrillsDisabled.into());
        }
        for left in &parsed.left {
            tracing::info!(message, reason = %left.reason, "left: nothing to act on");
        }
        // One finding that fails must not keep its neighbours from being answered.
        let mut first_failure = None;
        for finding in &parsed.findings {
            if let Err(error) = self.finding(message, body, finding, is_drill).await {
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
    async fn tell_sender(&self, finding: &Finding, reason: &str) -> Result<(), Unfinished> {
        if finding.route != Route::SecurityHubCustomAction {
            return Ok(());
        }
        let (subject, body) = tell::nothing_done(finding, reason);
        self.pager
            .tell(&subject, body)
            .await
            .map_err(|error| Unfinished::again("telling who sent the finding", &error))
    }

    async fn finding(
        &self,
        message: &str,
        body: &str,
        finding: &Finding,
        is_drill: bool,
    ) -> Result<(), Unfinished> {
        if is_new_type(finding) {
            tracing::warn!(message, finding = %finding.key(), r#type = %finding.finding_type,
                "this type is newer than this version");
        }
        let answers = match self.catalog.decide(finding) {
            Decided::Answered(answers) => answers,
            Decided::Inactive { reason } => {
                tracing::info!(message, finding = %finding.key(), %reason, "left: not active");
                return self.tell_sender(finding, reason).await;
            }
            Decided::Unanswered { reason } => {
                tracing::info!(message, finding = %finding.key(), %reason, "left: not answered");
                return self.tell_sender(finding, &reason).await;
            }
        };
        for answer in answers {
            self.open_or_join(message, body, finding, &answer, is_drill)
                .await?;
        }
        Ok(())
    }
}
