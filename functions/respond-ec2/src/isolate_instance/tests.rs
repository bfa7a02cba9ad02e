#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use aws_sdk_ec2::types::Route;
use aws_sdk_elasticloadbalancingv2::{
    Client,
    operation::{
        describe_target_groups::{DescribeTargetGroupsError, DescribeTargetGroupsOutput},
        describe_target_health::DescribeTargetHealthOutput,
    },
    types::{
        ProtocolEnum, TargetDescription, TargetGroup, TargetHealth, TargetHealthDescription,
        TargetHealthReasonEnum, TargetHealthStateEnum, TargetTypeEnum,
    },
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::{Plan, UndoOutcome};
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
        ipv6: None,
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
async fn a_foreign_group_of_our_name_stops_nothing_and_is_not_used() {
    let everyones = |_: &mut aws_sdk_ec2::types::SecurityGroup| {};
    let anothers = |group: &mut aws_sdk_ec2::types::SecurityGroup| {
        group.owner_id = Some("111122223333".into());
        group.ip_permissions_egress = None;
    };
    let untagged = |group: &mut aws_sdk_ec2::types::SecurityGroup| group.ip_permissions_egress = None;
    type Change = fn(&mut aws_sdk_ec2::types::SecurityGroup);
    let cases: [(Option<(&str, &str)>, Change); 4] = [
        // It has EC2's own egress rule.
        (None, everyones),
        // Without rules, its maker could give it some later.
        (None, untagged),
        (Some((group::TAG, "backstop-untrack-01J")), untagged),
        // The VPC is shared.
        (Some((group::TAG, group::ISOLATION)), anothers),
    ];
    for (tag, change) in cases {
        let network = two();
        network.add_group("sg-theirs", group::ISOLATION, tag);
        change(network.state().group("sg-theirs"));
        let before = network.state().group("sg-theirs").clone();
        let (receipt, result) = act(&network, &step_request()).await;
        result.unwrap();
        let own = "sg-backstop-isola-own";
        assert_eq!(network.groups_of_nics(), [[own], [own]], "{tag:?}");
        assert_eq!(*network.state().group("sg-theirs"), before, "it isn't touched");
        let verification = action(&network)
            .verify(&step_request(), Some(&receipt))
            .await
            .unwrap();
        assert!(verification.holds, "{}", verification.observed);
        // The next incident uses ours, whatever it is called.
        assert!(plan(&network, &step_request()).await.changes.is_empty());
        network.state().nics[0].groups = vec!["sg-theirs".into()];
        let verification = action(&network)
            .verify(&step_request(), Some(&receipt))
            .await
            .unwrap();
        assert!(!verification.holds, "{}", verification.observed);
    }
}

/// Who may only tag gives a group of production our tag: it keeps its rules, and nothing is put into it.
#[tokio::test]
async fn our_tag_on_a_group_of_another_name_makes_it_no_group_of_ours() {
    let purposes = [group::ISOLATION, "backstop-untrack-01JTESTTESTTESTTESTTESTTES"];
    let names = ["production", "backstop-isolationists", "my-backstop-isolation"];
    for (purpose, name) in purposes.into_iter().flat_map(|purpose| names.map(|name| (purpose, name))) {
        let network = two();
        network.add_group("sg-theirs", name, Some((group::TAG, purpose)));
        network.state().group("sg-theirs").ip_permissions_egress = None;
        let before = network.state().group("sg-theirs").clone();
        let planned = insta_text(&plan(&network, &untracking()).await);
        assert!(!planned.contains("sg-theirs"), "{planned}");
        act(&network, &untracking()).await.1.unwrap();
        assert_eq!(network.groups_of_nics(), [[ISOLATED], [ISOLATED]], "{name}");
        assert_eq!(*network.state().group("sg-theirs"), before, "{name}");
        let calls = network.calls();
        assert!(!calls.iter().any(|call| call.contains("sg-theirs")), "{calls:?}");
    }
}

/// What a group is called where our name is taken can't be known before, not even by who reads the incident's id.
#[tokio::test]
async fn the_other_name_of_our_group_is_not_made_of_the_incidents_id() {
    let network = two();
    network.add_group("sg-theirs", group::ISOLATION, None);
    let foreseen = format!("{}-{}", group::ISOLATION, step_request().incident);
    network.add_group("sg-foreseen", &foreseen, None);
    act(&network, &step_request()).await.1.unwrap();
    let own = "sg-backstop-isola-own";
    assert_eq!(network.groups_of_nics(), [[own], [own]]);
}

#[tokio::test]
async fn our_own_group_is_stripped() {
    let ours = two();
    ours.add_group("sg-ours", group::ISOLATION, Some((group::TAG, group::ISOLATION)));
    assert!(insta_text(&plan(&ours, &step_request()).await).contains("rules of security group sg-ours"));
    let (_, result) = act(&ours, &step_request()).await;
    result.unwrap();
    assert_eq!(ours.groups_of_nics(), [["sg-ours"], ["sg-ours"]]);
    assert_eq!(ours.rules(group::ISOLATION), Some(0));
}

#[tokio::test]
async fn a_group_made_by_another_incident_at_the_same_time_is_used() {
    let network = two();
    network.state().is_raced = true;
    act(&network, &step_request()).await.1.unwrap();
    assert_eq!(network.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
    assert_eq!(network.rules(group::ISOLATION), Some(0));
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
async fn untracking_opens_only_what_is_on_the_internet_and_closes_it() {
    let network = two();
    let plan = plan(&network, &untracking()).await;
    let text = insta_text(&plan);
    assert!(
        text.contains("OPENS the instance to the whole internet"),
        "{text}"
    );
    assert_eq!(text.matches("lets everything in and out").count(), 1, "{text}");
    act(&network, &untracking()).await.1.unwrap();
    let calls = network.calls();
    let opened = position(&calls, &format!("move eni-1 {OPENED}"));
    assert!(opened < position(&calls, &format!("move eni-1 {ISOLATED}")));
    assert!(!calls.contains(&format!("move eni-2 {OPENED}")), "{calls:?}");
    assert_eq!(network.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
    assert_eq!(
        network.rules("backstop-untrack-01JTESTTESTTESTTESTTESTTES"),
        None,
        "deleted"
    );
}

#[tokio::test]
async fn untracking_isnt_done_where_it_is_only_a_risk() {
    let network = two();
    network.state().routes = vec![
        Route::builder()
            .destination_cidr_block("0.0.0.0/0")
            .nat_gateway_id("nat-1")
            .build(),
    ];
    let text = insta_text(&plan(&network, &untracking()).await);
    assert!(text.contains("`untrack` is asked for and isn't done"), "{text}");
    assert!(text.contains("NAT gateway nat-1"), "{text}");
    act(&network, &untracking()).await.1.unwrap();
    assert!(!network.calls().iter().any(|call| call.contains(OPENED)));
    assert_eq!(network.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
}

#[tokio::test]
async fn what_was_opened_never_stays_open() {
    let can_be_left = |network: &Network| {
        let open = network
            .rules("backstop-untrack-01JTESTTESTTESTTESTTESTTES")
            .unwrap_or(0);
        assert!(
            open == 0 || network.groups_of_nics()[0].len() == 5,
            "open: {:?}",
            network.calls()
        );
    };
    // It can't be moved: the open group is closed around it.
    let stuck = two();
    stuck.state().fails = Some(|call| call == "move eni-1 sg-backstop-isola");
    let error = act(&stuck, &untracking()).await.1.unwrap_err();
    can_be_left(&stuck);
    assert_eq!(stuck.groups_of_nics(), [[OPENED], [ISOLATED]]);
    assert!(error.to_string().contains("eni-1"), "{error}");
    // The next attempt moves it, and doesn't open it again.
    stuck.state().fails = None;
    stuck.state().calls.clear();
    let receipt = write_receipt(&IsolationReceipt {
        instance: "i-0123456789abcdef0".into(),
        interfaces: vec![Before {
            id: "eni-1".into(),
            vpc: "vpc-1".into(),
            groups: vec!["sg-1".into()],
            tcp_established_timeout: Some(60),
            untrack: true,
        }],
    });
    action(&stuck)
        .act(&permit(), &untracking(), &receipt.unwrap())
        .await
        .unwrap();
    assert_eq!(stuck.groups_of_nics(), [[ISOLATED], [ISOLATED]]);
    assert!(
        !stuck
            .calls()
            .iter()
            .any(|call| call.ends_with(OPENED) && call.starts_with("move"))
    );
    can_be_left(&stuck);

    // Nor can the open group be closed: it gets back what it had.
    let worse = two();
    worse.state().fails =
        Some(|call| call == "move eni-1 sg-backstop-isola" || call == "strip sg-backstop-untra");
    let error = act(&worse, &untracking()).await.1.unwrap_err();
    can_be_left(&worse);
    assert_eq!(worse.groups_of_nics()[0].len(), 5);
    assert!(error.to_string().contains("NOT ISOLATED"), "{error}");
}

#[tokio::test]
async fn undo_gives_each_interface_what_it_had() {
    let network = two();
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    let undo = async || {
        action(&network)
            .undo(&permit(), &step_request(), &receipt)
            .await
            .unwrap()
    };
    let UndoOutcome::Restored { what } = undo().await else {
        unreachable!("it was isolated")
    };
    assert!(what.contains("EC2 can't unset it"), "{what}");
    let five: Vec<String> = (1..6).map(|n| format!("sg-{n}")).collect();
    assert_eq!(network.groups_of_nics(), [five, vec!["sg-9".to_owned()]]);
    let timeouts: Vec<Option<i32>> = network.state().nics.iter().map(|nic| nic.timeout).collect();
    assert_eq!(timeouts, [Some(432_000), Some(350)]);
    assert_eq!(network.rules(group::ISOLATION), Some(0), "other incidents use it");
    network.state().calls.clear();
    assert!(matches!(undo().await, UndoOutcome::NothingToUndo { .. }));
    assert_eq!(network.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn undo_puts_back_no_group_that_is_not_in_the_vpc_and_follows_no_receipt_of_another_instance() {
    let network = two();
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    network.state().calls.clear();
    network.state().lost = vec!["sg-3".into()];
    let outcome = action(&network)
        .undo(&permit(), &step_request(), &receipt)
        .await
        .unwrap();
    assert!(
        matches!(&outcome, UndoOutcome::Drifted { found } if found.contains("sg-3")),
        "{outcome:?}"
    );
    let mut foreign: IsolationReceipt = read_receipt(&receipt).unwrap();
    foreign.instance = "i-0fedcba9876543210".into();
    let foreign = write_receipt(&foreign).unwrap();
    for refused in [
        action(&network)
            .act(&permit(), &step_request(), &foreign)
            .await
            .unwrap_err(),
        action(&network)
            .undo(&permit(), &step_request(), &foreign)
            .await
            .unwrap_err(),
    ] {
        assert!(
            matches!(&refused, StepError::Refused { guardrail, .. } if guardrail == "receipt"),
            "{refused}"
        );
    }
    assert_eq!(network.calls(), Vec::<String>::new());
}

/// A group that was deleted since matters only to an interface that would get it back.
#[tokio::test]
async fn undo_asks_only_for_groups_that_it_puts_back_and_once_for_a_vpc() {
    let network = two();
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    let undo = async || {
        action(&network)
            .undo(&permit(), &step_request(), &receipt)
            .await
            .unwrap()
    };
    network.state().questions.clear();
    assert!(matches!(undo().await, UndoOutcome::Restored { .. }));
    assert_eq!(network.state().questions, [["sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-9"]]);
    // Both have their groups back; one is gone; both are.
    network.state().lost = vec!["sg-3".into(), "sg-9".into()];
    for _ in 0..3 {
        let outcome = undo().await;
        assert!(matches!(outcome, UndoOutcome::NothingToUndo { .. }), "{outcome:?}");
        network.state().nics.pop();
    }
    assert_eq!(network.state().questions.len(), 1);
}

#[tokio::test]
async fn undo_touches_nothing_that_someone_changed_since() {
    let network = two();
    let (receipt, result) = act(&network, &step_request()).await;
    result.unwrap();
    network.state().nics[1].groups = vec![ISOLATED.into(), "sg-forensics".into()];
    network.state().calls.clear();
    let undo = async || {
        action(&network)
            .undo(&permit(), &step_request(), &receipt)
            .await
            .unwrap()
    };
    let UndoOutcome::Drifted { found } = undo().await else {
        unreachable!("someone added a group")
    };
    assert!(
        found.contains("eni-2") && found.contains("sg-forensics"),
        "{found}"
    );
    assert_eq!(network.calls(), Vec::<String>::new());
    // Gone is no drift.
    network.state().nics.pop();
    let UndoOutcome::Restored { what } = undo().await else {
        unreachable!("the other one is still isolated")
    };
    assert!(what.contains("eni-2 no longer exists"), "{what}");
}

#[tokio::test]
async fn load_balancers_that_always_track_are_named_and_never_waited_for() {
    let group = |name: &str, protocol: ProtocolEnum| {
        TargetGroup::builder()
            .target_group_name(name)
            .target_group_arn(name)
            .protocol(protocol)
            .target_type(TargetTypeEnum::Instance)
            .vpc_id("vpc-1")
            .build()
    };
    let groups = mock!(Client::describe_target_groups).then_output(move || {
        DescribeTargetGroupsOutput::builder()
            .target_groups(group("web", ProtocolEnum::Http))
            .target_groups(group("game", ProtocolEnum::Tcp))
            .target_groups(group("other", ProtocolEnum::Udp))
            .build()
    });
    let health = mock!(Client::describe_target_health).then_compute_output(|request| {
        let reason = match request.target_group_arn() {
            // Connections of the one that speaks HTTP end one by one.
            Some("game" | "web") => TargetHealthReasonEnum::DeregistrationInProgress,
            _ => TargetHealthReasonEnum::NotRegistered,
        };
        let health = TargetHealth::builder().reason(reason).build();
        DescribeTargetHealthOutput::builder()
            .target_health_descriptions(TargetHealthDescription::builder().target_health(health).build())
            .build()
    });
    let plan = action_with(&two(), &[groups, health])
        .plan(&step_request())
        .await
        .unwrap();
    let text = plan.limits.join("\n");
    assert!(
        text.contains("through the load balancer of target group game, transit gateway tgw-1 are"),
        "{text}"
    );

    let denied = mock!(Client::describe_target_groups).then_error(|| {
        DescribeTargetGroupsError::generic(ErrorMetadata::builder().code("AccessDenied").build())
    });
    let plan = action_with(&two(), &[denied])
        .plan(&step_request())
        .await
        .unwrap();
    assert!(
        plan.limits.iter().any(|line| line.contains("is not known")),
        "{:?}",
        plan.limits
    );
    let why = plan.needs_approval.unwrap();
    assert!(why.contains("whether others serve can't be read"), "{why}");
}

#[tokio::test]
async fn the_last_healthy_target_waits_for_a_person_unless_it_is_isolated_already() {
    let group = || {
        let group = TargetGroup::builder()
            .target_group_name("web")
            .target_group_arn("web");
        group
            .protocol(ProtocolEnum::Http)
            .target_type(TargetTypeEnum::Instance)
            .vpc_id("vpc-1")
            .build()
    };
    let groups = mock!(Client::describe_target_groups).then_output(move || {
        DescribeTargetGroupsOutput::builder()
            .target_groups(group())
            .build()
    });
    let health = mock!(Client::describe_target_health).then_output(|| {
        let health = TargetHealth::builder()
            .state(TargetHealthStateEnum::Healthy)
            .build();
        let target = TargetDescription::builder()
            .id(crate::testing::INSTANCE)
            .port(8080);
        let description = TargetHealthDescription::builder().target_health(health);
        DescribeTargetHealthOutput::builder()
            .target_health_descriptions(description.target(target.build()).build())
            .build()
    });
    let network = two();
    let action = action_with(&network, &[groups, health]);
    let plan = action.plan(&step_request()).await.unwrap();
    assert_eq!(
        plan.needs_approval.as_deref(),
        Some("the instance is the last healthy target of target group web")
    );
    action
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    let again = action.plan(&step_request()).await.unwrap();
    assert_eq!((again.changes.len(), again.needs_approval), (0, None));
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
