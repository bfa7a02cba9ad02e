//! Where else GuardDuty and this deployment have seen an address: other findings of the account and Region, and other
//! incidents. Event histories can't be searched by address.

use std::net::IpAddr;

use backstop_actions::permissions::guardduty;
use backstop_aws::{SdkConfig, SignedCall};
use backstop_core::{IncidentId, text};
use backstop_runtime::{CallError, Ledger, LedgerError};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Findings of each kind, of which GuardDuty gives as many at once.
const MOST_FINDINGS: usize = 50;
/// Incidents that are named.
const MOST_INCIDENTS: usize = 10;
/// What a finding says is cut to this many characters.
const CHARS: usize = 96;

/// Where a finding has a remote address, as GuardDuty names it in criteria (GuardDuty API Reference, "ListFindings").
const CRITERIA: [&str; 2] = [
    "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4",
    "service.action.awsApiCallAction.remoteIpDetails.ipAddressV4",
];

/// What was found, a sentence each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) lines: Vec<String>,
    /// What nobody should think was looked at.
    pub(crate) limits: Vec<String>,
}

/// Other findings of the account and Region that name the address, about anything but this instance.
pub(crate) async fn in_findings(
    config: &SdkConfig,
    address: IpAddr,
    instance: &str,
) -> Result<Seen, CallError> {
    if address.is_ipv6() {
        let limit = format!(
            "GuardDuty wasn't asked for other findings about {address}: it is asked for IPv4 addresses only"
        );
        return Ok(Seen {
            limits: vec![limit],
            ..Seen::default()
        });
    }
    let answer = call(
        guardduty::LIST_DETECTORS.action,
        "/detector".to_owned(),
        Value::Null,
    )
    .send(config)
    .await?;
    let Some(detector) = texts(&answer, "detectorIds").into_iter().find(|id| is_id(id)) else {
        let limit =
            "GuardDuty is off in this account and Region: no other findings were looked for".to_owned();
        return Ok(Seen {
            limits: vec![limit],
            ..Seen::default()
        });
    };
    let mut ids: Vec<String> = Vec::new();
    let mut has_more = false;
    for criterion in CRITERIA {
        let listed = call(
            guardduty::LIST_FINDINGS.action,
            format!("/detector/{detector}/findings"),
            json!({
                "findingCriteria": { "criterion": { criterion: { "equals": [address.to_string()] } } },
                "sortCriteria": { "attributeName": "updatedAt", "orderBy": "DESC" },
                "maxResults": MOST_FINDINGS,
            }),
        )
        .send(config)
        .await?;
        has_more |= listed
            .get("nextToken")
            .and_then(Value::as_str)
            .is_some_and(|token| !token.is_empty());
        ids.extend(texts(&listed, "findingIds"));
    }
    ids.dedup();
    has_more |= ids.len() > MOST_FINDINGS;
    ids.truncate(MOST_FINDINGS);
    let mut seen = Seen::default();
    if !ids.is_empty() {
        let path = format!("/detector/{detector}/findings/get");
        let answer = call(guardduty::GET_FINDINGS.action, path, json!({ "findingIds": ids }))
            .send(config)
            .await?;
        let findings = answer.get("findings").and_then(Value::as_array);
        seen.lines = findings
            .into_iter()
            .flatten()
            .filter(|finding| text_at(finding, "/resource/instanceDetails/instanceId") != Some(instance))
            .map(|finding| line(address, finding))
            .collect();
    }
    if has_more {
        seen.limits.push(format!(
            "GuardDuty has more than {MOST_FINDINGS} findings that name {address}: only the newest were read"
        ));
    }
    Ok(seen)
}

/// Other incidents that a finding opened which names the address.
pub(crate) async fn in_incidents(
    ledger: &Ledger,
    address: IpAddr,
    own: &IncidentId,
    since: Timestamp,
) -> Result<Seen, LedgerError> {
    // One more than is named shows that there are more, another is this incident itself.
    let found = ledger
        .incidents_naming(address, since, MOST_INCIDENTS + 2)
        .await?;
    let others: Vec<_> = found.iter().filter(|row| row.incident != *own).collect();
    let lines = others.iter().take(MOST_INCIDENTS).map(|row| {
        format!(
            "the finding of incident {} ({}, {}) names {address}, too",
            row.incident,
            text::sanitize(&row.target),
            row.status.as_str()
        )
    });
    let limit = (others.len() > MOST_INCIDENTS)
        .then(|| format!("more than {MOST_INCIDENTS} incidents name {address}: the newest are listed"));
    Ok(Seen {
        lines: lines.collect(),
        limits: limit.into_iter().collect(),
    })
}

fn line(address: IpAddr, finding: &Value) -> String {
    let said = |path: &str| text_at(finding, path).map(clean);
    let about = said("/resource/instanceDetails/instanceId")
        .map(|id| format!("instance {id}"))
        .or_else(|| {
            said("/resource/accessKeyDetails/userName").map(|name| format!("the credentials of {name}"))
        })
        .or_else(|| said("/resource/s3BucketDetails/0/name").map(|name| format!("bucket {name}")))
        .or_else(|| said("/resource/resourceType"))
        .unwrap_or_else(|| "something".to_owned());
    let kind = said("/type").unwrap_or_else(|| "an unknown type".to_owned());
    let last = said("/service/eventLastSeen").unwrap_or_else(|| "an unknown time".to_owned());
    let id = said("/id").unwrap_or_default();
    format!("GuardDuty names {address} at {about}, too: {kind}, last seen {last} (finding {id})")
}

fn call(call: &'static str, path: String, body: Value) -> SignedCall {
    SignedCall {
        call,
        on: "this account and Region".to_owned(),
        service: "guardduty",
        path,
        target: None,
        body,
    }
}

/// Ids of detectors become parts of paths.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn texts(of: &Value, name: &str) -> Vec<String> {
    let all = of.get(name).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

fn text_at<'a>(of: &'a Value, path: &str) -> Option<&'a str> {
    of.pointer(path)?.as_str().filter(|text| !text.is_empty())
}

fn clean(text: &str) -> String {
    text::bounded(&text::sanitize(text), CHARS)
}

#[cfg(test)]
mod tests;
