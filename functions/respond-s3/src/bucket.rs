//! One bucket: reading what its containment turns on. Each call names the owner that S3 must find.

use std::collections::BTreeMap;

use aws_sdk_s3::{
    Client,
    config::http::HttpResponse,
    error::SdkError,
    operation::get_public_access_block::{GetPublicAccessBlockError, GetPublicAccessBlockOutput},
};
use backstop_actions::permissions;
use backstop_core::AccountId;
use backstop_runtime::CallError;
use serde::{Deserialize, Serialize};

use crate::block::Block;

/// The groups whose grants S3 takes for public (S3 User Guide, "The meaning of public").
const PUBLIC_GROUPS: [&str; 2] = [
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
];

/// Where a bucket is, and whose it must be: S3 refuses calls to a like-named bucket of another account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BucketLocation {
    pub(crate) name: String,
    pub(crate) owner: AccountId,
    pub(crate) region: String,
    pub(crate) partition: String,
}

impl BucketLocation {
    pub(crate) fn arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.partition, self.name)
    }
}

/// A bucket, and a client of its Region.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) s3: Client,
    pub(crate) place: BucketLocation,
}

/// What S3 says of the bucket's policy. It judges the policy's text (S3 User Guide, "The meaning of public"),
/// so a policy may be public while `RestrictPublicBuckets` keeps the public out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyStatus {
    /// There is no policy.
    NoPolicy,
    /// It lets others in than fixed accounts and services.
    Public,
    /// It doesn't.
    NotPublic,
    /// It couldn't be read.
    Unknown(String),
}

/// A missing setting is an answer, not a failure.
pub(crate) fn unless_absent<T>(answer: Result<T, CallError>, absent: &str) -> Result<Option<T>, CallError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code == absent => Ok(None),
        Err(error) => Err(error),
    }
}

impl Bucket {
    /// The bucket's name for error messages.
    pub(crate) fn named(&self) -> String {
        format!("bucket `{}`", self.place.name)
    }

    pub(crate) async fn get_block(
        &self,
    ) -> Result<GetPublicAccessBlockOutput, SdkError<GetPublicAccessBlockError, HttpResponse>> {
        self.s3
            .get_public_access_block()
            .bucket(&self.place.name)
            .expected_bucket_owner(self.place.owner.as_str())
            .send()
            .await
    }

    pub(crate) fn read_block(
        &self,
        answer: Result<GetPublicAccessBlockOutput, SdkError<GetPublicAccessBlockError, HttpResponse>>,
    ) -> Result<Option<Block>, CallError> {
        let answer = answer.map_err(CallError::of(
            permissions::s3::GET_BUCKET_PUBLIC_ACCESS_BLOCK.action,
            self.named(),
        ));
        let found = unless_absent(answer, "NoSuchPublicAccessBlockConfiguration")?;
        Ok(found.and_then(|found| found.public_access_block_configuration().map(Block::of)))
    }

    /// The bucket's own Block Public Access as it is now.
    pub(crate) async fn block(&self) -> Result<Option<Block>, CallError> {
        self.read_block(self.get_block().await)
    }

    /// Its tags.
    pub(crate) async fn tags(&self) -> Result<BTreeMap<String, String>, CallError> {
        let answer = self
            .s3
            .get_bucket_tagging()
            .bucket(&self.place.name)
            .expected_bucket_owner(self.place.owner.as_str())
            .send()
            .await
            .map_err(CallError::of(
                permissions::s3::GET_BUCKET_TAGGING.action,
                self.named(),
            ));
        let found = unless_absent(answer, "NoSuchTagSet")?;
        Ok(found
            .iter()
            .flat_map(|found| found.tag_set())
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect())
    }

    /// Whether it hosts a website.
    pub(crate) async fn is_website(&self) -> Result<bool, CallError> {
        let answer = self
            .s3
            .get_bucket_website()
            .bucket(&self.place.name)
            .expected_bucket_owner(self.place.owner.as_str())
            .send()
            .await
            .map_err(CallError::of(
                permissions::s3::GET_BUCKET_WEBSITE.action,
                self.named(),
            ));
        Ok(unless_absent(answer, "NoSuchWebsiteConfiguration")?.is_some())
    }

