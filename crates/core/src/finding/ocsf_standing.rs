//! Whether an OCSF finding may be acted on: open, failed and real.

use super::{Standing, arn::last_segment, guardduty, node::Node, ocsf::unmapped, standing};
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

/// Security Hub keeps GuardDuty's own flag inside the evidence or, in older conversions, under `unmapped`. Where it
/// keeps none, the ids that only samples have tell, and the mark with which GuardDuty begins the title of a sample: what
/// an attacker may choose stands later in it.
fn sample(node: &Node<'_>, is_guardduty: bool) -> Option<&'static str> {
    let is_flagged = unmapped(node, "Sample") == Some("true")
        || unmapped(node, "ProductFields.aws/guardduty/service/additionalInfo/sample") == Some("true")
        || is_guardduty && says_sample(node);
    if is_flagged {
        return Some("a sample finding (additionalInfo.sample)");
    }
    if !is_guardduty {
        return None;
    }
    let title = node.at(&["finding_info"]).and_then(|it| it.text("title"));
    if title.is_some_and(|title| title.starts_with("[SAMPLE]")) {
        return Some("a sample finding ([SAMPLE] in its title)");
    }
    let resources = node.list("resources");
    let mut ids = resources.iter().filter_map(|it| it.text("uid")).map(last_segment);
    standing::sample_id(ids.by_ref())
        .or_else(|| resources.iter().find_map(sample_in_details))
        .map(|_| "a sample finding (a resource id of samples)")
}

fn says_sample(node: &Node<'_>) -> bool {
    let in_evidence = node.list("evidences").iter().any(|evidence| {
        evidence.json("data").is_some_and(|data| {
            let data = Node::new(&data, "data");
            data.has_flag("sample")
                || ["additional_info", "additionalInfo"].iter().any(|name| {
                    let info = data.get(name);
                    info.and_then(|it| it.text("value"))
                        .is_some_and(guardduty::says_sample)
                })
        })
    });
    in_evidence
        || ["", "/value"].iter().any(|end| {
            let name = format!("ProductFields.aws/guardduty/service/additionalInfo{end}");
            unmapped(node, &name).is_some_and(guardduty::says_sample)
        })
}

fn sample_in_details(resource: &Node<'_>) -> Option<&'static str> {
    let data = resource.json("data")?;
    let data = Node::new(&data, "data");
    let ids = ["access_key_id", "accessKeyId", "instance_id", "instanceId"];
    standing::sample_id(ids.iter().filter_map(|name| data.text(name)))
}
