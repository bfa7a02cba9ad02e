//! CloudTrail's `LookupEvents`, from the calls that the gateway recorded.

use hyper::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::{Principal, RecordedCall, Reply};

/// AWS gives at most this many events at once, and as many when not told.
const PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Query {
    lookup_attributes: Vec<Attribute>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

pub(super) fn answer(calls: &[RecordedCall], body: &[u8], account_id: &str) -> Reply {
    let query: Query = match serde_json::from_slice(body) {
        Ok(query) => query,
        Err(cause) => return refuse("SerializationException", &cause.to_string()),
    };
    if query.lookup_attributes.len() > 1 {
        return refuse(
            "InvalidLookupAttributesException",
            "only one lookup attribute is allowed",
        );
    }
    let Ok(from) = query.next_token.as_deref().unwrap_or("0").parse::<usize>() else {
        return refuse("InvalidNextTokenException", "the token is not one of ours");
    };
    let page = query.max_results.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&page) {
        return refuse(
            "InvalidMaxResultsException",
            "max results must be between 1 and 50",
        );
    }
    // The newest first, as CloudTrail has them.
    let found: Vec<&RecordedCall> = calls
        .iter()
        .rev()
        .filter(|call| is_event(call, account_id) && query.wants(call))
        .collect();
    let events: Vec<Value> = found
        .iter()
        .skip(from)
        .take(page)
        .map(|call| event(call, account_id))
        .collect();
    let next = from.saturating_add(events.len());
    // Null is as good as absent to the SDKs.
    let next = (next < found.len()).then(|| next.to_string());
    let answer = json!({ "Events": events, "NextToken": next });
    Reply::new(StatusCode::OK, "application/x-amz-json-1.1", answer.to_string())
}

impl Query {
    fn wants(&self, call: &RecordedCall) -> bool {
        let at = seconds(call.started_at);
        let in_time =
            self.start_time.is_none_or(|start| at >= start) && self.end_time.is_none_or(|end| at <= end);
        in_time
            && self
                .lookup_attributes
                .iter()
                .all(|attribute| attribute.fits(call))
    }
}

impl Attribute {
    fn fits(&self, call: &RecordedCall) -> bool {
        let value = self.attribute_value.as_str();
        match self.attribute_key.as_str() {
            "AccessKeyId" => call.access_key_id.as_deref() == Some(value),
            "Username" => username(&call.principal) == value,
            "EventName" => call.action == value,
            "EventSource" => source(call) == value,
            "ReadOnly" => is_read_only(&call.action).to_string() == value,
            "EventId" => event_id(call) == value,
            "ResourceName" => call
                .resource
                .as_ref()
                .is_some_and(|resource| resource.name == value),
            _ => false,
        }
    }
}

/// Management events of this account only: data events (objects, items, messages, invocations) are not in `LookupEvents`.
fn is_event(call: &RecordedCall, account_id: &str) -> bool {
    let data = match call.service.as_str() {
        "s3" => call.action.contains("Object") && !call.action.contains("ObjectLockConfiguration"),
        "dynamodb" => !call.action.contains("Table") && !call.action.contains("Tag"),
        "sqs" => call.action.contains("Message"),
        "sns" => call.action.starts_with("Publish"),
        "lambda" => call.action == "Invoke",
        "events" => call.action == "PutEvents",
        "logs" => call.action == "PutLogEvents",
        _ => false,
    };
    let account = call.principal.account();
    // A key that is nobody's fails before CloudTrail could know an account.
    !data && account == Some(account_id)
}

fn event(call: &RecordedCall, account_id: &str) -> Value {
    let detail = json!({
        "eventVersion": "1.11",
        "userIdentity": identity(call, account_id),
        "eventTime": call.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": source(call),
        "eventName": call.action,
        "awsRegion": call.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": call.user_agent,
        "errorCode": call.error_code,
        "requestParameters": call.resource.as_ref().map(|resource| json!({ camel(&resource.kind): resource.name })),
        "responseElements": response(call),
        "requestID": call.request_id,
        "eventID": event_id(call),
        "readOnly": is_read_only(&call.action),
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": account_id,
        "eventCategory": "Management",
    });
    json!({
        "EventId": event_id(call),
        "EventName": call.action,
        "ReadOnly": is_read_only(&call.action).to_string(),
        "AccessKeyId": call.access_key_id,
        "EventTime": seconds(call.started_at),
        "EventSource": source(call),
        "Username": username(&call.principal),
        "Resources": [],
        "CloudTrailEvent": detail.to_string(),
    })
}

/// The id of a key that was made, where AWS has it: all that proposals and further lookups need of an answer.
fn response(call: &RecordedCall) -> Value {
    let Some(made) = &call.made else {
        return Value::Null;
    };
    let key = json!({ "accessKeyId": made.name });
    if call.service == "sts" {
        return json!({ "credentials": key });
    }
    let user = call
        .resource
        .as_ref()
        .filter(|resource| resource.kind == "UserName");
    json!({ "accessKey": { "accessKeyId": made.name, "userName": user.map(|user| &user.name), "status": "Active" } })
}

