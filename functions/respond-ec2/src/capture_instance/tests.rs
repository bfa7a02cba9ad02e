#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_autoscaling::operation::describe_auto_scaling_instances::DescribeAutoScalingInstancesOutput;
use aws_sdk_ec2::{
    Client,
    operation::{
        describe_addresses::DescribeAddressesOutput,
        describe_iam_instance_profile_associations::DescribeIamInstanceProfileAssociationsOutput,
        describe_instance_attribute::DescribeInstanceAttributeOutput,
        describe_network_acls::{DescribeNetworkAclsError, DescribeNetworkAclsOutput},
        describe_route_tables::DescribeRouteTablesOutput,
        describe_security_groups::DescribeSecurityGroupsOutput,
        describe_volumes::DescribeVolumesOutput,
        get_console_output::GetConsoleOutputOutput,
    },
    types::{
        AttributeValue, GroupIdentifier, InstanceNetworkInterface, InstanceState, InstanceStateName,
        IpPermission, IpRange, Route, RouteTable, RouteTableAssociation, SecurityGroup,
        builders::InstanceBuilder,
    },
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::base64;
use backstop_core::{ErrorName, Plan, UndoOutcome};
use backstop_runtime::{Action, StepError};
use serde_json::Value;

use super::CaptureInstance;
use crate::{
    accounts,
    testing::{INSTANCE, described, error, gone, instance, permit, step_request},
};

/// A group with as many rules as asked for.
fn groups(rules: usize) -> Rule {
    mock!(Client::describe_security_groups)
        .match_requests(|request| request.group_ids() == ["sg-1", "sg-2"])
        .then_output(move || {
            let open = IpPermission::builder()
                .ip_protocol("tcp")
                .from_port(22)
                .to_port(22)
                .ip_ranges(IpRange::builder().cidr_ip("198.51.100.0/24").build())
                .build();
            let group = SecurityGroup::builder()
                .group_id("sg-1")
                .set_ip_permissions(Some(vec![open; rules]))
                .build();
            DescribeSecurityGroupsOutput::builder()
                .security_groups(group)
                .build()
        })
}

fn routes() -> Rule {
    mock!(Client::describe_route_tables).then_output(|| {
        let table = |id: &str, association: RouteTableAssociation| {
            RouteTable::builder()
                .route_table_id(id)
                .associations(association)
                .routes(
                    Route::builder()
                        .destination_cidr_block("0.0.0.0/0")
                        .nat_gateway_id("nat-1")
                        .build(),
                )
                .build()
        };
        let of_subnet = |subnet: &str| RouteTableAssociation::builder().subnet_id(subnet).build();
        DescribeRouteTablesOutput::builder()
            .route_tables(table(
                "rtb-main",
                RouteTableAssociation::builder().main(true).build(),
            ))
            .route_tables(table("rtb-own", of_subnet("subnet-1")))
            .route_tables(table("rtb-other", of_subnet("subnet-9")))
            .build()
    })
}

fn acls() -> Rule {
    mock!(Client::describe_network_acls).then_output(|| DescribeNetworkAclsOutput::builder().build())
}

fn acls_error(code: &'static str) -> Rule {
    mock!(Client::describe_network_acls).then_error(move || DescribeNetworkAclsError::generic(error(code)))
}

async fn capture(instance: InstanceBuilder, rules: usize, acls: Rule) -> Result<Plan, StepError> {
    let profile = mock!(Client::describe_iam_instance_profile_associations)
        .then_output(|| DescribeIamInstanceProfileAssociationsOutput::builder().build());
    let addresses =
        mock!(Client::describe_addresses).then_output(|| DescribeAddressesOutput::builder().build());
    let volumes = mock!(Client::describe_volumes).then_output(|| DescribeVolumesOutput::builder().build());
    let user_data = mock!(Client::describe_instance_attribute).then_output(|| {
        DescribeInstanceAttributeOutput::builder()
            .user_data(AttributeValue::builder().value("c2VjcmV0").build())
            .build()
    });
    let console = mock!(Client::get_console_output)
        .match_requests(|request| request.instance_id() == Some(INSTANCE))
        .then_output(|| {
            let output = base64::encode("\u{1b}[0m".repeat(60_000) + "login: mallory");
            GetConsoleOutputOutput::builder().output(output).build()
        });
    let member = mock!(aws_sdk_autoscaling::Client::describe_auto_scaling_instances)
        .then_output(|| DescribeAutoScalingInstancesOutput::builder().build());
    let accounts = accounts!(
        ec2: [
            described(instance), groups(rules), routes(), acls, profile, addresses, volumes, user_data, console
        ],
        autoscaling: [member]
    );
    CaptureInstance::new(accounts).plan(&step_request()).await
}

/// Two interfaces, whose groups overlap.
fn reachable() -> InstanceBuilder {
    let interface = |device: &str, groups: &[&str]| {
        let groups = groups
            .iter()
            .map(|id| GroupIdentifier::builder().group_id(*id).build());
        InstanceNetworkInterface::builder()
            .network_interface_id(device)
            .subnet_id("subnet-1")
            .set_groups(Some(groups.collect()))
            .build()
    };
    instance().set_network_interfaces(Some(vec![
        interface("eni-1", &["sg-2", "sg-1"]),
        interface("eni-2", &["sg-1"]),
    ]))
}

fn part<'a>(plan: &'a Plan, pointer: &str) -> &'a Value {
    plan.captured.as_ref().unwrap().pointer(pointer).unwrap()
}

