//! One call as CloudTrail recorded it, reduced to what people and proposals need. Everything in it is hostile text.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text;

/// What an attacker can name is cut to this many characters; IAM's own limit for users and roles is 64.
const NAME_CHARS: usize = 80;
/// People must be able to find whoever it names.
const ARN_CHARS: usize = 300;
/// What services name themselves, and addresses.
const SHORT_CHARS: usize = 64;
/// Nobody needs more of what a caller says it is.
const AGENT_CHARS: usize = 96;
/// A call that names more resources says enough by the first.
const MOST_RESOURCES: usize = 5;

/// What the log keeps of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When CloudTrail says it was made.
    pub at: Timestamp,
    /// `CreateUser`
    pub name: String,
    /// `iam.amazonaws.com`
    pub source: String,
    /// The Region that recorded it.
    pub region: String,
    /// The address, or the service that called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The error code, if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it was about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What the caller says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Whether it only reads.
    pub reads: bool,
}

/// Who made a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// CloudTrail's `userIdentity.type`.
    pub kind: String,
    /// The key that signed it.
    pub key_id: Option<String>,
    /// The user's name; for a session, the name of the role or user that issued it.
    pub name: Option<String>,
    /// The ARN of whoever issued the session; of a user, root, … its own.
    pub issuer: Option<String>,
    /// When its session began, if it is one.
    pub since: Option<Timestamp>,
    /// What its session is called, if it is a role's: EC2 names it after the instance.
    pub session: Option<String>,
}

/// A call, with what proposals are read from.
#[derive(Clone, Debug)]
pub struct Call {
    /// CloudTrail's own id, which tells copies found by several lookups apart.
    pub id: String,
    /// What is kept.
    pub seen: Seen,
    /// Who made it.
    pub caller: Caller,
    request: Value,
    response: Value,
}

/// A record that isn't one of CloudTrail's.
#[derive(Debug, thiserror::Error)]
#[error("reading an event of CloudTrail: {0}")]
pub struct UnreadableEvent(String);

impl Call {
    /// Reads the `CloudTrailEvent` of a `LookupEvents` answer (CloudTrail User Guide, "CloudTrail record contents").
    pub fn read(event: &str) -> Result<Self, UnreadableEvent> {
        let event: Value = serde_json::from_str(event).map_err(|error| UnreadableEvent(error.to_string()))?;
        let need = |name: &'static str| {
            field(&event, &[name]).ok_or_else(|| UnreadableEvent(format!("`{name}` is missing")))
        };
        let at = need("eventTime")?
            .parse()
            .map_err(|_not_a_time| UnreadableEvent("`eventTime` is no time".to_owned()))?;
        let (id, name, source) = (need("eventID")?, need("eventName")?, need("eventSource")?);
        Ok(Self {
            id: id.to_owned(),
            seen: Seen {
                at,
                name: short(name),
                source: short(source),
                region: short(field(&event, &["awsRegion"]).unwrap_or_default()),
                ip: field(&event, &["sourceIPAddress"]).map(short),
                error: error(&event, name).map(short),
                resources: resources(&event),
                agent: field(&event, &["userAgent"])
                    .map(|agent| text::bounded(&text::sanitize(agent), AGENT_CHARS)),
                reads: event.get("readOnly").and_then(Value::as_bool).unwrap_or(false),
            },
            caller: caller(&event),
            request: event.get("requestParameters").cloned().unwrap_or_default(),
            response: event.get("responseElements").cloned().unwrap_or_default(),
        })
    }

    /// Whether it took effect.
    pub const fn succeeded(&self) -> bool {
        self.seen.error.is_none()
    }

    /// Who made it, for people: the ARN, or what CloudTrail has instead.
    pub fn by(&self) -> String {
        let Caller {
            kind, name, issuer, ..
        } = &self.caller;
        let named = issuer.as_deref().or(name.as_deref());
        named.map_or_else(|| kind.clone(), clean_arn)
    }

    /// A text of the request's parameters, as it is.
    pub(super) fn asked(&self, path: &[&str]) -> Option<&str> {
        field(&self.request, path)
    }

    /// A text of the answer, as it is.
    pub(super) fn answered(&self, path: &[&str]) -> Option<&str> {
        field(&self.response, path)
    }

    /// Whether its parameters or its answer name this, as a whole text.
    pub(super) fn names(&self, id: &str) -> bool {
        has_text(&self.request, id) || has_text(&self.response, id)
    }

    /// Whether it was about whatever has certain tags: CloudTrail doesn't say what that was.
    pub(super) fn is_by_tag(&self) -> bool {
        let targets = self.request.get("targets").and_then(Value::as_array);
        let mut keys = targets.into_iter().flatten().filter_map(|it| field(it, &["key"]));
        keys.any(|key| key.starts_with("tag"))
    }

    /// The ids of the instances in the answer of `RunInstances`.
    pub(super) fn instances(&self) -> impl Iterator<Item = &str> {
        let items = self.response.get("instancesSet").and_then(|set| set.get("items"));
        items
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|item| field(item, &["instanceId"]))
    }
}