fn identity(call: &RecordedCall, account_id: &str) -> Value {
    let key = call.access_key_id.as_deref();
    match &call.principal {
        Principal::User { name, .. } => json!({
            "type": "IAMUser", "accountId": account_id, "accessKeyId": key, "userName": name,
            "arn": format!("arn:aws:iam::{account_id}:user/{name}"),
        }),
        Principal::Role { name, session, .. } => json!({
            "type": "AssumedRole", "accountId": account_id, "accessKeyId": key,
            "arn": format!("arn:aws:sts::{account_id}:assumed-role/{name}/{session}"),
            "sessionContext": { "sessionIssuer": {
                "type": "Role", "accountId": account_id, "userName": name,
                "arn": format!("arn:aws:iam::{account_id}:role/{name}"),
            } },
        }),
        Principal::Federated { name, .. } => json!({
            "type": "FederatedUser", "accountId": account_id, "accessKeyId": key,
            "arn": format!("arn:aws:sts::{account_id}:federated-user/{name}"),
        }),
        Principal::Root { .. } => json!({
            "type": "Root", "accountId": account_id, "accessKeyId": key,
            "arn": format!("arn:aws:iam::{account_id}:root"),
        }),
        Principal::Anonymous | Principal::Unknown => json!({ "type": "Unknown" }),
    }
}

fn username(principal: &Principal) -> &str {
    match principal {
        Principal::User { name, .. } | Principal::Federated { name, .. } => name,
        Principal::Role { session, .. } => session,
        Principal::Root { .. } => "root",
        Principal::Anonymous | Principal::Unknown => "",
    }
}

fn source(call: &RecordedCall) -> String {
    format!("{}.amazonaws.com", call.service)
}

fn event_id(call: &RecordedCall) -> String {
    call.request_id
        .clone()
        .unwrap_or_else(|| format!("call-{}", call.seq))
}

fn is_read_only(action: &str) -> bool {
    ["Get", "List", "Describe", "Head", "Lookup", "Simulate"]
        .iter()
        .any(|verb| action.starts_with(verb))
}

/// Request parameters in events begin with a small letter.
fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}

/// CloudTrail's times are whole seconds.
fn seconds(time: Timestamp) -> f64 {
    time.as_second() as f64
}

fn refuse(code: &str, message: &str) -> Reply {
    let body = json!({ "__type": code, "message": message }).to_string();
    Reply::new(StatusCode::BAD_REQUEST, "application/x-amz-json-1.1", body)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    fn call(seq: u64, service: &str, action: &str, at: i64) -> RecordedCall {
        RecordedCall {
            seq,
            started_at: Timestamp::from_second(at).unwrap(),
            started_us: 0,
            ended_us: 1,
            service: service.to_owned(),
            action: action.to_owned(),
            region: None,
            resource: None,
            made: None,
            access_key_id: Some("AKIA1".to_owned()),
            principal: Principal::User {
                account: "123456789012".to_owned(),
                name: "alice".to_owned(),
            },
            user_agent: None,
            trace: None,
            status: Some(200),
            error_code: None,
            request_id: None,
            fault: None,
            units: None,
        }
    }

    fn names(query: &str) -> Vec<String> {
        let calls = [
            call(0, "iam", "CreateUser", 100),
            call(1, "s3", "GetObject", 110),
            call(2, "dynamodb", "PutItem", 120),
            call(3, "iam", "ListUsers", 130),
            call(4, "s3", "PutBucketPolicy", 140),
        ];
        let reply = answer(&calls, query.as_bytes(), "123456789012");
        let body: Value = serde_json::from_slice(reply.body()).unwrap();
        let events = body["Events"].as_array().cloned().unwrap_or_default();
        events
            .iter()
            .map(|event| event["EventName"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_newest_management_events_come_first_and_data_events_not_at_all() {
        assert_eq!(names("{}"), ["PutBucketPolicy", "ListUsers", "CreateUser"]);
    }

    #[test]
    fn attributes_times_and_pages_narrow_the_answer() {
        let by = |key: &str, value: &str| {
            names(&format!(
                r#"{{"LookupAttributes":[{{"AttributeKey":"{key}","AttributeValue":"{value}"}}]}}"#
            ))
        };
        assert_eq!(by("EventName", "ListUsers"), ["ListUsers"]);
        assert_eq!(by("Username", "alice").len(), 3);
        assert_eq!(by("ReadOnly", "false"), ["PutBucketPolicy", "CreateUser"]);
        assert!(by("AccessKeyId", "AKIA2").is_empty());
        assert_eq!(names(r#"{"StartTime":105,"EndTime":135}"#), ["ListUsers"]);
        assert_eq!(names(r#"{"MaxResults":1,"NextToken":"1"}"#), ["ListUsers"]);
    }

    #[test]
    fn a_key_that_was_made_stands_where_cloudtrail_has_it() {
        let named = |kind: &str, name: &str| crate::wire::Resource {
            kind: kind.to_owned(),
            name: name.to_owned(),
        };
        let made = RecordedCall {
            resource: Some(named("UserName", "helper")),
            made: Some(named("AccessKeyId", "AKIA2")),
            ..call(0, "iam", "CreateAccessKey", 100)
        };
        let reply = answer(&[made], b"{}", "123456789012");
        let body: Value = serde_json::from_slice(reply.body()).unwrap();
        let event: Value =
            serde_json::from_str(body["Events"][0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
        assert_eq!(event["responseElements"]["accessKey"]["accessKeyId"], "AKIA2");
        assert_eq!(event["requestParameters"]["userName"], "helper");
    }

    #[test]
    fn bad_queries_are_refused_by_name() {
        let code = |query: &str| answer(&[], query.as_bytes(), "123456789012").error_code();
        assert_eq!(
            code(r#"{"MaxResults":51}"#).as_deref(),
            Some("InvalidMaxResultsException")
        );
        assert_eq!(
            code(r#"{"NextToken":"x"}"#).as_deref(),
            Some("InvalidNextTokenException")
        );
        assert_eq!(code("not json").as_deref(), Some("SerializationException"));
    }
}
