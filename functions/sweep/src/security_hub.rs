//! Security Hub's findings, of the products that playbooks answer.

use std::collections::BTreeSet;

use aws_sdk_securityhub::{
    Client,
    error::ProvideErrorMetadata,
    types::{
        AwsSecurityFindingFilters, DateFilter, SortCriterion, SortOrder, StringFilter, StringFilterComparison,
    },
};
use backstop_playbook::Catalog;
use backstop_runtime::CallError;
use jiff::{SignedDuration, Timestamp};

use crate::{
    answer_body::AnswerBody,
    source::{Page, ReadError},
};

/// `GetFindings` gives up to 100 at once (Security Hub API Reference); a finding may have 240 KB, and memory is small.
const PAGE: i32 = 50;
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
    client: &Client,
    product: &str,
    since: Timestamp,
    now: Timestamp,
    token: Option<String>,
) -> Result<Page, ReadError> {
    let order = SortCriterion::builder()
        .field("UpdatedAt")
        .sort_order(SortOrder::Ascending)
        .build();
    let body = AnswerBody::default();
    let outcome = client
        .get_findings()
        .filters(open_findings(product, since, now + AHEAD))
        .sort_criteria(order)
        .max_results(PAGE)
        .set_next_token(token)
        .customize()
        .interceptor(body.clone())
        .send()
        .await;
    let answer = match outcome {
        Ok(answer) => answer,
        // Not `AccessDeniedException`, which is a permission that is missing.
        Err(error) if error.code() == Some("InvalidAccessException") => {
            return Err(ReadError::Off("Security Hub"));
        }
        Err(error) => return Err(CallError::of("securityhub:GetFindings", product)(error).into()),
    };
    let findings = body.list("Findings").map_err(|source| ReadError::Answer {
        call: "securityhub:GetFindings",
        source,
    })?;
    Ok(Page {
        findings,
        next: answer.next_token.filter(|token| !token.is_empty()),
    })
}

fn open_findings(product: &str, since: Timestamp, until: Timestamp) -> AwsSecurityFindingFilters {
    let updated = DateFilter::builder()
        .start(since.to_string())
        .end(until.to_string())
        .build();
    let filters = AwsSecurityFindingFilters::builder()
        .product_name(equals(product))
        .record_state(equals("ACTIVE"))
        .workflow_status(equals("NEW"))
        .workflow_status(equals("NOTIFIED"))
        .updated_at(updated);
    // Controls that passed are most of what Security Hub has.
    let filters = if product == CONTROLS {
        filters.compliance_status(equals("FAILED"))
    } else {
        filters
    };
    filters.build()
}

fn equals(value: &str) -> StringFilter {
    StringFilter::builder()
        .value(value)
        .comparison(StringFilterComparison::Equals)
        .build()
}

#[cfg(test)]
mod tests;
