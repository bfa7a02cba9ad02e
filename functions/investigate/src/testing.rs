//! What the wire tests share: orders, a permit, IAM's answers and events in CloudTrail's shape. A call without a rule
//! fails the test.
#![expect(clippy::unwrap_used, reason = "tests")]

use aws_sdk_cloudtrail::{
    Client as CloudTrail,
    config::retry::RetryConfig,
    operation::lookup_events::LookupEventsOutput,
    types::{Event, LookupAttributeKey},
};
use aws_sdk_iam::{
    Client as Iam,
    operation::{get_access_key_last_used::GetAccessKeyLastUsedOutput, get_user::GetUserOutput},
    types::{Tag, User},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use backstop_core::{Resource, Target, kind};
use backstop_runtime::action::Order;
use serde_json::{Value, json};

use crate::trail::Trail;

pub(crate) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

pub(crate) fn order(region: &str, hours: u64) -> Order {
    Order {
        accepted: Vec::new(),
        incident: "01JTESTTESTTESTTESTTESTTES".into(),
        step: "the-step".into(),
        target: Target {
            account: "123456789012".into(),
            region: region.into(),
            partition: "aws".into(),
            resource: Resource::AccessKey(kind::AccessKey {
                key_id: KEY.into(),
                user_name: Some("build-server".into()),
                user_id: None,
            }),
        },
        at: "2026-03-01T12:30:00Z".parse().unwrap(),
        with: serde_json::Map::from_iter([("hours".to_owned(), json!(hours))]),
    }
}

/// IAM knows the key and its user, who is tagged.
pub(crate) fn iam() -> Iam {
    let owner = mock!(Iam::get_access_key_last_used)
        .match_requests(|request| request.access_key_id() == Some(KEY))
        .then_output(|| {
            GetAccessKeyLastUsedOutput::builder()
                .user_name("build-server")
                .build()
        });
    let user = mock!(Iam::get_user)
        .match_requests(|request| request.user_name() == Some("build-server"))
        .then_output(|| {
            let tag = Tag::builder().key("team").value("web").build().unwrap();
            let user = User::builder()
                .path("/ci/")
                .user_name("build-server")
                .user_id("AIDACKCEVSQ6C2EXAMPLE")
                .arn("arn:aws:iam::123456789012:user/ci/build-server")
                .create_date(DateTime::from_secs(0))
                .tags(tag);
            GetUserOutput::builder().user(user.build().unwrap()).build()
        });
    mock_client!(aws_sdk_iam, RuleMode::MatchAny, &[&owner, &user])
}

/// The lookup of this key, with this page token, gives these events.
pub(crate) fn page(
    key: &'static str,
    token: Option<&'static str>,
    events: &[Value],
    next: Option<&'static str>,
) -> Rule {
    let events: Vec<Event> = events
        .iter()
        .map(|event| Event::builder().cloud_trail_event(event.to_string()).build())
        .collect();
    mock!(CloudTrail::lookup_events)
        .match_requests(move |request| {
            let by_key = request.lookup_attributes().iter().any(|attribute| {
                attribute.attribute_key() == &LookupAttributeKey::AccessKeyId
                    && attribute.attribute_value() == key
            });
            by_key && request.next_token() == token
        })
        .then_output(move || {
            LookupEventsOutput::builder()
                .set_events(Some(events.clone()))
                .set_next_token(next.map(str::to_owned))
                .build()
        })
}

/// These rules, in every Region.
pub(crate) fn trail(rules: &[&Rule]) -> Trail {
    let client = mock_client!(aws_sdk_cloudtrail, RuleMode::MatchAny, rules, |config| {
        config.retry_config(RetryConfig::disabled())
    });
    Trail::connecting(move |_| client.clone())
}

pub(crate) fn event(id: &str, key: &str, name: &str, request: Value, response: Value) -> Value {
    json!({
        "userIdentity": { "type": "IAMUser", "accessKeyId": key, "userName": "build-server" },
        "eventTime": "2026-03-01T12:00:00Z", "eventSource": "iam.amazonaws.com", "eventName": name,
        "awsRegion": "us-east-1", "sourceIPAddress": "198.51.100.7", "eventID": id,
        "requestParameters": request, "responseElements": response,
    })
}
