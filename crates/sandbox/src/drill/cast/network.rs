//! The one subnet in which a drill's instances stand, and their security groups.

use aws_sdk_ec2::{
    Client,
    types::{Filter, ResourceType, Tag, TagSpecification},
};

use crate::drill::{DrillError, error::call};

const ZONE: &str = "a";

/// A subnet with a route to the internet.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) vpc: String,
    pub(super) subnet: String,
}

impl Network {
    pub(super) async fn make(ec2: &Client, region: &str) -> Result<Self, DrillError> {
        let vpc = ec2
            .create_vpc()
            .cidr_block("10.20.0.0/16")
            .tag_specifications(drill_tags(ResourceType::Vpc))
            .send()
            .await
            .map_err(call("ec2:CreateVpc"))?;
        let vpc = id(vpc.vpc.and_then(|vpc| vpc.vpc_id), "ec2:CreateVpc")?;
        let subnet = ec2
            .create_subnet()
            .vpc_id(&vpc)
            .cidr_block("10.20.1.0/24")
            .availability_zone(format!("{region}{ZONE}"))
            .tag_specifications(drill_tags(ResourceType::Subnet))
            .send()
            .await
            .map_err(call("ec2:CreateSubnet"))?;
        let subnet = id(
            subnet.subnet.and_then(|subnet| subnet.subnet_id),
            "ec2:CreateSubnet",
        )?;
        route_to_the_internet(ec2, &vpc).await?;
        Ok(Self { vpc, subnet })
    }

    /// New security groups, as anybody's: one rule in, everything out.
    pub(super) async fn groups(
        &self,
        ec2: &Client,
        prefix: &str,
        count: usize,
    ) -> Result<Vec<String>, DrillError> {
        let mut groups = Vec::new();
        for number in 1..=count {
            let made = ec2
                .create_security_group()
                .group_name(format!("{prefix}-{number}"))
                .description("drill")
                .vpc_id(&self.vpc)
                .tag_specifications(drill_tags(ResourceType::SecurityGroup))
                .send()
                .await
                .map_err(call("ec2:CreateSecurityGroup"))?;
            let group = id(made.group_id, "ec2:CreateSecurityGroup")?;
            ec2.authorize_security_group_ingress()
                .group_id(&group)
                .ip_protocol("tcp")
                .from_port(443)
                .to_port(443)
                .cidr_ip("0.0.0.0/0")
                .send()
                .await
                .map_err(call("ec2:AuthorizeSecurityGroupIngress"))?;
            groups.push(group);
        }
        Ok(groups)
    }
}

async fn route_to_the_internet(ec2: &Client, vpc: &str) -> Result<(), DrillError> {
    let gateway = ec2.create_internet_gateway().send().await;
    let gateway = gateway.map_err(call("ec2:CreateInternetGateway"))?;
    let gateway = gateway
        .internet_gateway
        .and_then(|gateway| gateway.internet_gateway_id);
    let gateway = id(gateway, "ec2:CreateInternetGateway")?;
    ec2.attach_internet_gateway()
        .internet_gateway_id(&gateway)
        .vpc_id(vpc)
        .send()
        .await
        .map_err(call("ec2:AttachInternetGateway"))?;
    let of_vpc = Filter::builder().name("vpc-id").values(vpc).build();
    let tables = ec2.describe_route_tables().filters(of_vpc).send().await;
    let tables = tables.map_err(call("ec2:DescribeRouteTables"))?;
    let main = tables
        .route_tables()
        .first()
        .and_then(|table| table.route_table_id());
    ec2.create_route()
        .route_table_id(id(main.map(str::to_owned), "ec2:DescribeRouteTables")?)
        .destination_cidr_block("0.0.0.0/0")
        .gateway_id(&gateway)
        .send()
        .await
        .map_err(call("ec2:CreateRoute"))?;
    Ok(())
}

/// Without it, no drill event may act on an instance.
pub(super) fn drill_tags(kind: ResourceType) -> TagSpecification {
    let tag = Tag::builder()
        .key(backstop_core::guardrail::DRILL_TAG)
        .value("yes")
        .build();
    TagSpecification::builder().resource_type(kind).tags(tag).build()
}

pub(super) fn id(found: Option<String>, operation: &'static str) -> Result<String, DrillError> {
    found.ok_or(DrillError::Incomplete {
        operation,
        what: "an id",
    })
}
