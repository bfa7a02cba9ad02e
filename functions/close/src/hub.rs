//! Tells Security Hub how an incident ended, in each finding's own Region. Whatever it refuses is written to the log;
//! an incident is closed before and stays so. A finding that came from GuardDuty itself is left alone: its archive
//! means that there is no problem.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_securityhub::{
    Client,
    types::{
        AwsSecurityFindingIdentifier, NoteUpdate, OcsfFindingIdentifier, WorkflowStatus, WorkflowUpdate,
    },
};
use backstop_aws::{Accounts, Scope};
use backstop_core::{
    AccountId, Region,
    finding::{HubFinding, HubFormat},
    hub_update::{HubUpdate, NOTE_BY, Workflow},
    log::Event,
    text,
};
use backstop_runtime::{CallError, StepError};

/// Findings in one call (Security Hub API Reference, "BatchUpdateFindings").
const MOST_AT_ONCE: usize = 100;
/// Well within the function's own timeout.
const PATIENCE: Duration = Duration::from_secs(20);
/// The log keeps what people read.
const REASON_CHARS: usize = 300;

backstop_aws::services! {
    pub(crate) SecurityHub = aws_sdk_securityhub;
}

/// Security Hub of the account that Backstop is deployed in, in every Region: as the administrator's it has the findings
/// of the members, too.
pub(crate) struct Hub {
    account: AccountId,
    accounts: Accounts,
}

/// Findings that one call can take.
type Batch<'a> = Vec<(&'a HubFinding, &'a str)>;

impl Hub {
    pub(crate) const fn new(account: AccountId, accounts: Accounts) -> Self {
        Self { account, accounts }
    }

    async fn update(
        &self,
        region: &Region,
        format: HubFormat,
        batch: &[(&HubFinding, &str)],
        update: &HubUpdate,
    ) -> Refused {
        let scope = Scope::new(self.account.clone(), region.clone());
        let client = self.accounts.at(scope)?.client::<SecurityHub>();
        match format {
            HubFormat::Asff => asff(&client, batch, update).await,
            HubFormat::Ocsf => ocsf(&client, batch, update).await,
        }
    }

    /// Makes the update and says what came of it, finding by finding.
    pub(crate) async fn tell(&self, update: &HubUpdate) -> Event {
        let mut open: BTreeMap<&HubFinding, &str> = update
            .findings
            .iter()
            .map(|(finding, key)| (finding, key.as_str()))
            .collect();
        let (mut updated, mut failed) = (Vec::new(), Vec::new());
        let all = async {
            for ((region, format), findings) in by_call(update) {
                for batch in findings.chunks(MOST_AT_ONCE) {
                    let refused = self.update(region, format, batch, update).await;
                    for (finding, key) in batch {
                        open.remove(finding);
                        match reason(&refused, finding) {
                            None => updated.push((*key).to_owned()),
                            Some(why) => failed.push(failure(key, &why)),
                        }
                    }
                }
            }
        };
        let is_cut_off = tokio::time::timeout(PATIENCE, all).await.is_err();
        if is_cut_off {
            let why = "no answer in time: it may or may not have been told";
            failed.extend(open.values().map(|key| failure(key, why)));
        }
        Event::HubTold {
            workflow: update.workflow,
            updated,
            failed,
        }
    }
}

fn by_call(update: &HubUpdate) -> BTreeMap<(&Region, HubFormat), Batch<'_>> {
    let mut calls: BTreeMap<(&Region, HubFormat), Batch<'_>> = BTreeMap::new();
    for (finding, key) in &update.findings {
        calls
            .entry((&finding.region, finding.format))
            .or_default()
            .push((finding, key));
    }
    calls
}

/// The findings that weren't updated, by id and product, each with the reason; or why none was.
type Refused = Result<BTreeMap<(String, String), String>, StepError>;

fn reason(refused: &Refused, finding: &HubFinding) -> Option<String> {
    match refused {
        Ok(refused) => refused
            .get(&(finding.id.clone(), finding.product.clone()))
            .cloned(),
        Err(error) => Some(error.to_string()),
    }
}

fn failure(key: &str, why: &str) -> String {
    text::bounded(&format!("{key}: {}", text::sanitize(why)), REASON_CHARS)
}

async fn asff(client: &Client, batch: &[(&HubFinding, &str)], update: &HubUpdate) -> Refused {
    let note = NoteUpdate::builder()
        .text(&update.note)
        .updated_by(NOTE_BY)
        .build();
    let status = match update.workflow {
        Workflow::Notified => WorkflowStatus::Notified,
        Workflow::Resolved => WorkflowStatus::Resolved,
    };
    let mut call = client
        .batch_update_findings()
        .note(note)
        .workflow(WorkflowUpdate::builder().status(status).build());
    for (finding, _) in batch {
        let name = AwsSecurityFindingIdentifier::builder()
            .id(&finding.id)
            .product_arn(&finding.product);
        call = call.finding_identifiers(name.build());
    }
    let answer = call.send().await;
    let answer = answer.map_err(CallError::of(
        "securityhub:BatchUpdateFindings",
        "the incident's findings",
    ))?;
    let refused = answer.unprocessed_findings().iter().filter_map(|finding| {
        let name = finding.finding_identifier()?;
        Some((
            (name.id()?.to_owned(), name.product_arn()?.to_owned()),
            format!(
                "{}: {}",
                finding.error_code().unwrap_or("no error code"),
                finding.error_message().unwrap_or("no message")
            ),
        ))
    });
    Ok(refused.collect())
}

/// IAM knows this call by the same name as the other.
async fn ocsf(client: &Client, batch: &[(&HubFinding, &str)], update: &HubUpdate) -> Refused {
    let names = batch.iter().map(|(finding, _)| {
        OcsfFindingIdentifier::builder()
            .cloud_account_uid(finding.account.as_str())
            .finding_info_uid(&finding.id)
            .metadata_product_uid(&finding.product)
            .build()
    });
    let call = client
        .batch_update_findings_v2()
        .set_finding_identifiers(Some(names.collect()))
        .comment(&update.note)
        .status_id(update.workflow.status_id());
    let answer = call.send().await;
    let answer = answer.map_err(CallError::of(
        "securityhub:BatchUpdateFindings",
        "the incident's findings (V2)",
    ))?;
    let refused = answer.unprocessed_findings().iter().filter_map(|finding| {
        let name = finding.finding_identifier()?;
        Some((
            (
                name.finding_info_uid()?.to_owned(),
                name.metadata_product_uid()?.to_owned(),
            ),
            format!(
                "{}: {}",
                finding.error_code().map_or("no error code", |code| code.as_str()),
                finding.error_message().unwrap_or("no message")
            ),
        ))
    });
    Ok(refused.collect())
}

#[cfg(test)]
mod tests;
