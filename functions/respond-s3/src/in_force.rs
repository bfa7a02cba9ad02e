//! What keeps the public out of a bucket beside its own Block Public Access: the account's, which S3 tells as it is in force,
//! an organization's policy (`S3_POLICY`) included (S3 API Reference, "GetPublicAccessBlock" of an account); and object
//! ownership, which may have switched ACLs off. Only for people: what can't be read is named and stops nothing.

use backstop_aws::Access;
use backstop_runtime::CallError;

use crate::{
    account_block::{AccountBlock, AccountBlocks},
    bucket::Bucket,
};

/// See the module.
pub(crate) struct InForce {
    account: Result<Option<AccountBlock>, CallError>,
    ownership: Result<Option<String>, CallError>,
}

impl InForce {
    /// Both at once.
    pub(crate) async fn read(aws: &Access<'_>, bucket: &Bucket) -> Self {
        let blocks = AccountBlocks::of(aws);
        let (account, ownership) = tokio::join!(blocks.get(&bucket.place.owner), bucket.ownership());
        Self { account, ownership }
    }

    /// Whether the account's setting lets nobody in by a bucket's public policy or ACL.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(
            self.account,
            Ok(Some(block)) if block.effect().restricts_policies() && block.effect().ignores_acls()
        )
    }

    /// Whether ACLs count for nothing in this bucket (S3 User Guide, "Controlling ownership of objects").
    pub(crate) fn has_no_acls(&self) -> bool {
        matches!(&self.ownership, Ok(Some(ownership)) if ownership == "BucketOwnerEnforced")
    }

    /// What couldn't be read.
    pub(crate) fn unknown(&self) -> Vec<String> {
        let account = self.account.as_ref().err().map(|why| {
            format!("whether the account's own Block Public Access keeps the public out already couldn't be read ({why})")
        });
        let ownership =
            self.ownership.as_ref().err().map(|why| {
                format!("whether object ownership has switched ACLs off couldn't be read ({why})")
            });
        account.into_iter().chain(ownership).collect()
    }
}
