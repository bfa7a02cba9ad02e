//! GuardDuty's findings. An administrator account's detector lists those of its members as well.

use aws_sdk_guardduty::{
    Client,
    types::{Condition, FindingCriteria, OrderBy, SortCriteria},
};
use backstop_runtime::CallError;
use jiff::Timestamp;

use crate::{
    answer_body::AnswerBody,
    source::{Page, ReadError},
};

/// `GetFindings` takes at most this many ids (GuardDuty API Reference).
const PAGE: i32 = 50;

/// The detectors of this account and Region: at most one today.
pub(crate) async fn detectors(client: &Client) -> Result<Vec<String>, ReadError> {
    let detectors: Vec<String> = client
        .list_detectors()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<_, _>>()
        .await
        .map_err(CallError::of("guardduty:ListDetectors", "this account"))?;
    if detectors.is_empty() {
        return Err(ReadError::Off("GuardDuty"));
    }
    Ok(detectors)
}

/// One page of the findings that aren't archived and were updated since then, the oldest update first.
pub(crate) async fn page(
    client: &Client,
    detector: &str,
    since: Timestamp,
    token: Option<String>,
) -> Result<Page, ReadError> {
    let on = || format!("detector `{detector}`");
    let updated = Condition::builder()
        .greater_than_or_equal(since.as_millisecond())
        .build();
    let not_archived = Condition::builder().equals("false").build();
    let criteria = FindingCriteria::builder()
        .criterion("updatedAt", updated)
        .criterion("service.archived", not_archived)
        .build();
    let order = SortCriteria::builder()
        .attribute_name("updatedAt")
        .order_by(OrderBy::Asc)
        .build();
    let listed = client
        .list_findings()
        .detector_id(detector)
        .finding_criteria(criteria)
        .sort_criteria(order)
        .max_results(PAGE)
        .set_next_token(token)
        .send()
        .await
        .map_err(CallError::of("guardduty:ListFindings", on()))?;
    // The last page's token is empty, not absent.
    let next = listed.next_token.filter(|token| !token.is_empty());
    let ids = listed.finding_ids.unwrap_or_default();
    if ids.is_empty() {
        return Ok(Page {
            findings: Vec::new(),
            next,
        });
    }
    let body = AnswerBody::default();
    client
        .get_findings()
        .detector_id(detector)
        .set_finding_ids(Some(ids))
        .customize()
        .interceptor(body.clone())
        .send()
        .await
        .map_err(CallError::of("guardduty:GetFindings", on()))?;
    let findings = body.list("findings").map_err(|source| ReadError::Answer {
        call: "guardduty:GetFindings",
        source,
    })?;
    Ok(Page { findings, next })
}

#[cfg(test)]
mod tests;
