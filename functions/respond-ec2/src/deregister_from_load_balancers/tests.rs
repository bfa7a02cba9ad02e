#![expect(clippy::unwrap_used, reason = "tests")]
use std::sync::Arc;

use aws_sdk_elasticloadbalancing as classic_sdk;
use aws_sdk_elasticloadbalancingv2::{
    Client,
    operation::{
        deregister_targets::{DeregisterTargetsError, DeregisterTargetsOutput},
        describe_target_groups::DescribeTargetGroupsOutput,
        describe_target_health::{DescribeTargetHealthError, DescribeTargetHealthOutput},
        register_targets::RegisterTargetsOutput,
    },
    types::{
        TargetDescription, TargetGroup, TargetHealth, TargetHealthDescription,
        TargetHealthStateEnum as State, TargetTypeEnum,
    },
};
use aws_smithy_mocks::{Rule, mock};
use backstop_aws::Accounts;
use backstop_core::{ErrorName, Plan, Receipt, UndoOutcome};
use backstop_runtime::{Action, StepError, action::read_receipt};
use classic_sdk::{
    operation::{
        deregister_instances_from_load_balancer::DeregisterInstancesFromLoadBalancerOutput,
        describe_instance_health::DescribeInstanceHealthOutput,
        describe_load_balancers::DescribeLoadBalancersOutput,
        register_instances_with_load_balancer::RegisterInstancesWithLoadBalancerOutput,
    },
    types::{Instance, InstanceState, LoadBalancerDescription},
};

use super::DeregisterFromLoadBalancers;
use crate::{
    accounts,
    testing::{ADDRESS, INSTANCE, VPC, described, error, instance, permit, step_request, witnessing},
};

fn action(accounts: Arc<Accounts>) -> DeregisterFromLoadBalancers {
    DeregisterFromLoadBalancers::new(accounts, Arc::default())
}

fn arn(group: &str) -> String {
    format!("arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/{group}")
}

/// Target groups by name, kind and VPC, a page each.
fn groups(all: &'static [(&'static str, TargetTypeEnum, &'static str)]) -> Rule {
    mock!(Client::describe_target_groups).then_compute_output(move |request| {
        let page: usize = request.marker().unwrap_or("0").parse().unwrap();
        let group = all.get(page).map(|(name, kind, vpc)| {
            TargetGroup::builder()
                .target_group_arn(arn(name))
                .target_group_name(*name)
                .target_type(kind.clone())
                .vpc_id(*vpc)
                .build()
        });
        DescribeTargetGroupsOutput::builder()
            .set_target_groups(Some(group.into_iter().collect()))
            .set_next_marker((page + 1 < all.len()).then(|| (page + 1).to_string()))
            .build()
    })
}

/// The targets of one group: id, port, zone, state.
fn health(group: &'static str, targets: &'static [(&'static str, i32, Option<&'static str>, State)]) -> Rule {
    mock!(Client::describe_target_health)
        .match_requests(move |request| request.target_group_arn() == Some(arn(group).as_str()))
        .then_output(|| {
            let all = targets.iter().map(|(id, port, zone, state)| {
                let target = TargetDescription::builder()
                    .id(*id)
                    .port(*port)
                    .set_availability_zone(zone.map(str::to_owned))
                    .build();
                TargetHealthDescription::builder()
                    .target(target)
                    .target_health(TargetHealth::builder().state(state.clone()).build())
                    .build()
            });
            DescribeTargetHealthOutput::builder()
                .set_target_health_descriptions(Some(all.collect()))
                .build()
        })
}

fn is(target: &TargetDescription, id: &str, port: i32, zone: Option<&str>) -> bool {
    (target.id(), target.port(), target.availability_zone()) == (Some(id), Some(port), zone)
}

fn deregister(group: &'static str, id: &'static str, port: i32, zone: Option<&'static str>) -> Rule {
    mock!(Client::deregister_targets)
        .match_requests(move |request| {
            request.target_group_arn() == Some(arn(group).as_str())
                && request.targets().iter().all(|target| is(target, id, port, zone))
        })
        .then_output(|| DeregisterTargetsOutput::builder().build())
}

fn register(group: &'static str, id: &'static str, port: i32, zone: Option<&'static str>) -> Rule {
    mock!(Client::register_targets)
        .match_requests(move |request| {
            request.target_group_arn() == Some(arn(group).as_str())
                && request.targets().iter().all(|target| is(target, id, port, zone))
        })
        .then_output(|| RegisterTargetsOutput::builder().build())
}

/// One Classic Load Balancer that holds these.
fn classic(members: &'static [&'static str]) -> Rule {
    mock!(classic_sdk::Client::describe_load_balancers).then_output(|| {
        let members = members
            .iter()
            .map(|id| Instance::builder().instance_id(*id).build());
        let balancer = LoadBalancerDescription::builder()
            .load_balancer_name("old")
            .set_instances(Some(members.collect()))
            .build();
        DescribeLoadBalancersOutput::builder()
            .load_balancer_descriptions(balancer)
            .build()
    })
}

