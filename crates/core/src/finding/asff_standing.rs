//! Whether an ASFF finding may be acted on: open, failed, real, and not the echo of our own update.

use super::{
    Route, Standing, arn::last_segment, asff::service_field, guardduty::says_sample, node::Node, standing,
};
use crate::ids::AccountId;

/// Who writes our own notes on findings.
const OWN_NOTES: &str = "backstop";

/// The first reason not to act, if there is one.
///
/// Only a note by our own hand makes an event ours: AWS Security Incident Response moves findings to NOTIFIED, too, and
/// notes so. What a person sends by a custom action is never an echo.
pub(super) fn read(node: &Node<'_>, account: &AccountId, is_guardduty: bool, route: Route) -> Standing {
    let is_sent = route == Route::SecurityHubCustomAction;
    let reason = own_update(node)
        .filter(|_| !is_sent)
        .or_else(|| closed(node))
        .or_else(|| not_failed(node))
        .or_else(|| sample(node, is_guardduty));
    match reason {
        Some(reason) => standing::inactive(reason),
        None => standing::of_account(account),
    }
}

/// A note stays on the finding when its product updates it later; only a note that is newer than the
/// finding makes the event the echo of our own update.
fn own_update(node: &Node<'_>) -> Option<&'static str> {
    let note = node.get("Note")?;
    if note.text("UpdatedBy") != Some(OWN_NOTES) {
        return None;
    }
    match (note.time("UpdatedAt"), node.time("UpdatedAt")) {
        (Some(noted), Some(updated)) if noted < updated => None,
        _ => Some("the echo of Backstop's own update (Note.UpdatedBy)"),
    }
}

fn closed(node: &Node<'_>) -> Option<&'static str> {
    if node.text("RecordState") == Some("ARCHIVED") {
        return Some("archived in Security Hub (RecordState)");
    }
    let workflow = node.get("Workflow").and_then(|it| it.text("Status"));
    match workflow.or_else(|| node.text("WorkflowState")) {
        Some("SUPPRESSED" | "DEFERRED") => Some("suppressed in Security Hub (Workflow.Status)"),
        Some("RESOLVED") => Some("resolved in Security Hub (Workflow.Status)"),
        _ => None,
    }
}

fn not_failed(node: &Node<'_>) -> Option<&'static str> {
    match node.get("Compliance")?.text("Status")? {
        "FAILED" => None,
        "PASSED" => Some("the control passed (Compliance.Status)"),
        "WARNING" => Some("the control couldn't be evaluated fully (Compliance.Status is WARNING)"),
        "NOT_AVAILABLE" => Some("the control couldn't be evaluated (Compliance.Status is NOT_AVAILABLE)"),
        _ => Some("the control isn't known to have failed (Compliance.Status)"),
    }
}

fn sample(node: &Node<'_>, is_guardduty: bool) -> Option<&'static str> {
    if node.flag("Sample") == Some(true) {
        return Some("a sample finding (Sample)");
    }
    if !is_guardduty {
        return None;
    }
    if service_field(node, "archived") == Some("true") {
        return Some("archived in GuardDuty (service/archived)");
    }
    let is_sample = service_field(node, "additionalInfo/sample") == Some("true")
        || ["additionalInfo/value", "additionalInfo"]
            .iter()
            .filter_map(|name| service_field(node, name))
            .any(says_sample);
    if is_sample {
        return Some("a sample finding (additionalInfo.sample)");
    }
    let resources = node.list("Resources");
    let ids = resources.iter().filter_map(|it| it.text("Id"));
    standing::sample_id(ids.map(last_segment)).map(|_| "a sample finding (a resource id of samples)")
}
