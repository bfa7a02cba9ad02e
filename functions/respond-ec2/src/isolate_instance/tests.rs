#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod balancers;
mod groups;
mod nodes;
mod undo;
mod untrack;

use aws_sdk_ec2::types::Route;
use aws_sdk_elasticloadbalancingv2::{Client, operation::describe_target_groups::DescribeTargetGroupsOutput};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::Plan;
use backstop_runtime::{Action, StepError, action::StepRequest};
use serde_json::json;

use super::*;
use crate::testing::{Network, Nic, permit, step_request};

const ISOLATED: &str = "sg-backstop-isola";
const OPENED: &str = "sg-backstop-untra";

fn nic(id: &str, groups: &[&str], timeout: Option<i32>, public: Option<&str>) -> Nic {
    Nic {
        id: id.into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        timeout,
        public: public.map(str::to_owned),
        ..Nic::default()
    }
}

/// Two interfaces, one with five groups; the first is on the internet.
fn two() -> Network {
    let five = ["sg-1", "sg-2", "sg-3", "sg-4", "sg-5"];
    let network = Network::with(vec![
        nic("eni-1", &five, None, Some("203.0.113.7")),
        nic("eni-2", &["sg-9"], Some(350), None),
    ]);
    network.state().routes = vec![
        Route::builder()
            .destination_cidr_block("0.0.0.0/0")
            .gateway_id("igw-1")
            .build(),
        Route::builder()
            .destination_cidr_block("10.8.0.0/16")
            .transit_gateway_id("tgw-1")
            .build(),
    ];
    network
}

fn no_balancers() -> Vec<Rule> {
    vec![mock!(Client::describe_target_groups).then_output(|| DescribeTargetGroupsOutput::builder().build())]
}

fn action(network: &Network) -> IsolateInstance {
    action_with(network, &no_balancers())
}

fn action_with(network: &Network, elb: &[Rule]) -> IsolateInstance {
    IsolateInstance {
        accounts: network.accounts(&[], &[], elb),
        sweeps: Arc::default(),
        open_for: Duration::ZERO,
    }
}

fn untracking() -> StepRequest {
    let mut request = step_request();
    request.with.insert("untrack".into(), json!(true));
    request
}

async fn plan(network: &Network, request: &StepRequest) -> Plan {
    action(network).plan(request).await.unwrap()
}

async fn act(network: &Network, request: &StepRequest) -> (Receipt, Result<(), StepError>) {
    let action = action(network);
    let receipt = action.plan(request).await.unwrap().receipt;
    let result = action.act(&permit(), request, &receipt).await;
    (receipt, result)
}

fn position(calls: &[String], call: &str) -> usize {
    calls.iter().position(|made| made == call).unwrap()
}

#[tokio::test]
async fn the_plan_names_each_interface_and_changes_nothing() {
    let network = two();
    let plan = plan(&network, &step_request()).await;
    assert_eq!(network.calls(), Vec::<String>::new());
    let text = insta_text(&plan);
    insta::assert_snapshot!(text);
}

/// What people read of a plan.
fn insta_text(plan: &Plan) -> String {
    let changes = plan.changes.iter().map(|change| {
        format!(
            "{} {}: {} -> {}",
            change.api, change.what, change.now, change.after
        )
    });
    let lists = [&plan.blast_radius, &plan.limits, &plan.manual_undo];
    changes
        .chain(
            lists
                .into_iter()
                .flat_map(|list| std::iter::once(String::new()).chain(list.clone())),
        )
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn every_interface_gets_exactly_the_group_without_rules() {
    let network = two();
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    assert_eq!(network.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
    assert_eq!(
        network.rules(group::ISOLATION),
        Some(0),
        "IPv4 and IPv6 egress are gone"
    );
    assert!(network.state().nics.iter().all(|nic| nic.timeout == Some(60)));
    let calls = network.calls();
    assert!(
        position(&calls, &format!("strip {ISOLATED}")) < position(&calls, &format!("move eni-1 {ISOLATED}")),
        "{calls:?}"
    );
    let verification = action(&network)
        .verify(&step_request(), Some(&receipt))
        .await
        .unwrap();
    assert!(verification.holds, "{}", verification.observed);
    // Twice is harmless, and leaves nothing to do.
    action(&network)
        .act(&permit(), &step_request(), &receipt)
        .await
        .unwrap();
    assert_eq!(network.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
    assert!(plan(&network, &step_request()).await.changes.is_empty());
}

#[tokio::test]
async fn an_interface_attached_since_and_a_group_with_rules_are_not_proven() {
    let network = two();
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    let verify = async || {
        action(&network)
            .verify(&step_request(), Some(&receipt))
            .await
            .unwrap()
    };
    network.state().nics.push(nic("eni-3", &["sg-1"], None, None));
    let late = verify().await;
    assert!(
        !late.holds && late.observed.contains("eni-3 has the groups sg-1"),
        "{}",
        late.observed
    );
    network.state().nics.pop();
    assert!(verify().await.holds);
    network.state().group(ISOLATED).ip_permissions =
        Some(vec![aws_sdk_ec2::types::IpPermission::builder().build()]);
    assert!(verify().await.observed.contains("has rules"));
    network.state().terminated = true;
    assert!(verify().await.holds, "a terminated instance sends nothing");
}

#[tokio::test]
async fn one_interface_that_refuses_doesnt_keep_the_others_from_being_isolated() {
    let network = two();
    network.state().fails = Some(|call| call.contains("eni-1"));
    let error = act(&network, &step_request()).await.1.unwrap_err().to_string();
    assert_eq!(network.groups_of_nics()[1], [ISOLATED]);
    assert_eq!(network.groups_of_nics()[0].len(), 5);
    assert!(
        error.contains("eni-1") && error.contains("OperationNotPermitted"),
        "{error}"
    );

    let timeouts = two();
    timeouts.state().fails = Some(|call| call.starts_with("timeout"));
    let error = act(&timeouts, &step_request()).await.1.unwrap_err().to_string();
    assert_eq!(timeouts.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
    assert!(error.contains("isolated all the same"), "{error}");
}

#[tokio::test]
async fn a_group_that_cant_be_stripped_never_gets_an_interface() {
    let network = two();
    network.state().fails = Some(|call| call.starts_with("strip"));
    act(&network, &step_request()).await.1.unwrap_err();
    assert!(
        !network.calls().iter().any(|call| call.starts_with("move")),
        "{:?}",
        network.calls()
    );
}

#[tokio::test]
async fn what_cant_be_isolated_is_said() {
    let none = Network::with(Vec::new());
    let error = action(&none).plan(&step_request()).await.unwrap_err();
    assert!(matches!(error, StepError::NotApplicable { .. }), "{error}");
    let gone = two();
    gone.state().terminated = true;
    let error = action(&gone).plan(&step_request()).await.unwrap_err();
    assert!(matches!(error, StepError::TargetGone { .. }), "{error}");
    let mut request = step_request();
    request.with.insert("untrack".into(), json!("false"));
    let error = action(&two()).plan(&request).await.unwrap_err();
    assert!(error.to_string().contains("not true or false"), "{error}");
}
