//! What people are told of blocking public access: who is cut off, who isn't, and what it can't reach.

use backstop_runtime::CallError;

use crate::{
    block::Block,
    bucket::{AccessLog, BucketLocation, PolicyStatus, object_level_logging},
};

/// Who feels it.
pub(super) fn blast_radius(
    place: &BucketLocation,
    policy: &PolicyStatus,
    website: &Result<bool, CallError>,
) -> Vec<String> {
    let BucketLocation { name, owner, .. } = place;
    let mut lines = vec![
        format!(
            "whoever reads bucket {name} without signing in gets 403, also a CloudFront distribution without \
             origin access control or identity; one that has either goes on"
        ),
        format!(
            "uploads to bucket {name} with a public ACL are rejected, and so are changes that would make its \
             policy or ACL public"
        ),
    ];
    if !matches!(website, Ok(false)) {
        lines.push(format!(
            "the website endpoint of bucket {name} answers 403 to everybody, also to CloudFront"
        ));
    }
    lines.push(match policy {
        PolicyStatus::Public => format!(
            "the policy of bucket {name} is public, so RestrictPublicBuckets cuts off every other account, also \
             those that the policy names; account {owner} and AWS services keep what the policy gives them"
        ),
        PolicyStatus::NotPublic => {
            format!("the policy of bucket {name} isn't public: other accounts that it names keep their access")
        }
        PolicyStatus::NoPolicy => format!(
            "bucket {name} has no policy: only ACL grants to everyone or to any AWS user stop counting, grants \
             to named accounts stay"
        ),
        PolicyStatus::Unknown(why) => format!(
            "whether the policy of bucket {name} is public couldn't be read ({why}): if it is, other accounts \
             that it names are cut off too"
        ),
    });
    lines
}

/// What it can't reach.
pub(super) fn limits(log: &Result<Option<AccessLog>, CallError>) -> Vec<String> {
    vec![
        "presigned URLs work until they expire or their signer is disabled, and AWS principals that may read \
         the bucket still may"
            .to_owned(),
        "what was read while the bucket was public is out".to_owned(),
        object_level_logging(log),
    ]
}

/// What undoes it by hand.
pub(super) fn manual_undo(place: &BucketLocation, before: Option<Block>) -> String {
    let (call, setting) = match before {
        None => ("delete-public-access-block", String::new()),
        Some(before) => (
            "put-public-access-block",
            format!(" --public-access-block-configuration {}", before.as_cli()),
        ),
    };
    format!(
        "aws s3api {call} --region {} --bucket {} --expected-bucket-owner {}{setting}",
        place.region, place.name, place.owner
    )
}

/// What reading back showed.
pub(super) fn observed(place: &BucketLocation, block: Option<Block>, policy: &PolicyStatus) -> String {
    let BucketLocation { name, owner, .. } = place;
    let restricted = block == Some(Block::FULL);
    let policy = match policy {
        PolicyStatus::NoPolicy => "it has no policy".to_owned(),
        PolicyStatus::NotPublic => "its policy isn't public".to_owned(),
        PolicyStatus::Public if restricted => {
            format!("its policy is public and restricted to account {owner} and AWS services")
        }
        PolicyStatus::Public => "its policy is public".to_owned(),
        PolicyStatus::Unknown(why) => format!("its policy's status couldn't be read: {why}"),
    };
    format!(
        "Block Public Access of bucket {name}: {}; {policy}",
        Block::in_words(block)
    )
}
