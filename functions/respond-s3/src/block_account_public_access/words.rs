//! What people are told of blocking public access to a whole account.

use backstop_actions::permissions;
use backstop_core::AccountId;
use backstop_runtime::CallError;

use crate::{account_block::AccountBlock, reach::Reach};

/// Why a person decides, whatever the mode.
pub(super) fn why_ask(account: &AccountId, reach: &Result<Reach, CallError>) -> String {
    let buckets = reach.as_ref().map_or_else(
        |_unread| "which of them are public couldn't be read".to_owned(),
        Reach::in_short,
    );
    format!(
        "it reaches every bucket of account {account}, also those that are meant to be public, and those made later: \
         {buckets}"
    )
}

/// Who feels it.
pub(super) fn blast_radius(account: &AccountId, reach: &Result<Reach, CallError>) -> Vec<String> {
    let mut lines = vec![
        format!(
            "whoever reads a bucket of account {account} without signing in gets 403, in every Region; of the \
             account's setting and a bucket's own the more restrictive counts, so no bucket can be left out"
        ),
        format!(
            "uploads with a public ACL and changes that would make a policy or an ACL public are rejected in all of \
             account {account}"
        ),
    ];
    match reach {
        Ok(reach) => lines.extend(reach.blast_radius()),
        Err(why) => lines.push(format!("which buckets that cuts off couldn't be read ({why})")),
    }
    lines
}

/// What it can't reach, and what isn't known.
pub(super) fn limits(reach: &Result<Reach, CallError>) -> Vec<String> {
    let mut lines = vec![
        "presigned URLs work until they expire or their signer is disabled, and AWS principals of the account that \
         may read a bucket still may"
            .to_owned(),
        format!(
            "whoever switched it off may do so again: a service control policy that denies `{}` keeps it on",
            permissions::s3::PUT_ACCOUNT_PUBLIC_ACCESS_BLOCK.action
        ),
        "where a policy of type `S3_POLICY` of the organization rules the account's setting, S3 refuses this call, and only \
         the organization's policy can be changed"
            .to_owned(),
        "what was read while buckets were public is out".to_owned(),
    ];
    lines.extend(reach.iter().flat_map(Reach::limits));
    lines
}

/// What undoes it by hand.
pub(super) fn manual_undo(account: &AccountId, region: &str, before: Option<AccountBlock>) -> String {
    let (call, setting) = match before {
        None => ("delete-public-access-block", String::new()),
        Some(before) => (
            "put-public-access-block",
            format!(" --public-access-block-configuration {}", before.as_cli()),
        ),
    };
    format!("aws s3control {call} --region {region} --account-id {account}{setting}")
}
