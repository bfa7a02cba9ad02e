//! Security Hub's findings, of the products that playbooks answer.

use std::collections::BTreeSet;

use backstop_aws::{SdkConfig, SignedCall};
use backstop_playbook::Catalog;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::source::{Page, ReadError, go_on, list, next};

/// `GetFindings` gives up to 100 at once (Security Hub API Reference); a finding may have 240 KB, and memory is small.
const PAGE: u8 = 50;
/// A range of dates needs an end, and AWS's clock may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// The product whose findings are results of controls.
const CONTROLS: &str = "Security Hub";

/// The products whose findings a playbook answers, as Security Hub calls them.
pub(crate) fn products(catalog: &Catalog) -> BTreeSet<String> {
    catalog
        .iter()
        .flat_map(|playbook| {
            let triggers = &playbook.triggers;
            let guardduty = triggers
                .finding_types()
                .next()
                .is_some()
                .then(|| "GuardDuty".to_owned());
            let controls = triggers.controls().next().is_some().then(|| CONTROLS.to_owned());
            guardduty
                .into_iter()
                .chain(controls)
                .chain(triggers.products.iter().cloned())
        })
        .collect()
}

/// One page of a product's open findings that were updated since then, the oldest update first.
pub(crate) async fn page(
    config: &SdkConfig,
    product: &str,
    since: Timestamp,
    now: Timestamp,
    token: Option<String>,
) -> Result<Page, ReadError> {
    let mut body = json!({
        "Filters": open_findings(product, since, now + AHEAD),
        "SortCriteria": [{ "Field": "UpdatedAt", "SortOrder": "asc" }],
        "MaxResults": PAGE,
    });
    go_on(&mut body, "NextToken", token);
    let call = SignedCall {
        call: "securityhub:GetFindings",
        on: product.to_owned(),
        service: "securityhub",
        path: "/findings".to_owned(),
        target: None,
        body,
    };
    let mut answer = match call.send(config).await {
        Ok(answer) => answer,
        // Not `AccessDeniedException`, which is a permission that is missing.
        Err(error) if error.code == "InvalidAccessException" => return Err(ReadError::Off("Security Hub")),
        Err(error) => return Err(error.into()),
    };
    Ok(Page {
        next: next(&answer, "NextToken"),
        findings: list(&mut answer, "Findings"),
    })
}

fn open_findings(product: &str, since: Timestamp, until: Timestamp) -> Value {
    let mut filters = json!({
        "ProductName": [equals(product)],
        "RecordState": [equals("ACTIVE")],
        "WorkflowStatus": [equals("NEW"), equals("NOTIFIED")],
        "UpdatedAt": [{ "Start": since.to_string(), "End": until.to_string() }],
    });
    // Controls that passed are most of what Security Hub has.
    if let Some(filters) = filters.as_object_mut().filter(|_| product == CONTROLS) {
        filters.insert("ComplianceStatus".to_owned(), json!([equals("FAILED")]));
    }
    filters
}

fn equals(value: &str) -> Value {
    json!({ "Value": value, "Comparison": "EQUALS" })
}

#[cfg(test)]
mod tests;
