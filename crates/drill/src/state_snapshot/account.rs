//! The account itself: its Block Public Access.

use aws_sdk_s3control::{Client, error::ProvideErrorMetadata};
use backstop_emulator::Account;
use serde_json::json;

use super::StateSnapshot;
use crate::{DrillError, error::call};

pub(super) async fn account(account: &Account, snapshot: &mut StateSnapshot) -> Result<(), DrillError> {
    let client = Client::new(&account.sdk_config(account.root()));
    let id = account.account_id();
    // No setting is another state than all four off.
    let block = match client.get_public_access_block().account_id(id).send().await {
        Ok(found) => json!(found.public_access_block_configuration().map(|block| {
            json!({
                "BlockPublicAcls": block.block_public_acls(),
                "IgnorePublicAcls": block.ignore_public_acls(),
                "BlockPublicPolicy": block.block_public_policy(),
                "RestrictPublicBuckets": block.restrict_public_buckets(),
            })
        })),
        Err(error) if error.code() == Some("NoSuchPublicAccessBlockConfiguration") => json!("absent"),
        Err(error) => return Err(call("s3:GetAccountPublicAccessBlock")(error)),
    };
    snapshot.put(format!("Block Public Access of account {id}"), block);
    Ok(())
}
