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
        describe_target_groups::DescribeTargetGroupsOutput,
        describe_target_health::{DescribeTargetHealthError, DescribeTargetHealthOutput},
    },
    types::{
        TargetDescription, TargetGroup, TargetHealth, TargetHealthDescription,
        TargetHealthStateEnum as State, TargetTypeEnum,
    },
};
use aws_smithy_mocks::{Rule, mock};
use backstop_runtime::action::Approval;

use super::*;
use crate::{
    instance,
    testing::{
        INSTANCE, Network, Nic, VPC, asks_for_marked, error, no_target_groups, permit, step_request,
        target_group,
    },
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
    Surroundings::read(&aws, &instance, request, &Sweeps::default())
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

/// Fifty target groups, of which the instance has just left the eighth; reading the first so many of their targets is
/// throttled, or all if there is no number.
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
    let health = mock!(Elb::describe_target_health).then_compute_response(move |request| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        if throttled.is_none_or(|throttled| number < throttled) {
            return aws_smithy_mocks::MockResponse::Error(DescribeTargetHealthError::generic(error(
                "DependencyThrottle",
            )));
        }
        let leaving = TargetHealthDescription::builder()
            .target(TargetDescription::builder().id(INSTANCE).build())
            .target_health(TargetHealth::builder().state(State::Draining).build())
            .build();
        let is_held = request.target_group_arn() == Some("web-7");
        aws_smithy_mocks::MockResponse::Output(
            DescribeTargetHealthOutput::builder()
                .set_target_health_descriptions(is_held.then(|| vec![leaving]))
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

#[tokio::test]
async fn steps_that_follow_each_other_share_one_look_into_all_target_groups() {
    let network = server();
    let (rules, calls) = fifty(Some(0));
    let accounts = network.accounts(&[], &[], &rules);
    let request = step_request();
    let aws = accounts.at(&request).unwrap();
    let instance = instance::read(&aws.client::<Ec2>(), &request.target)
        .await
        .unwrap();
    let sweeps = Sweeps::default();
    let mut made = Vec::new();
    for _step in 0..3 {
        let read = Surroundings::read(&aws, &instance, &request, &sweeps).await;
        assert_eq!(read.needs_approval(&instance), None);
        made.push(calls.swap(0, Ordering::Relaxed));
    }
    assert_eq!(made, [50, 1, 1], "only where it was found is read again");
    let mut other = step_request();
    other.target.region = "eu-west-2".into();
    let aws = accounts.at(&other).unwrap();
    Surroundings::read(&aws, &instance, &other, &sweeps).await;
    assert_eq!(
        calls.load(Ordering::Relaxed),
        50,
        "another target's look is its own"
    );
}

#[tokio::test]
async fn a_look_that_left_something_out_is_shared_with_nobody() {
    let network = server();
    let (rules, calls) = fifty(None);
    let accounts = network.accounts(&[], &[], &rules);
    let request = step_request();
    let aws = accounts.at(&request).unwrap();
    let instance = instance::read(&aws.client::<Ec2>(), &request.target)
        .await
        .unwrap();
    let sweeps = Sweeps::default();
    for _step in 0..2 {
        let read = Surroundings::read(&aws, &instance, &request, &sweeps).await;
        let why = read.needs_approval(&instance).unwrap();
        assert!(why.contains("50 of 50 target groups"), "{why}");
        assert!(calls.swap(0, Ordering::Relaxed) >= 50);
    }
}

/// A pair of servers behind one target group.
fn pair() -> [Rule; 2] {
    target_group(&[(INSTANCE, State::Healthy), ("i-0", State::Healthy)])
}

const PROTECTED: (&str, &str) = ("i-0", "backstop:before-protect-instance");

#[tokio::test]
async fn a_server_that_another_incident_contains_is_not_counted_on() {
    let network = server();
    assert_eq!(asked(&network, &pair(), &step_request()).await, None);
    network.state().marked = vec![PROTECTED];
    let why = asked(&network, &pair(), &step_request()).await.unwrap();
    assert_eq!(
        why,
        "the instance is the last healthy target of target group web; in target group web another one is healthy still \
         and isn't counted on, since another incident contains it: i-0"
    );
}

#[tokio::test]
async fn whom_incidents_contain_is_asked_about_where_it_cant_be_read_and_others_serve() {
    let denied = mock!(aws_sdk_ec2::Client::describe_instances)
        .match_requests(asks_for_marked)
        .then_error(|| {
            aws_sdk_ec2::operation::describe_instances::DescribeInstancesError::generic(error(
                "UnauthorizedOperation",
            ))
        });
    let request = step_request();
    let asks = async |elb: &[Rule]| {
        let accounts = server().accounts(std::slice::from_ref(&denied), &[], elb);
        let aws = accounts.at(&request).unwrap();
        let instance = instance::read(&aws.client::<Ec2>(), &request.target)
            .await
            .unwrap();
        let read = Surroundings::read(&aws, &instance, &request, &Sweeps::default()).await;
        read.needs_approval(&instance)
    };
    let why = asks(&pair()).await.unwrap();
    assert!(
        why.starts_with("whether other incidents contain those that would remain isn't known: "),
        "{why}"
    );
    assert_eq!(
        asks(&[no_target_groups()]).await,
        None,
        "nobody else serves: nothing to know"
    );
}

/// What claiming says, and what of it stays on the instance.
async fn claimed(network: &Network, elb: &[Rule]) -> (Option<String>, usize) {
    let accounts = network.accounts(&[], &[], elb);
    let request = step_request();
    let aws = accounts.at(&request).unwrap();
    let witness = Witness::of("ec2.isolate-instance", &request, &"as it was").unwrap();
    let why = claim(&aws, &request, &witness, &Sweeps::default()).await.unwrap();
    (why, network.state().tags.len())
}

#[tokio::test]
async fn two_that_contain_a_pair_in_the_same_second_see_each_other_and_ask() {
    let network = server();
    // The other one's tag comes after the plan, and before the second look.
    network.state().marked_late = vec![PROTECTED];
    let (why, tags) = claimed(&network, &pair()).await;
    let why = why.unwrap();
    assert!(
        why.starts_with("the instance is the last healthy target"),
        "{why}"
    );
    assert_eq!(tags, 0, "nothing is taken from it, so others may count on it");
    assert_eq!(
        network.state().looks_at_others,
        [false, true],
        "the other one sees this one's tag before this one looks for the other's"
    );

    let alone = server();
    assert_eq!(
        claimed(&alone, &pair()).await,
        (None, 1),
        "it keeps its tag and acts"
    );
    let only = server();
    assert_eq!(
        claimed(&only, &[no_target_groups()]).await,
        (None, 0),
        "nobody to look out for"
    );
}

#[tokio::test]
async fn who_cant_be_shown_to_others_waits_for_a_person_where_others_serve() {
    let denied = mock!(aws_sdk_ec2::Client::create_tags).then_error(|| {
        aws_sdk_ec2::operation::create_tags::CreateTagsError::generic(error("UnauthorizedOperation"))
    });
    let accounts = server().accounts(&[denied], &[], &pair());
    let request = step_request();
    let aws = accounts.at(&request).unwrap();
    let witness = Witness::of("ec2.isolate-instance", &request, &"as it was").unwrap();
    let why = claim(&aws, &request, &witness, &Sweeps::default()).await.unwrap();
    assert!(why.unwrap().contains("can't be shown that it is contained"));
}

/// Each step that takes something from the instance looks once more.
#[tokio::test]
async fn every_step_that_takes_the_instance_out_of_service_claims_it() {
    let network = server();
    network.state().marked_late = vec![PROTECTED];
    let accounts = network.accounts(&[], &[], &pair());
    let sweeps = std::sync::Arc::<Sweeps>::default();
    let actions: Vec<Box<dyn backstop_runtime::Action>> = vec![
        Box::new(crate::isolate_instance::IsolateInstance::new(
            accounts.clone(),
            sweeps.clone(),
        )),
        Box::new(
            crate::deregister_from_load_balancers::DeregisterFromLoadBalancers::new(accounts.clone(), sweeps),
        ),
    ];
    for action in actions {
        network.state().looks_at_others.clear();
        let plan = action.plan(&step_request()).await.unwrap();
        assert_eq!(plan.needs_approval, None, "{}", plan.action);
        let why = action
            .claim(&permit(), &step_request(), &plan.receipt)
            .await
            .unwrap();
        assert!(why.is_some(), "{}", plan.action);
    }
}
