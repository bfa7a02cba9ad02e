//! Whether a finding is real: where it is read back from, and whether what is read there is what the message said. A
//! message on the queue proves nothing, since whoever may send one could have written it.
//!
//! | made by | read back from | by |
//! | --- | --- | --- |
//! | GuardDuty, on any route | GuardDuty, by the detector that its ARN names | `guardduty:GetFindings` |
//! | any other product, from Security Hub | Security Hub, by id and product | `securityhub:GetFindings` |
//! | AWS Health | AWS Health, by the event's ARN; it answers accounts with Business support or more | `health:DescribeAffectedEntities` |
//! | results of malware scans | nowhere: GuardDuty keeps no finding of them under their id | – |

use serde_json::Value;

use super::{Finding, HubFinding, Standing, arn::Arn, parse};
use crate::target::{Target, kind};

/// Where a finding is read back from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// GuardDuty of the finding's account and Region.
    GuardDuty {
        /// The detector.
        detector: String,
        /// The finding's id there.
        finding: String,
    },
    /// Security Hub of the finding's account and Region.
    SecurityHub(HubFinding),
    /// AWS Health.
    Health {
        /// The event's ARN.
        event: String,
    },
}

/// Why a finding isn't acted on unasked. It may be real all the same, so that people are asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unconfirmed {
    /// Nothing in it says where.
    #[error("it can't be read back: {0}")]
    Nowhere(&'static str),
    /// The service couldn't be asked.
    #[error("{service} couldn't be asked whether it has this finding: {why}")]
    Unreadable {
        /// Which.
        service: &'static str,
        /// The error, or what the answer lacks.
        why: String,
    },
    /// The service doesn't know it.
    #[error("{0} has no such finding: somebody else may have sent it")]
    NotThere(&'static str),
    /// The service has it, but not as something to act on.
    #[error("{service} has this finding as inactive: {reason}")]
    Inactive {
        /// Which.
        service: &'static str,
        /// Why.
        reason: String,
    },
    /// The service has it with other contents.
    #[error("{service} has this finding with another {what} than the message: {there}")]
    Differs {
        /// Which.
        service: &'static str,
        /// What differs.
        what: &'static str,
        /// What the service has.
        there: String,
    },
}

impl ReadBack {
    /// The service's name, for people.
    pub const fn service(&self) -> &'static str {
        match self {
            Self::GuardDuty { .. } => "GuardDuty",
            Self::SecurityHub(_) => "Security Hub",
            Self::Health { .. } => "AWS Health",
        }
    }

    /// The findings in the service's answer; those that can't be read are none.
    pub fn found(&self, claimed: &Finding, answer: &Value) -> Result<Vec<Finding>, Unconfirmed> {
        let list = |name: &str| answer.get(name).and_then(Value::as_array);
        let unreadable = |why: String| Unconfirmed::Unreadable {
            service: self.service(),
            why,
        };
        if let Self::Health { event } = self {
            let entities =
                list("entities").ok_or_else(|| unreadable("its answer has no entities".to_owned()))?;
            return Ok(exposed(claimed, event, entities));
        }
        let findings = list("findings").or_else(|| list("Findings"));
        match findings {
            None => Err(unreadable("its answer has no findings".to_owned())),
            Some(none) if none.is_empty() => Ok(Vec::new()),
            Some(_) => parse(answer.to_string().as_bytes())
                .map(|parsed| parsed.findings)
                .map_err(|error| unreadable(error.to_string())),
        }
    }
}

/// The event with the keys that AWS Health names in it; none if it names none.
fn exposed(claimed: &Finding, event: &str, entities: &[Value]) -> Vec<Finding> {
    let is_named = |key: &str| {
        entities.iter().any(|entity| {
            entity.get("eventArn").and_then(Value::as_str) == Some(event)
                && entity.get("entityValue").and_then(Value::as_str) == Some(key)
        })
    };
    let targets: Vec<Target> = claimed
        .targets
        .iter()
        .filter(|target| kind::AccessKey::of(&target.resource).is_some_and(|key| is_named(&key.key_id)))
        .cloned()
        .collect();
    if targets.is_empty() {
        return Vec::new();
    }
    vec![Finding {
        targets,
        ..claimed.clone()
    }]
}

