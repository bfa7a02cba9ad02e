//! Target groups and Classic Load Balancers.

use aws_sdk_elasticloadbalancing as classic;
use aws_sdk_elasticloadbalancingv2::{
    Client,
    operation::{
        deregister_targets::{DeregisterTargetsError, DeregisterTargetsOutput},
        describe_target_groups::{DescribeTargetGroupsError, DescribeTargetGroupsOutput},
        describe_target_health::{DescribeTargetHealthError, DescribeTargetHealthOutput},
        register_targets::{RegisterTargetsError, RegisterTargetsOutput},
    },
    types::{
        TargetDescription, TargetGroup, TargetHealth, TargetHealthDescription, TargetHealthStateEnum,
        TargetTypeEnum,
    },
};
use aws_smithy_mocks::Rule;
use backstop_runtime::testing::forged::FakeAccount;
use classic::{
    Client as Classic,
    operation::{
        deregister_instances_from_load_balancer::{
            DeregisterInstancesFromLoadBalancerError, DeregisterInstancesFromLoadBalancerOutput,
        },
        describe_instance_health::{DescribeInstanceHealthError, DescribeInstanceHealthOutput},
        describe_load_balancers::{DescribeLoadBalancersError, DescribeLoadBalancersOutput},
        register_instances_with_load_balancer::{
            RegisterInstancesWithLoadBalancerError, RegisterInstancesWithLoadBalancerOutput,
        },
    },
    types::{Instance, LoadBalancerDescription},
};

use super::{all, answers, read, remove, texts, write};

const PLACE: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/";
/// Where targets are registered without naming a port.
const PORT: i32 = 80;
const NO_BALANCER: &str = "AccessPointNotFound";

pub(super) fn answers(account: &FakeAccount) -> [Rule; 4] {
    [
        answers!(
            account,
            Client::describe_target_groups,
            DescribeTargetGroupsError,
            |kept, _asked| {
                let groups = all(&kept, "target group ", "").into_iter().map(|(name, group)| {
                    TargetGroup::builder()
                        .target_group_arn(format!("{PLACE}{name}"))
                        .target_group_name(name)
                        .target_type(TargetTypeEnum::from(group["type"].as_str().unwrap()))
                        .vpc_id(group["vpc"].as_str().unwrap())
                        .build()
                });
                Ok(DescribeTargetGroupsOutput::builder()
                    .set_target_groups(Some(groups.collect()))
                    .build())
            }
        ),
        answers!(
            account,
            Client::describe_target_health,
            DescribeTargetHealthError,
            |kept, asked| {
                let group = group_of(&kept, asked.target_group_arn())?;
                let targets = all(&kept, "target ", &format!(" of {group}")).into_iter();
                let healths = targets.map(|(target, zone)| {
                    let (id, port) = target.split_once(" port ").unwrap();
                    let target = TargetDescription::builder().id(id).port(port.parse().unwrap());
                    let healthy = TargetHealth::builder().state(TargetHealthStateEnum::Healthy);
                    TargetHealthDescription::builder()
                        .target(
                            target
                                .set_availability_zone(zone.as_str().map(str::to_owned))
                                .build(),
                        )
                        .target_health(healthy.build())
                        .build()
                });
                Ok(DescribeTargetHealthOutput::builder()
                    .set_target_health_descriptions(Some(healths.collect()))
                    .build())
            }
        ),
        answers!(
            account,
            Client::register_targets,
            RegisterTargetsError,
            |kept, asked| {
                let group = group_of(&kept, asked.target_group_arn())?;
                for target in asked.targets() {
                    let zone = target.availability_zone().unwrap_or("all");
                    write(&kept, name_of(target, &group)?, zone);
                }
                Ok(RegisterTargetsOutput::builder().build())
            }
        ),
        answers!(
            account,
            Client::deregister_targets,
            DeregisterTargetsError,
            |kept, asked| {
                let group = group_of(&kept, asked.target_group_arn())?;
                for target in asked.targets() {
                    remove(&kept, &name_of(target, &group)?).ok_or("InvalidTarget")?;
                }
                Ok(DeregisterTargetsOutput::builder().build())
            }
        ),
    ]
}

fn group_of(account: &FakeAccount, arn: Option<&str>) -> Result<String, &'static str> {
    let name = arn
        .and_then(|arn| arn.strip_prefix(PLACE))
        .ok_or("ValidationError")?;
    match read(account, &format!("target group {name}")) {
        Some(_) => Ok(name.to_owned()),
        None => Err("TargetGroupNotFound"),
    }
}

fn name_of(target: &TargetDescription, group: &str) -> Result<String, &'static str> {
    let port = target.port().unwrap_or(PORT);
    let is_port = (1..=65_535).contains(&port);
    let name = format!("target {} port {port} of {group}", target.id().unwrap());
    is_port.then_some(name).ok_or("ValidationError")
}

pub(super) fn classic_answers(account: &FakeAccount) -> [Rule; 4] {
    [
        answers!(
            account,
            Classic::describe_load_balancers,
            DescribeLoadBalancersError,
            |kept, asked| {
                let wanted = asked.load_balancer_names();
                let all = all(&kept, "classic ", "").into_iter();
                let found: Vec<_> = all
                    .filter(|(name, _)| wanted.is_empty() || wanted.contains(name))
                    .map(|(name, _)| {
                        LoadBalancerDescription::builder()
                            .set_instances(Some(members(&kept, &name).iter().map(instance).collect()))
                            .load_balancer_name(name)
                            .build()
                    })
                    .collect();
                if found.is_empty() {
                    Err(NO_BALANCER)
                } else {
                    Ok(DescribeLoadBalancersOutput::builder()
                        .set_load_balancer_descriptions(Some(found))
                        .build())
                }
            }
        ),
        answers!(
            account,
            Classic::describe_instance_health,
            DescribeInstanceHealthError,
            |_kept, _asked| { Ok(DescribeInstanceHealthOutput::builder().build()) }
        ),
        answers!(
            account,
            Classic::register_instances_with_load_balancer,
            RegisterInstancesWithLoadBalancerError,
            |kept, asked| {
                let name = asked.load_balancer_name().unwrap();
                let mut members = members(&kept, name);
                members.extend(asked.instances().iter().filter_map(|it| it.instance_id.clone()));
                keep(&kept, name, members)
                    .map(|()| RegisterInstancesWithLoadBalancerOutput::builder().build())
            }
        ),
        answers!(
            account,
            Classic::deregister_instances_from_load_balancer,
            DeregisterInstancesFromLoadBalancerError,
            |kept, asked| {
                let name = asked.load_balancer_name().unwrap();
                let mut members = members(&kept, name);
                members.retain(|id| !asked.instances().iter().any(|it| it.instance_id() == Some(id)));
                keep(&kept, name, members)
                    .map(|()| DeregisterInstancesFromLoadBalancerOutput::builder().build())
            }
        ),
    ]
}

fn instance(id: &String) -> Instance {
    Instance::builder().instance_id(id).build()
}

fn members(account: &FakeAccount, balancer: &str) -> Vec<String> {
    texts(account, &format!("classic {balancer}"))
}

fn keep(account: &FakeAccount, balancer: &str, mut members: Vec<String>) -> Result<(), &'static str> {
    let name = format!("classic {balancer}");
    if read(account, &name).is_none() {
        return Err(NO_BALANCER);
    }
    members.sort();
    write(account, name, members);
    Ok(())
}
