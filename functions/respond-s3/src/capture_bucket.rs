//! `s3.capture-bucket`: keeps how the bucket was opened, and what an attacker may have left in it.
//!
//! *Changes* nothing: the plan holds what was read, and the log keeps the plan. *Undo* has nothing to do. *Twice*
//! is harmless. A part that can't be read is named as missing evidence; the others are kept all the same.

mod parts;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, s3};
use backstop_aws::Accounts;
use backstop_runtime::{Capture, Captured, StepError, action::StepRequest};
use serde_json::json;

use crate::{block::Block, bucket::object_level_logging, buckets};

/// See the module.
pub(crate) struct CaptureBucket {
    accounts: Arc<Accounts>,
}

impl CaptureBucket {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

#[async_trait]
impl Capture for CaptureBucket {
    fn spec(&self) -> &'static ActionSpec {
        &s3::capture_bucket::SPEC
    }

    async fn capture(&self, request: &StepRequest) -> Result<Captured, StepError> {
        let (bucket, block) = buckets::find(&self.accounts.at(request)?, &request.target).await?;
        let (tags, parts, log) = tokio::join!(bucket.tags(), parts::read(&bucket), bucket.access_log());
        let tags = tags?;
        let (parts, mut missing) = parts::settle(parts?);
        let logging = object_level_logging(&log);
        let unread_log = log.is_err().then(|| logging.clone());
        let captured = json!({
            "bucket": bucket.place.arn(),
            "region": bucket.place.region,
            "read_at": request.at,
            // The state before containment is in the containing step's receipt.
            "block_public_access_when_read": Block::in_words(block),
            "tags": tags,
            "reads_of_objects": logging,
            "access_log": log.ok().flatten(),
            "parts": parts,
        });
        let mut limits = missing.clone();
        limits.push(logging);
        missing.extend(unread_log);
        Ok(Captured {
            principal: bucket.place.arn(),
            tags,
            limits,
            missing,
            evidence: captured,
        })
    }
}

#[cfg(test)]
mod tests;
