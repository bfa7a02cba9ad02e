//! Block Public Access of a whole account. S3 applies the more restrictive of the account's and a bucket's own.

use aws_sdk_s3control::{Client, types::PublicAccessBlockConfiguration};
use backstop_actions::permissions;
use backstop_aws::Access;
use backstop_core::{AccountId, ErrorName, Target, kind};
use backstop_runtime::{CallError, StepError};
use serde::{Deserialize, Serialize};

use crate::{block::Block, bucket::unless_absent, services::S3Control};

/// The four settings as S3 gives them. One that S3 leaves out is off, and undo leaves it out as well; an account that
/// has none is `None`, which undo brings back by deleting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountBlock {
    block_public_acls: Option<bool>,
    ignore_public_acls: Option<bool>,
    block_public_policy: Option<bool>,
    restrict_public_buckets: Option<bool>,
}

impl AccountBlock {
    /// All four on.
    pub(crate) const FULL: Self = Self {
        block_public_acls: Some(true),
        ignore_public_acls: Some(true),
        block_public_policy: Some(true),
        restrict_public_buckets: Some(true),
    };

    fn of(found: &PublicAccessBlockConfiguration) -> Self {
        Self {
            block_public_acls: found.block_public_acls(),
            ignore_public_acls: found.ignore_public_acls(),
            block_public_policy: found.block_public_policy(),
            restrict_public_buckets: found.restrict_public_buckets(),
        }
    }

    fn configuration(self) -> PublicAccessBlockConfiguration {
        PublicAccessBlockConfiguration::builder()
            .set_block_public_acls(self.block_public_acls)
            .set_ignore_public_acls(self.ignore_public_acls)
            .set_block_public_policy(self.block_public_policy)
            .set_restrict_public_buckets(self.restrict_public_buckets)
            .build()
    }

    /// What the settings do.
    pub(crate) fn effect(self) -> Block {
        Block::new([
            self.block_public_acls == Some(true),
            self.ignore_public_acls == Some(true),
            self.block_public_policy == Some(true),
            self.restrict_public_buckets == Some(true),
        ])
    }

    /// The settings as the AWS CLI takes them.
    pub(crate) fn as_cli(self) -> String {
        let named = [
            ("BlockPublicAcls", self.block_public_acls),
            ("IgnorePublicAcls", self.ignore_public_acls),
            ("BlockPublicPolicy", self.block_public_policy),
            ("RestrictPublicBuckets", self.restrict_public_buckets),
        ];
        let given: Vec<String> = named
            .iter()
            .filter_map(|(name, setting)| setting.map(|on| format!("{name}={on}")))
            .collect();
        if given.is_empty() {
            "'{}'".to_owned()
        } else {
            given.join(",")
        }
    }

    /// The settings in words, or that there are none.
    pub(crate) fn in_words(block: Option<Self>) -> String {
        Block::in_words(block.map(Self::effect))
    }
}

/// The account that a target is.
pub(crate) fn account_of(target: &Target) -> Result<&AccountId, StepError> {
    match kind::Account::of(&target.resource) {
        Some(kind::Account {}) => Ok(&target.account),
        None => Err(StepError::NotApplicable {
            reason: format!("{target} is no account"),
        }),
    }
}

/// Reads and changes the setting; it is one for all Regions, so that any Region's endpoint has it.
#[derive(Clone, Debug)]
pub(crate) struct AccountBlocks {
    client: Client,
}

impl AccountBlocks {
    pub(crate) fn of(aws: &Access<'_>) -> Self {
        Self {
            client: aws.client::<S3Control>(),
        }
    }

    pub(crate) async fn get(&self, account: &AccountId) -> Result<Option<AccountBlock>, CallError> {
        let answer = self
            .client
            .get_public_access_block()
            .account_id(account.as_str())
            .send()
            .await
            .map_err(CallError::of(
                permissions::s3::GET_ACCOUNT_PUBLIC_ACCESS_BLOCK.action,
                named(account),
            ));
        let found = unless_absent(answer, "NoSuchPublicAccessBlockConfiguration")?;
        Ok(found.and_then(|found| found.public_access_block_configuration().map(AccountBlock::of)))
    }

    pub(crate) async fn put(&self, account: &AccountId, block: AccountBlock) -> Result<(), CallError> {
        self.client
            .put_public_access_block()
            .account_id(account.as_str())
            .public_access_block_configuration(block.configuration())
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(
                permissions::s3::PUT_ACCOUNT_PUBLIC_ACCESS_BLOCK.action,
                named(account),
            ))
            .map_err(by_the_organization)
    }

    /// IAM knows one permission for putting and deleting.
    pub(crate) async fn delete(&self, account: &AccountId) -> Result<(), CallError> {
        self.client
            .delete_public_access_block()
            .account_id(account.as_str())
            .send()
            .await
            .map(drop)
            .map_err(CallError::of(
                permissions::s3::PUT_ACCOUNT_PUBLIC_ACCESS_BLOCK.action,
                named(account),
            ))
            .map_err(by_the_organization)
    }
}

/// Where an organization's policy rules the setting, S3 refuses changes of an account's own to everybody (S3 API Reference,
/// "PutPublicAccessBlock" of an account), and says no more than that.
fn by_the_organization(mut error: CallError) -> CallError {
    if error.name == ErrorName::AccessDenied {
        error.message.push_str(
            " (S3 answers so too where a policy of type S3_POLICY of the organization rules this account's setting: then \
             change the organization's policy)",
        );
    }
    error
}

fn named(account: &AccountId) -> String {
    format!("account `{account}`")
}
