//! Plants buckets, each with one object in it.

use aws_sdk_s3::{
    Client,
    types::{IndexDocument, Tag, Tagging, WebsiteConfiguration},
};
use serde_json::json;

use super::{Cast, OBJECT};
use crate::{DrillError, error::call, file::Bucket};
use backstop_emulator::Account;

impl Cast {
    pub(super) async fn add_bucket(&mut self, account: &Account, bucket: &Bucket) -> Result<(), DrillError> {
        let s3 = Client::new(&account.sdk_config(account.root()));
        let name = self.real(&bucket.name);
        let made = s3.create_bucket().bucket(&name);
        made.send().await.map_err(call("s3:CreateBucket"))?;
        let tags = s3.put_bucket_tagging().bucket(&name).tagging(drill_tag()?);
        tags.send().await.map_err(call("s3:PutBucketTagging"))?;
        let object = s3.put_object().bucket(&name).key(OBJECT);
        object
            .body(b"drill,nothing real\n".to_vec().into())
            .send()
            .await
            .map_err(call("s3:PutObject"))?;
        if bucket.open_to_anyone {
            open(&s3, &name).await?;
        }
        if bucket.website {
            host_website(&s3, &name).await?;
        }
        self.buckets.insert(bucket.name.clone(), name);
        Ok(())
    }
}

/// AWS gives each new bucket a Block Public Access in full; whoever opens one deletes it first.
async fn open(s3: &Client, name: &str) -> Result<(), DrillError> {
    let unblocked = s3.delete_public_access_block().bucket(name).send().await;
    unblocked.map_err(call("s3:DeletePublicAccessBlock"))?;
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "AnyoneMayRead",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": format!("arn:aws:s3:::{name}/*"),
        }],
    });
    let opened = s3.put_bucket_policy().bucket(name).policy(policy.to_string());
    opened.send().await.map_err(call("s3:PutBucketPolicy"))?;
    Ok(())
}

async fn host_website(s3: &Client, name: &str) -> Result<(), DrillError> {
    const OPERATION: &str = "s3:PutBucketWebsite";
    let index = IndexDocument::builder().suffix(OBJECT).build();
    let website = WebsiteConfiguration::builder()
        .index_document(index.map_err(call(OPERATION))?)
        .build();
    let hosted = s3
        .put_bucket_website()
        .bucket(name)
        .website_configuration(website);
    hosted.send().await.map_err(call(OPERATION))?;
    Ok(())
}

/// Without it, no drill event may act on the bucket.
fn drill_tag() -> Result<Tagging, DrillError> {
    const OPERATION: &str = "s3:PutBucketTagging";
    let tag = Tag::builder()
        .key(backstop_core::guardrail::DRILL_TAG)
        .value("yes")
        .build();
    Tagging::builder()
        .tag_set(tag.map_err(call(OPERATION))?)
        .build()
        .map_err(call(OPERATION))
}