impl Finding {
    /// Where it is read back from.
    pub fn read_back(&self) -> Result<ReadBack, Unconfirmed> {
        let arn = self.arn.as_deref();
        if self.is_health() && self.hub.is_none() {
            return health(self, arn);
        }
        if self.is_guardduty() {
            return guardduty(self, arn);
        }
        let hub = self.hub.clone();
        hub.map(ReadBack::SecurityHub)
            .ok_or(Unconfirmed::Nowhere("it doesn't say which service has it"))
    }

    /// The target as the service has it, if the service has this finding as the message said it: of the same type, on the
    /// same resource, at least as severe, and active.
    pub fn confirmed(
        &self,
        service: &'static str,
        target: &Target,
        found: &[Self],
    ) -> Result<Target, Unconfirmed> {
        let there = found
            .iter()
            .find(|there| there.key() == self.key())
            .ok_or(Unconfirmed::NotThere(service))?;
        let differs = |what, there: String| Unconfirmed::Differs { service, what, there };
        if let Standing::Inactive { reason } = &there.standing {
            let reason = reason.clone();
            return Err(Unconfirmed::Inactive { service, reason });
        }
        if there.finding_type != self.finding_type {
            return Err(differs("type", there.finding_type.clone()));
        }
        if there.severity.label < self.severity.label {
            return Err(differs("severity", there.severity.label.to_string()));
        }
        // A forged message names a true finding, and an address that the owner can't do without.
        if self.peers.iter().any(|peer| !peer.is_said_by(&there.peers)) {
            let addresses: Vec<String> = there.peers.iter().map(|it| it.address.to_string()).collect();
            return Err(differs("remote address", addresses.join(", ")));
        }
        let same = there.targets.iter().find(|known| known.key() == target.key());
        same.cloned().ok_or_else(|| {
            let named: Vec<String> = there.targets.iter().take(3).map(ToString::to_string).collect();
            differs("resource", named.join(", "))
        })
    }
}

fn guardduty(finding: &Finding, arn: Option<&str>) -> Result<ReadBack, Unconfirmed> {
    let lacks = Unconfirmed::Nowhere("it has no ARN of GuardDuty that names its detector");
    let Some(arn) = arn.and_then(Arn::read) else {
        return Err(lacks);
    };
    let parts: Vec<&str> = arn.resource.split('/').collect();
    let &["detector", detector, "finding", id] = parts.as_slice() else {
        return Err(lacks);
    };
    let is_id = |text: &str| {
        (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_own = arn.account == finding.account.as_str() && arn.region == finding.region.as_str();
    if !is_own || id != finding.id || !is_id(detector) || !is_id(id) {
        return Err(Unconfirmed::Nowhere("its ARN is another finding's"));
    }
    Ok(ReadBack::GuardDuty {
        detector: detector.to_owned(),
        finding: id.to_owned(),
    })
}

/// The event's code stands in its ARN: `…::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/AWS_RISK_CREDENTIALS_EXPOSED_…`.
fn health(finding: &Finding, arn: Option<&str>) -> Result<ReadBack, Unconfirmed> {
    let event = arn.ok_or(Unconfirmed::Nowhere("it has no ARN of AWS Health"))?;
    let of_code = Arn::read(event).is_some_and(|arn| {
        let mut parts = arn.resource.split('/');
        (parts.next(), parts.nth(1)) == (Some("event"), Some(finding.finding_type.as_str()))
    });
    if !of_code {
        return Err(Unconfirmed::Nowhere("its ARN is of another type of event"));
    }
    Ok(ReadBack::Health {
        event: event.to_owned(),
    })
}