    /// What S3 says of its policy. Only for people, so that a failure is told and stops nothing.
    pub(crate) async fn policy_status(&self) -> PolicyStatus {
        let answer = self
            .s3
            .get_bucket_policy_status()
            .bucket(&self.place.name)
            .expected_bucket_owner(self.place.owner.as_str())
            .send()
            .await
            .map_err(CallError::of(
                permissions::s3::GET_BUCKET_POLICY_STATUS.action,
                self.named(),
            ));
        match unless_absent(answer, "NoSuchBucketPolicy") {
            Ok(None) => PolicyStatus::NoPolicy,
            Ok(Some(found)) => match found.policy_status().and_then(|status| status.is_public()) {
                Some(true) => PolicyStatus::Public,
                Some(false) => PolicyStatus::NotPublic,
                None => PolicyStatus::Unknown("S3 didn't say".to_owned()),
            },
            Err(error) => PolicyStatus::Unknown(error.to_string()),
        }
    }

    /// Its policy's exact text; `None` if it has none.
    pub(crate) async fn policy(&self) -> Result<Option<String>, CallError> {
        let answer = self
            .s3
            .get_bucket_policy()
            .bucket(&self.place.name)
            .expected_bucket_owner(self.place.owner.as_str())
            .send()
            .await
            .map_err(CallError::of(
                permissions::s3::GET_BUCKET_POLICY.action,
                self.named(),
            ));
        Ok(unless_absent(answer, "NoSuchBucketPolicy")?.and_then(|found| found.policy))
    }

    /// Who owns its objects: `BucketOwnerEnforced` switches ACLs off. `None` if it was never set.
    pub(crate) async fn ownership(&self) -> Result<Option<String>, CallError> {
        let answer = self
            .s3
            .get_bucket_ownership_controls()
            .bucket(&self.place.name)
            .expected_bucket_owner(self.place.owner.as_str())
            .send()
            .await
            .map_err(CallError::of(
                permissions::s3::GET_BUCKET_OWNERSHIP_CONTROLS.action,
                self.named(),
            ));
        let found = unless_absent(answer, "OwnershipControlsNotFoundError")?;
        Ok(found.and_then(|found| {
            let rule = found.ownership_controls()?.rules().first()?;
            Some(rule.object_ownership().as_str().to_owned())
        }))
    }

    /// Whether its ACL grants something to everyone, or to any AWS user.
    pub(crate) async fn has_public_acl(&self) -> Result<bool, CallError> {
        let acl = self
            .s3
            .get_bucket_acl()
            .bucket(&self.place.name)
            .expected_bucket_owner(self.place.owner.as_str())
            .send()
            .await
            .map_err(CallError::of(
                permissions::s3::GET_BUCKET_ACL.action,
                self.named(),
            ))?;
        let mut groups = acl.grants().iter().filter_map(|grant| grant.grantee()?.uri());
        Ok(groups.any(|group| PUBLIC_GROUPS.contains(&group)))
    }

    /// Where its server access logs go; `None` if it has none.
    pub(crate) async fn access_log(&self) -> Result<Option<AccessLog>, CallError> {
        let answer = self
            .s3
            .get_bucket_logging()
            .bucket(&self.place.name)
            .expected_bucket_owner(self.place.owner.as_str())
            .send()
            .await
            .map_err(CallError::of(
                permissions::s3::GET_BUCKET_LOGGING.action,
                self.named(),
            ))?;
        Ok(answer.logging_enabled().map(|to| AccessLog {
            bucket: to.target_bucket().to_owned(),
            prefix: to.target_prefix().to_owned(),
        }))
    }
}

/// Where server access logs go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct AccessLog {
    bucket: String,
    prefix: String,
}

/// What can be known of reads of objects. CloudTrail's data events aren't a setting of the bucket, so S3 can't
/// tell whether a trail records them.
pub(crate) fn object_level_logging(log: &Result<Option<AccessLog>, CallError>) -> String {
    match log {
        Ok(Some(log)) => format!(
            "server access logging is on: reads of objects are in s3://{}/{} (best effort, hours late)",
            log.bucket, log.prefix
        ),
        Ok(None) => "server access logging is off: unless a CloudTrail trail records S3 data events of this \
                     bucket, nobody can say which objects were read"
            .to_owned(),
        Err(error) => format!("whether reads of objects were logged couldn't be read: {error}"),
    }
}
