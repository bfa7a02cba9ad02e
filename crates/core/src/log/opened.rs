//! What an incident is opened with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    case::Case,
    finding::{Finding, HubFinding, Peer, Route, Severity},
    guardrail::Decision,
    ids::{IncidentId, PlaybookName},
    mode::Mode,
    step::StepRef,
    target::Target,
};

/// What the first event holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The playbook that answers.
    pub playbook: PlaybookName,
    /// What it is to contain.
    pub target: Target,
    /// The mode after the guardrails at intake.
    pub mode: Mode,
    /// The steps that the playbook has, so that a step whose function died is missed.
    pub steps: Vec<StepRef>,
    /// Who or what opened it.
    pub origin: Origin,
    /// The finding, without the raw event.
    pub finding: FindingRef,
    /// Title and texts of the finding, for people.
    pub title: String,
    /// An earlier, closed incident of the same target and playbook.
    pub linked: Option<IncidentId>,
    /// What the guardrails at intake decided.
    pub guardrails: Vec<Decision>,
    /// The case it belongs to, and what else of the finding it tells of.
    #[serde(default, skip_serializing_if = "Case::is_empty")]
    pub case: Case,
}

/// Who or what opened an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "origin", rename_all = "kebab-case")]
pub enum Origin {
    /// A finding from AWS.
    Finding,
    /// A drill event: acts only on targets tagged `backstop:drill`.
    Drill,
    /// A person.
    Manual {
        /// The caller's ARN, from `sts:GetCallerIdentity`.
        by: String,
        /// The person's words.
        reason: Option<String>,
    },
    /// A person who wants to see what a playbook would do: nothing is changed, and nobody else is told.
    Plan {
        /// The caller's ARN.
        by: String,
        /// The person's words.
        reason: Option<String>,
    },
}

impl Origin {
    /// What it is called in lists.
    pub const fn kind(&self) -> OriginKind {
        match self {
            Self::Finding => OriginKind::Finding,
            Self::Drill => OriginKind::Drill,
            Self::Manual { .. } => OriginKind::Manual,
            Self::Plan { .. } => OriginKind::Plan,
        }
    }

    /// The person who began it, and their words.
    pub fn person(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Self::Manual { by, reason } | Self::Plan { by, reason } => Some((by, reason.as_deref())),
            Self::Finding | Self::Drill => None,
        }
    }
}

/// What opened an incident, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// A finding from AWS.
    Finding,
    /// A drill event.
    Drill,
    /// A person who ran a playbook.
    Manual,
    /// A person who had a playbook planned.
    Plan,
}

impl OriginKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Finding, Self::Drill, Self::Manual, Self::Plan];

    /// As people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Drill => "drill",
            Self::Manual => "manual",
            Self::Plan => "plan",
        }
    }
}

/// A finding, as far as the log needs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingRef {
    /// [`Finding::key`].
    pub key: String,
    /// Its type.
    pub finding_type: String,
    /// How it came in.
    pub route: Route,
    /// How bad.
    pub severity: Severity,
    /// How often it was seen.
    pub count: u64,
    /// First activity.
    pub first_seen: Option<Timestamp>,
    /// Last activity.
    pub last_seen: Option<Timestamp>,
    /// When the product made it.
    pub created_at: Option<Timestamp>,
    /// When the product last changed it.
    pub updated_at: Option<Timestamp>,
    /// The message it came in (SQS message id), so that a redelivery isn't logged twice.
    #[serde(default)]
    pub message: Option<String>,
    /// [`Finding::facts`]. Left out where there are none, since older records have no such field and keep their hash.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// [`Finding::peers`]. Left out where there are none, as before they were kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<Peer>,
    /// How Security Hub knows it. Left out where it doesn't: records of logs written before this was kept must
    /// keep their hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<Box<HubFinding>>,
}

impl FindingRef {
    /// Takes what the log needs of a finding.
    pub fn of(finding: &Finding, message: Option<&str>) -> Self {
        Self {
            key: finding.key(),
            finding_type: finding.finding_type.clone(),
            route: finding.route,
            severity: finding.severity,
            count: finding.count,
            first_seen: finding.first_seen,
            last_seen: finding.last_seen,
            created_at: finding.created_at,
            updated_at: finding.updated_at,
            message: message.map(str::to_owned),
            facts: finding.facts.clone(),
            peers: finding.peers.clone(),
            hub: finding.hub.clone().map(Box::new),
        }
    }
}
