//! Whether an OCSF finding may be acted on: open, failed and real.

use super::{Standing, arn::last_segment, node::Node, ocsf::unmapped, standing};
use crate::ids::AccountId;

/// The first reason not to act, if there is one.
pub(super) fn read(node: &Node<'_>, account: &AccountId, is_guardduty: bool) -> Standing {
    match closed(node).or_else(|| sample(node, is_guardduty)) {
        Some(reason) => standing::inactive(reason),
        None => standing::of_account(account),
    }
}

fn closed(node: &Node<'_>) -> Option<&'static str> {
    if unmapped(node, "RecordState") == Some("ARCHIVED") {
        return Some("archived in Security Hub (RecordState)");
    }
    let status = node.text("status").unwrap_or_default().to_ascii_lowercase();
    match (node.whole("status_id"), status.as_str()) {
        (Some(3), _) | (_, "suppressed") => return Some("suppressed in Security Hub (status)"),
        (Some(4), _) | (_, "resolved") => return Some("resolved in Security Hub (status)"),
        (Some(5 | 6), _) | (_, "archived" | "deleted") => return Some("archived in Security Hub (status)"),
        _ => {}
    }
    if node.whole("activity_id") == Some(3) {
        return Some("closed by its product (activity Close)");
    }
    let compliance = node.get("compliance")?;
    let result = compliance.text("status").unwrap_or_default().to_ascii_lowercase();
    match (compliance.whole("status_id"), result.as_str()) {
        (Some(3), _) | (None, "fail" | "failed" | "") => None,
        (Some(1), _) | (None, "pass" | "passed") => Some("the control passed (compliance.status)"),
        _ => Some("the control isn't known to have failed (compliance.status)"),
    }
}

fn sample(node: &Node<'_>, is_guardduty: bool) -> Option<&'static str> {
    let is_flagged = unmapped(node, "Sample") == Some("true")
        || unmapped(node, "ProductFields.aws/guardduty/service/additionalInfo/sample") == Some("true");
    if is_flagged {
        return Some("a sample finding (additionalInfo.sample)");
    }
    let resources = node.list("resources");
    let ids = resources.iter().filter_map(|it| it.text("uid"));
    standing::sample_id(ids.map(last_segment))
        .filter(|_| is_guardduty)
        .map(|_| "a sample finding (a resource id of samples)")
}
