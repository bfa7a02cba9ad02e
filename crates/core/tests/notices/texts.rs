//! Texts of an incident, plain or with a hostile one in each field that comes from outside.

use backstop_core::{
    Finding, IncidentId,
    finding::parse,
    incident::Incident,
    log::{Event, Record},
};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const ID: &str = "01JDXQ6T8R7M5V9N2K4H3G1FZB";

pub(crate) fn id() -> IncidentId {
    ID.into()
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_770_000_000 + second).unwrap()
}

/// The plain texts, or a hostile one in each field that comes from outside.
#[derive(Clone, Copy)]
pub(crate) struct Texts {
    pub(crate) hostile: Option<&'static str>,
    /// The incident that opened the case, where it is another.
    pub(crate) first: Option<&'static str>,
}

pub(crate) const PLAIN: Texts = Texts {
    hostile: None,
    first: None,
};

/// What this program chooses by itself. Every other text of an event is somebody else's, so that a field which is added
/// to an event is hostile in these tests without a word here.
const OURS: [&str; 36] = [
    "event",
    "playbook",
    "mode",
    "partition",
    "kind",
    "step",
    "action",
    "phase",
    "origin",
    "linked",
    "effect",
    "lower-to",
    "route",
    "label",
    "first_seen",
    "last_seen",
    "created_at",
    "updated_at",
    "hash",
    "outcome",
    "during",
    "status",
    "steps",
    "from",
    "to",
    "key",
    "message",
    "region",
    "id",
    "severity",
    "score",
    "format",
    "standing",
    "resource_role",
    "at",
    "settled",
];

fn poison(value: &mut Value, text: &str) {
    match value {
        Value::String(old) => *old = text.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                let is_ours = OURS.contains(&name.as_str());
                if !(is_ours && field.is_string() || name == "steps" && field[0].is_string()) {
                    poison(field, text);
                }
            }
        }
        _ => {}
    }
}

impl Texts {
    pub(crate) fn incident(self, mut events: Vec<Value>) -> Incident {
        if let Some(text) = self.hostile {
            events.iter_mut().for_each(|event| poison(event, text));
        }
        if let Some(first) = self.first {
            let opened = events.iter_mut().filter(|event| event["event"] == "opened");
            opened.for_each(|event| event["case"] = json!({ "first": first }));
        }
        incident(events)
    }

    /// A finding as it is read, and then with the text in each of its fields.
    pub(crate) fn finding(self) -> Finding {
        let event = include_bytes!("../fixtures/asff-custom-action-suppressed.json");
        let mut finding = serde_json::to_value(parse(event).unwrap().findings.remove(0)).unwrap();
        if let Some(text) = self.hostile {
            poison(&mut finding, text);
        }
        serde_json::from_value(finding).unwrap()
    }

    pub(crate) fn of(self, text: &str) -> String {
        self.hostile.unwrap_or(text).to_owned()
    }
}

pub(crate) fn incident(events: Vec<Value>) -> Incident {
    let mut records: Vec<Record> = Vec::new();
    for event in events {
        let event: Event = serde_json::from_value(event).unwrap();
        let number = i64::try_from(records.len()).unwrap();
        let record = Record::next(records.last(), at(number), format!("r{number}"), event).unwrap();
        records.push(record);
    }
    Incident::replay(&records).unwrap()
}
