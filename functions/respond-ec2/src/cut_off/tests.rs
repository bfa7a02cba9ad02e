#![expect(clippy::unwrap_used, reason = "tests")]
//! None of the three undoes anything on an instance that is isolated, by whomever. The accounts of these tests know no
//! changing call, so that one that is made fails the test.

use std::sync::Arc;

use aws_sdk_ec2::types::{GroupIdentifier, InstanceNetworkInterface, builders::InstanceBuilder};
use backstop_core::Receipt;
use backstop_runtime::Action;
use serde_json::json;

use super::*;
use crate::{
    accounts,
    deregister_from_load_balancers::DeregisterFromLoadBalancers,
    detach_from_auto_scaling::DetachFromAutoScaling,
    protect_instance::ProtectInstance,
    testing::{INSTANCE, VPC, described, gone, instance, permit, step_request},
};

/// Our instance, its one interface in these groups.
fn held_by(groups: &[(&str, &str)]) -> InstanceBuilder {
    let groups = groups
        .iter()
        .map(|(id, name)| GroupIdentifier::builder().group_id(*id).group_name(*name).build());
    let interface = InstanceNetworkInterface::builder()
        .network_interface_id("eni-1")
        .vpc_id(VPC)
        .set_groups(Some(groups.collect()))
        .build();
    instance().set_network_interfaces(Some(vec![interface]))
}

fn before() -> serde_json::Value {
    json!([{ "interface": "eni-1", "groups": ["sg-web", "sg-ssh"] }])
}

async fn undo(instance: InstanceBuilder, interfaces: &serde_json::Value) -> Vec<UndoOutcome> {
    let accounts = accounts!(ec2: [described(instance)], autoscaling: [], elb: [], classic_elb: []);
    let detach = json!({
        "instance": INSTANCE, "group": "web", "lifecycle_state": "InService",
        "protected_from_scale_in": false, "interfaces": interfaces
    });
    let group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/0123456789abcdef";
    let target = json!({ "group": group, "name": "shop", "id": INSTANCE, "port": 80, "zone": null });
    let deregister = json!({
        "instance": INSTANCE, "targets": [target], "classic": ["old"], "interfaces": interfaces
    });
    let protection = json!({ "instance": INSTANCE, "before": [], "interfaces": interfaces });
    let actions: [(Box<dyn Action>, serde_json::Value); 3] = [
        (
            Box::new(DetachFromAutoScaling::new(accounts.clone(), Arc::default())),
            detach,
        ),
        (
            Box::new(DeregisterFromLoadBalancers::new(accounts.clone(), Arc::default())),
            deregister,
        ),
        (Box::new(ProtectInstance::new(accounts)), protection),
    ];
    let mut outcomes = Vec::new();
    for (action, receipt) in actions {
        let receipt: Receipt = serde_json::from_value(receipt).unwrap();
        outcomes.push(action.undo(&permit(), &step_request(), &receipt).await.unwrap());
    }
    outcomes
}

async fn refused(instance: InstanceBuilder, interfaces: &serde_json::Value, why: &str) {
    for outcome in undo(instance.clone(), interfaces).await {
        let UndoOutcome::Drifted { found } = &outcome else {
            unreachable!("{outcome:?}")
        };
        assert!(found.contains(why) && found.contains("cut off still"), "{found}");
    }
}

#[tokio::test]
async fn an_isolated_instance_gets_nothing_back_whatever_the_log_says() {
    let why = "network interface eni-1 is in backstop-isolation";
    let isolated = held_by(&[("sg-none", "backstop-isolation")]);
    refused(isolated.clone(), &before(), why).await;
    // Receipts of logs from before have no interfaces.
    refused(isolated, &json!([]), why).await;
    refused(held_by(&[("sg-none", "backstop-isolation-01J")]), &json!([]), why).await;
    refused(
        held_by(&[("sg-open", "backstop-untrack-01J")]),
        &json!([]),
        "eni-1 is in backstop-untrack-01J",
    )
    .await;
}

#[tokio::test]
async fn an_analysts_group_in_place_of_its_own_counts_as_isolation() {
    refused(
        held_by(&[("sg-forensics", "forensics")]),
        &before(),
        "network interface eni-1 has sg-forensics and no longer sg-web, sg-ssh",
    )
    .await;
}

#[tokio::test]
async fn whoever_has_his_groups_back_or_more_of_them_is_not_cut_off() {
    let ec2 = |instance| accounts!(ec2: [described(instance)]);
    let placements: Vec<Placement> = serde_json::from_value(before()).unwrap();
    let own = [("sg-ssh", "ssh"), ("sg-web", "backstop-isolationists")];
    let more = [("sg-ssh", "ssh"), ("sg-web", "web"), ("sg-new", "new")];
    for groups in [&own[..], &more[..]] {
        let accounts = ec2(held_by(groups));
        let client = accounts
            .at(&step_request())
            .unwrap()
            .client::<crate::services::Ec2>();
        let found = check(&client, &step_request(), &placements).await.unwrap();
        assert!(found.is_ok(), "{found:?}");
    }
    let accounts = accounts!(ec2: [gone()]);
    let client = accounts
        .at(&step_request())
        .unwrap()
        .client::<crate::services::Ec2>();
    let found = check(&client, &step_request(), &placements).await.unwrap();
    assert!(
        matches!(found, Err(UndoOutcome::NothingToUndo { .. })),
        "{found:?}"
    );
}

/// Planned while another step isolates already: the isolation is not taken for how it was.
#[tokio::test]
async fn our_own_group_is_never_remembered_as_the_one_before() {
    let target = step_request().target;
    let of = |groups: &[(&str, &str)]| placements(&Instance::of(&held_by(groups).build(), INSTANCE, &target));
    assert_eq!(of(&[("sg-none", "backstop-isolation")]), []);
    let [web] = &of(&[("sg-web", "web")])[..] else {
        unreachable!()
    };
    assert_eq!(web.groups, ["sg-web"]);
}
