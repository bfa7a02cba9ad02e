//! An instance as EC2 describes it, for the wire tests of the actions.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fake_account;
mod network;

use aws_sdk_ec2::{
    Client,
    operation::{
        create_tags::CreateTagsOutput,
        delete_tags::DeleteTagsOutput,
        describe_instances::{DescribeInstancesInput, DescribeInstancesOutput},
    },
    types::{
        DeviceType, EbsInstanceBlockDevice, Instance, InstanceBlockDeviceMapping, InstanceNetworkInterface,
        InstancePrivateIpAddress, InstanceState, InstanceStateName, Reservation, Tag,
        builders::InstanceBuilder,
    },
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::{Resource, kind};
use backstop_runtime::{action::StepRequest, testing};

pub(crate) use backstop_runtime::testing::{INCIDENT, INSTANCE, error, permit};
pub(crate) use fake_account::{attached_otherwise, elsewhere, fake_account, planted};
pub(crate) use network::{Network, Nic, elastic_ip};

pub(crate) const ARN: &str = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0";
pub(crate) const ADDRESS: &str = "192.0.2.10";
pub(crate) const VPC: &str = "vpc-1";

pub(crate) fn step_request() -> StepRequest {
    testing::step_request(Resource::Instance(kind::Instance {
        instance_id: INSTANCE.into(),
    }))
}

/// A running instance with a boot volume, a data volume and one interface.
pub(crate) fn instance() -> InstanceBuilder {
    let interface = InstanceNetworkInterface::builder()
        .network_interface_id("eni-1")
        .subnet_id("subnet-1")
        .vpc_id(VPC)
        .private_ip_addresses(
            InstancePrivateIpAddress::builder()
                .private_ip_address(ADDRESS)
                .build(),
        )
        .build();
    Instance::builder()
        .instance_id(INSTANCE)
        .vpc_id(VPC)
        .subnet_id("subnet-1")
        .state(InstanceState::builder().name(InstanceStateName::Running).build())
        .root_device_type(DeviceType::Ebs)
        .root_device_name("/dev/xvda")
        .block_device_mappings(volume("/dev/xvda", "vol-boot", true))
        .block_device_mappings(volume("/dev/xvdb", "vol-data", false))
        .network_interfaces(interface)
        .tags(Tag::builder().key("team").value("web").build())
}

pub(crate) fn volume(device: &str, id: &str, delete_on_termination: bool) -> InstanceBlockDeviceMapping {
    InstanceBlockDeviceMapping::builder()
        .device_name(device)
        .ebs(
            EbsInstanceBlockDevice::builder()
                .volume_id(id)
                .delete_on_termination(delete_on_termination)
                .build(),
        )
        .build()
}

/// EC2 describes this instance, whenever it is asked for ours; incidents contain no other.
pub(crate) fn described(instance: InstanceBuilder) -> Rule {
    described_beside(instance, &[])
}

/// The same, where incidents contain these others: their tags, by id.
pub(crate) fn described_beside(
    instance: InstanceBuilder,
    others: &'static [(&'static str, &'static str)],
) -> Rule {
    let instance = instance.build();
    mock!(Client::describe_instances)
        .match_requests(|request| request.instance_ids() == [INSTANCE] || asks_for_marked(request))
        .then_compute_output(move |request| {
            let found = if asks_for_marked(request) {
                marked(others)
            } else {
                vec![instance.clone()]
            };
            let reservation = Reservation::builder().set_instances(Some(found)).build();
            DescribeInstancesOutput::builder()
                .reservations(reservation)
                .build()
        })
}

/// Whether it is the question which instances incidents contain.
pub(crate) fn asks_for_marked(request: &DescribeInstancesInput) -> bool {
    let mut filters = request.filters().iter();
    request.instance_ids().is_empty() && filters.any(|filter| filter.name() == Some("tag-key"))
}

/// Instances with these tags, by id: keys with or without values, a comma between.
pub(crate) fn marked(others: &[(&str, &str)]) -> Vec<Instance> {
    let one = |(id, tag): &(&str, &str)| {
        let tags = tag.split(',').map(|tag| {
            let (key, value) = tag.split_once('=').unwrap_or((tag, "hash"));
            Tag::builder().key(key).value(value).build()
        });
        Instance::builder()
            .instance_id(*id)
            .set_tags(Some(tags.collect()))
            .build()
    };
    others.iter().map(one).collect()
}

/// EC2 writes and deletes tags that say what was before.
pub(crate) fn witnessing() -> [Rule; 2] {
    let is_own = |tags: &[Tag]| {
        let mut keys = tags.iter().filter_map(Tag::key);
        keys.all(|key| key.starts_with("backstop:before-"))
    };
    [
        mock!(Client::create_tags)
            .match_requests(move |request| request.resources() == [INSTANCE] && is_own(request.tags()))
            .then_output(|| CreateTagsOutput::builder().build()),
        mock!(Client::delete_tags)
            .match_requests(move |request| request.resources() == [INSTANCE] && is_own(request.tags()))
            .then_output(|| DeleteTagsOutput::builder().build()),
    ]
}

/// What stands around an instance that nothing sends users to: no route tables, target groups or Classic Load Balancers.
pub(crate) fn no_routes() -> Rule {
    mock!(Client::describe_route_tables).then_output(|| {
        aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput::builder().build()
    })
}

pub(crate) fn no_target_groups() -> Rule {
    use aws_sdk_elasticloadbalancingv2::{
        Client, operation::describe_target_groups::DescribeTargetGroupsOutput,
    };
    mock!(Client::describe_target_groups).then_output(|| DescribeTargetGroupsOutput::builder().build())
}

/// One target group, `web`, with these targets.
pub(crate) fn target_group(
    targets: &'static [(
        &'static str,
        aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum,
    )],
) -> [Rule; 2] {
    use aws_sdk_elasticloadbalancingv2::{
        Client,
        operation::{
            describe_target_groups::DescribeTargetGroupsOutput,
            describe_target_health::DescribeTargetHealthOutput,
        },
        types::{TargetDescription, TargetGroup, TargetHealth, TargetHealthDescription, TargetTypeEnum},
    };
    let group = TargetGroup::builder()
        .target_group_arn("web")
        .target_group_name("web")
        .target_type(TargetTypeEnum::Instance)
        .vpc_id(VPC)
        .build();
    let groups = mock!(Client::describe_target_groups).then_output(move || {
        DescribeTargetGroupsOutput::builder()
            .target_groups(group.clone())
            .build()
    });
    let health = mock!(Client::describe_target_health).then_output(|| {
        let described = targets.iter().map(|(id, state)| {
            TargetHealthDescription::builder()
                .target(TargetDescription::builder().id(*id).port(80).build())
                .target_health(TargetHealth::builder().state(state.clone()).build())
                .build()
        });
        DescribeTargetHealthOutput::builder()
            .set_target_health_descriptions(Some(described.collect()))
            .build()
    });
    [groups, health]
}

