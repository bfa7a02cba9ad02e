//! An incident's log for the tests of what the sweep decides.
#![expect(clippy::unwrap_used, reason = "tests")]

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::log::{Event, Record};

/// The first event of an incident about a bucket, with these fields as they are given.
pub(super) fn opened(fields: &Value) -> Event {
    let mut event = json!({
        "event": "opened", "playbook": "leaked-access-key", "mode": "auto", "steps": [],
        "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                    "resource": { "kind": "bucket", "name": "logs" } },
        "origin": { "origin": "finding" }, "title": "t", "linked": null, "guardrails": [],
        "finding": { "key": "k", "finding_type": "T", "route": "guard-duty-event", "count": 1,
                     "severity": { "score": 8.0, "label": "high" }, "first_seen": null, "last_seen": null,
                     "created_at": null, "updated_at": null },
    });
    let given = fields.as_object().unwrap().clone();
    event.as_object_mut().unwrap().extend(given);
    serde_json::from_value(event).unwrap()
}

/// The log of these events, this long after one another.
pub(super) fn log_of(
    start: Timestamp,
    apart: SignedDuration,
    events: impl IntoIterator<Item = Event>,
) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for (number, event) in events.into_iter().enumerate() {
        let at = start + apart * i32::try_from(number).unwrap();
        records.push(Record::next(records.last(), at, number.to_string(), event).unwrap());
    }
    records
}
