//! A lenient look into ARNs: findings carry broken ones (`arn:aws::guardduty:…` stands in AWS's own
//! documentation), so that nothing here fails.

use crate::ids::AccountId;

/// An ARN's parts, each empty if it isn't there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub(super) partition: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    /// What follows the account, colons and slashes included.
    pub(super) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `None` for text that doesn't begin as an ARN. One stray empty part after the partition is skipped.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("arn:")?;
        let (partition, rest) = rest.split_once(':')?;
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        let mut parts = rest.splitn(4, ':');
        let _service = parts.next();
        Some(Self {
            partition,
            region: parts.next().unwrap_or_default(),
            account: parts.next().unwrap_or_default(),
            resource: parts.next().unwrap_or_default(),
        })
    }

    /// The account, if it looks like one.
    pub(super) fn account(&self) -> Option<AccountId> {
        Some(AccountId::new(self.account)).filter(AccountId::is_well_formed)
    }

    /// The last part behind a slash or colon: a name or id.
    pub(super) fn last(&self) -> &'a str {
        last_segment(self.resource)
    }
}

/// What stands behind the last slash or colon.
pub(super) fn last_segment(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap_or(text)
}

/// The partitions that exist; anything else in a finding is a typo.
pub(super) fn partition_or_default(candidates: &[Option<&str>]) -> String {
    candidates
        .iter()
        .flatten()
        .find(|text| {
            text.strip_prefix("aws").is_some_and(|rest| {
                rest.len() < 16 && rest.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase())
            })
        })
        .map_or("aws", |text| *text)
        .to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_broken_arn_still_gives_region_account_and_id() {
        for text in [
            "arn:aws:guardduty:eu-west-1:123456789012:detector/ab/finding/cd",
            "arn:aws::guardduty:eu-west-1:123456789012:detector/ab/finding/cd",
        ] {
            let arn = Arn::read(text).unwrap();
            assert_eq!((arn.partition, arn.region), ("aws", "eu-west-1"));
            assert_eq!(arn.account().unwrap().as_str(), "123456789012");
            assert_eq!(arn.last(), "cd");
        }
    }

    #[test]
    fn short_and_strange_text_gives_empty_parts() {
        assert_eq!(Arn::read("i-0abc"), None);
        assert_eq!(Arn::read("arn:"), None);
        assert_eq!(Arn::read("arn:aws:s3").unwrap().account(), None);
        assert_eq!(Arn::read("arn:aws:s3:::bucket").unwrap().last(), "bucket");
    }

    #[test]
    fn only_partitions_are_taken_for_one() {
        assert_eq!(partition_or_default(&[None, Some("aws-us-gov")]), "aws-us-gov");
        assert_eq!(partition_or_default(&[Some("x"), Some("")]), "aws");
    }
}
