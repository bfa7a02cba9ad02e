//! Plants what keeps instances in service: an Auto Scaling group, a target group, a classic load balancer.

use aws_sdk_autoscaling::types::LaunchTemplateSpecification;
use aws_sdk_ec2::types::{InstanceType, RequestLaunchTemplateData};
use aws_sdk_elasticloadbalancing::types::{Instance, Listener};
use aws_sdk_elasticloadbalancingv2::types::{ProtocolEnum, TargetDescription, TargetTypeEnum};

use super::{
    Cast,
    instances::IMAGE,
    network::{Network, id},
};
use crate::{DrillError, error::call};
use backstop_emulator::Account;

const PORT: i32 = 8080;

impl Cast {
    /// Puts an instance into an Auto Scaling group; gives the group's name.
    pub(super) async fn join_group(
        &mut self,
        account: &Account,
        network: &Network,
        group: &str,
        instance_id: &str,
    ) -> Result<String, DrillError> {
        let autoscaling = aws_sdk_autoscaling::Client::new(&account.sdk_config(account.root()));
        let name = self.real(group);
        if self.fleets.insert(name.clone(), name.clone()).is_none() {
            launch_template(account, &name).await?;
            let template = LaunchTemplateSpecification::builder()
                .launch_template_name(&name)
                .build();
            let made = autoscaling
                .create_auto_scaling_group()
                .auto_scaling_group_name(&name)
                .min_size(0)
                .max_size(9)
                .desired_capacity(0)
                .launch_template(template)
                .vpc_zone_identifier(&network.subnet)
                .send()
                .await;
            made.map_err(call("autoscaling:CreateAutoScalingGroup"))?;
        }
        let joined = autoscaling
            .attach_instances()
            .auto_scaling_group_name(&name)
            .instance_ids(instance_id)
            .send()
            .await;
        joined.map_err(call("autoscaling:AttachInstances"))?;
        Ok(name)
    }

    /// Registers an instance; gives the target group's ARN and the classic load balancer's name.
    pub(super) async fn serve(
        &mut self,
        account: &Account,
        network: &Network,
        front: &str,
        instance_id: &str,
    ) -> Result<(String, String), DrillError> {
        let elb = aws_sdk_elasticloadbalancingv2::Client::new(&account.sdk_config(account.root()));
        let classic = aws_sdk_elasticloadbalancing::Client::new(&account.sdk_config(account.root()));
        let name = self.real(front);
        let arn = match self.fleets.get(&name) {
            Some(arn) => arn.clone(),
            None => {
                classic_load_balancer(&classic, network, &name).await?;
                let arn = target_group(&elb, network, &name).await?;
                self.fleets.insert(name.clone(), arn.clone());
                arn
            }
        };
        let target = TargetDescription::builder().id(instance_id).port(PORT).build();
        let registered = elb.register_targets().target_group_arn(&arn).targets(target);
        let registered = registered.send().await;
        registered.map_err(call("elasticloadbalancing:RegisterTargets"))?;
        let registered = classic
            .register_instances_with_load_balancer()
            .load_balancer_name(&name)
            .instances(Instance::builder().instance_id(instance_id).build())
            .send()
            .await;
        registered.map_err(call("elasticloadbalancing:RegisterInstancesWithLoadBalancer"))?;
        Ok((arn, name))
    }
}

async fn launch_template(account: &Account, name: &str) -> Result<(), DrillError> {
    let ec2 = aws_sdk_ec2::Client::new(&account.sdk_config(account.root()));
    let data = RequestLaunchTemplateData::builder()
        .image_id(IMAGE)
        .instance_type(InstanceType::T3Micro)
        .build();
    let made = ec2
        .create_launch_template()
        .launch_template_name(name)
        .launch_template_data(data);
    made.send()
        .await
        .map(drop)
        .map_err(call("ec2:CreateLaunchTemplate"))
}

async fn classic_load_balancer(
    classic: &aws_sdk_elasticloadbalancing::Client,
    network: &Network,
    name: &str,
) -> Result<(), DrillError> {
    const OPERATION: &str = "elasticloadbalancing:CreateLoadBalancer";
    let listener = Listener::builder()
        .protocol("TCP")
        .load_balancer_port(443)
        .instance_port(PORT)
        .build();
    let made = classic
        .create_load_balancer()
        .load_balancer_name(name)
        .listeners(listener.map_err(call(OPERATION))?)
        .subnets(&network.subnet)
        .send()
        .await;
    made.map(drop).map_err(call(OPERATION))
}

async fn target_group(
    elb: &aws_sdk_elasticloadbalancingv2::Client,
    network: &Network,
    name: &str,
) -> Result<String, DrillError> {
    const OPERATION: &str = "elasticloadbalancing:CreateTargetGroup";
    // The load balancers' names have at most 32 characters.
    let made = elb
        .create_target_group()
        .name(name)
        .protocol(ProtocolEnum::Http)
        .port(PORT)
        .vpc_id(&network.vpc)
        .target_type(TargetTypeEnum::Instance)
        .send()
        .await
        .map_err(call(OPERATION))?;
    let arn = made
        .target_groups()
        .first()
        .and_then(|group| group.target_group_arn());
    id(arn.map(str::to_owned), OPERATION)
}
