//! What people are told of blocking public access: who is cut off, who isn't, and what it can't reach.

use backstop_runtime::CallError;

use crate::{
    block::Block,
    bucket::{AccessLog, BucketLocation, PolicyStatus, object_level_logging},
    in_force::InForce,
};

/// Who feels it.
pub(super) fn blast_radius(
    place: &BucketLocation,
    policy: &PolicyStatus,
    website: &Result<bool, CallError>,
    in_force: &InForce,
) -> Vec<String> {
    let BucketLocation { name, owner, .. } = place;
    if in_force.is_closed() {
        return vec![format!(
            "nobody is cut off: the Block Public Access of account {owner}, its own or by its organization's policy, keeps \
             the public out of bucket {name} already, whatever its policy and ACLs say"
        )];
    }
    let mut lines = vec![
        format!(
            "whoever reads bucket {name} without signing in gets 403, also a CloudFront distribution without \
             origin access control or identity; one with origin access control goes on"
        ),
        format!(
            "requests by access points and Multi-Region Access Points of bucket {name} are held to the same: of their \
             setting, the bucket's and the account's the strictest counts"
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
             those that the policy names, and CloudFront's origin access identities, which are outside the account; \
             account {owner} and AWS services keep what the policy gives them"
        ),
        PolicyStatus::NotPublic => {
            format!(
                "the policy of bucket {name} isn't public: other accounts and origin access identities that it names keep \
                 their access"
            )
        }
        PolicyStatus::NoPolicy if in_force.has_no_acls() => format!(
            "bucket {name} has no policy, and object ownership has switched its ACLs off: nobody outside account {owner} \
             is let in now"
        ),
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
pub(super) fn limits(
    log: &Result<Option<AccessLog>, CallError>,
    in_force: &InForce,
    opened_by: String,
) -> Vec<String> {
    let mut lines = vec![
        "presigned URLs work until they expire or their signer is disabled, and AWS principals that may read \
         the bucket still may"
            .to_owned(),
        match in_force.is_closed() {
            true => "as long as the account's Block Public Access is on, nobody is let in by the bucket's policy or ACLs, and \
                     nobody was: CloudTrail tells since when (`PutAccountPublicAccessBlock`, or the organization's policy)"
                .to_owned(),
            false => "what was read while the bucket was public is out".to_owned(),
        },
        object_level_logging(log),
        opened_by,
    ];
    lines.extend(in_force.unknown());
    lines
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
