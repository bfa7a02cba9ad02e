//! IAM's answers and events in CloudTrail's shape, for the wire tests.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use aws_sdk_cloudtrail::{
    Client as CloudTrail,
    config::retry::RetryConfig,
    operation::lookup_events::LookupEventsOutput,
    types::{Event, LookupAttributeKey},
};
use aws_sdk_iam::{
    Client,
    operation::{get_access_key_last_used::GetAccessKeyLastUsedOutput, get_user::GetUserOutput},
    types::{Tag, User},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use backstop_aws::Accounts;
use backstop_core::Region;
use backstop_runtime::{
    action::StepRequest,
    client,
    testing::{self, access_key},
};
use serde_json::{Value, json};

use crate::{
    services::Iam,
    trail::{PacedTrail, Trail},
};

pub(crate) use backstop_runtime::testing::{INSTANCE, KEY};

pub(crate) fn step_request(region: &str, hours: u64) -> StepRequest {
    let mut request = testing::step_request(access_key(Some("build-server")));
    request.target.region = region.into();
    request.at = "2026-03-01T12:30:00Z".parse().unwrap();
    request.with.insert("hours".to_owned(), json!(hours));
    request
}

/// IAM knows the key and its user, who is tagged.
fn iam() -> Client {
    let owner = mock!(Client::get_access_key_last_used)
        .match_requests(|request| request.access_key_id() == Some(KEY))
        .then_output(|| {
            GetAccessKeyLastUsedOutput::builder()
                .user_name("build-server")
                .build()
        });
    let user = mock!(Client::get_user)
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
    client!(aws_sdk_iam: [owner, user])
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

/// CloudTrail by these rules, in every Region.
pub(crate) fn trail(rules: &[&Rule]) -> Arc<Accounts> {
    let client = trail_client(rules);
    in_regions(move |_| client.clone())
}

/// CloudTrail by a rule for each Region; IAM knows the key.
pub(crate) fn trail_of(rule: impl Fn(&str) -> Rule + Send + Sync + 'static) -> Arc<Accounts> {
    in_regions(move |region| trail_client(&[&rule(region.as_str())]))
}

pub(crate) fn trail_client(rules: &[&Rule]) -> CloudTrail {
    mock_client!(aws_sdk_cloudtrail, RuleMode::MatchAny, rules, |config| {
        config.retry_config(RetryConfig::disabled())
    })
}

fn in_regions(client: impl Fn(&Region) -> CloudTrail + Send + Sync + 'static) -> Arc<Accounts> {
    let accounts = testing::accounts().mock::<Iam>(iam());
    Arc::new(accounts.mock_regions::<PacedTrail>(move |region| Trail::new(client(region))))
}

pub(crate) fn event(id: &str, key: &str, name: &str, request: Value, response: Value) -> Value {
    json!({
        "userIdentity": { "type": "IAMUser", "accessKeyId": key, "userName": "build-server" },
        "eventTime": "2026-03-01T12:00:00Z", "eventSource": "iam.amazonaws.com", "eventName": name,
        "awsRegion": "us-east-1", "sourceIPAddress": "198.51.100.7", "eventID": id,
        "requestParameters": request, "responseElements": response,
    })
}
