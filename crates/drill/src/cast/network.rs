//! The one subnet in which a drill's instances stand, their security groups, and subnets beside it.

use aws_sdk_ec2::{
    Client,
    types::{Filter, ResourceType, RuleAction, Tag, TagSpecification},
};

use super::Cast;
use crate::{DrillError, error::call};
use backstop_emulator::Account;

const ZONE: &str = "a";

/// A subnet with a route to the internet.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) vpc: String,
    pub(super) subnet: String,
}

impl Cast {
    /// The subnet in which all instances stand; made when first wanted.
    pub(super) async fn network(&mut self, account: &Account, ec2: &Client) -> Result<Network, DrillError> {
        match &self.network {
            Some(network) => Ok(network.clone()),
            None => {
                let made = Network::make(ec2, account.region()).await?;
                Ok(self.network.insert(made).clone())
            }
        }
    }

    /// Another subnet of the same VPC, with a network ACL of its own that lets everything through.
    pub(super) async fn add_subnet(&mut self, account: &Account) -> Result<(), DrillError> {
        let ec2 = Client::new(&account.sdk_config(account.root()));
        let network = self.network(account, &ec2).await?;
        self.subnets += 1;
        let subnet = subnet(&ec2, &network.vpc, account.region(), self.subnets + 1).await?;
        give_acl(&ec2, &network.vpc, &subnet).await
    }
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
        let subnet = subnet(ec2, &vpc, region, 1).await?;
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

async fn subnet(ec2: &Client, vpc: &str, region: &str, number: u8) -> Result<String, DrillError> {
    const OPERATION: &str = "ec2:CreateSubnet";
    let made = ec2
        .create_subnet()
        .vpc_id(vpc)
        .cidr_block(format!("10.20.{number}.0/24"))
        .availability_zone(format!("{region}{ZONE}"))
        .tag_specifications(drill_tags(ResourceType::Subnet))
        .send()
        .await
        .map_err(call(OPERATION))?;
    id(made.subnet.and_then(|subnet| subnet.subnet_id), OPERATION)
}

/// A network ACL with the rules that people write, instead of the VPC's default one.
async fn give_acl(ec2: &Client, vpc: &str, subnet: &str) -> Result<(), DrillError> {
    let made = ec2
        .create_network_acl()
        .vpc_id(vpc)
        .tag_specifications(drill_tags(ResourceType::NetworkAcl))
        .send()
        .await
        .map_err(call("ec2:CreateNetworkAcl"))?;
    let made = made.network_acl.and_then(|acl| acl.network_acl_id);
    let acl = id(made, "ec2:CreateNetworkAcl")?;
    for egress in [false, true] {
        ec2.create_network_acl_entry()
            .network_acl_id(&acl)
            .rule_number(100)
            .egress(egress)
            .protocol("-1")
            .rule_action(RuleAction::Allow)
            .cidr_block("0.0.0.0/0")
            .send()
            .await
            .map_err(call("ec2:CreateNetworkAclEntry"))?;
    }
    let of_subnet = Filter::builder()
        .name("association.subnet-id")
        .values(subnet)
        .build();
    let found = ec2.describe_network_acls().filters(of_subnet).send().await;
    let found = found.map_err(call("ec2:DescribeNetworkAcls"))?;
    let mut associations = found.network_acls().iter().flat_map(|acl| acl.associations());
    let default = associations
        .find(|one| one.subnet_id() == Some(subnet))
        .and_then(|one| one.network_acl_association_id());
    ec2.replace_network_acl_association()
        .association_id(id(default.map(str::to_owned), "ec2:DescribeNetworkAcls")?)
        .network_acl_id(acl)
        .send()
        .await
        .map_err(call("ec2:ReplaceNetworkAclAssociation"))?;
    Ok(())
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