fn classic_health(in_service: &'static [&'static str]) -> Rule {
    mock!(classic_sdk::Client::describe_instance_health)
        .match_requests(|request| request.load_balancer_name() == Some("old"))
        .then_output(|| {
            let states = in_service.iter().map(|id| {
                InstanceState::builder()
                    .instance_id(*id)
                    .state("InService")
                    .build()
            });
            DescribeInstanceHealthOutput::builder()
                .set_instance_states(Some(states.collect()))
                .build()
        })
}

const ALL: &[(&str, TargetTypeEnum, &str)] = &[
    ("by-id", TargetTypeEnum::Instance, VPC),
    ("by-address", TargetTypeEnum::Ip, VPC),
    ("far", TargetTypeEnum::Instance, "vpc-other"),
    ("lambda", TargetTypeEnum::Lambda, ""),
    ("peered", TargetTypeEnum::Ip, "vpc-other"),
];

async fn plan_of_all() -> Result<Plan, StepError> {
    let by_id = health(
        "by-id",
        &[
            (INSTANCE, 80, None, State::Healthy),
            ("i-peer", 80, None, State::Healthy),
        ],
    );
    let by_address = health(
        "by-address",
        &[
            (ADDRESS, 8080, Some("eu-west-1a"), State::Healthy),
            (ADDRESS, 9090, Some("eu-west-1a"), State::Draining),
            ("192.0.2.99", 8080, Some("eu-west-1a"), State::Unhealthy),
        ],
    );
    let peered = health("peered", &[(ADDRESS, 80, Some("all"), State::Healthy)]);
    let accounts = accounts!(
        ec2: [described(instance())],
        elb: [groups(ALL), by_id, by_address, peered],
        classic_elb: [classic(&[INSTANCE, "i-peer"]), classic_health(&[INSTANCE, "i-peer"])],
    );
    action(accounts).plan(&step_request()).await
}

#[tokio::test]
async fn finds_it_by_id_and_by_address_in_every_kind_and_counts_the_peers() {
    let plan = plan_of_all().await.unwrap();
    let what: Vec<&str> = plan.changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "target i-0123456789abcdef0 port 80 in target group by-id",
            "target 192.0.2.10 port 8080 in target group by-address",
            "instance i-0123456789abcdef0 in Classic Load Balancer old",
        ],
        "what drains is out already"
    );
    assert_eq!(
        plan.needs_approval.as_deref(),
        Some("the instance is the last healthy target of target group by-address")
    );
    assert!(plan.blast_radius.contains(
        &"1 healthy peer(s) remain in target group by-id (the instance is healthy there)".to_owned()
    ));
    assert!(
        plan.limits
            .iter()
            .any(|line| line.contains("target group peered of another VPC"))
    );
    assert!(
        plan.limits
            .iter()
            .any(|line| line.contains("deregistration delay"))
    );
    assert_eq!(
        plan.manual_undo.get(1).map(String::as_str),
        Some(
            "aws elbv2 register-targets --region eu-west-1 --target-group-arn \
             arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/by-address --targets \
             Id=192.0.2.10,Port=8080,AvailabilityZone=eu-west-1a"
        )
    );
}

/// Both target groups hold what was found.
fn registered() -> [Rule; 2] {
    [
        health("by-id", &[(INSTANCE, 80, None, State::Healthy)]),
        health(
            "by-address",
            &[(ADDRESS, 8080, Some("eu-west-1a"), State::Healthy)],
        ),
    ]
}

/// The instance with the tag of this receipt.
fn witnessed(receipt: &Receipt) -> Rule {
    let witness = super::witness(&step_request(), &read_receipt(receipt).unwrap()).unwrap();
    described(instance().tags(witness.tag()))
}