fn has_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(it) => it == text,
        Value::Array(items) => items.iter().any(|it| has_text(it, text)),
        Value::Object(fields) => fields.values().any(|it| has_text(it, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn field<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter()
        .try_fold(value, |inner, name| inner.get(*name))?
        .as_str()
        .filter(|text| !text.is_empty())
}

/// A sign-in that failed has no error code: it says so in the answer (CloudTrail User Guide, "AWS Management Console
/// sign-in events").
fn error<'a>(event: &'a Value, name: &str) -> Option<&'a str> {
    field(event, &["errorCode"]).or_else(|| {
        let answer = field(event, &["responseElements", name]);
        answer
            .filter(|answer| *answer == "Failure")
            .map(|failure| field(event, &["errorMessage"]).unwrap_or(failure))
    })
}

fn short(text: &str) -> String {
    text::bounded(&text::sanitize(text), SHORT_CHARS)
}

/// IAM's ARNs have paths of up to 512 characters.
fn clean_arn(text: &str) -> String {
    text::bounded(&text::sanitize(text), ARN_CHARS)
}

/// One harmless line.
pub(super) fn clean(text: &str) -> String {
    text::bounded(&text::sanitize(text), NAME_CHARS)
}

fn caller(event: &Value) -> Caller {
    let identity = event.get("userIdentity").unwrap_or(&Value::Null);
    let own = field(identity, &["userName"]);
    Caller {
        kind: clean(field(identity, &["type"]).unwrap_or_default()),
        key_id: field(identity, &["accessKeyId"]).map(str::to_owned),
        name: field(identity, &["sessionContext", "sessionIssuer", "userName"])
            .or(own)
            .map(str::to_owned),
        issuer: field(identity, &["sessionContext", "sessionIssuer", "arn"])
            .or(field(identity, &["arn"]))
            .map(str::to_owned),
        since: field(identity, &["sessionContext", "attributes", "creationDate"])
            .and_then(|began| began.parse().ok()),
        session: field(identity, &["arn"])
            .filter(|arn| arn.contains(":assumed-role/"))
            .and_then(|arn| arn.rsplit('/').next())
            .map(str::to_owned),
    }
}

/// The ARNs that CloudTrail lists, else the texts of the parameters that name something.
fn resources(event: &Value) -> Vec<String> {
    let listed = event.get("resources").and_then(Value::as_array);
    let arns = listed.into_iter().flatten().filter_map(|it| field(it, &["ARN"]));
    let found: Vec<String> = arns.take(MOST_RESOURCES).map(clean).collect();
    if !found.is_empty() {
        return found;
    }
    let Some(asked) = event.get("requestParameters").and_then(Value::as_object) else {
        return Vec::new();
    };
    asked
        .iter()
        .filter(|(name, _)| names_something(name))
        .filter_map(|(_, value)| value.as_str())
        .take(MOST_RESOURCES)
        .map(clean)
        .collect()
}

fn names_something(parameter: &str) -> bool {
    let parameter = parameter.to_ascii_lowercase();
    ["name", "arn", "id"].iter().any(|end| parameter.ends_with(end))
}
