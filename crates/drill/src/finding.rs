//! A sample in the playbook's folder, made to be about what was planted: a finding of GuardDuty, or an event of AWS
//! Health.

use std::{fs, path::Path};

use backstop_playbook::drill::{Drill, Start};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822, tz::TimeZone};
use serde_json::Value;

use super::{
    DrillError,
    fixtures::{Identity, Subject},
};

/// An event as `PutEvents` takes it.
#[derive(Clone, Debug)]
pub struct Event {
    /// `GuardDuty Finding`.
    pub detail_type: String,
    /// The finding.
    pub detail: Value,
    /// The finding's own id, fresh for each event.
    pub finding_id: String,
}

/// Where and when.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// Twelve digits.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// Becomes the finding's last update; its other times keep their distance.
    pub now: Timestamp,
    /// Thirty-two hex digits.
    pub finding_id: &'a str,
}

/// Reads a sample of a playbook and makes it be about `subject`.
pub fn read(path: &Path, subject: Subject<'_>, occurrence: Occurrence<'_>) -> Result<Event, DrillError> {
    let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| DrillError::Finding {
        path: path.to_owned(),
        source,
    };
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.into()))?;
    let event: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.into()))?;
    make(&event, subject, occurrence).map_err(|field| DrillError::FindingLacks {
        path: path.to_owned(),
        field,
    })
}

/// The address that a drill's sample says the instance talked with; nothing if no finding starts it, or it says none.
pub(super) fn remote_address(drill: &Drill) -> Option<String> {
    let Some(Start::Finding(_)) = drill.start() else {
        return None;
    };
    let text = fs::read_to_string(drill.folder.join(drill.sample())).ok()?;
    let event: Value = serde_json::from_str(&text).ok()?;
    let address = "/detail/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4";
    event.pointer(address)?.as_str().map(str::to_owned)
}

/// Replaces each id of the sample by the planted one wherever it stands, texts included; `Err` is the field
/// that the sample lacks.
pub fn make(sample: &Value, subject: Subject<'_>, occurrence: Occurrence<'_>) -> Result<Event, &'static str> {
    let is_health = sample.pointer("/detail/eventTypeCode").is_some();
    let [id, account, region, updated] = if is_health {
        [
            "/detail/eventArn",
            "/detail/affectedAccount",
            "/detail/eventRegion",
            "/detail/lastUpdatedTime",
        ]
    } else {
        [
            "/detail/id",
            "/detail/accountId",
            "/detail/region",
            "/detail/updatedAt",
        ]
    };
    let mut replacements = match subject {
        Subject::Credential(identity) if is_health => vec![(
            text(sample, "/detail/affectedEntities/0/entityValue")?,
            identity.key_id.clone(),
        )],
        Subject::Credential(identity) => credential(sample, identity)?,
        Subject::Bucket(name) => vec![(
            text(sample, "/detail/resource/s3BucketDetails/0/name")?,
            name.to_owned(),
        )],
        Subject::Instance(id) => vec![(
            text(sample, "/detail/resource/instanceDetails/instanceId")?,
            id.to_owned(),
        )],
        // Its id stands in every finding.
        Subject::Account => Vec::new(),
    };
    replacements.extend([
        (last_segment(text(sample, id)?), occurrence.finding_id.to_owned()),
        (text(sample, account)?, occurrence.account.to_owned()),
        (text(sample, region)?, occurrence.region.to_owned()),
    ]);
    // The longest first: a name may be part of an id.
    replacements.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
    let last_updated = time(&text(sample, updated)?).ok_or(updated)?;
    let change = Change {
        replacements,
        later: occurrence.now.duration_since(last_updated),
    };

    let mut detail = sample.get("detail").cloned().ok_or("/detail")?;
    change.apply(&mut detail);
    if let Subject::Credential(identity) = subject
        && let Some(user_type) = detail.pointer_mut("/resource/accessKeyDetails/userType")
    {
        *user_type = identity.user_type.into();
    }
    Ok(Event {
        detail_type: text(sample, "/detail-type")?,
        detail,
        finding_id: occurrence.finding_id.to_owned(),
    })
}

/// What stands behind the last slash: the id of an event's ARN; a bare id as it is.
fn last_segment(text: String) -> String {
    match text.rsplit_once('/') {
        Some((_, last)) => last.to_owned(),
        None => text,
    }
}

/// As GuardDuty writes times, or as AWS Health does.
fn time(text: &str) -> Option<Timestamp> {
    text.parse()
        .ok()
        .or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
}

fn text(sample: &Value, pointer: &'static str) -> Result<String, &'static str> {
    let found = sample
        .pointer(pointer)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty());
    found.map(str::to_owned).ok_or(pointer)
}

fn credential(sample: &Value, identity: &Identity) -> Result<Vec<(String, String)>, &'static str> {
    Ok(vec![
        (
            text(sample, "/detail/resource/accessKeyDetails/accessKeyId")?,
            identity.key_id.clone(),
        ),
        (
            text(sample, "/detail/resource/accessKeyDetails/principalId")?,
            identity.principal_id.clone(),
        ),
        (
            text(sample, "/detail/resource/accessKeyDetails/userName")?,
            identity.user_name.clone(),
        ),
    ])
}

struct Change {
    replacements: Vec<(String, String)>,
    later: SignedDuration,
}

