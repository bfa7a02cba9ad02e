//! Permissions of S3.

use crate::{Condition, Grant, Scope};

/// The settings of the target bucket, or of the account's buckets, read.
static BUCKETS_READ: Scope = Scope {
    conditions: &[Condition::new(
        "StringEquals",
        "aws:ResourceAccount",
        &["{account}"],
    )],
    why: "Any bucket can be made public. A bucket's ARN names no account, so this one is a condition; objects have other ARNs, so none can be read or changed.",
    ..Scope::of("ReadBucketSettings", &["arn:{partition}:s3:::{bucket.name}"])
};

/// The target bucket.
static BUCKETS: Scope = Scope {
    conditions: &[Condition::new(
        "StringEquals",
        "aws:ResourceAccount",
        &["{account}"],
    )],
    why: "Deleting the setting, which undo may do, needs the same permission.",
    ..Scope::of("ContainBuckets", &["arn:{partition}:s3:::{bucket.name}"])
};

/// The account's settings, read.
static ACCOUNT_READ: Scope = Scope::everything(
    "ReadTheAccountsSettings",
    "Neither takes a resource (Service Authorization Reference).",
);

/// The account's settings.
static ACCOUNT: Scope = Scope::everything(
    "ContainTheAccount",
    "It takes no resource. Deleting the setting, which undo may do, needs the same permission.",
);

/// On objects of the evidence bucket, which functions have; no action reads what is in a customer's.
pub const GET_OBJECT: &str = "s3:GetObject";
pub const GET_OBJECT_VERSION: &str = "s3:GetObjectVersion";
pub const LIST_BUCKET_VERSIONS: &str = "s3:ListBucketVersions";
pub const PUT_OBJECT: &str = "s3:PutObject";

pub const GET_BUCKET_ACL: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketAcl");
pub const GET_BUCKET_LOGGING: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketLogging");
pub const GET_BUCKET_NOTIFICATION: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketNotification");
pub const GET_BUCKET_OWNERSHIP_CONTROLS: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketOwnershipControls");
pub const GET_BUCKET_POLICY: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketPolicy");
pub const GET_BUCKET_POLICY_STATUS: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketPolicyStatus");
pub const GET_BUCKET_PUBLIC_ACCESS_BLOCK: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketPublicAccessBlock");
pub const GET_BUCKET_TAGGING: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketTagging");
pub const GET_BUCKET_VERSIONING: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketVersioning");
pub const GET_BUCKET_WEBSITE: Grant = Grant::on(&BUCKETS_READ, "s3:GetBucketWebsite");
pub const GET_REPLICATION_CONFIGURATION: Grant = Grant::on(&BUCKETS_READ, "s3:GetReplicationConfiguration");
pub const PUT_BUCKET_PUBLIC_ACCESS_BLOCK: Grant = Grant::on(&BUCKETS, "s3:PutBucketPublicAccessBlock");
pub const GET_ACCOUNT_PUBLIC_ACCESS_BLOCK: Grant = Grant::on(&ACCOUNT_READ, "s3:GetAccountPublicAccessBlock");
pub const LIST_ALL_MY_BUCKETS: Grant = Grant::on(&ACCOUNT_READ, "s3:ListAllMyBuckets");
pub const PUT_ACCOUNT_PUBLIC_ACCESS_BLOCK: Grant = Grant::on(&ACCOUNT, "s3:PutAccountPublicAccessBlock");
