#![expect(clippy::unwrap_used, reason = "tests")]
use std::sync::Arc;

use aws_sdk_autoscaling::{
    Client,
    operation::{
        attach_instances::AttachInstancesOutput,
        describe_auto_scaling_groups::DescribeAutoScalingGroupsOutput,
        describe_auto_scaling_instances::DescribeAutoScalingInstancesOutput,
        detach_instances::DetachInstancesOutput, enter_standby::EnterStandbyOutput,
        set_instance_protection::SetInstanceProtectionOutput,
    },
    types::{AutoScalingGroup, AutoScalingInstanceDetails, Instance, LifecycleState, SuspendedProcess},
};
use aws_smithy_mocks::{Rule, mock};
use backstop_aws::Accounts;
use backstop_core::{Plan, Receipt, UndoOutcome};
use backstop_runtime::{Action, StepError, action::read_receipt};

use super::DetachFromAutoScaling;
use crate::{
    accounts,
    testing::{
        INSTANCE, described, described_beside, instance, no_classic_balancers, no_routes, no_target_groups,
        permit, step_request, target_group, witnessing,
    },
};

fn action(accounts: Arc<Accounts>) -> DetachFromAutoScaling {
    DetachFromAutoScaling::new(accounts, Arc::default())
}

const GROUP: &str = "web";

fn member_of(group: &'static str, state: &'static str, is_protected: bool) -> Rule {
    mock!(Client::describe_auto_scaling_instances)
        .match_requests(|request| request.instance_ids() == [INSTANCE])
        .then_output(move || {
            let member = AutoScalingInstanceDetails::builder()
                .instance_id(INSTANCE)
                .auto_scaling_group_name(group)
                .lifecycle_state(state)
                .protected_from_scale_in(is_protected)
                .build();
            DescribeAutoScalingInstancesOutput::builder()
                .auto_scaling_instances(member)
                .build()
        })
}

fn member(state: &'static str) -> Rule {
    member_of(GROUP, state, false)
}

fn stranger() -> Rule {
    mock!(Client::describe_auto_scaling_instances)
        .then_output(|| DescribeAutoScalingInstancesOutput::builder().build())
}

/// The group holds our instance and these, by health.
fn group(peers: &'static [&'static str], desired: i32, maximum: i32) -> Rule {
    mock!(Client::describe_auto_scaling_groups)
        .match_requests(|request| request.auto_scaling_group_names() == [GROUP])
        .then_output(move || {
            let one = |id: String, health: &str| {
                Instance::builder()
                    .instance_id(id)
                    .health_status(health)
                    .lifecycle_state(LifecycleState::InService)
                    .build()
            };
            let members = std::iter::once(one(INSTANCE.to_owned(), "Healthy")).chain(
                peers
                    .iter()
                    .enumerate()
                    .map(|(n, health)| one(format!("i-{n}"), health)),
            );
            let group = AutoScalingGroup::builder()
                .auto_scaling_group_name(GROUP)
                .desired_capacity(desired)
                .max_size(maximum)
                .set_instances(Some(members.collect()))
                .suspended_processes(SuspendedProcess::builder().process_name("Launch").build())
                .build();
            DescribeAutoScalingGroupsOutput::builder()
                .auto_scaling_groups(group)
                .build()
        })
}

fn no_group() -> Rule {
    mock!(Client::describe_auto_scaling_groups)
        .then_output(|| DescribeAutoScalingGroupsOutput::builder().build())
}

fn detach() -> Rule {
    mock!(Client::detach_instances)
        .match_requests(|request| {
            request.instance_ids() == [INSTANCE]
                && request.auto_scaling_group_name() == Some(GROUP)
                && request.should_decrement_desired_capacity() == Some(false)
        })
        .then_output(|| DetachInstancesOutput::builder().build())
}

fn attach() -> Rule {
    mock!(Client::attach_instances)
        .match_requests(|request| {
            request.instance_ids() == [INSTANCE] && request.auto_scaling_group_name() == Some(GROUP)
        })
        .then_output(|| AttachInstancesOutput::builder().build())
}

