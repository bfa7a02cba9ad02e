//! Load balancers that send to the instance.

use aws_sdk_elasticloadbalancingv2::{
    operation::{
        describe_target_groups::DescribeTargetGroupsError, describe_target_health::DescribeTargetHealthOutput,
    },
    types::{
        ProtocolEnum, TargetDescription, TargetGroup, TargetHealth, TargetHealthDescription,
        TargetHealthStateEnum, TargetTypeEnum,
    },
};
use aws_smithy_types::error::ErrorMetadata;

use super::*;

#[tokio::test]
async fn load_balancers_that_always_track_are_named_and_never_waited_for() {
    let group = |name: &str, protocol: ProtocolEnum| {
        TargetGroup::builder()
            .target_group_name(name)
            .target_group_arn(name)
            .protocol(protocol)
            .target_type(TargetTypeEnum::Instance)
            .vpc_id("vpc-1")
            .build()
    };
    let groups = mock!(Client::describe_target_groups).then_output(move || {
        DescribeTargetGroupsOutput::builder()
            .target_groups(group("web", ProtocolEnum::Http))
            .target_groups(group("game", ProtocolEnum::Tcp))
            .target_groups(group("other", ProtocolEnum::Udp))
            .build()
    });
    let health = mock!(Client::describe_target_health).then_compute_output(|request| {
        let health = TargetHealth::builder().state(TargetHealthStateEnum::Draining);
        let leaving = TargetHealthDescription::builder()
            .target(TargetDescription::builder().id(crate::testing::INSTANCE).build())
            .target_health(health.build())
            .build();
        // Connections of the one that speaks HTTP end one by one.
        let is_target = matches!(request.target_group_arn(), Some("game" | "web"));
        DescribeTargetHealthOutput::builder()
            .set_target_health_descriptions(is_target.then(|| vec![leaving]))
            .build()
    });
    let plan = action_with(&two(), &[groups, health])
        .plan(&step_request())
        .await
        .unwrap();
    let text = plan.limits.join("\n");
    assert!(
        text.contains("through the load balancer of target group game, transit gateway tgw-1 are"),
        "{text}"
    );

    let denied = mock!(Client::describe_target_groups).then_error(|| {
        DescribeTargetGroupsError::generic(ErrorMetadata::builder().code("AccessDenied").build())
    });
    let plan = action_with(&two(), &[denied])
        .plan(&step_request())
        .await
        .unwrap();
    assert!(
        plan.limits.iter().any(|line| line.contains("is not known")),
        "{:?}",
        plan.limits
    );
    let why = plan.needs_approval.unwrap();
    assert!(why.contains("whether others serve can't be read"), "{why}");
}

#[tokio::test]
async fn the_last_healthy_target_waits_for_a_person_unless_it_is_isolated_already() {
    let group = || {
        let group = TargetGroup::builder()
            .target_group_name("web")
            .target_group_arn("web");
        group
            .protocol(ProtocolEnum::Http)
            .target_type(TargetTypeEnum::Instance)
            .vpc_id("vpc-1")
            .build()
    };
    let groups = mock!(Client::describe_target_groups).then_output(move || {
        DescribeTargetGroupsOutput::builder()
            .target_groups(group())
            .build()
    });
    let health = mock!(Client::describe_target_health).then_output(|| {
        let health = TargetHealth::builder()
            .state(TargetHealthStateEnum::Healthy)
            .build();
        let target = TargetDescription::builder()
            .id(crate::testing::INSTANCE)
            .port(8080);
        let description = TargetHealthDescription::builder().target_health(health);
        DescribeTargetHealthOutput::builder()
            .target_health_descriptions(description.target(target.build()).build())
            .build()
    });
    let network = two();
    let action = action_with(&network, &[groups, health]);
    let plan = action.plan(&step_request()).await.unwrap();
    assert_eq!(
        plan.needs_approval.as_deref(),
        Some("the instance is the last healthy target of target group web")
    );
    action
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    let again = action.plan(&step_request()).await.unwrap();
    assert_eq!((again.changes.len(), again.needs_approval), (0, None));
}
