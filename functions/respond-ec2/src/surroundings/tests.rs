#![expect(clippy::unwrap_used, reason = "tests")]
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use aws_sdk_ec2::types::{IpPermission, IpRange, Route, UserIdGroupPair};
use aws_sdk_elasticloadbalancingv2::{
    Client as Elb,
    operation::{
        describe_target_groups::DescribeTargetGroupsOutput, describe_target_health::DescribeTargetHealthError,
    },
    types::{TargetGroup, TargetHealthStateEnum as State, TargetTypeEnum},
};
use aws_smithy_mocks::{Rule, mock};
use backstop_runtime::action::Approval;

use super::*;
use crate::{
    instance,
    testing::{INSTANCE, Network, Nic, VPC, error, no_target_groups, step_request, target_group},
};

fn server() -> Network {
    Network::with(vec![Nic {
        id: "eni-1".into(),
        groups: vec!["sg-1".into()],
        ..Nic::default()
    }])
}

async fn asked(network: &Network, elb: &[Rule], request: &StepRequest) -> Option<String> {
    let accounts = network.accounts(&[], &[], elb);
    let aws = accounts.at(request).unwrap();
    let instance = instance::read(&aws.client::<Ec2>(), &request.target)
        .await
        .unwrap();
    Surroundings::read(&aws, &instance, request)
        .await
        .needs_approval(&instance)
}

async fn asked_of(network: &Network) -> Option<String> {
    asked(network, &[no_target_groups()], &step_request()).await
}

fn open(first: i32, last: i32) -> IpPermission {
    IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(first)
        .to_port(last)
        .user_id_group_pairs(UserIdGroupPair::builder().group_id("sg-app").build())
        .build()
}

#[tokio::test]
async fn a_database_that_nothing_stands_in_for_waits_for_a_person() {
    let network = server();
    network.add_group("sg-1", "data", None);
    let asks = async |rules: Vec<IpPermission>| {
        network.state().group("sg-1").ip_permissions = Some(rules);
        asked_of(&network).await
    };
    let why = asks(vec![open(5432, 5432)]).await.unwrap();
    assert_eq!(
        why,
        "nothing stands in for it, and others may depend on it: sg-1 lets others reach port 5432, as of PostgreSQL or \
         Redshift"
    );
    assert!(
        asks(vec![open(380, 390)])
            .await
            .unwrap()
            .contains("domain controller")
    );
    assert_eq!(asks(vec![open(443, 443)]).await, None, "a web server");
    assert_eq!(
        asks(vec![open(0, 65_535)]).await,
        None,
        "it says nothing of what listens"
    );
    let everything = IpPermission::builder().ip_protocol("-1");
    let from_anywhere = everything.ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build());
    assert_eq!(asks(vec![from_anywhere.build()]).await, None);
    // One of several: what stands in for it is known.
    network.state().group("sg-1").ip_permissions = Some(vec![open(5432, 5432)]);
    let pair = target_group(&[(INSTANCE, State::Healthy), ("i-0", State::Healthy)]);
    assert_eq!(asked(&network, &pair, &step_request()).await, None);
}

#[tokio::test]
async fn a_machine_that_routes_lead_through_waits_for_a_person() {
    let network = server();
    network.state().routes = vec![
        Route::builder()
            .destination_cidr_block("0.0.0.0/0")
            .network_interface_id("eni-1")
            .build(),
    ];
    let why = asked_of(&network).await.unwrap();
    assert!(
        why.starts_with("others reach their network through the instance, by the route(s) 0.0.0.0/0"),
        "{why}"
    );
    network.state().routes = vec![
        Route::builder()
            .destination_cidr_block("0.0.0.0/0")
            .network_interface_id("eni-other")
            .build(),
    ];
    assert_eq!(asked_of(&network).await, None);
}

/// Fifty target groups; reading the first so many of their targets is throttled, or all if there is no number.
fn fifty(throttled: Option<usize>) -> (Vec<Rule>, Arc<AtomicUsize>) {
    let groups = mock!(Elb::describe_target_groups).then_output(|| {
        let group = |number: usize| {
            TargetGroup::builder()
                .target_group_arn(format!("web-{number}"))
                .target_group_name(format!("web-{number}"))
                .target_type(TargetTypeEnum::Instance)
                .vpc_id(VPC)
                .build()
        };
        DescribeTargetGroupsOutput::builder()
            .set_target_groups(Some((0..50).map(group).collect()))
            .build()
    });
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let health = mock!(Elb::describe_target_health).then_compute_response(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        if throttled.is_none_or(|throttled| number < throttled) {
            return aws_smithy_mocks::MockResponse::Error(DescribeTargetHealthError::generic(error("DependencyThrottle")));
        }
        aws_smithy_mocks::MockResponse::Output(
            aws_sdk_elasticloadbalancingv2::operation::describe_target_health::DescribeTargetHealthOutput::builder()
                .build(),
        )
    });
    (vec![groups, health], asked)
}

#[tokio::test]
async fn fifty_target_groups_that_cant_be_read_in_time_ask_and_fail_nothing() {
    let network = server();
    let (never, _) = fifty(None);
    let began = Instant::now();
    let why = asked(&network, &never, &step_request()).await.unwrap();
    assert_eq!(
        why,
        "whether others serve isn't known: 50 of 50 target groups couldn't be read in time"
    );
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let (soon, _) = fifty(Some(12));
    assert_eq!(
        asked(&network, &soon, &step_request()).await,
        None,
        "throttling passes"
    );
}

#[tokio::test]
async fn what_only_says_whether_to_ask_isnt_read_once_a_person_has_approved() {
    let (rules, calls) = fifty(None);
    let (tell, approval) = Approval::given_later();
    tell.send_replace(true);
    let request = StepRequest {
        approval,
        ..step_request()
    };
    let why = asked(&server(), &rules, &request).await.unwrap();
    assert_eq!((why.as_str(), calls.load(Ordering::Relaxed)), (NOT_READ_AGAIN, 0));
}
