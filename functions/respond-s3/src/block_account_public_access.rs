//! `s3.block-account-public-access`: turns on all four settings of the account's Block Public Access.
//!
//! *Changes* that one setting, which reaches every bucket of the account, also those that are meant to be public:
//! it always asks a person. No bucket's own setting, policy or ACL is touched.
//! *Undo* is exact: the receipt holds the four settings as they were, or that there were none, which undo brings
//! back by deleting; it refuses if the setting is no longer the one we made. *Twice* is harmless: the same four
//! settings.

mod words;

use std::sync::Arc;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, permissions, s3};
use backstop_aws::{Access, Accounts};
use backstop_core::{AccountId, Change, Plan, Receipt, UndoOutcome, Verification, guardrail::Permit};
use backstop_runtime::{
    Action, CallError, StepError,
    action::{StepRequest, read_receipt, unlike, write_receipt},
};
use serde::{Deserialize, Serialize};

use crate::{
    account_block::{AccountBlock, AccountBlocks, account_of},
    reach::Reach,
};

/// See the module.
pub(crate) struct BlockAccountPublicAccess {
    accounts: Arc<Accounts>,
}

/// The state before.
#[derive(Debug, Serialize, Deserialize)]
struct AccountReceipt {
    account: AccountId,
    before: Option<AccountBlock>,
}

impl BlockAccountPublicAccess {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self { accounts }
    }

    fn blocks(&self, request: &StepRequest) -> Result<AccountBlocks, StepError> {
        Ok(AccountBlocks::of(&self.accounts.at(request)?))
    }
}

/// Without the buckets a person decides on less, and is told so; a listing worth a retry is retried.
pub(crate) async fn look(
    aws: &Access<'_>,
    request: &StepRequest,
) -> Result<Result<Reach, CallError>, StepError> {
    match Reach::read(aws, &request.target).await {
        Err(error) if error.name.is_retryable() => Err(error.into()),
        reach => Ok(reach),
    }
}

/// Refuses a receipt of another account than the order's.
fn check(request: &StepRequest, account: &AccountId) -> Result<(), StepError> {
    let own = account_of(&request.target)?;
    (own == account).then_some(()).ok_or_else(|| {
        unlike(format!(
            "it is of account {account}, and this step is about {own}"
        ))
    })
}

fn is_full(block: Option<AccountBlock>) -> bool {
    block.is_some_and(|block| block.effect() == AccountBlock::FULL.effect())
}

/// Whether both do the same, and both are there or not: S3 may fill in as off what was left out.
fn is_same(one: Option<AccountBlock>, other: Option<AccountBlock>) -> bool {
    one.map(AccountBlock::effect) == other.map(AccountBlock::effect)
}

#[async_trait]
impl Action for BlockAccountPublicAccess {
    fn spec(&self) -> &'static ActionSpec {
        &s3::block_account_public_access::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let account = account_of(&request.target)?;
        let aws = self.accounts.at(request)?;
        let blocks = AccountBlocks::of(&aws);
        let (before, reach) = tokio::join!(blocks.get(account), look(&aws, request));
        let (before, reach) = (before?, reach?);
        let is_open = !is_full(before);
        let change = is_open.then(|| Change {
            api: permissions::s3::PUT_ACCOUNT_PUBLIC_ACCESS_BLOCK.action.to_owned(),
            what: format!("Block Public Access of account {account}"),
            now: AccountBlock::in_words(before),
            after: AccountBlock::FULL.effect().to_string(),
        });
        let blast_radius = words::blast_radius(account, &reach);
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: account.to_string(),
            tags: reach.as_ref().map(Reach::tags).unwrap_or_default(),
            changes: change.into_iter().collect(),
            blast_radius: if is_open { blast_radius } else { Vec::new() },
            limits: words::limits(&reach),
            needs_approval: is_open.then(|| words::why_ask(account, &reach)),
            captured: None,
            manual_undo: vec![words::manual_undo(
                account,
                request.target.region.as_str(),
                before,
            )],
            receipt: write_receipt(&AccountReceipt {
                account: account.clone(),
                before,
            })?,
        })
    }

    async fn act(&self, _permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        let receipt: AccountReceipt = read_receipt(receipt)?;
        check(request, &receipt.account)?;
        Ok(self
            .blocks(request)?
            .put(&receipt.account, AccountBlock::FULL)
            .await?)
    }

    async fn verify(
        &self,
        request: &StepRequest,
        _receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        let account = account_of(&request.target)?;
        let block = self.blocks(request)?.get(account).await?;
        Ok(Verification {
            holds: is_full(block),
            observed: format!(
                "Block Public Access of account {account}: {}",
                AccountBlock::in_words(block)
            ),
        })
    }

    async fn undo(
        &self,
        _permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        let AccountReceipt { account, before } = read_receipt(receipt)?;
        check(request, &account)?;
        let blocks = self.blocks(request)?;
        let now = blocks.get(&account).await?;
        if is_same(now, before) {
            return Ok(UndoOutcome::NothingToUndo {
                reason: format!("Block Public Access of account {account} is as it was before"),
            });
        }
        if !is_full(now) {
            return Ok(UndoOutcome::Drifted {
                found: format!(
                    "Block Public Access of account {account} was set to {} by Backstop and is {} now",
                    AccountBlock::FULL.effect(),
                    AccountBlock::in_words(now)
                ),
            });
        }
        match before {
            Some(before) => blocks.put(&account, before).await?,
            None => blocks.delete(&account).await?,
        }
        Ok(UndoOutcome::Restored {
            what: format!(
                "Block Public Access of account {account}: {}",
                AccountBlock::in_words(before)
            ),
        })
    }
}

#[cfg(test)]
mod tests;
