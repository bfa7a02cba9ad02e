#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_ec2::types::{
    InstanceIpv4Prefix, InstanceNetworkInterface, OperatorResponse, Tag,
    builders::{InstanceBuilder, InstanceNetworkInterfaceBuilder},
};

use super::*;
use crate::testing::{INSTANCE, VPC, instance, step_request};

fn of(found: InstanceBuilder) -> Instance {
    Instance::of(&found.build(), INSTANCE, &step_request().target)
}

fn with(change: impl FnOnce(InstanceNetworkInterfaceBuilder) -> InstanceNetworkInterfaceBuilder) -> Instance {
    let interface = InstanceNetworkInterface::builder()
        .network_interface_id("eni-1")
        .vpc_id(VPC);
    of(instance().set_network_interfaces(Some(vec![change(interface).build()])))
}

#[test]
fn the_services_that_run_instances_are_known_by_their_tags() {
    for (tag, name) in [
        ("kubernetes.io/cluster/shop", "Amazon EKS"),
        ("eks:eks-cluster-name", "Amazon EKS"),
        ("karpenter.sh/nodepool", "Karpenter"),
        ("aws:ecs:clusterName", "Amazon ECS"),
        ("AWSBatchServiceTag", "AWS Batch"),
        ("aws:elasticmapreduce:job-flow-id", "Amazon EMR"),
        ("elasticbeanstalk:environment-name", "AWS Elastic Beanstalk"),
        ("aws:ec2spot:fleet-request-id", "a Spot Fleet"),
        ("aws:ec2:fleet-id", "an EC2 Fleet"),
    ] {
        let said = limits(&of(instance().tags(Tag::builder().key(tag).value("x").build())));
        assert!(
            said.len() == 1 && said.iter().all(|line| line.starts_with(name)),
            "{tag}: {said:?}"
        );
    }
    assert_eq!(limits(&of(instance())), Vec::<String>::new());
}

#[test]
fn an_instance_that_a_service_operates_is_left_to_it() {
    let operated = |managed| {
        let operator = OperatorResponse::builder()
            .managed(managed)
            .principal("eks.amazonaws.com");
        refuse_operated(&of(instance().operator(operator.build())))
    };
    let refused = operated(true).unwrap_err().to_string();
    assert!(refused.contains("operated by eks.amazonaws.com"), "{refused}");
    assert!(operated(false).is_ok());
}

#[test]
fn what_is_to_be_typed_beside_isolation_names_what_the_tags_name() {
    let said = |key: &str, value: &str| {
        let tagged = instance()
            .private_dns_name("ip-10-0-0-5.eu-west-1.compute.internal")
            .tags(Tag::builder().key(key).value(value).build());
        limits(&of(tagged)).concat()
    };
    let node = said("eks:cluster-name", "shop");
    assert!(
        node.contains("`kubectl cordon ip-10-0-0-5.eu-west-1.compute.internal`"),
        "{node}"
    );
    let fleet = said("aws:ec2:fleet-id", "fleet-1");
    assert!(fleet.contains("modify-fleet --fleet-id fleet-1 "), "{fleet}");
    let spot = said("aws:ec2spot:fleet-request-id", "sfr-1; reboot");
    assert!(
        spot.contains("--spot-fleet-request-id 'sfr-1; reboot' "),
        "{spot}"
    );
    let ecs = said("aws:ecs:clusterName", "shop");
    assert!(
        ecs.contains("--cluster shop --status DRAINING")
            && ecs.contains("'ec2InstanceId == i-0123456789abcdef0'"),
        "{ecs}"
    );
    let emr = said("aws:elasticmapreduce:job-flow-id", "j-1");
    assert!(emr.contains("--cluster-id j-1 "), "{emr}");
}

#[test]
fn prefixes_and_forwarding_are_read() {
    let plain = with(|interface| interface.interface_type("interface").source_dest_check(true));
    assert_eq!(
        (uncovered_interfaces(&plain, &[]), forwards(&plain)),
        (Vec::new(), None)
    );
    let nat = with(|interface| interface.source_dest_check(false));
    assert!(forwards(&nat).unwrap().contains("eni-1"));
    let prefix = InstanceIpv4Prefix::builder().ipv4_prefix("10.0.0.16/28").build();
    let delegated = with(|interface| interface.ipv4_prefixes(prefix));
    let read: Vec<&String> = delegated
        .interfaces
        .iter()
        .flat_map(|interface| &interface.prefixes)
        .collect();
    assert_eq!(read, ["10.0.0.16/28"]);
}
