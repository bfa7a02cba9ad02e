//! What is kept: a function of the log and of the findings as they were received, so that keeping it twice keeps the
//! same.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Item;
use crate::{
    canonical,
    ids::StepId,
    log::{self, Event, FindingRef, Record},
    plan::Plan,
    step::Phase,
};

/// A finding as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFinding {
    /// The finding's key, as in [`FindingRef::key`].
    pub key: String,
    /// The message it came in, if that is known.
    pub message: Option<String>,
    /// The event.
    pub bytes: Vec<u8>,
}

/// Everything that is kept of an incident besides its report.
pub fn items(log: &[Record], findings: &[RawFinding]) -> Result<Vec<Item>, serde_json::Error> {
    let Some(last) = log.last() else {
        return Ok(Vec::new());
    };
    let mut items: Vec<Item> = findings.iter().map(|raw| finding(log, raw, last.at)).collect();
    items.extend(of_steps(log)?);
    items.extend(log.iter().filter_map(notice));
    items.push(Item {
        name: log_name(log::head(log).records),
        at: last.at,
        bytes: lines(log)?.into_bytes(),
    });
    Ok(items)
}

/// The name of the log that has so many records.
pub fn log_name(records: u32) -> String {
    format!("log-{records:06}.json")
}

/// The name of the report on the log that has so many records.
pub fn report_name(records: u32, ending: &str) -> String {
    format!("report-{records:06}.{ending}")
}

fn finding(log: &[Record], raw: &RawFinding, otherwise: Timestamp) -> Item {
    let is_it = |reference: &FindingRef| reference.key == raw.key && reference.message == raw.message;
    let known = log.iter().find(|record| match &record.event {
        Event::Opened(opened) => is_it(&opened.finding),
        Event::FindingJoined(reference) => is_it(reference),
        _ => false,
    });
    Item {
        name: format!("findings/{}.json", canonical::sha256(&raw.bytes).short()),
        at: known.map_or(otherwise, |record| record.at),
        bytes: raw.bytes.clone(),
    }
}

/// The state before of each step that changed something, and what steps read to be kept. The first receipt is the true
/// before-state; of what was read, the last reading counts.
fn of_steps(log: &[Record]) -> Result<Vec<Item>, serde_json::Error> {
    let mut before: BTreeMap<&StepId, (&Plan, Timestamp)> = BTreeMap::new();
    let mut read: BTreeMap<&StepId, (&Value, Timestamp)> = BTreeMap::new();
    for record in log {
        let (plan, acts) = match &record.event {
            Event::Acting { plan } => (plan, true),
            Event::Planned { plan, .. } => (plan, false),
            _ => continue,
        };
        if acts && !plan.changes.is_empty() {
            before.entry(&plan.step).or_insert((plan, record.at));
        }
        if let Some(captured) = &plan.captured {
            read.insert(&plan.step, (captured, record.at));
        }
    }
    let mut items = Vec::new();
    for (step, (plan, at)) in before {
        let state = json!({
            "step": step,
            "action": plan.action,
            "on": plan.principal,
            "tags": plan.tags,
            "changes": plan.changes,
            "receipt": plan.receipt,
            "undo_by_hand": plan.manual_undo,
        });
        items.push(json_item("before", step, at, &state)?);
    }
    for (step, (captured, at)) in read {
        let folder = match phase_of(log, step) {
            Some(Phase::Investigate) => "investigation",
            _ => "captured",
        };
        items.push(json_item(folder, step, at, captured)?);
    }
    Ok(items)
}

fn phase_of(log: &[Record], step: &StepId) -> Option<Phase> {
    let Event::Opened(opened) = &log.first()?.event else {
        return None;
    };
    let found = opened.steps.iter().find(|known| &known.step == step)?;
    Some(found.phase)
}

fn json_item(folder: &str, step: &StepId, at: Timestamp, value: &Value) -> Result<Item, serde_json::Error> {
    // Steps are named by the playbook's author; a name can't lead out of the folder all the same.
    let safe: String = step
        .as_str()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    Ok(Item {
        name: format!("{folder}/{safe}.json"),
        at,
        bytes: serde_json::to_vec_pretty(value)?,
    })
}

fn notice(record: &Record) -> Option<Item> {
    let text = match &record.event {
        Event::Notified {
            subject,
            body: Some(body),
            ..
        } => format!("{subject}\n\n{body}"),
        Event::ApprovalRequested { body: Some(body), .. } => body.clone(),
        _ => return None,
    };
    Some(Item {
        name: format!("notices/{:06}.txt", record.seq),
        at: record.at,
        bytes: text.into_bytes(),
    })
}

/// A JSON array, a record a line.
fn lines(log: &[Record]) -> Result<String, serde_json::Error> {
    let records: Result<Vec<String>, _> = log.iter().map(serde_json::to_string).collect();
    Ok(format!("[\n{}\n]\n", records?.join(",\n")))
}
