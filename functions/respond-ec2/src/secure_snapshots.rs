//! `ec2.secure-snapshots`: brings the incident's snapshots into safe custody: locks them, copies them under a key
//! of the stack's, shares them with a forensic account; each only if its parameter is set.
//!
//! *Changes* only snapshots of this incident. Locking is done at once; copying and sharing wait until a snapshot is
//! complete, which can take hours: until then it answers `Backstop.NotYetVerified`, and the machine tries again.
//! Where there is a key, the copy is what is shared, since what is encrypted under `aws/ebs` can't be. *Undo* keeps
//! all of it: neither does an attacker who asks for undo get at the evidence, nor does the function's role need the
//! power to unlock or delete it. *Twice* is harmless: what is locked, copied or shared is left.

mod custody;
mod evidence;
mod keeping;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ec2};
use backstop_aws::Accounts;
use backstop_core::{Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, StepError,
    action::{StepRequest, read_receipt, write_receipt},
};
pub(crate) use custody::Custody;
use evidence::Evidence;
use keeping::Keeping;
use serde::{Deserialize, Serialize};

use crate::{
    instance::{self, Instance, id_of},
    services::Ec2,
};

/// See the module.
pub(crate) struct SecureSnapshots {
    accounts: Arc<Accounts>,
    custody: Custody,
}

/// Which snapshots there were, and what was to be done with them; what is done is what the stack's parameters say then.
#[derive(Debug, Serialize, Deserialize)]
struct CustodyReceipt {
    snapshots: Vec<String>,
    custody: Custody,
}

impl SecureSnapshots {
    pub(crate) const fn new(accounts: Arc<Accounts>, custody: Custody) -> Self {
        Self { accounts, custody }
    }

    /// With whom to share and under which key is the stack's to say, never a receipt's.
    fn custody_at(&self, request: &StepRequest) -> Custody {
        self.custody
            .clone()
            .in_region_of(&request.target, &mut Vec::new())
    }
}

#[async_trait]
impl Action for SecureSnapshots {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::secure_snapshots::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        if self.custody.is_off() {
            return Err(StepError::NotApplicable {
                reason: format!("none of the stack's parameters is set: {}", Custody::parameters()),
            });
        }
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let (evidence, instance) = tokio::join!(
            Evidence::of(&ec2, &request.incident),
            known_instance(&ec2, request)
        );
        let (evidence, (arn, tags)) = (evidence?, instance?);
        if evidence.originals.is_empty() {
            return Err(StepError::NotApplicable {
                reason: "no snapshot of this incident exists".to_owned(),
            });
        }
        let mut limits = Vec::new();
        let custody = self.custody.clone().in_region_of(&request.target, &mut limits);
        limits.extend(words::limits(&custody));
        let todo = keeping::todo(&ec2, &evidence, &custody).await?;
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: arn,
            tags,
            changes: words::changes(&todo, &custody),
            blast_radius: words::blast_radius(&todo, &custody),
            limits,
            needs_approval: None,
            captured: None,
            manual_undo: Vec::new(),
            receipt: write_receipt(&CustodyReceipt {
                snapshots: evidence.originals.into_keys().collect(),
                custody,
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: CustodyReceipt = read_receipt(receipt)?;
        let aws = self.accounts.at(request)?;
        let (ec2, config) = (aws.client::<Ec2>(), aws.config());
        let evidence = Evidence::of(&ec2, &request.incident).await?;
        let custody = self.custody_at(request);
        Keeping {
            ec2: &ec2,
            config: &config,
            evidence: &evidence,
            custody: &custody,
            incident: &request.incident,
            region: request.target.region.as_str(),
        }
        .keep_all(&receipt.snapshots)
        .await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let ec2 = self.accounts.at(request)?.client::<Ec2>();
        let evidence = Evidence::of(&ec2, &request.incident).await?;
        let gone = match receipt {
            Some(receipt) => {
                let receipt: CustodyReceipt = read_receipt(receipt)?;
                words::gone(&receipt.snapshots, &evidence)
            }
            None => Vec::new(),
        };
        let custody = self.custody_at(request);
        let todo = keeping::todo(&ec2, &evidence, &custody).await?;
        Ok(words::verification(&evidence, &todo, &gone))
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: CustodyReceipt = read_receipt(receipt)?;
        Ok(UndoOutcome::KeptOff {
            reason: words::kept(&receipt.custody, request),
        })
    }
}

/// The instance's ARN and tags. Snapshots outlive their instance: one that EC2 has forgotten has no tags.
async fn known_instance(
    ec2: &aws_sdk_ec2::Client,
    request: &StepRequest,
) -> Result<(String, std::collections::BTreeMap<String, String>), StepError> {
    let id = id_of(&request.target)?;
    match instance::find(ec2, &request.target).await {
        Ok(found) => {
            let instance = Instance::of(&found, id, &request.target);
            Ok((instance.arn, instance.tags))
        }
        Err(error) if error.name() == backstop_core::ErrorName::TargetGone => Ok((
            format!(
                "arn:{}:ec2:{}:{}:instance/{id}",
                request.target.partition, request.target.region, request.target.account
            ),
            Default::default(),
        )),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
