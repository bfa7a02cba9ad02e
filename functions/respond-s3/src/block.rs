//! The four settings of Block Public Access (S3 User Guide, "Blocking public access to your Amazon S3 storage").

use std::fmt;

use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use serde::{Deserialize, Serialize};

/// A bucket's own setting, or what an account's does. A bucket that has none is `None`, which is not the same as all four off: undo
/// deletes the setting there instead of writing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Block {
    block_public_acls: bool,
    ignore_public_acls: bool,
    block_public_policy: bool,
    restrict_public_buckets: bool,
}

impl Block {
    /// All four on.
    pub(crate) const FULL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };

    /// In the order of the fields.
    pub(crate) const fn new([acls, ignore, policy, restrict]: [bool; 4]) -> Self {
        Self {
            block_public_acls: acls,
            ignore_public_acls: ignore,
            block_public_policy: policy,
            restrict_public_buckets: restrict,
        }
    }

    /// Whether public ACLs count for nothing.
    pub(crate) const fn ignores_acls(self) -> bool {
        self.ignore_public_acls
    }

    /// Whether a public policy lets in nobody but the bucket's account and AWS services.
    pub(crate) const fn restricts_policies(self) -> bool {
        self.restrict_public_buckets
    }

    /// A setting that S3 leaves out is off (S3 API Reference, "PublicAccessBlockConfiguration").
    pub(crate) fn of(found: &PublicAccessBlockConfiguration) -> Self {
        Self {
            block_public_acls: found.block_public_acls() == Some(true),
            ignore_public_acls: found.ignore_public_acls() == Some(true),
            block_public_policy: found.block_public_policy() == Some(true),
            restrict_public_buckets: found.restrict_public_buckets() == Some(true),
        }
    }

    pub(crate) fn configuration(self) -> PublicAccessBlockConfiguration {
        PublicAccessBlockConfiguration::builder()
            .block_public_acls(self.block_public_acls)
            .ignore_public_acls(self.ignore_public_acls)
            .block_public_policy(self.block_public_policy)
            .restrict_public_buckets(self.restrict_public_buckets)
            .build()
    }

    /// The setting as the AWS CLI takes it.
    pub(crate) fn as_cli(self) -> String {
        self.named().map(|(name, on)| format!("{name}={on}")).join(",")
    }

    const fn named(self) -> [(&'static str, bool); 4] {
        [
            ("BlockPublicAcls", self.block_public_acls),
            ("IgnorePublicAcls", self.ignore_public_acls),
            ("BlockPublicPolicy", self.block_public_policy),
            ("RestrictPublicBuckets", self.restrict_public_buckets),
        ]
    }

    /// The setting in words, or that there is none.
    pub(crate) fn in_words(block: Option<Self>) -> String {
        block.map_or_else(|| "none".to_owned(), |block| block.to_string())
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.named();
        let on: Vec<&str> = all.iter().filter_map(|(name, on)| on.then_some(*name)).collect();
        match on.len() {
            0 => f.write_str("all four settings off"),
            4 => f.write_str("all four settings on"),
            _ => write!(f, "only {} on", on.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_none_from_off() {
        assert_eq!(Block::in_words(None), "none");
        let off = Block::of(&PublicAccessBlockConfiguration::builder().build());
        assert_eq!(off.to_string(), "all four settings off");
        let some = PublicAccessBlockConfiguration::builder()
            .ignore_public_acls(true)
            .restrict_public_buckets(true)
            .build();
        assert_eq!(
            Block::of(&some).to_string(),
            "only IgnorePublicAcls, RestrictPublicBuckets on"
        );
        assert_eq!(Block::of(&Block::FULL.configuration()), Block::FULL);
    }
}
