//! `s3.capture-account`: keeps which of the account's buckets were open, and how.
//!
//! *Changes* nothing: the plan holds what was read, and the log keeps the plan. *Undo* has nothing to do. *Twice*
//! is harmless. What can't be read is named as missing evidence.

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, s3};
use backstop_aws::Accounts;
use backstop_runtime::{Capture, Captured, StepError, action::StepRequest};
use serde_json::json;

use crate::{
    account_block::{AccountBlock, AccountBlocks, account_of},
    block_account_public_access::look,
    reach::Reach,
};

/// See the module.
pub(crate) struct CaptureAccount {
    accounts: Arc<Accounts>,
}

impl CaptureAccount {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }
}

#[async_trait]
impl Capture for CaptureAccount {
    fn spec(&self) -> &'static ActionSpec {
        &s3::capture_account::SPEC
    }

    async fn capture(&self, request: &StepRequest) -> Result<Captured, StepError> {
        let account = account_of(&request.target)?;
        let aws = self.accounts.at(request)?;
        let blocks = AccountBlocks::of(&aws);
        let (block, reach) = tokio::join!(blocks.get(account), look(&aws, request));
        let (block, reach) = (block?, reach?);
        let (buckets, limits, missing) = match &reach {
            Ok(reach) => (reach.json(), reach.limits(), reach.unread()),
            Err(why) => {
                let missing = vec![format!(
                    "evidence is missing, the buckets couldn't be listed: {why}"
                )];
                (json!({ "unreadable": why.to_string() }), missing.clone(), missing)
            }
        };
        Ok(Captured {
            principal: account.to_string(),
            tags: reach.as_ref().map(Reach::tags).unwrap_or_default(),
            limits,
            missing,
            evidence: json!({
                "account": account,
                "read_at": request.at,
                // The state before containment is in the containing step's receipt.
                "block_public_access_when_read": AccountBlock::in_words(block),
                "buckets": buckets,
            }),
        })
    }
}

#[cfg(test)]
mod tests;
