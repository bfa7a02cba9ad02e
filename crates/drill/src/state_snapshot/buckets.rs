//! Buckets: Block Public Access, policy, ACL, tags.

use aws_sdk_s3::{Client, error::ProvideErrorMetadata};
use serde_json::{Value, json};

use super::StateSnapshot;
use crate::{DrillError, error::call};

pub(super) async fn bucket(s3: &Client, name: &str, snapshot: &mut StateSnapshot) -> Result<(), DrillError> {
    // No setting is another state than all four off.
    let block = match s3.get_public_access_block().bucket(name).send().await {
        Ok(found) => found
            .public_access_block_configuration()
            .map_or(Value::Null, |block| {
                json!({
                    "BlockPublicAcls": block.block_public_acls(),
                    "IgnorePublicAcls": block.ignore_public_acls(),
                    "BlockPublicPolicy": block.block_public_policy(),
                    "RestrictPublicBuckets": block.restrict_public_buckets(),
                })
            }),
        Err(error) if error.code() == Some("NoSuchPublicAccessBlockConfiguration") => json!("absent"),
        Err(error) => return Err(call("s3:GetBucketPublicAccessBlock")(error)),
    };
    snapshot.put(format!("Block Public Access of bucket {name}"), block);
    let policy = match s3.get_bucket_policy().bucket(name).send().await {
        Ok(found) => json!(found.policy()),
        Err(error) if error.code() == Some("NoSuchBucketPolicy") => json!("absent"),
        Err(error) => return Err(call("s3:GetBucketPolicy")(error)),
    };
    snapshot.put(format!("policy of bucket {name}"), policy);
    let acl = s3.get_bucket_acl().bucket(name).send().await;
    let acl = acl.map_err(call("s3:GetBucketAcl"))?;
    let grants: Vec<String> = acl.grants().iter().map(|grant| format!("{grant:?}")).collect();
    snapshot.put(format!("ACL of bucket {name}"), grants);
    let tags = match s3.get_bucket_tagging().bucket(name).send().await {
        Ok(found) => json!(
            found
                .tag_set()
                .iter()
                .map(|tag| format!("{}={}", tag.key(), tag.value()))
                .collect::<Vec<_>>()
        ),
        Err(error) if error.code() == Some("NoSuchTagSet") => json!("absent"),
        Err(error) => return Err(call("s3:GetBucketTagging")(error)),
    };
    snapshot.put(format!("tags of bucket {name}"), tags);
    Ok(())
}
