//! S3's usual answers, for the wire tests of the actions. A rule matches only a request that names bucket and owner.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fake_s3;

use aws_sdk_s3::{
    Client,
    operation::{
        get_bucket_acl::GetBucketAclOutput,
        get_bucket_logging::GetBucketLoggingOutput,
        get_bucket_ownership_controls::{GetBucketOwnershipControlsError, GetBucketOwnershipControlsOutput},
        get_bucket_policy::{GetBucketPolicyError, GetBucketPolicyOutput},
        get_bucket_policy_status::{GetBucketPolicyStatusError, GetBucketPolicyStatusOutput},
        get_bucket_tagging::{GetBucketTaggingError, GetBucketTaggingOutput},
        get_bucket_website::{GetBucketWebsiteError, GetBucketWebsiteOutput},
        get_public_access_block::{GetPublicAccessBlockError, GetPublicAccessBlockOutput},
        list_buckets::ListBucketsOutput,
    },
    types::{
        Bucket, Grant, Grantee, ObjectOwnership, OwnershipControls, OwnershipControlsRule, Permission,
        PolicyStatus, PublicAccessBlockConfiguration, Tag, Type,
    },
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::{Resource, kind};
use backstop_runtime::action::StepRequest;

pub(crate) const BUCKET: &str = "holiday-pictures";
pub(crate) use fake_s3::{fake_s3, planted};

pub(crate) use backstop_runtime::testing::{ACCOUNT as OWNER, error, permit, step_request as request_for};

pub(crate) fn step_request() -> StepRequest {
    request_for(Resource::Bucket(kind::Bucket { name: BUCKET.into() }))
}

/// Whether a request is about our bucket and insists on our account.
#[macro_export]
macro_rules! is_ours {
    ($request:expr) => {
        $request.bucket() == Some($crate::testing::BUCKET)
            && $request.expected_bucket_owner() == Some($crate::testing::OWNER)
    };
}

/// The bucket's own Block Public Access is this.
pub(crate) fn block(settings: [bool; 4]) -> Rule {
    mock!(Client::get_public_access_block)
        .match_requests(|request| is_ours!(request))
        .then_output(move || {
            let [acls, ignore, policy, restrict] = settings;
            let found = PublicAccessBlockConfiguration::builder()
                .block_public_acls(acls)
                .ignore_public_acls(ignore)
                .block_public_policy(policy)
                .restrict_public_buckets(restrict)
                .build();
            GetPublicAccessBlockOutput::builder()
                .public_access_block_configuration(found)
                .build()
        })
}

/// Reading Block Public Access ends with this code.
pub(crate) fn block_error(code: &'static str) -> Rule {
    mock!(Client::get_public_access_block)
        .match_requests(|request| is_ours!(request))
        .then_error(move || GetPublicAccessBlockError::generic(error(code)))
}

/// The bucket has no Block Public Access of its own.
pub(crate) fn no_block() -> Rule {
    block_error("NoSuchPublicAccessBlockConfiguration")
}

pub(crate) fn tags(tags: &'static [(&'static str, &'static str)]) -> Rule {
    let rule = mock!(Client::get_bucket_tagging).match_requests(|request| is_ours!(request));
    if tags.is_empty() {
        return rule.then_error(|| GetBucketTaggingError::generic(error("NoSuchTagSet")));
    }
    rule.then_output(|| {
        let tags = tags
            .iter()
            .map(|(key, value)| Tag::builder().key(*key).value(*value).build().unwrap());
        GetBucketTaggingOutput::builder()
            .set_tag_set(Some(tags.collect()))
            .build()
            .unwrap()
    })
}

/// The account has these buckets, and more if so.
pub(crate) fn buckets(names: &'static [&'static str], has_more: bool) -> Rule {
    mock!(Client::list_buckets)
        .match_requests(|request| request.max_buckets() == Some(crate::reach::MOST))
        .then_output(move || {
            let named = names.iter().map(|name| Bucket::builder().name(*name).build());
            ListBucketsOutput::builder()
                .set_buckets(Some(named.collect()))
                .set_continuation_token(has_more.then(|| "next".to_owned()))
                .build()
        })
}

pub(crate) fn acl(group: Option<&'static str>) -> Rule {
    mock!(Client::get_bucket_acl)
        .match_requests(|request| is_ours!(request))
        .then_output(move || {
            let grant = group.map(|group| {
                let to = Grantee::builder().r#type(Type::Group).uri(group).build();
                Grant::builder()
                    .grantee(to.unwrap())
                    .permission(Permission::Read)
                    .build()
            });
            GetBucketAclOutput::builder()
                .set_grants(grant.map(|grant| vec![grant]))
                .build()
        })
}

