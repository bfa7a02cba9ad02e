//! Whether the network ACLs of an instance's VPC name its addresses, and those of its subnet the one it talked with.

use aws_sdk_ec2::{
    Client,
    types::{Filter, NetworkAcl, NetworkAclEntry, RuleAction},
};

use backstop_playbook::drill::CheckState;

use super::state;
use crate::{DrillError, described, error::call, fixtures::PlantedInstance};

pub(super) async fn read(ec2: &Client, planted: &PlantedInstance) -> Result<CheckState, DrillError> {
    let (vpc, addresses) = place(ec2, &planted.id).await?;
    let in_vpc = Filter::builder().name("vpc-id").values(vpc).build();
    let found = ec2.describe_network_acls().filters(in_vpc).send().await;
    let found = found.map_err(call("ec2:DescribeNetworkAcls"))?;
    let mut denials = Vec::new();
    for acl in found
        .network_acls()
        .iter()
        .filter(|acl| !acl.associations().is_empty())
    {
        for egress in [false, true] {
            denials.extend(addresses.iter().map(|address| is_denied(acl, egress, address)));
        }
    }
    Ok(state(
        !denials.contains(&true),
        !denials.is_empty() && !denials.contains(&false),
    ))
}

/// Whether the ACLs of the instance's own subnets deny the address that the finding names.
pub(super) async fn read_remote(ec2: &Client, planted: &PlantedInstance) -> Result<CheckState, DrillError> {
    let Some(remote) = &planted.remote_address else {
        return Ok(CheckState::Mixed);
    };
    let remote = format!("{remote}/32");
    let found = described::instance(ec2, &planted.id).await?;
    let instances = found.iter();
    let subnets = instances
        .flat_map(|instance| instance.network_interfaces())
        .filter_map(|interface| interface.subnet_id().map(str::to_owned))
        .collect();
    let of_subnets = Filter::builder()
        .name("association.subnet-id")
        .set_values(Some(subnets))
        .build();
    let found = ec2.describe_network_acls().filters(of_subnets).send().await;
    let found = found.map_err(call("ec2:DescribeNetworkAcls"))?;
    let denials: Vec<bool> = found
        .network_acls()
        .iter()
        .flat_map(|acl| [false, true].map(|egress| is_denied(acl, egress, &remote)))
        .collect();
    Ok(state(
        !denials.is_empty() && !denials.contains(&true),
        !denials.is_empty() && !denials.contains(&false),
    ))
}

/// The instance's VPC, and its addresses as rules write them.
async fn place(ec2: &Client, instance_id: &str) -> Result<(String, Vec<String>), DrillError> {
    const OPERATION: &str = "ec2:DescribeInstances";
    let found = described::instance(ec2, instance_id).await?;
    let mut instances = found.iter();
    let instance = instances.next().ok_or(DrillError::Incomplete {
        operation: OPERATION,
        what: "the instance",
    })?;
    let addresses = instance
        .network_interfaces()
        .iter()
        .filter_map(|interface| Some(format!("{}/32", interface.private_ip_address()?)));
    Ok((
        instance.vpc_id().unwrap_or_default().to_owned(),
        addresses.collect(),
    ))
}

/// Whether the first rule that an address meets denies it everything.
fn is_denied(acl: &NetworkAcl, egress: bool, address: &str) -> bool {
    let meets = |rule: &&NetworkAclEntry| {
        rule.egress() == Some(egress) && [Some("0.0.0.0/0"), Some(address)].contains(&rule.cidr_block())
    };
    let first = acl
        .entries()
        .iter()
        .filter(meets)
        .min_by_key(|rule| rule.rule_number());
    first.is_some_and(|rule| {
        rule.rule_action() == Some(&RuleAction::Deny)
            && rule.protocol() == Some("-1")
            && rule.cidr_block() == Some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(number: i32, action: RuleAction, cidr: &str) -> NetworkAclEntry {
        NetworkAclEntry::builder()
            .rule_number(number)
            .rule_action(action)
            .egress(true)
            .protocol("-1")
            .cidr_block(cidr)
            .build()
    }

    #[test]
    fn a_denial_counts_only_before_what_allows() {
        let all = rule(100, RuleAction::Allow, "0.0.0.0/0");
        for (number, is_cut) in [(99, true), (101, false)] {
            let ours = rule(number, RuleAction::Deny, "10.20.1.4/32");
            let acl = NetworkAcl::builder().entries(all.clone()).entries(ours).build();
            assert_eq!(is_denied(&acl, true, "10.20.1.4/32"), is_cut, "{number}");
            assert!(!is_denied(&acl, false, "10.20.1.4/32"));
            assert!(!is_denied(&acl, true, "10.20.1.5/32"));
        }
    }
}
