//! `s3.block-public-access`: turns on all four settings of the bucket's Block Public Access.
//!
//! *Changes* that one setting. The policy and the ACLs are never touched: they may hold statements that protect
//! the bucket, and they are evidence of how it was opened.
//! *Undo* is exact: the receipt holds the four settings as they were, or that there was no setting at all, which
//! undo brings back by deleting; it refuses if the setting is no longer the one we made. *Twice* is harmless:
//! the same four settings.

mod words;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, permissions, s3};
use backstop_aws::Accounts;
use backstop_core::{Change, ErrorName, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit, kind};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
};
use serde::{Deserialize, Serialize};

use crate::{
    block::Block,
    bucket::{Bucket, BucketLocation, PolicyStatus},
    buckets,
    in_force::InForce,
    intended_public, opened_by, origin_access_identity,
};

/// See the module.
pub(crate) struct BlockPublicAccess {
    accounts: Arc<Accounts>,
}

/// The state before.
#[derive(Debug, Serialize, Deserialize)]
struct BlockReceipt {
    place: BucketLocation,
    before: Option<Block>,
}

impl BlockPublicAccess {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

async fn put(bucket: &Bucket, block: Block) -> Result<(), CallError> {
    bucket
        .s3
        .put_public_access_block()
        .bucket(&bucket.place.name)
        .expected_bucket_owner(bucket.place.owner.as_str())
        .public_access_block_configuration(block.configuration())
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::s3::PUT_BUCKET_PUBLIC_ACCESS_BLOCK.action,
            bucket.named(),
        ))
}

/// IAM knows one permission for putting and deleting.
async fn delete(bucket: &Bucket) -> Result<(), CallError> {
    bucket
        .s3
        .delete_public_access_block()
        .bucket(&bucket.place.name)
        .expected_bucket_owner(bucket.place.owner.as_str())
        .send()
        .await
        .map(drop)
        .map_err(CallError::of(
            permissions::s3::PUT_BUCKET_PUBLIC_ACCESS_BLOCK.action,
            bucket.named(),
        ))
}

/// By which of its principals CloudFront would be cut off: those of a policy that isn't public keep their access.
fn identities(
    status: &PolicyStatus,
    text: Result<Option<String>, CallError>,
) -> Result<Vec<String>, CallError> {
    match status {
        PolicyStatus::NoPolicy | PolicyStatus::NotPublic => Ok(Vec::new()),
        PolicyStatus::Public | PolicyStatus::Unknown(_) => Ok(text?
            .as_deref()
            .map(origin_access_identity::named_in)
            .unwrap_or_default()),
    }
}

/// `eu-west-1`: what may stand in an endpoint's name.
fn is_region(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Refuses a receipt of another bucket than the order's. The Region is S3's word; in a wrong one S3 finds nothing.
fn check(request: &StepRequest, place: &BucketLocation) -> Result<(), StepError> {
    let target = &request.target;
    let is_own = kind::Bucket::of(&target.resource).is_some_and(|bucket| bucket.name == place.name)
        && place.owner == target.account
        && place.partition == target.partition
        && is_region(&place.region);
    is_own.then_some(()).ok_or_else(|| {
        unlike(format!(
            "it is of bucket `{}` of account {}, and this step is about {target}",
            place.name, place.owner
        ))
    })
}

#[async_trait]
impl Action for BlockPublicAccess {
    fn spec(&self) -> &'static ActionSpec {
        &s3::block_public_access::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let aws = self.accounts.at(request)?;
        let (bucket, before) = buckets::find(&aws, &request.target).await?;
        let (tags, website, policy, text, log, in_force, opened_by) = tokio::join!(
            bucket.tags(),
            bucket.is_website(),
            bucket.policy_status(),
            bucket.policy(),
            bucket.access_log(),
            InForce::read(&aws, &bucket),
            opened_by::in_words(&aws, &bucket.place, request.at)
        );
        let tags = tags?;
        let is_open = before != Some(Block::FULL);
        let place = &bucket.place;
        let change = is_open.then(|| Change {
            api: permissions::s3::PUT_BUCKET_PUBLIC_ACCESS_BLOCK.action.to_owned(),
            what: format!("Block Public Access of bucket {}", place.name),
            now: Block::in_words(before),
            after: Block::FULL.to_string(),
        });
        let blast_radius = words::blast_radius(place, &policy, &website, &in_force);
        let identities = identities(&policy, text);
        let intended = intended_public::reason(&tags, website, identities)?;
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: place.arn(),
            tags,
            changes: change.into_iter().collect(),
            blast_radius: if is_open { blast_radius } else { Vec::new() },
            limits: words::limits(&log, &in_force, opened_by),
            // Where the account is closed, nobody loses anything.
            needs_approval: intended.filter(|_| is_open && !in_force.is_closed()),
            captured: None,
            manual_undo: vec![words::manual_undo(place, before)],
            receipt: write_receipt(&BlockReceipt {
                place: place.clone(),
                before,
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: BlockReceipt = read_receipt(receipt)?;
        check(request, &receipt.place)?;
        let bucket = buckets::at(&self.accounts.at(request)?, receipt.place);
        Ok(put(&bucket, Block::FULL).await?)
    }

    /// The settings decide; what S3 says of the policy is only told. It judges the policy's text, which we
    /// leave as it is.
    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let aws = self.accounts.at(request)?;
        let found = match receipt {
            Some(receipt) => {
                let receipt: BlockReceipt = read_receipt(receipt)?;
                let bucket = buckets::at(&aws, receipt.place);
                bucket
                    .block()
                    .await
                    .map(|block| (bucket.clone(), block))
                    .map_err(|error| buckets::gone_or(error, &bucket.place))
            }
            None => buckets::find(&aws, &request.target).await,
        };
        match found {
            Ok((bucket, block)) => {
                let policy = bucket.policy_status().await;
                Ok(Verification {
                    holds: block == Some(Block::FULL),
                    observed: words::observed(&bucket.place, block, &policy),
                })
            }
            // A bucket that no longer exists lets nobody in.
            Err(StepError::TargetGone { what }) => Ok(Verification {
                holds: true,
                observed: format!("{what} no longer exists"),
            }),
            Err(error) => Err(error),
        }
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let receipt: BlockReceipt = read_receipt(receipt)?;
        check(request, &receipt.place)?;
        let bucket = buckets::at(&self.accounts.at(request)?, receipt.place);
        let name = &bucket.place.name;
        let now = match bucket.block().await {
            Ok(now) => now,
            Err(error) if error.name == ErrorName::TargetGone => {
                return Ok(UndoOutcome::NothingToUndo {
                    reason: format!("bucket {name} no longer exists"),
                });
            }
            Err(error) => return Err(error.into()),
        };
        if now == receipt.before {
            return Ok(UndoOutcome::NothingToUndo {
                reason: format!("Block Public Access of bucket {name} is as it was before"),
            });
        }
        if now != Some(Block::FULL) {
            return Ok(UndoOutcome::Drifted {
                found: format!(
                    "Block Public Access of bucket {name} was set to {} by Backstop and is {} now",
                    Block::FULL,
                    Block::in_words(now)
                ),
            });
        }
        match receipt.before {
            Some(before) => put(&bucket, before).await?,
            None => delete(&bucket).await?,
        }
        Ok(UndoOutcome::Restored {
            what: format!(
                "Block Public Access of bucket {name}: {}",
                Block::in_words(receipt.before)
            ),
        })
    }
}

#[cfg(test)]
mod tests;
