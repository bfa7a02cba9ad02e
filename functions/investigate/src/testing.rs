//! IAM's answers and events in CloudTrail's shape, for the wire tests.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use aws_sdk_cloudtrail::{
    Client as CloudTrail,
    config::retry::RetryConfig,
    operation::lookup_events::LookupEventsOutput,
    types::{Event, LookupAttributeKey},
};
use aws_sdk_dynamodb::{operation::query::QueryOutput, types::AttributeValue};
use aws_sdk_ec2::{
    Client as Ec2Client,
    operation::describe_instances::DescribeInstancesOutput,
    types::{Instance, InstanceNetworkInterface, InstancePrivateIpAddress, Reservation},
};
use aws_sdk_iam::{
    Client,
    operation::{get_access_key_last_used::GetAccessKeyLastUsedOutput, get_user::GetUserOutput},
    types::{Tag, User},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_types::DateTime;
use backstop_aws::{Accounts, SdkConfig, Signed, answering};
use backstop_core::Region;
use backstop_runtime::{
    Ledger,
    action::StepRequest,
    client,
    testing::{self, access_key},
};
use serde_json::{Value, json};

use crate::{
    services::{Ec2, Iam},
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

/// An instance with this private address and a tag, in an account where GuardDuty is off.
pub(crate) fn instance_accounts(trail: impl Fn(&str) -> CloudTrail + Send + Sync + 'static) -> Arc<Accounts> {
    let (off, _) = answering("eu-west-1", &[(200, r#"{ "detectorIds": [] }"#)]);
    instance_accounts_with(off, trail)
}

/// The same, where this answers for GuardDuty.
pub(crate) fn instance_accounts_with(
    guardduty: SdkConfig,
    trail: impl Fn(&str) -> CloudTrail + Send + Sync + 'static,
) -> Arc<Accounts> {
    let described = mock!(Ec2Client::describe_instances)
        .match_requests(|request| request.instance_ids() == [INSTANCE])
        .then_output(|| {
            let address = InstancePrivateIpAddress::builder()
                .private_ip_address("10.0.0.5")
                .build();
            let interface = InstanceNetworkInterface::builder()
                .private_ip_addresses(address)
                .build();
            let instance = Instance::builder()
                .instance_id(INSTANCE)
                .network_interfaces(interface)
                .tags(
                    aws_sdk_ec2::types::Tag::builder()
                        .key("team")
                        .value("web")
                        .build(),
                )
                .build();
            let reservation = Reservation::builder().instances(instance).build();
            DescribeInstancesOutput::builder()
                .reservations(reservation)
                .build()
        });
    let accounts = testing::accounts()
        .mock::<Ec2>(client!(aws_sdk_ec2: [described]))
        .mock::<Signed>(guardduty);
    Arc::new(accounts.mock_regions::<PacedTrail>(move |region| Trail::new(trail(region.as_str()))))
}

/// A ledger whose list has these incidents, whatever is asked for.
pub(crate) fn ledger(incidents: &'static [&'static str]) -> Ledger {
    let query = mock!(aws_sdk_dynamodb::Client::query).then_output(move || {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let row = |incident: &&str| {
            [
                ("incident", *incident),
                ("playbook", "compromised-role"),
                ("target", "role ci"),
                ("severity", "high"),
                ("status", "contained"),
                ("opened_at", "2026-03-01T11:00:00Z"),
                ("title", "t"),
            ]
            .map(|(name, value)| (name.to_owned(), text(value)))
            .into()
        };
        QueryOutput::builder()
            .set_items(Some(incidents.iter().map(row).collect()))
            .build()
    });
    Ledger::new(client!(aws_sdk_dynamodb: [query]), "incidents")
}

/// What CloudTrail has, by the value that is looked up; nothing else.
pub(crate) fn history(events: Vec<(&'static str, Value)>) -> CloudTrail {
    let answer = mock!(CloudTrail::lookup_events).then_compute_output(move |request| {
        let asked = request.lookup_attributes().first().unwrap().attribute_value();
        let found = events.iter().filter(|(value, _)| *value == asked);
        let found = found.map(|(_, event)| Event::builder().cloud_trail_event(event.to_string()).build());
        LookupEventsOutput::builder()
            .set_events(Some(found.collect()))
            .build()
    });
    trail_client(&[&answer])
}