async fn plan(member: Rule, group: Rule) -> Result<Plan, StepError> {
    let accounts = accounts!(
        ec2: [described(instance()), no_routes()],
        autoscaling: [member, group],
        elb: [no_target_groups()],
        classic_elb: [no_classic_balancers()],
    );
    action(accounts).plan(&step_request()).await
}

/// The instance with the tag of this receipt.
fn witnessed(receipt: &Receipt) -> Rule {
    let witness = super::witness(&step_request(), &read_receipt(receipt).unwrap()).unwrap();
    described(instance().tags(witness.tag()))
}

async fn receipt(state: &'static str, is_protected: bool) -> Receipt {
    plan(member_of(GROUP, state, is_protected), group(&["Healthy"], 2, 4))
        .await
        .unwrap()
        .receipt
}

#[tokio::test]
async fn leaves_the_group_at_its_size_and_names_who_remains() {
    let planned = plan(member("InService"), group(&["Healthy", "Unhealthy"], 2, 4))
        .await
        .unwrap();
    assert_eq!(planned.changes.len(), 1);
    assert_eq!(planned.needs_approval, None);
    assert_eq!(
        planned.blast_radius.first().map(String::as_str),
        Some("1 other healthy instance(s) remain in Auto Scaling group web")
    );
    assert!(
        planned
            .limits
            .iter()
            .any(|line| line.contains("Launch suspended"))
    );

    let (left, gone) = (detach(), detach());
    let [witness, _] = witnessing();
    action(accounts!(ec2: [witness], autoscaling: [member("InService"), left]))
        .act(&permit(), &step_request(), &planned.receipt)
        .await
        .unwrap();
    action(accounts!(autoscaling: [stranger(), gone]))
        .act(&permit(), &step_request(), &planned.receipt)
        .await
        .unwrap();
    assert_eq!((left.num_calls(), gone.num_calls()), (1, 0), "twice is harmless");
    assert_eq!(witness.num_calls(), 1);

    let verify = async |member| {
        let action = action(accounts!(autoscaling: [member]));
        action.verify(&step_request(), None).await.unwrap().holds
    };
    assert!(verify(stranger()).await && verify(member("Detaching")).await);
    assert!(!verify(member("InService")).await);
}

#[tokio::test]
async fn the_last_healthy_one_waits_for_a_person_and_a_stranger_is_skipped() {
    let last = plan(member("InService"), group(&["Unhealthy"], 2, 4))
        .await
        .unwrap();
    assert!(
        last.needs_approval
            .unwrap()
            .contains("last healthy one in Auto Scaling group web")
    );
    let short = plan(member("InService"), group(&["Healthy", "Unhealthy"], 3, 4))
        .await
        .unwrap();
    assert!(
        short
            .needs_approval
            .unwrap()
            .contains("only 1 healthy instance(s) of the 3")
    );
    let standby = plan(member("Standby"), group(&[], 1, 4)).await.unwrap();
    assert_eq!(standby.needs_approval, None, "it serves nobody");
    let skipped = plan(stranger(), no_group()).await;
    assert!(matches!(skipped, Err(StepError::NotApplicable { .. })));
}

#[tokio::test]
async fn the_last_healthy_target_waits_for_a_person_though_its_group_takes_others_for_healthy() {
    use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum::{Healthy, Unhealthy};
    let [groups, health] = target_group(&[(INSTANCE, Healthy), ("i-0", Unhealthy)]);
    let accounts = accounts!(
        ec2: [described(instance()), no_routes()],
        autoscaling: [member("InService"), group(&["Healthy"], 2, 4)],
        elb: [groups, health],
        classic_elb: [no_classic_balancers()],
    );
    let plan = action(accounts).plan(&step_request()).await;
    assert_eq!(
        plan.unwrap().needs_approval.as_deref(),
        Some("the instance is the last healthy target of target group web")
    );
}

