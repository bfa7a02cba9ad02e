//! The rules of a VPC's network ACLs.

use aws_sdk_ec2::{
    Client,
    types::{Filter, RuleAction},
};
use serde_json::json;

use super::StateSnapshot;
use crate::{DrillError, error::call};

pub(super) async fn of_vpc(ec2: &Client, vpc: &str, snapshot: &mut StateSnapshot) -> Result<(), DrillError> {
    let in_vpc = Filter::builder().name("vpc-id").values(vpc).build();
    let found = ec2.describe_network_acls().filters(in_vpc).send().await;
    let found = found.map_err(call("ec2:DescribeNetworkAcls"))?;
    for acl in found.network_acls() {
        let id = acl.network_acl_id().unwrap_or_default();
        for rule in acl.entries() {
            let way = if rule.egress() == Some(true) {
                "egress"
            } else {
                "ingress"
            };
            let number = rule.rule_number().unwrap_or_default();
            let state = json!([
                rule.rule_action().map(RuleAction::as_str),
                rule.protocol(),
                rule.cidr_block(),
                rule.ipv6_cidr_block(),
            ]);
            snapshot.put(format!("network ACL {id} {way} {number}"), state);
        }
    }
    Ok(())
}
