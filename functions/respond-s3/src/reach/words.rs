//! What people are told of the buckets that the account's setting reaches.

use std::collections::BTreeSet;

use super::{Door, MOST, Reach};

/// Names in one sentence; a message is read on a phone.
const NAMED: usize = 12;

impl Reach {
    /// Who feels it, as far as the buckets tell.
    pub(crate) fn blast_radius(&self) -> Vec<String> {
        let groups = [
            (
                self.names(|ways| ways.by_policy),
                "public by policy now, so the public and every other account are cut off, also accounts that the \
                 policy names",
            ),
            (
                self.names(|ways| ways.by_acl),
                "public by ACL now, so the public is cut off",
            ),
            (
                self.names(|ways| ways.hosts_website),
                "hosting a website, whose endpoint answers 403 to everybody, also to CloudFront",
            ),
            (
                self.names(|ways| ways.is_intended),
                "tagged `backstop:intended-public` by their owners",
            ),
        ];
        let mut lines: Vec<String> = groups
            .iter()
            .filter(|(names, _)| !names.is_empty())
            .map(|(names, what)| format!("{what}: {}", listed(names)))
            .collect();
        let closed = self
            .buckets
            .iter()
            .filter(|seen| seen.door == Ok(Door::Closed))
            .count();
        let quiet = self.names(|ways| !ways.by_policy && !ways.by_acl).len();
        lines.push(format!(
            "of the {} looked at, {closed} closed by their own settings already, {quiet} not public: nothing changes \
             for who reads those today, and they can't be opened any more",
            buckets(self.buckets.len())
        ));
        lines
    }

    /// What the look didn't show.
    pub(crate) fn limits(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.has_more {
            lines.push(format!(
                "account {} has more than {MOST} buckets; the others weren't looked at, and are reached as well",
                self.account
            ));
        }
        lines.extend(self.unread());
        lines.push("ACLs of single objects weren't read: an object may be public by its own".to_owned());
        lines
    }

    /// Which buckets were to be read and couldn't be.
    pub(crate) fn unread(&self) -> Vec<String> {
        let unread = self.buckets.iter().filter_map(|seen| seen.door.as_ref().err());
        let unread: Vec<&String> = unread.collect();
        let mut lines: Vec<String> = unread
            .iter()
            .take(NAMED)
            .map(|why| format!("who reads it isn't known: {why}"))
            .collect();
        if let Some(others) = unread.len().checked_sub(NAMED).filter(|others| *others > 0) {
            lines.push(format!("who reads {others} more buckets isn't known either"));
        }
        lines
    }

    /// How many people may miss, for the reason of asking.
    pub(crate) fn in_short(&self) -> String {
        let public = self.names(|ways| ways.by_policy || ways.by_acl).len();
        let websites = self.names(|ways| ways.hosts_website).len();
        format!(
            "of the {} looked at, {public} public now, {websites} hosting a website",
            buckets(self.buckets.len())
        )
    }
}

fn buckets(count: usize) -> String {
    if count == 1 {
        "1 bucket".to_owned()
    } else {
        format!("{count} buckets")
    }
}

fn listed(names: &BTreeSet<&str>) -> String {
    let mut text = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if let Some(others) = names.len().checked_sub(NAMED).filter(|others| *others > 0) {
        text.push_str(&format!(" and {others} more"));
    }
    text
}