#[tokio::test]
async fn undo_registers_exactly_what_was_there() {
    let receipt = plan_of_all().await.unwrap().receipt;
    let (by_id, by_address) = (
        deregister("by-id", INSTANCE, 80, None),
        deregister("by-address", ADDRESS, 8080, Some("eu-west-1a")),
    );
    let old = mock!(classic_sdk::Client::deregister_instances_from_load_balancer)
        .match_requests(|request| request.load_balancer_name() == Some("old"))
        .then_output(|| DeregisterInstancesFromLoadBalancerOutput::builder().build());
    let [witness, _] = witnessing();
    let [one, other] = registered();
    action(accounts!(
        ec2: [described(instance()), witness],
        elb: [one, other, by_id, by_address],
        classic_elb: [classic(&[INSTANCE]), old],
    ))
    .act(&permit(), &step_request(), &receipt)
    .await
    .unwrap();
    assert_eq!(
        (by_id.num_calls(), by_address.num_calls(), old.num_calls()),
        (1, 1, 1)
    );
    assert_eq!(witness.num_calls(), 1);

    let draining = || {
        [
            health("by-id", &[(INSTANCE, 80, None, State::Draining)]),
            health("by-address", &[]),
        ]
    };
    let [one, other] = draining();
    let verified = action(accounts!(elb: [one, other], classic_elb: [classic(&[])]))
        .verify(&step_request(), Some(&receipt))
        .await
        .unwrap();
    assert!(verified.holds, "{}", verified.observed);

    let [one, other] = draining();
    let (by_id, by_address) = (
        register("by-id", INSTANCE, 80, None),
        register("by-address", ADDRESS, 8080, Some("eu-west-1a")),
    );
    let old = mock!(classic_sdk::Client::register_instances_with_load_balancer)
        .match_requests(|request| request.load_balancer_name() == Some("old"))
        .then_output(|| RegisterInstancesWithLoadBalancerOutput::builder().build());
    let [_, removed] = witnessing();
    let undone = action(accounts!(
        ec2: [witnessed(&receipt), removed],
        elb: [one, other, by_id, by_address],
        classic_elb: [classic(&["i-peer"]), old],
    ))
    .undo(&permit(), &step_request(), &receipt)
    .await
    .unwrap();
    assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
    assert_eq!(
        (by_id.num_calls(), by_address.num_calls(), old.num_calls()),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn undo_registers_nothing_that_the_instance_does_not_vouch_for_and_no_address_that_it_lost() {
    let receipt = plan_of_all().await.unwrap().receipt;
    let undo = async |instance: Rule| {
        let (by_id, by_address) = (health("by-id", &[]), health("by-address", &[]));
        let (again, old) = (register("by-id", INSTANCE, 80, None), classic(&[INSTANCE]));
        let action = action(accounts!(
            ec2: [instance], elb: [by_id, by_address, again], classic_elb: [old]
        ));
        action.undo(&permit(), &step_request(), &receipt).await
    };
    let refused = undo(described(instance())).await.unwrap_err();
    assert!(
        matches!(&refused, StepError::Refused { guardrail, .. } if guardrail == "receipt"),
        "{refused}"
    );
    let tag = super::witness(&step_request(), &read_receipt(&receipt).unwrap())
        .unwrap()
        .tag();
    let moved = described(instance().set_network_interfaces(None).tags(tag));
    let undone = undo(moved).await.unwrap();
    assert!(
        matches!(&undone, UndoOutcome::Drifted { found }
            if found.contains("address 192.0.2.10") && found.contains("registered again: target i-")),
        "{undone:?}"
    );
}

#[tokio::test]
async fn undo_leaves_what_is_back_and_names_what_was_deleted() {
    let receipt = plan_of_all().await.unwrap().receipt;
    let back = health("by-id", &[(INSTANCE, 80, None, State::Initial)]);
    let deleted = mock!(Client::describe_target_health)
        .match_requests(|request| request.target_group_arn() == Some(arn("by-address").as_str()))
        .then_error(|| DescribeTargetHealthError::generic(error("TargetGroupNotFound")));
    let undone = action(accounts!(
        ec2: [described(instance())], elb: [back, deleted], classic_elb: [classic(&[INSTANCE])]
    ))
    .undo(&permit(), &step_request(), &receipt)
    .await
    .unwrap();
    assert!(
        matches!(&undone, UndoOutcome::Drifted { found } if found.contains("target group by-address")),
        "{undone:?}"
    );
}

#[tokio::test]
async fn nothing_holds_it_is_no_failure_but_a_refused_call_is() {
    let none = mock!(classic_sdk::Client::describe_load_balancers)
        .then_output(|| DescribeLoadBalancersOutput::builder().build());
    let accounts = accounts!(ec2: [described(instance())], elb: [groups(&[])], classic_elb: [none]);
    let skipped = action(accounts).plan(&step_request()).await;
    assert!(
        matches!(skipped, Err(StepError::NotApplicable { .. })),
        "{skipped:?}"
    );

    let receipt = plan_of_all().await.unwrap().receipt;
    let denied = mock!(Client::deregister_targets)
        .match_requests(|request| request.target_group_arn() == Some(arn("by-id").as_str()))
        .then_error(|| DeregisterTargetsError::generic(error("AccessDenied")));
    let other = deregister("by-address", ADDRESS, 8080, Some("eu-west-1a"));
    let old = mock!(classic_sdk::Client::deregister_instances_from_load_balancer)
        .then_output(|| DeregisterInstancesFromLoadBalancerOutput::builder().build());
    let [one, another] = registered();
    let failed = action(accounts!(
        ec2: [witnessed(&receipt)], elb: [one, another, denied, other], classic_elb: [old]
    ))
    .act(&permit(), &step_request(), &receipt)
    .await
    .unwrap_err();
    assert_eq!(failed.name(), ErrorName::AccessDenied);
    assert_eq!(
        (other.num_calls(), old.num_calls()),
        (1, 1),
        "the others are out all the same"
    );
}
