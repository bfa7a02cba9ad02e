//! The EventBridge envelope, and what is inside by its `source` and `detail-type`. Without an envelope
//! (an input path, an export, an API's answer) the finding's own marks decide.

use super::{
    Route,
    error::{ParseError, shown},
    node::Node,
};
use crate::ids::{AccountId, Region};

/// The `source` of drill events. They carry the detail-types and bodies of the events they mimic.
pub const DRILL_SOURCE: &str = "backstop.drill";
/// The `source` of what the sweep found by `GetFindings`, in the detail-types of the events that were missed. No
/// rule sends it: only who may write to the intake queue can.
pub const SWEEP_SOURCE: &str = "backstop.sweep";

/// The `detail-type` of a GuardDuty finding.
pub const GUARDDUTY_FINDING: &str = "GuardDuty Finding";
/// The `detail-type` of what AWS Health tells an account.
pub const HEALTH_EVENT: &str = "AWS Health Event";
/// The `detail-type` of findings that Security Hub CSPM imported.
pub const SECURITY_HUB_IMPORTED: &str = "Security Hub Findings - Imported";

/// What is known of the delivery. Account and Region are the receiving bus's: an administrator account and
/// an aggregation Region get findings of others, so that only [`super::Finding`]'s own count for acting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// `aws.guardduty`, `aws.securityhub`, `aws.health`, [`DRILL_SOURCE`] or [`SWEEP_SOURCE`].
    pub source: Option<String>,
    /// EventBridge's `detail-type`.
    pub detail_type: Option<String>,
    /// The account whose bus received the event.
    pub account: Option<AccountId>,
    /// The Region of that bus.
    pub region: Option<Region>,
    /// The event's id; it differs for each copy of a finding.
    pub id: Option<String>,
    /// A drill: acts only on what is tagged for drills.
    pub is_drill: bool,
    /// How it came in.
    pub route: Route,
    /// The name of the Security Hub custom action that a person chose.
    pub custom_action: Option<String>,
}

/// What the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    GuardDuty,
    MalwareScan,
    Health,
    Asff,
    Ocsf,
    NotAFinding(&'static str),
}

/// The envelope, the kind of its body, and the body.
pub(super) fn read<'a>(node: &Node<'a>) -> Result<(Envelope, Kind, Node<'a>), ParseError> {
    let (Some(source), Some(detail_type)) = (node.text("source"), node.text("detail-type")) else {
        return bare(node);
    };
    let (kind, route) = by_detail_type(source, detail_type)?;
    let detail = node.get("detail").ok_or_else(|| ParseError::NoDetail {
        path: node.path().to_owned(),
    })?;
    if !detail.is_object() {
        return Err(detail.wrong_shape("an object"));
    }
    let envelope = Envelope {
        source: Some(shown(source)),
        detail_type: Some(shown(detail_type)),
        account: node.text("account").map(|it| AccountId::new(shown(it))),
        region: node.text("region").map(|it| Region::new(shown(it))),
        id: node.text("id").map(shown),
        is_drill: source == DRILL_SOURCE,
        route,
        custom_action: detail.text("actionName").map(shown),
    };
    // The account and the resources of these stand outside `detail`.
    let body = match kind {
        Kind::MalwareScan | Kind::Health => node.clone(),
        Kind::GuardDuty | Kind::Asff | Kind::Ocsf | Kind::NotAFinding(_) => detail,
    };
    Ok((envelope, kind, body))
}

fn by_detail_type(source: &str, detail_type: &str) -> Result<(Kind, Route), ParseError> {
    let (guardduty, security_hub, health) = match source {
        "aws.guardduty" => (true, false, false),
        "aws.securityhub" => (false, true, false),
        "aws.health" => (false, false, true),
        DRILL_SOURCE => (true, true, true),
        SWEEP_SOURCE => return swept(detail_type),
        _ => {
            return Err(ParseError::UnknownSource {
                event_source: shown(source),
            });
        }
    };
    let known = match detail_type {
        GUARDDUTY_FINDING if guardduty => Some((Kind::GuardDuty, Route::GuardDutyEvent)),
        scan if guardduty && scanned(scan).is_some() => {
            Some((Kind::MalwareScan, Route::MalwareProtectionEvent))
        }
        HEALTH_EVENT | "AWS Health Abuse Event" if health => Some((Kind::Health, Route::HealthEvent)),
        SECURITY_HUB_IMPORTED if security_hub => Some((Kind::Asff, Route::SecurityHubImported)),
        "Security Hub Findings - Custom Action" if security_hub => {
            Some((Kind::Asff, Route::SecurityHubCustomAction))
        }
        "Findings Imported V2" if security_hub => Some((Kind::Ocsf, Route::SecurityHubV2)),
        "Security Hub Insight Results" if security_hub => Some((
            Kind::NotAFinding("Security Hub insight results: counts, not findings"),
            Route::SecurityHubCustomAction,
        )),
        other if guardduty => {
            health_notice(other).map(|reason| (Kind::NotAFinding(reason), Route::GuardDutyEvent))
        }
        _ => None,
    };
    known.ok_or_else(|| ParseError::UnknownDetailType {
        event_source: shown(source),
        detail_type: shown(detail_type),
    })
}