pub(crate) fn website() -> Rule {
    mock!(Client::get_bucket_website)
        .match_requests(|request| is_ours!(request))
        .then_output(|| GetBucketWebsiteOutput::builder().build())
}

pub(crate) fn website_error(code: &'static str) -> Rule {
    mock!(Client::get_bucket_website)
        .match_requests(|request| is_ours!(request))
        .then_error(move || GetBucketWebsiteError::generic(error(code)))
}

pub(crate) fn no_website() -> Rule {
    website_error("NoSuchWebsiteConfiguration")
}

pub(crate) fn policy_is_public(is_public: bool) -> Rule {
    mock!(Client::get_bucket_policy_status)
        .match_requests(|request| is_ours!(request))
        .then_output(move || {
            GetBucketPolicyStatusOutput::builder()
                .policy_status(PolicyStatus::builder().is_public(is_public).build())
                .build()
        })
}

pub(crate) fn no_policy() -> Rule {
    mock!(Client::get_bucket_policy_status)
        .match_requests(|request| is_ours!(request))
        .then_error(|| GetBucketPolicyStatusError::generic(error("NoSuchBucketPolicy")))
}

/// The bucket's policy, or none.
pub(crate) fn policy_text(text: Option<&'static str>) -> Rule {
    let rule = mock!(Client::get_bucket_policy).match_requests(|request| is_ours!(request));
    match text {
        Some(text) => rule.then_output(move || GetBucketPolicyOutput::builder().policy(text).build()),
        None => rule.then_error(|| GetBucketPolicyError::generic(error("NoSuchBucketPolicy"))),
    }
}

/// Who owns the bucket's objects, if that was set.
pub(crate) fn ownership(set: Option<ObjectOwnership>) -> Rule {
    let rule = mock!(Client::get_bucket_ownership_controls).match_requests(|request| is_ours!(request));
    let Some(set) = set else {
        return rule.then_error(|| {
            GetBucketOwnershipControlsError::generic(error("OwnershipControlsNotFoundError"))
        });
    };
    rule.then_output(move || {
        let one = OwnershipControlsRule::builder().object_ownership(set.clone());
        let controls = OwnershipControls::builder().rules(one.build().unwrap());
        GetBucketOwnershipControlsOutput::builder()
            .ownership_controls(controls.build().unwrap())
            .build()
    })
}

/// The account's Block Public Access as it is in force, or none.
pub(crate) fn of_account(settings: Option<[bool; 4]>) -> Rule {
    use aws_sdk_s3control::operation::get_public_access_block as get;
    let rule = mock!(aws_sdk_s3control::Client::get_public_access_block)
        .match_requests(|request| request.account_id() == Some(OWNER));
    let Some([acls, ignore, policy, restrict]) = settings else {
        return rule.then_error(|| {
            get::GetPublicAccessBlockError::generic(error("NoSuchPublicAccessBlockConfiguration"))
        });
    };
    rule.then_output(move || {
        let found = aws_sdk_s3control::types::PublicAccessBlockConfiguration::builder()
            .block_public_acls(acls)
            .ignore_public_acls(ignore)
            .block_public_policy(policy)
            .restrict_public_buckets(restrict);
        get::GetPublicAccessBlockOutput::builder()
            .public_access_block_configuration(found.build())
            .build()
    })
}

pub(crate) fn no_access_log() -> Rule {
    mock!(Client::get_bucket_logging)
        .match_requests(|request| is_ours!(request))
        .then_output(|| GetBucketLoggingOutput::builder().build())
}

/// Accounts whose S3 knows these rules and fails on anything else: `s3!(listed, tags)`, or with the settings of an account
/// `s3!([listed], control: [none])`.
#[macro_export]
macro_rules! s3 {
    ([$($rule:expr),* $(,)?], control: [$($control:expr),* $(,)?]) => {
        backstop_runtime::accounts!(
            $crate::services::S3 = aws_sdk_s3: [$($rule),*],
            $crate::services::S3Control = aws_sdk_s3control: [$($control),*]
        )
    };
    ($($rule:expr),* $(,)?) => {
        backstop_runtime::accounts!($crate::services::S3 = aws_sdk_s3: [$($rule),*])
    };
}