impl Change {
    fn apply(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.apply(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.apply(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&self, text: &str) -> String {
        if let Ok(time) = text.parse::<Timestamp>() {
            return time
                .checked_add(self.later)
                .map_or_else(|_| text.to_owned(), |moved| format!("{moved:.3}"));
        }
        if let Some(moved) = time(text).and_then(|time| time.checked_add(self.later).ok()) {
            let moved = moved.to_zoned(TimeZone::UTC);
            return rfc2822::to_string(&moved).unwrap_or_else(|_| text.to_owned());
        }
        self.replace(text, &self.replacements)
    }

    /// One pass, so that what was put in is not replaced again.
    fn replace(&self, text: &str, replacements: &[(String, String)]) -> String {
        let Some(((old, new), rest)) = replacements.split_first() else {
            return text.to_owned();
        };
        text.split(old.as_str())
            .map(|part| self.replace(part, rest))
            .collect::<Vec<_>>()
            .join(new)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn identity() -> Identity {
        Identity {
            key_id: "AKIAPLANTED".into(),
            principal_id: "AIDAPLANTED".into(),
            user_type: "IAMUser",
            user_name: "drill-build-server-x1".into(),
        }
    }

    fn occurrence() -> Occurrence<'static> {
        Occurrence {
            account: "111122223333",
            region: "us-east-1",
            now: "2026-05-01T00:00:00Z".parse().unwrap(),
            finding_id: "0123456789abcdef0123456789abcdef",
        }
    }

    fn sample(playbook: &str) -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../playbooks")
            .join(playbook);
        serde_json::from_str(&fs::read_to_string(path.join("finding.json")).unwrap()).unwrap()
    }

    #[test]
    fn nothing_of_the_sample_s_ids_is_left() {
        let event = make(
            &sample("leaked-access-key"),
            Subject::Credential(&identity()),
            occurrence(),
        )
        .unwrap();
        let text = event.detail.to_string();
        for old in [
            "AKIAEXAMPLELEAKED001",
            "AIDAEXAMPLEUSERID0001",
            "123456789012",
            "eu-west-1",
            "5ec0ffee",
        ] {
            assert!(!text.contains(old), "{old} in {text}");
        }
        let details = event.detail.pointer("/resource/accessKeyDetails").unwrap();
        let expected = serde_json::json!({
            "accessKeyId": "AKIAPLANTED",
            "principalId": "AIDAPLANTED",
            "userType": "IAMUser",
            "userName": "drill-build-server-x1",
        });
        assert_eq!(details, &expected);
        assert!(text.contains("invoked by user drill-build-server-x1 from"));
        assert_eq!(event.detail_type, "GuardDuty Finding");
    }

    #[test]
    fn a_bucket_is_named_everywhere() {
        let event = make(
            &sample("public-bucket"),
            Subject::Bucket("drill-exports-x1"),
            occurrence(),
        )
        .unwrap();
        let text = event.detail.to_string();
        assert!(!text.contains("example-customer-exports"), "{text}");
        assert_eq!(
            event.detail.pointer("/resource/s3BucketDetails/0/arn").unwrap(),
            "arn:aws:s3:::drill-exports-x1"
        );
        assert!(text.contains("so that anyone") && text.contains("bucket drill-exports-x1 was"));
    }

    #[test]
    fn times_keep_their_distance() {
        let event = make(
            &sample("leaked-access-key"),
            Subject::Credential(&identity()),
            occurrence(),
        )
        .unwrap();
        let time = |pointer: &str| {
            event
                .detail
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap()
                .parse::<Timestamp>()
                .unwrap()
        };
        assert_eq!(time("/updatedAt"), occurrence().now);
        let before = time("/service/eventFirstSeen");
        assert_eq!(time("/updatedAt").duration_since(before).as_secs(), 12 * 60 + 9);
    }

    #[test]
    fn an_event_of_health_is_about_the_planted_key() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks/leaked-access-key/health.json");
        let event = read(&path, Subject::Credential(&identity()), occurrence()).unwrap();
        let text = event.detail.to_string();
        for old in [
            "AKIAEXAMPLELEAKED001",
            "123456789012",
            "us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/AWS",
        ] {
            assert!(!text.contains(old), "{old} in {text}");
        }
        assert_eq!(event.detail_type, "AWS Health Event");
        let field = |pointer| event.detail.pointer(pointer).and_then(Value::as_str).unwrap();
        assert_eq!(field("/affectedEntities/0/entityValue"), "AKIAPLANTED");
        assert!(field("/eventArn").ends_with("/0123456789abcdef0123456789abcdef"));
        assert_eq!(time(field("/lastUpdatedTime")), Some(occurrence().now));
    }

    #[test]
    fn a_sample_without_a_key_is_named() {
        let mut sample = sample("leaked-access-key");
        *sample
            .pointer_mut("/detail/resource/accessKeyDetails/accessKeyId")
            .unwrap() = Value::Null;
        let field = make(&sample, Subject::Credential(&identity()), occurrence()).unwrap_err();
        assert_eq!(field, "/detail/resource/accessKeyDetails/accessKeyId");
    }

    #[test]
    fn what_was_put_in_is_not_replaced_again() {
        let replacements = vec![
            ("build".to_owned(), "drill-a".to_owned()),
            ("a".to_owned(), "b".to_owned()),
        ];
        let change = Change {
            replacements,
            later: SignedDuration::ZERO,
        };
        assert_eq!(change.text("build a"), "drill-a b");
    }
}
