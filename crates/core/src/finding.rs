//! What came in, normalised: one type for every route and product.

mod allowed;
mod arn;
mod asff;
mod asff_standing;
mod attack_sequence;
mod bare_id;
mod control;
mod credential_details;
mod envelope;
mod error;
mod facts;
mod guardduty;
mod guardduty_resource;
mod guardduty_type;
mod health;
mod hub_finding;
mod malware_scan;
mod message;
mod named_resource;
mod node;
mod ocsf;
mod ocsf_resources;
mod ocsf_standing;
mod parse;
mod peer;
mod read_back;
mod region;
mod resource_type;
mod severity;
mod standing;
mod workflow;
mod wrapping;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, Region},
    target::Target,
};

pub use envelope::{
    DRILL_SOURCE, Envelope, GUARDDUTY_FINDING, HEALTH_EVENT, SECURITY_HUB_IMPORTED, SWEEP_SOURCE,
};
pub use error::ParseError;
pub use hub_finding::aws_products;
pub use parse::{Left, Parsed, Refused, parse, parse_event, parse_saved};
pub use peer::Peer;
pub use read_back::{ReadBack, Unconfirmed};
pub use workflow::Workflow;

/// Titles are cut to this many characters; what fits people.
const TITLE_CHARS: usize = 1_024;
/// Descriptions are cut to this many characters.
const DESCRIPTION_CHARS: usize = 8_192;
/// Types are cut to this many characters; AWS's own stay below 150.
const TYPE_CHARS: usize = 512;
/// A longer id is none of AWS's (ASFF allows 512) and would not fit a key of the incidents table.
const ID_CHARS: usize = 1_024;

/// A product's id for a finding, or the error that names its field.
fn checked_id(id: &str, path: String, finding_type: &str) -> Result<String, ParseError> {
    match id {
        "" => Err(ParseError::missing(path, finding_type)),
        id if id.len() > ID_CHARS => Err(ParseError::WrongShape {
            path,
            expected: "an id of at most 1,024 bytes",
        }),
        id => Ok(id.to_owned()),
    }
}

/// An ARN, unless it is none or longer than AWS's (ASFF allows 512 characters for an id).
fn kept_arn(text: &str) -> Option<String> {
    (text.starts_with("arn:") && text.len() <= ID_CHARS).then(|| text.to_owned())
}

/// One finding. The same finding may come by several routes and again as an update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The product's own id: GuardDuty's 32 hex digits, an ASFF `Id`, an OCSF `finding_info.uid`. A GuardDuty
    /// finding has the same id on every route (the last part of its ARN), so routes can be joined.
    pub id: String,
    /// The account the finding is about (not the one that received the event).
    pub account: AccountId,
    /// The Region the finding is about.
    pub region: Region,
    /// `GuardDuty`, `Security Hub`, `Macie`, `Inspector`, …
    pub product: String,
    /// How it came in.
    pub route: Route,
    /// GuardDuty's finding type, or the Security Hub generator or OCSF type where there is none.
    pub finding_type: String,
    /// The security control, such as `S3.2`, if it is a control's finding.
    pub control: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// Hostile text: escape it for wherever it goes.
    pub title: String,
    /// Hostile text.
    pub description: String,
    /// Whether it may be acted on.
    pub standing: Standing,
    /// Whether the resource was attacked (`Target`) or attacks (`Actor`), for GuardDuty.
    pub resource_role: Option<ResourceRole>,
    /// What to contain. Several for attack sequences, S3 findings and Security Hub.
    pub targets: Vec<Target>,
    /// Resources that are named but not to be contained without a person's word: the actor's key of an
    /// S3 finding, say.
    pub related: Vec<Target>,
    /// Whether the instance among the targets is there by its session's name alone: whoever assumes a role chooses that
    /// name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_instance_by_name: bool,
    /// How often it was seen; GuardDuty raises it with each update.
    pub count: u64,
    /// First activity.
    pub first_seen: Option<Timestamp>,
    /// Last activity.
    pub last_seen: Option<Timestamp>,
    /// When the product made the finding.
    pub created_at: Option<Timestamp>,
    /// When the product last changed it; tells updates apart.
    pub updated_at: Option<Timestamp>,
    /// What else it says, for people: a line each, cleaned and cut. Hostile text all the same.
    #[serde(default)]
    pub facts: Vec<String>,
    /// With whom the reported resource talked over the network.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<Peer>,
    /// How Security Hub knows it, if it came from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<HubFinding>,
    /// The ARN under which its service has it, if it says so: see [`Finding::read_back`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// How Security Hub names a finding, for whoever wants to tell it something about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HubFinding {
    /// ASFF's `Id`, OCSF's `finding_info.uid`.
    pub id: String,
    /// ASFF's `ProductArn`, OCSF's `metadata.product.uid`.
    pub product: String,
    /// The account that the finding is about.
    pub account: AccountId,
    /// The finding's Region: Security Hub is asked there.
    pub region: Region,
    /// Which of its two APIs takes it.
    pub format: HubFormat,
}

