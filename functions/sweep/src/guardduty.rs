//! GuardDuty's findings. An administrator account's detector lists those of its members as well.

use backstop_actions::permissions::guardduty;
use backstop_aws::{SdkConfig, SignedCall};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::source::{Page, ReadError, go_on, list, next};

/// `GetFindings` takes at most this many ids (GuardDuty API Reference).
const PAGE: u8 = 50;

/// The detectors of this account and Region: at most one today, so that one page has them all.
pub(crate) async fn detectors(config: &SdkConfig) -> Result<Vec<String>, ReadError> {
    let mut answer = call(
        guardduty::LIST_DETECTORS.action,
        "this account",
        "/detector".to_owned(),
        Value::Null,
    )
    .send(config)
    .await?;
    let detectors = ids(list(&mut answer, "detectorIds"));
    if detectors.is_empty() {
        return Err(ReadError::Off("GuardDuty"));
    }
    Ok(detectors)
}

/// One page of the findings that aren't archived and were updated since then, the oldest update first.
pub(crate) async fn page(
    config: &SdkConfig,
    detector: &str,
    since: Timestamp,
    token: Option<String>,
) -> Result<Page, ReadError> {
    let on = format!("detector `{detector}`");
    let mut asked = json!({
        "findingCriteria": { "criterion": {
            "updatedAt": { "greaterThanOrEqual": since.as_millisecond() },
            "service.archived": { "equals": ["false"] },
        } },
        "sortCriteria": { "attributeName": "updatedAt", "orderBy": "ASC" },
        "maxResults": PAGE,
    });
    go_on(&mut asked, "nextToken", token);
    let path = format!("/detector/{detector}/findings");
    let mut listed = call(guardduty::LIST_FINDINGS.action, &on, path, asked)
        .send(config)
        .await?;
    let next = next(&listed, "nextToken");
    let found = list(&mut listed, "findingIds");
    if found.is_empty() {
        return Ok(Page {
            findings: Vec::new(),
            next,
        });
    }
    let mut answer = call(
        guardduty::GET_FINDINGS.action,
        &on,
        format!("/detector/{detector}/findings/get"),
        json!({ "findingIds": found }),
    )
    .send(config)
    .await?;
    Ok(Page {
        findings: list(&mut answer, "findings"),
        next,
    })
}

fn call(call: &'static str, on: &str, path: String, body: Value) -> SignedCall {
    SignedCall {
        call,
        on: on.to_owned(),
        service: "guardduty",
        path,
        target: None,
        body,
    }
}

/// Ids of detectors, which become parts of paths: 1 to 300 characters (GuardDuty API Reference), of which GuardDuty uses
/// only these.
fn ids(found: Vec<Value>) -> Vec<String> {
    let is_id = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    found
        .iter()
        .filter_map(Value::as_str)
        .filter(is_id)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
