//! What one message turns out to be, and what would be done with each of its findings.

use backstop_core::{
    AccountId, Finding, Mode, PlaybookName, Region, Target, advice,
    finding::{Parsed, Route, Severity, Standing, parse_saved},
    guardrail::Decision,
    words::with_causes,
};
use backstop_playbook::{Catalog, Decided, Match, is_new_type};
use serde::Serialize;

use super::guard;

/// A message as intake would read it.
#[derive(Debug, Serialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub(super) enum Reading {
    /// It would go to the dead-letter queue.
    Unreadable(Unread),
    /// It is read, at least in part.
    Read(Box<Content>),
}

/// What can't be read, and why.
#[derive(Debug, Serialize)]
pub(super) struct Unread {
    /// Which item of the message, from 0.
    pub(super) index: usize,
    /// The fixed name.
    pub(super) error: &'static str,
    pub(super) reason: String,
}

/// What a message holds.
#[derive(Debug, Serialize)]
pub(super) struct Content {
    pub(super) route: Route,
    pub(super) detail_type: Option<String>,
    pub(super) custom_action: Option<String>,
    pub(super) is_drill: bool,
    pub(super) findings: Vec<Verdict>,
    pub(super) not_findings: Vec<NotAFinding>,
    pub(super) unreadable: Vec<Unread>,
}

/// An item that is understood and is no finding.
#[derive(Debug, Serialize)]
pub(super) struct NotAFinding {
    pub(super) index: usize,
    pub(super) reason: String,
}

/// What would be done with one finding.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    pub(super) id: String,
    pub(super) finding_type: String,
    /// GuardDuty has this type, and this version doesn't know it.
    pub(super) is_new_type: bool,
    pub(super) control: Option<String>,
    pub(super) product: String,
    pub(super) severity: Severity,
    pub(super) title: String,
    pub(super) account: AccountId,
    pub(super) region: Region,
    pub(super) count: u64,
    /// A person sent it by a custom action, and is told that nothing is done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) sender_is_told: bool,
    #[serde(flatten)]
    pub(super) done: Done,
    /// One for each target that a playbook answers: what is done, or what would be if it were active.
    pub(super) answers: Vec<Response>,
    /// Named by the finding, and never acted on by itself.
    pub(super) related: Vec<Target>,
}

/// Whether anything is done.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub(super) enum Done {
    Answered,
    /// Nothing is done, since it isn't active.
    Inactive {
        reason: String,
    },
    /// Nothing is done, since no playbook wants it.
    Unanswered {
        reason: String,
    },
}

/// One target and the playbook that answers it.
#[derive(Debug, Serialize)]
pub(super) struct Response {
    pub(super) playbook: PlaybookName,
    pub(super) target: Target,
    pub(super) why: String,
    /// Whether the playbook contains, or only tells people.
    pub(super) contains: bool,
    /// The playbook's own mode.
    pub(super) playbook_mode: Mode,
    /// The mode that the guardrails known offline leave.
    pub(super) mode: Mode,
    pub(super) guardrails: Vec<Decision>,
    /// What people are told to do, where the playbook only tells.
    pub(super) steps_for_people: Vec<String>,
    /// Whether its target is real, so that a plan could be made for it.
    #[serde(skip)]
    pub(super) can_be_planned: bool,
}

impl Reading {
    /// Reads and decides as intake does.
    pub(super) fn of(bytes: &[u8], catalog: &Catalog) -> Self {
        match parse_saved(bytes) {
            Err(error) => Self::Unreadable(Unread {
                index: 0,
                error: error.name(),
                reason: with_causes(&error),
            }),
            Ok(parsed) => Self::Read(Box::new(Content::of(&parsed, catalog))),
        }
    }

    pub(super) fn is_wholly_read(&self) -> bool {
        matches!(self, Self::Read(content) if content.unreadable.is_empty())
    }

    pub(super) fn is_answered(&self) -> bool {
        self.findings()
            .iter()
            .any(|verdict| verdict.done == Done::Answered)
    }

    pub(super) fn findings(&self) -> &[Verdict] {
        match self {
            Self::Unreadable(_) => &[],
            Self::Read(content) => &content.findings,
        }
    }
}

impl Content {
    fn of(parsed: &Parsed, catalog: &Catalog) -> Self {
        let envelope = &parsed.envelope;
        Self {
            route: envelope.route,
            detail_type: envelope.detail_type.clone(),
            custom_action: envelope.custom_action.clone(),
            is_drill: envelope.is_drill,
            findings: parsed
                .findings
                .iter()
                .map(|finding| Verdict::of(finding, catalog))
                .collect(),
            not_findings: parsed
                .left
                .iter()
                .map(|left| NotAFinding {
                    index: left.index,
                    reason: left.reason.clone(),
                })
                .collect(),
            unreadable: parsed
                .refused
                .iter()
                .map(|refused| Unread {
                    index: refused.index,
                    error: refused.error.name(),
                    reason: with_causes(&refused.error),
                })
                .collect(),
        }
    }
}

impl Verdict {
    fn of(finding: &Finding, catalog: &Catalog) -> Self {
        let (done, answers) = match catalog.decide(finding) {
            Decided::Answered(answers) => (Done::Answered, answers),
            Decided::Inactive { reason } => {
                let reason = reason.to_owned();
                (Done::Inactive { reason }, catalog.answers(finding))
            }
            Decided::Unanswered { reason } => (Done::Unanswered { reason }, Vec::new()),
        };
        Self {
            id: finding.id.clone(),
            finding_type: finding.finding_type.clone(),
            is_new_type: is_new_type(finding),
            control: finding.control.clone(),
            product: finding.product.clone(),
            severity: finding.severity,
            title: finding.title.clone(),
            account: finding.account.clone(),
            region: finding.region.clone(),
            count: finding.count,
            sender_is_told: finding.route == Route::SecurityHubCustomAction && done != Done::Answered,
            done,
            answers: answers
                .iter()
                .map(|answer| Response::of(answer, finding))
                .collect(),
            related: finding.related.clone(),
        }
    }
}

impl Response {
    fn of(answer: &Match<'_>, finding: &Finding) -> Self {
        let contains = answer.playbook.contains();
        let (mode, guardrails) = guard::offline(answer);
        Self {
            playbook: answer.playbook.name.clone(),
            target: answer.target.clone(),
            why: answer.why.clone(),
            contains,
            can_be_planned: contains && finding.standing == Standing::Active,
            playbook_mode: answer.playbook.mode,
            mode,
            guardrails,
            steps_for_people: if contains {
                Vec::new()
            } else {
                advice::steps(&finding.finding_type)
                    .into_iter()
                    .map(str::to_owned)
                    .collect()
            },
        }
    }
}
