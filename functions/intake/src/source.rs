//! Reads a finding back from the service that made it, in the account that owns it, before anything is done about it
//! unasked: whoever may send to the queue could have written it. What the sweep sends is read back as well: whoever may
//! invoke this function writes the sender of a message as they like.

use std::time::Duration;

use backstop_actions::permissions::guardduty;
use backstop_aws::{Scope, SignedCall, health_region, partition_of};
use backstop_core::{
    Finding, Mode, Region, Target,
    finding::{HubFinding, HubFormat, ReadBack, Unconfirmed},
    guardrail::{Decision, Effect, UNCONFIRMED},
};
use serde_json::{Value, json};

use crate::Intake;

/// Security Hub may list a finding moments after its event. Only what isn't there yet waits.
const PAUSE: Duration = Duration::from_millis(1500);

/// What is known of where a message came from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Nothing is done unasked, so that nobody was asked.
    NotAsked,
    /// What the service said.
    Service(&'static str, Result<Vec<Finding>, Unconfirmed>),
}

impl Source {
    /// The target as the service has it; or the guardrail that leaves it to people.
    pub(crate) fn confirm(&self, finding: &Finding, target: &Target) -> Result<Target, Decision> {
        let confirmed = match self {
            Self::NotAsked => return Ok(target.clone()),
            Self::Service(service, Ok(found)) => finding.confirmed(service, target, found),
            Self::Service(_, Err(why)) => Err(why.clone()),
        };
        confirmed.map_err(|why| {
            tracing::warn!(finding = %finding.key(), reason = %why, "unconfirmed: not acted on unasked");
            Decision {
                guardrail: UNCONFIRMED.to_owned(),
                effect: Effect::LowerTo(Mode::Approve),
                detail: why.to_string(),
            }
        })
    }
}

impl Intake {
    /// Asks the service, at most twice; the second time only if it doesn't know the finding yet.
    pub(crate) async fn ask_source(&self, finding: &Finding) -> Source {
        let read_back = match finding.read_back() {
            Ok(read_back) => read_back,
            Err(why) => return Source::Service("its service", Err(why)),
        };
        let service = read_back.service();
        let mut found = self.ask(finding, &read_back).await;
        if matches!(&found, Ok(none) if none.is_empty()) {
            tokio::time::sleep(PAUSE).await;
            found = self.ask(finding, &read_back).await;
        }
        Source::Service(service, found)
    }

    async fn ask(&self, finding: &Finding, read_back: &ReadBack) -> Result<Vec<Finding>, Unconfirmed> {
        let unreadable = |why: String| Unconfirmed::Unreadable {
            service: read_back.service(),
            why,
        };
        let scope = Scope::new(finding.account.clone(), region(finding, read_back));
        let access = self
            .accounts
            .at(scope)
            .map_err(|error| unreadable(error.to_string()))?;
        let answer = call(read_back).send(&access.config()).await;
        let answer = answer.map_err(|error| {
            unreadable(match error.code.as_str() {
                "SubscriptionRequiredException" => {
                    "it answers only accounts with Business, Enterprise On-Ramp or Enterprise Support"
                        .to_owned()
                }
                _ => error.to_string(),
            })
        })?;
        read_back.found(finding, &answer)
    }
}

fn region(finding: &Finding, read_back: &ReadBack) -> Region {
    match read_back {
        ReadBack::Health { .. } => health_region(partition_of(&finding.region)),
        ReadBack::GuardDuty { .. } | ReadBack::SecurityHub(_) => finding.region.clone(),
    }
}

fn call(read_back: &ReadBack) -> SignedCall {
    let (call, service, path, target, body) = match read_back {
        ReadBack::GuardDuty { detector, finding } => (
            guardduty::GET_FINDINGS.action,
            "guardduty",
            format!("/detector/{detector}/findings/get"),
            None,
            json!({ "findingIds": [finding] }),
        ),
        ReadBack::SecurityHub(hub) => (
            "securityhub:GetFindings",
            "securityhub",
            match hub.format {
                HubFormat::Asff => "/findings".to_owned(),
                HubFormat::Ocsf => "/findingsv2".to_owned(),
            },
            None,
            hub_query(hub),
        ),
        ReadBack::Health { event } => (
            "health:DescribeAffectedEntities",
            "health",
            "/".to_owned(),
            Some("AWSHealth_20160804.DescribeAffectedEntities"),
            json!({ "filter": { "eventArns": [event] }, "maxResults": 100 }),
        ),
    };
    SignedCall {
        call,
        on: "the finding".to_owned(),
        service,
        path,
        target,
        body,
    }
}

/// One finding by its id and its product, which nobody but the product can take.
fn hub_query(hub: &HubFinding) -> Value {
    match hub.format {
        HubFormat::Asff => {
            let equals = |text: &str| json!([{ "Value": text, "Comparison": "EQUALS" }]);
            json!({
                "Filters": { "Id": equals(&hub.id), "ProductArn": equals(&hub.product) },
                "MaxResults": 10,
            })
        }
        HubFormat::Ocsf => {
            let equals = |field: &str, text: &str| json!({ "FieldName": field, "Filter": { "Value": text, "Comparison": "EQUALS" } });
            json!({
                "Filters": { "CompositeFilters": [{
                    "StringFilters": [
                        equals("finding_info.uid", &hub.id),
                        equals("metadata.product.uid", &hub.product),
                    ],
                    "Operator": "AND",
                }] },
                "MaxResults": 10,
            })
        }
    }
}

#[cfg(test)]
mod tests;