/// What was scanned, by the detail-type of a scan's result: `EC2 AMI` of `GuardDuty Malware Protection EC2 AMI Scan
/// Result`.
pub(super) fn scanned(detail_type: &str) -> Option<&str> {
    detail_type
        .strip_prefix("GuardDuty Malware Protection ")?
        .strip_suffix(" Scan Result")
}

/// What the sweep writes into its envelopes, and nothing else.
fn swept(detail_type: &str) -> Result<(Kind, Route), ParseError> {
    match detail_type {
        GUARDDUTY_FINDING => Ok((Kind::GuardDuty, Route::GuardDutyApi)),
        SECURITY_HUB_IMPORTED => Ok((Kind::Asff, Route::SecurityHubApi)),
        other => Err(ParseError::UnknownDetailType {
            event_source: SWEEP_SOURCE.to_owned(),
            detail_type: shown(other),
        }),
    }
}

/// GuardDuty's notices about itself (User Guide, "Processing … with EventBridge").
fn health_notice(detail_type: &str) -> Option<&'static str> {
    let lower = detail_type.to_ascii_lowercase();
    [
        (
            "guardduty malware protection resource status",
            "GuardDuty Malware Protection resource status: a notice about the protection plan, not a finding",
        ),
        (
            "guardduty malware protection post scan action failed",
            "GuardDuty Malware Protection couldn't tag a scanned object: not a finding",
        ),
        (
            "guardduty runtime protection",
            "GuardDuty Runtime Monitoring coverage: a notice about the agent, not a finding",
        ),
    ]
    .into_iter()
    .find(|(begins, _)| lower.starts_with(begins))
    .map(|(_, reason)| reason)
}

/// Without an envelope: `{"findings":[…]}`, `{"Findings":[…]}`, or one finding.
fn bare<'a>(node: &Node<'a>) -> Result<(Envelope, Kind, Node<'a>), ParseError> {
    if node.get_exact("source").is_some() && node.get_exact("detail").is_some() {
        return Err(ParseError::missing(node.path_of("detail-type"), "event"));
    }
    let sample = node
        .get("findings")
        .and_then(|list| list.items().into_iter().next())
        .unwrap_or_else(|| node.clone());
    let (kind, route) = by_shape(&sample, node).ok_or_else(|| ParseError::UnknownShape {
        path: node.path().to_owned(),
    })?;
    let envelope = Envelope {
        source: None,
        detail_type: None,
        account: None,
        region: None,
        id: None,
        is_drill: false,
        route,
        custom_action: node.text("actionName").map(shown),
    };
    Ok((envelope, kind, node.clone()))
}

fn by_shape(sample: &Node<'_>, whole: &Node<'_>) -> Option<(Kind, Route)> {
    let has = |name| sample.get_exact(name).is_some();
    if has("class_uid") {
        return Some((Kind::Ocsf, Route::SecurityHubV2));
    }
    if has("AwsAccountId") || has("ProductArn") || has("GeneratorId") {
        let route = match (whole.get_exact("actionName"), whole.get_exact("findings")) {
            (Some(_), _) => Route::SecurityHubCustomAction,
            (None, Some(_)) => Route::SecurityHubImported,
            (None, None) => Route::SecurityHubApi,
        };
        return Some((Kind::Asff, route));
    }
    if has("insightArn") {
        let reason = "Security Hub insight results: counts, not findings";
        return Some((Kind::NotAFinding(reason), Route::SecurityHubCustomAction));
    }
    if has("type") && (has("service") || has("resource")) {
        return Some((Kind::GuardDuty, Route::GuardDutyEvent));
    }
    if has("Type") && (has("Service") || has("Resource")) {
        return Some((Kind::GuardDuty, Route::GuardDutyApi));
    }
    None
}
