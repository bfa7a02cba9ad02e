//! What the wire tests of the actions share: a step request, a permit, an instance. A call without a rule fails the
//! test.
#![expect(clippy::unwrap_used, reason = "tests")]

mod network;

use aws_sdk_ec2::{
    Client,
    operation::describe_instances::DescribeInstancesOutput,
    types::{
        DeviceType, EbsInstanceBlockDevice, Instance, InstanceBlockDeviceMapping, InstanceNetworkInterface,
        InstancePrivateIpAddress, InstanceState, InstanceStateName, Reservation, Tag,
        builders::InstanceBuilder,
    },
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::{
    AccountId, Resource, Target,
    guardrail::{Guardrails, Permit, Protection, Subject},
    kind,
};
use backstop_runtime::action::StepRequest;

use crate::clients::Clients;

pub(crate) use network::{Network, Nic};

pub(crate) const ARN: &str = "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0";
pub(crate) const INSTANCE: &str = "i-0123456789abcdef0";
pub(crate) const INCIDENT: &str = "01JTESTTESTTESTTESTTESTTES";
pub(crate) const ADDRESS: &str = "192.0.2.10";
pub(crate) const VPC: &str = "vpc-1";

pub(crate) fn step_request() -> StepRequest {
    StepRequest {
        incident: INCIDENT.into(),
        step: "the-step".into(),
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::Instance(kind::Instance {
                instance_id: INSTANCE.into(),
            }),
        },
        at: "2026-03-01T12:00:00Z".parse().unwrap(),
        with: Default::default(),
        accepted: Vec::new(),
    }
}

/// A permit as the runner gets it: from guardrails that have nothing to say.
pub(crate) fn permit() -> Permit {
    let (playbook, account) = ("compromised-instance".into(), AccountId::from("123456789012"));
    let subject = Subject {
        playbook: &playbook,
        account: &account,
        principal: "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0",
        tags: &Default::default(),
        is_drill: false,
    };
    Guardrails::default()
        .permit(
            &Protection::default(),
            &subject,
            "2026-03-01T12:00:00Z".parse().unwrap(),
        )
        .unwrap()
}

pub(crate) fn error(code: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message("as told").build()
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

/// EC2 describes this instance, whenever it is asked for ours.
pub(crate) fn described(instance: InstanceBuilder) -> Rule {
    let instance = instance.build();
    mock!(Client::describe_instances)
        .match_requests(|request| request.instance_ids() == [INSTANCE])
        .then_output(move || {
            let reservation = Reservation::builder().instances(instance.clone()).build();
            DescribeInstancesOutput::builder()
                .reservations(reservation)
                .build()
        })
}

/// EC2 has never heard of the instance, or has forgotten it.
pub(crate) fn gone() -> Rule {
    mock!(Client::describe_instances).then_error(|| {
        aws_sdk_ec2::operation::describe_instances::DescribeInstancesError::generic(error(
            "InvalidInstanceID.NotFound",
        ))
    })
}

/// Clients that fail on every call.
pub(crate) fn silent() -> Clients {
    Clients {
        ec2: crate::client_of!(ec2, []),
        autoscaling: crate::client_of!(autoscaling, []),
        classic_elb: crate::client_of!(classic_elb, []),
        elb: crate::client_of!(elb, []),
        iam: crate::client_of!(iam, []),
        ssm: crate::client_of!(ssm, []),
    }
}

/// One service's client that knows these rules and fails on anything else.
#[macro_export]
macro_rules! client_of {
    (ec2, [$($rule:expr),*]) => { $crate::client_of!(@ aws_sdk_ec2, [$($rule),*]) };
    (autoscaling, [$($rule:expr),*]) => { $crate::client_of!(@ aws_sdk_autoscaling, [$($rule),*]) };
    (classic_elb, [$($rule:expr),*]) => { $crate::client_of!(@ aws_sdk_elasticloadbalancing, [$($rule),*]) };
    (elb, [$($rule:expr),*]) => { $crate::client_of!(@ aws_sdk_elasticloadbalancingv2, [$($rule),*]) };
    (iam, [$($rule:expr),*]) => { $crate::client_of!(@ aws_sdk_iam, [$($rule),*]) };
    (ssm, [$($rule:expr),*]) => { $crate::client_of!(@ aws_sdk_ssm, [$($rule),*]) };
    (@ $sdk:ident, [$($rule:expr),*]) => {
        aws_smithy_mocks::mock_client!($sdk, aws_smithy_mocks::RuleMode::MatchAny, &[$(&$rule),*])
    };
}

/// Clients that know the rules of the services named and fail on anything else, in every Region:
/// `regions!(ec2: [described, modify], ssm: [sessions])`.
#[macro_export]
macro_rules! regions {
    ($($service:ident: [$($rule:expr),* $(,)?]),* $(,)?) => {{
        let clients = $crate::clients::Clients {
            $($service: $crate::client_of!($service, [$($rule),*]),)*
            ..$crate::testing::silent()
        };
        std::sync::Arc::new($crate::clients::Regions::connecting(move |_| clients.clone()))
    }};
}