#[tokio::test]
async fn a_member_that_another_incident_contains_is_not_counted_on() {
    let others = &[("i-0", "backstop:before-protect-instance")];
    let [written, removed] = witnessing();
    let action = action(accounts!(
        ec2: [described_beside(instance(), others), no_routes(), written, removed],
        autoscaling: [member("InService"), group(&["Healthy"], 2, 4)],
        elb: [no_target_groups()],
        classic_elb: [no_classic_balancers()],
    ));
    let plan = action.plan(&step_request()).await.unwrap();
    let why = plan.needs_approval.unwrap();
    assert!(
        why.starts_with("the instance is the last healthy one in Auto Scaling group web")
            && why.ends_with("since another incident contains it: i-0"),
        "{why}"
    );
    let remain = "0 other healthy instance(s) remain in Auto Scaling group web";
    assert_eq!(plan.blast_radius.first().map(String::as_str), Some(remain));
    let claimed = action.claim(&permit(), &step_request(), &plan.receipt).await;
    assert_eq!(claimed.unwrap(), Some(why));
    assert_eq!((written.num_calls(), removed.num_calls()), (1, 1));
}

#[tokio::test]
async fn undo_attaches_and_says_that_the_group_is_one_larger() {
    let attached = attach();
    let before = receipt("InService", false).await;
    let undo = async |instance: Rule| {
        let [_, removed] = witnessing();
        let action = action(accounts!(
            ec2: [instance, removed],
            autoscaling: [stranger(), group(&["Healthy"], 2, 4), attached]
        ));
        action.undo(&permit(), &step_request(), &before).await
    };
    let refused = undo(described(instance())).await.unwrap_err();
    assert!(
        matches!(&refused, StepError::Refused { guardrail, .. } if guardrail == "receipt"),
        "{refused}"
    );
    let undone = undo(witnessed(&before)).await.unwrap();
    let UndoOutcome::Restored { what } = undone else {
        unreachable!("{undone:?}")
    };
    assert_eq!(attached.num_calls(), 1);
    assert!(what.contains("the desired capacity is 3 now, 2 before"), "{what}");
    assert!(
        what.contains("terminate-instance-in-auto-scaling-group"),
        "{what}"
    );
}

#[tokio::test]
async fn undo_brings_back_scale_in_protection_and_standby() {
    let protect = mock!(Client::set_instance_protection)
        .match_requests(|request| request.protected_from_scale_in() == Some(true))
        .then_output(|| SetInstanceProtectionOutput::builder().build());
    let standby = mock!(Client::enter_standby)
        .match_requests(|request| request.should_decrement_desired_capacity() == Some(true))
        .then_output(|| EnterStandbyOutput::builder().build());
    let untouched = attach();
    // An earlier undo had attached it when it was cut off.
    let (before, [_, removed]) = (receipt("Standby", true).await, witnessing());
    let action = action(accounts!(
        ec2: [witnessed(&before), removed],
        autoscaling: [member("InService"), protect, standby, untouched]
    ));
    let undone = action.undo(&permit(), &step_request(), &before).await.unwrap();
    assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
    assert_eq!(
        (protect.num_calls(), standby.num_calls(), untouched.num_calls()),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn undo_refuses_what_it_cannot_do_exactly_and_says_what_to_type() {
    let before = receipt("InService", false).await;
    let untouched = attach();
    let [_, removed] = witnessing();
    let undo = async |member: Rule, group: Rule| {
        let accounts = accounts!(
            ec2: [witnessed(&before), removed],
            autoscaling: [member, group, untouched]
        );
        let action = action(accounts);
        action.undo(&permit(), &step_request(), &before).await.unwrap()
    };
    let elsewhere = undo(member_of("batch", "InService", false), no_group()).await;
    assert!(matches!(elsewhere, UndoOutcome::Drifted { .. }), "{elsewhere:?}");
    let deleted = undo(stranger(), no_group()).await;
    assert!(matches!(deleted, UndoOutcome::Drifted { .. }), "{deleted:?}");
    let full = undo(stranger(), group(&["Healthy", "Healthy"], 2, 2)).await;
    assert!(
        matches!(&full, UndoOutcome::Failed { detail, .. } if detail.contains("--max-size 3")),
        "{full:?}"
    );
    assert_eq!(
        removed.num_calls(),
        0,
        "the tag stays while the instance isn't back"
    );
    let back = undo(member("InService"), no_group()).await;
    assert!(matches!(back, UndoOutcome::NothingToUndo { .. }), "{back:?}");
    assert_eq!(untouched.num_calls(), 0);
    assert_eq!(removed.num_calls(), 1);
}
