//! Nodes of containers, instances that services run, and types that can't do all of it.

use super::*;

fn node(more: Nic) -> Network {
    let network = two();
    network.state().nics.push(more);
    network
}

async fn verified(network: &Network, receipt: &Receipt) -> Verification {
    let action = action(network);
    action.verify(&step_request(), Some(receipt)).await.unwrap()
}

#[tokio::test]
async fn a_trunk_s_branches_talk_on_so_nothing_says_that_the_node_is_isolated() {
    let network = node(Nic {
        kind: Some("trunk".into()),
        ..nic("eni-trunk", &["sg-9"], None, None)
    });
    let of_another = ("eni-elsewhere".into(), "eni-b2".into(), "10.0.0.78".into());
    network.state().branches = vec![
        ("eni-trunk".into(), "eni-b1".into(), "10.0.0.77".into()),
        of_another,
    ];
    let affected = plan(&network, &step_request()).await.blast_radius;
    assert!(
        affected[0].starts_with("what shares the 3 network interface(s) of instance")
            && affected[0].contains("pods and tasks on it that have interfaces of their own talk on"),
        "{affected:?}"
    );
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    assert_eq!(
        network.groups_of_nics()[2],
        [ISOLATED],
        "the trunk itself is isolated"
    );
    let verification = verified(&network, &receipt).await;
    let told = "network interface eni-trunk is a trunk: its branch interfaces have security groups of their own, aren't \
                isolated and talk on (of pods, by their tags: eni-b1 (10.0.0.77))";
    assert!(
        !verification.holds && verification.observed.starts_with(told),
        "{}",
        verification.observed
    );
    let limits = plan(&network, &step_request()).await.limits;
    assert!(limits.iter().any(|line| line.starts_with(told)), "{limits:?}");
}

#[tokio::test]
async fn a_task_s_interface_is_tried_and_its_refusal_is_no_failure_and_no_success() {
    let network = node(Nic {
        description: Some("arn:aws:ecs:eu-west-1:123456789012:attachment/0d5a".into()),
        ..nic("eni-task", &["sg-9"], None, Some("203.0.113.9"))
    });
    network.state().fails = Some(|call| call.contains("eni-task"));
    let affected = plan(&network, &step_request()).await.blast_radius;
    assert!(
        affected[0].starts_with("what shares the 2 network interface(s)"),
        "{affected:?}"
    );
    let mut request = untracking();
    request.step = "isolate".into();
    let (receipt, result) = act(&network, &request).await;
    result.unwrap();
    assert_eq!(network.groups_of_nics()[..2], [[ISOLATED], [ISOLATED]]);
    let verification = verified(&network, &receipt).await;
    assert!(
        !verification.holds
            && verification
                .observed
                .starts_with("network interface eni-task is of a task"),
        "{}",
        verification.observed
    );
    assert!(
        !network
            .calls()
            .iter()
            .any(|call| call == &format!("move eni-task {OPENED}")),
        "what can't be closed isn't opened: {:?}",
        network.calls()
    );
    // Whoever writes such a description on an interface of his own gets it isolated all the same.
    network.state().fails = None;
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    assert!(verified(&network, &receipt).await.holds);
}

#[tokio::test]
async fn an_interface_that_a_service_operates_is_left_and_named() {
    let network = node(Nic {
        operator: Some("eks.amazonaws.com".into()),
        ..nic("eni-auto", &["sg-9"], None, None)
    });
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    assert!(
        !network.calls().iter().any(|call| call.contains("eni-auto")),
        "{:?}",
        network.calls()
    );
    let verification = verified(&network, &receipt).await;
    assert!(
        !verification.holds
            && verification
                .observed
                .contains("eni-auto is operated by eks.amazonaws.com"),
        "{}",
        verification.observed
    );
}

#[tokio::test]
async fn a_type_without_nitro_is_isolated_with_its_own_timeout_as_a_limit() {
    let network = two();
    network.state().instance_type = Some("m4.large".into());
    let planned = plan(&network, &step_request()).await;
    assert!(
        !planned
            .changes
            .iter()
            .any(|change| change.what.contains("timeout")),
        "{:?}",
        planned.changes
    );
    let limit =
        "idle for 5 days (EC2's default, which can't be changed on m4.large: it lacks the Nitro System)";
    assert!(
        planned.limits.iter().any(|line| line.contains(limit)),
        "{:?}",
        planned.limits
    );
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    assert!(!network.calls().iter().any(|call| call.starts_with("timeout")));
    let verification = verified(&network, &receipt).await;
    assert!(
        verification.holds
            && verification
                .observed
                .contains("eni-1 (TCP timeout 5 days (EC2's default"),
        "{}",
        verification.observed
    );
}

#[tokio::test]
async fn a_type_that_refuses_the_timeout_is_isolated_all_the_same() {
    let network = two();
    network.state().refusal = Some("UnsupportedOperation");
    network.state().fails = Some(|call| call.starts_with("timeout"));
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    assert!(verified(&network, &receipt).await.holds);
}

#[tokio::test]
async fn of_a_shared_vpc_no_network_acl_is_promised() {
    let network = two();
    network.state().vpc_owner = Some("111122223333".into());
    let limits = plan(&network, &step_request()).await.limits.join("\n");
    assert!(
        limits.contains("vpc-1 is shared by account 111122223333: its network ACLs")
            && !limits.contains("cut-instance-traffic"),
        "{limits}"
    );
}