#[tokio::test]
async fn keeps_every_part_and_changes_nothing() {
    let plan = capture(reachable(), 1, acls()).await.unwrap();
    assert!(plan.changes.is_empty());
    assert_eq!(part(&plan, "/parts/instance/id"), INSTANCE);
    assert_eq!(part(&plan, "/parts/interfaces/1/id"), "eni-2");
    assert_eq!(
        part(&plan, "/parts/security_groups/0/ingress/0/peers/0"),
        "198.51.100.0/24"
    );
    let tables = part(&plan, "/parts/route_tables").as_array().unwrap();
    let ids: Vec<_> = tables.iter().filter_map(|table| table.get("id")).collect();
    assert_eq!(ids, ["rtb-main", "rtb-own"]);
    assert_eq!(part(&plan, "/parts/route_tables/1/routes/0/by"), "nat-1");
    assert!(part(&plan, "/parts/auto_scaling").is_null());
    assert!(
        part(&plan, "/parts/console_output/end")
            .as_str()
            .unwrap()
            .ends_with("login: mallory")
    );
    assert_eq!(part(&plan, "/parts/console_output/is_whole"), false);
    let text = plan.captured.as_ref().unwrap().to_string();
    assert!(!text.contains("c2VjcmV0"), "user data may hold secrets");
    assert_eq!(plan.limits.len(), 2, "nothing is missing: {:?}", plan.limits);

    let action = CaptureInstance::new(accounts!());
    action
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    let undone = action
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert!(matches!(undone, UndoOutcome::NothingToUndo { .. }));
}

#[tokio::test]
async fn what_was_read_after_isolation_says_so() {
    let plan = capture(reachable(), 1, acls()).await.unwrap();
    assert_eq!(part(&plan, "/read_after_isolation"), false);
    let says = |plan: &Plan, text: &str| plan.limits.iter().any(|line| line.contains(text));
    assert!(
        says(&plan, "before the instance was isolated"),
        "{:?}",
        plan.limits
    );
    let isolated = InstanceNetworkInterface::builder()
        .network_interface_id("eni-1")
        .groups(
            GroupIdentifier::builder()
                .group_id("sg-1")
                .group_name("backstop-isolation")
                .build(),
        )
        .groups(GroupIdentifier::builder().group_id("sg-2").build())
        .build();
    let isolated = instance().set_network_interfaces(Some(vec![isolated]));
    let plan = capture(isolated, 1, acls()).await.unwrap();
    assert_eq!(part(&plan, "/read_after_isolation"), true);
    assert!(
        says(&plan, "AFTER the instance was isolated"),
        "{:?}",
        plan.limits
    );
}

#[tokio::test]
async fn missing_evidence_is_named_and_the_rest_fits_the_log() {
    let plan = capture(reachable(), 3_000, acls_error("UnauthorizedOperation"))
        .await
        .unwrap();
    assert!(part(&plan, "/parts/security_groups/sha256").is_string());
    assert!(part(&plan, "/parts/network_acls/unreadable").is_string());
    assert!(part(&plan, "/parts/console_output/end").is_string());
    assert!(plan.captured.as_ref().unwrap().to_string().len() <= 200 * 1024 + 1024);
    let says = |text: &str| plan.limits.iter().any(|line| line.contains(text));
    assert!(
        says("`security_groups` is too long") && says("`ec2:DescribeNetworkAcls`"),
        "{:?}",
        plan.limits
    );
    let ended = CaptureInstance::new(accounts!())
        .act(&permit(), &step_request(), &plan.receipt)
        .await;
    assert!(
        matches!(&ended, Err(StepError::KeptInPart { missing })
            if missing.contains("`security_groups` is too long") && !missing.contains("memory")),
        "{ended:?}"
    );
    let slow = capture(reachable(), 1, acls_error("RequestLimitExceeded")).await;
    assert!(slow.unwrap_err().name().is_retryable(), "it may be had yet");
}

#[tokio::test]
async fn a_terminated_instance_is_captured_and_an_unknown_one_is_gone() {
    let dead = instance()
        .state(
            InstanceState::builder()
                .name(InstanceStateName::Terminated)
                .build(),
        )
        .set_network_interfaces(None)
        .set_subnet_id(None)
        .set_vpc_id(None);
    let plan = capture(dead, 0, acls()).await.unwrap();
    assert_eq!(part(&plan, "/state"), "terminated");
    assert!(part(&plan, "/parts/security_groups").is_null());

    let unknown = CaptureInstance::new(accounts!(ec2: [gone()]))
        .plan(&step_request())
        .await;
    assert_eq!(unknown.unwrap_err().name(), ErrorName::TargetGone);
}