pub(crate) fn no_classic_balancers() -> Rule {
    use aws_sdk_elasticloadbalancing::{
        Client, operation::describe_load_balancers::DescribeLoadBalancersOutput,
    };
    mock!(Client::describe_load_balancers).then_output(|| DescribeLoadBalancersOutput::builder().build())
}

/// EC2 has never heard of the instance, or has forgotten it.
pub(crate) fn gone() -> Rule {
    mock!(Client::describe_instances).then_error(|| {
        aws_sdk_ec2::operation::describe_instances::DescribeInstancesError::generic(error(
            "InvalidInstanceID.NotFound",
        ))
    })
}

/// Accounts whose services know these rules and fail on anything else, in every Region:
/// `accounts!(ec2: [described, modify], ssm: [sessions])`.
#[macro_export]
macro_rules! accounts {
    ($($service:ident: [$($rule:expr),* $(,)?]),* $(,)?) => {{
        let accounts = backstop_runtime::testing::accounts();
        $(let accounts = $crate::mock_service!($service, accounts, [$($rule),*]);)*
        std::sync::Arc::new(accounts)
    }};
}

/// Adds one service's client that knows these rules.
#[macro_export]
macro_rules! mock_service {
    (autoscaling, $($more:tt)*) => { $crate::mock_service!(@ AutoScaling, aws_sdk_autoscaling, $($more)*) };
    (classic_elb, $($more:tt)*) => { $crate::mock_service!(@ ClassicElb, aws_sdk_elasticloadbalancing, $($more)*) };
    (ec2, $($more:tt)*) => { $crate::mock_service!(@ Ec2, aws_sdk_ec2, $($more)*) };
    (elb, $($more:tt)*) => { $crate::mock_service!(@ Elb, aws_sdk_elasticloadbalancingv2, $($more)*) };
    (iam, $accounts:ident, [$($rule:expr),*]) => {
        $accounts.mock::<backstop_runtime::inline_deny::Iam>(backstop_runtime::client!(aws_sdk_iam: [$($rule),*]))
    };
    (ssm, $($more:tt)*) => { $crate::mock_service!(@ Ssm, aws_sdk_ssm, $($more)*) };
    (@ $service:ident, $sdk:ident, $accounts:ident, [$($rule:expr),*]) => {
        $accounts.mock::<$crate::services::$service>(backstop_runtime::client!($sdk: [$($rule),*]))
    };
}