/// The two formats of Security Hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HubFormat {
    /// Security Hub CSPM: `BatchUpdateFindings`.
    Asff,
    /// Security Hub: `BatchUpdateFindingsV2`.
    Ocsf,
}

impl Finding {
    /// Whether GuardDuty made it, by whatever route it came: then its type is GuardDuty's, too.
    pub fn is_guardduty(&self) -> bool {
        ["GuardDuty", malware_scan::PRODUCT].contains(&self.product.as_str())
    }

    /// Whether AWS Health made it, by whatever route it came: then its type is Health's event type code.
    pub fn is_health(&self) -> bool {
        self.product == health::PRODUCT
    }

    /// Whether nothing but a session's name says that it is about this target.
    pub fn is_by_name(&self, target: &Target) -> bool {
        self.is_instance_by_name && crate::target::kind::Instance::of(&target.resource).is_some()
    }

    /// The text under which one finding is known on all routes.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.id)
    }
}

/// How a finding came in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// EventBridge `GuardDuty Finding`.
    GuardDutyEvent,
    /// EventBridge `GuardDuty Malware Protection …`.
    MalwareProtectionEvent,
    /// GuardDuty's `GetFindings` (backfill, sweep, replay).
    GuardDutyApi,
    /// EventBridge `Security Hub Findings - Imported`.
    SecurityHubImported,
    /// EventBridge `Security Hub Findings - Custom Action`: a person chose it.
    SecurityHubCustomAction,
    /// EventBridge `Findings Imported V2` (OCSF).
    SecurityHubV2,
    /// Security Hub's `GetFindings` (sweep, replay).
    SecurityHubApi,
    /// EventBridge `AWS Health Event`.
    HealthEvent,
    /// A person typed it.
    Manual,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GuardDutyEvent => "GuardDuty",
            Self::MalwareProtectionEvent => "GuardDuty Malware Protection",
            Self::GuardDutyApi => "GuardDuty API",
            Self::SecurityHubImported => "Security Hub",
            Self::SecurityHubCustomAction => "Security Hub custom action",
            Self::SecurityHubV2 => "Security Hub V2",
            Self::SecurityHubApi => "Security Hub API",
            Self::HealthEvent => "AWS Health",
            Self::Manual => "manual",
        })
    }
}

/// Severity on GuardDuty's scale, 1.0–10.0 (GuardDuty User Guide, "Severity levels"), with the name of its band.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Severity {
    /// 0.0–10.0; a Security Hub `Normalized` of 0–100 is divided by ten.
    pub score: f64,
    /// The band.
    pub label: SeverityLabel,
}

/// The bands, ordered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the field's own")]
pub enum SeverityLabel {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl fmt::Display for SeverityLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// Whether a finding may be acted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum Standing {
    /// Active and real.
    Active,
    /// Never acted on; the reason says why (sample, archived, suppressed, passed, resolved, our own update).
    Inactive {
        /// For people: "a sample finding (additionalInfo.sample)".
        reason: String,
    },
}

/// GuardDuty's `service.resourceRole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceRole {
    /// The resource is attacked.
    Target,
    /// The resource attacks.
    Actor,
}
