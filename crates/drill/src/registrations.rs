//! Where a planted instance is registered, with load balancers of both generations.

use aws_config::SdkConfig;
use aws_sdk_elasticloadbalancingv2::error::ProvideErrorMetadata as _;

use crate::{DrillError, error::call, fixtures::PlantedInstance};

/// What both generations say of one instance.
#[derive(Debug)]
pub(crate) struct Registrations<'a> {
    /// The target group's ARN.
    pub(crate) target_group: &'a str,
    /// The ports at which the target group has the instance; `None` if there is no such group any more.
    pub(crate) ports: Option<Vec<Option<i32>>>,
    /// The Classic Load Balancer's name.
    pub(crate) classic: &'a str,
    /// Whether the Classic Load Balancer has the instance.
    pub(crate) is_classic: bool,
}

impl<'a> Registrations<'a> {
    /// `None` if the instance was planted behind no load balancer.
    pub(crate) async fn of(
        config: &SdkConfig,
        planted: &'a PlantedInstance,
    ) -> Result<Option<Self>, DrillError> {
        let Some((target_group, classic)) = &planted.load_balancers else {
            return Ok(None);
        };
        let id = planted.id.as_str();
        Ok(Some(Self {
            target_group,
            ports: ports(config, target_group, id).await?,
            classic,
            is_classic: is_classic(config, classic, id).await?,
        }))
    }
}

async fn ports(config: &SdkConfig, group: &str, id: &str) -> Result<Option<Vec<Option<i32>>>, DrillError> {
    let found = aws_sdk_elasticloadbalancingv2::Client::new(config)
        .describe_target_health()
        .target_group_arn(group)
        .send()
        .await;
    match found {
        Ok(found) => {
            let targets = found.target_health_descriptions().iter();
            let its = targets
                .filter_map(|health| health.target())
                .filter(|target| target.id() == Some(id));
            Ok(Some(its.map(|target| target.port()).collect()))
        }
        Err(error) if error.code() == Some("TargetGroupNotFound") => Ok(None),
        Err(error) => Err(call("elasticloadbalancing:DescribeTargetHealth")(error)),
    }
}

async fn is_classic(config: &SdkConfig, balancer: &str, id: &str) -> Result<bool, DrillError> {
    let found = aws_sdk_elasticloadbalancing::Client::new(config)
        .describe_load_balancers()
        .load_balancer_names(balancer)
        .send()
        .await
        .map_err(call("elasticloadbalancing:DescribeLoadBalancers"))?;
    Ok(found
        .load_balancer_descriptions()
        .iter()
        .flat_map(|balancer| balancer.instances())
        .any(|instance| instance.instance_id() == Some(id)))
}
