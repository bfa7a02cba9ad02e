#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_ec2::types::{NetworkAcl, NetworkAclAssociation, NetworkAclEntry, Route, RuleAction};
use backstop_core::finding::Peer;
use serde_json::json;

use super::*;
use crate::testing::{INSTANCE, Network, Nic, permit, step_request};

fn rule(number: i32, egress: bool, action: RuleAction, cidr: &str) -> NetworkAclEntry {
    NetworkAclEntry::builder()
        .rule_number(number)
        .egress(egress)
        .rule_action(action)
        .protocol("-1")
        .cidr_block(cidr)
        .build()
}

fn acl(id: &str, is_default: bool, subnets: &[&str]) -> NetworkAcl {
    let both = |number, action: RuleAction| {
        [false, true].map(|egress| rule(number, egress, action.clone(), "0.0.0.0/0"))
    };
    let associations = subnets
        .iter()
        .map(|subnet| NetworkAclAssociation::builder().subnet_id(*subnet).build());
    NetworkAcl::builder()
        .network_acl_id(id)
        .is_default(is_default)
        .set_associations(Some(associations.collect()))
        .set_entries(Some(
            [both(100, RuleAction::Allow), both(32767, RuleAction::Deny)].concat(),
        ))
        .build()
}

fn network() -> Network {
    let network = Network::with(vec![Nic {
        id: "eni-1".into(),
        groups: vec!["sg-1".into()],
        ..Nic::default()
    }]);
    network.state().acls = vec![
        acl("acl-own", true, &["subnet-1", "subnet-2"]),
        acl("acl-nat", false, &["subnet-nat"]),
    ];
    let route = |cidr: &str, gateway: &str| {
        Route::builder()
            .destination_cidr_block(cidr)
            .gateway_id(gateway)
            .build()
    };
    network.state().routes = vec![route("198.51.100.0/24", "local"), route("0.0.0.0/0", "igw-1")];
    network
}

fn request(peers: &[(&str, bool)]) -> StepRequest {
    let peer = |(address, is_amazons): &(&str, bool)| Peer {
        address: address.parse().unwrap(),
        is_amazons: *is_amazons,
    };
    StepRequest {
        peers: peers.iter().map(peer).collect(),
        ..step_request()
    }
}

fn attacker() -> StepRequest {
    request(&[("203.0.113.66", false)])
}

fn action(network: &Network) -> DenyRemoteAddress {
    DenyRemoteAddress::new(network.accounts(&[], &[], &[]))
}

/// `direction cidr`, of all deny rules for one address.
fn denies(network: &Network, acl: &str) -> Vec<String> {
    let mut state = network.state();
    let rules = state.acl(acl).entries().iter();
    rules
        .filter(|rule| rule.rule_action() == Some(&RuleAction::Deny) && rule.rule_number() < Some(32767))
        .map(|rule| {
            let direction = if rule.egress() == Some(true) { "out" } else { "in" };
            assert!(rule.rule_number() < Some(100), "before what allows");
            format!(
                "{direction} {}",
                rule.cidr_block().or(rule.ipv6_cidr_block()).unwrap()
            )
        })
        .collect()
}

fn text(plan: &Plan) -> String {
    let changes = plan.changes.iter().map(|change| {
        format!(
            "{} {}: {} -> {}",
            change.api, change.what, change.now, change.after
        )
    });
    let lists = [&plan.blast_radius, &plan.limits, &plan.manual_undo];
    let lists = lists
        .into_iter()
        .flat_map(|list| std::iter::once(String::new()).chain(list.clone()));
    changes.chain(lists).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_plan_says_which_subnets_lose_which_address() {
    let network = network();
    let plan = action(&network).plan(&attacker()).await.unwrap();
    assert_eq!(network.calls(), Vec::<String>::new());
    assert_eq!(plan.needs_approval, None);
    insta::assert_snapshot!(text(&plan));
}

#[tokio::test]
async fn the_address_is_denied_both_ways_in_the_own_subnet_only_and_undone_exactly() {
    let network = network();
    let mine = rule(7, false, RuleAction::Deny, "192.0.2.9/32");
    network
        .state()
        .acl("acl-own")
        .entries
        .get_or_insert_default()
        .push(mine);
    let action = action(&network);
    let receipt = action.plan(&attacker()).await.unwrap().receipt;
    for _ in ["first", "again"] {
        action.act(&permit(), &attacker(), &receipt).await.unwrap();
        let denied = ["in 192.0.2.9/32", "in 203.0.113.66/32", "out 203.0.113.66/32"];
        assert_eq!(denies(&network, "acl-own"), denied);
    }
    assert_eq!(denies(&network, "acl-nat"), Vec::<String>::new());
    assert!(action.verify(&attacker(), Some(&receipt)).await.unwrap().holds);
    assert!(action.verify(&attacker(), None).await.unwrap().holds);
    assert!(action.plan(&attacker()).await.unwrap().changes.is_empty());

    let undo = async || action.undo(&permit(), &attacker(), &receipt).await.unwrap();
    assert!(matches!(undo().await, UndoOutcome::Restored { .. }));
    assert_eq!(denies(&network, "acl-own"), ["in 192.0.2.9/32"]);
    assert!(matches!(undo().await, UndoOutcome::NothingToUndo { .. }));
    assert!(!action.verify(&attacker(), Some(&receipt)).await.unwrap().holds);
}

#[tokio::test]
async fn what_the_owner_needs_is_never_denied() {
    let network = network();
    for kept in ["10.0.0.9", "169.254.169.254", "198.51.100.9", "fd00:ec2::254"] {
        let refused = action(&network)
            .plan(&request(&[(kept, false)]))
            .await
            .unwrap_err();
        let StepError::NotApplicable { reason } = refused else {
            unreachable!("{kept}: {refused}")
        };
        assert!(reason.contains(kept), "{reason}");
    }
    let both = request(&[("10.0.0.9", false), ("2001:db8::66", false)]);
    let plan = action(&network).plan(&both).await.unwrap();
    assert_eq!(plan.changes.len(), 2);
    assert!(
        plan.limits
            .iter()
            .any(|line| line.contains("10.0.0.9 isn't denied")),
        "{:?}",
        plan.limits
    );
    let none = action(&network).plan(&request(&[])).await.unwrap_err();
    assert!(matches!(none, StepError::NotApplicable { .. }), "{none}");
}

#[tokio::test]
async fn what_is_left_out_of_a_plan_doesnt_hinder_the_rest() {
    let network = network();
    let some = request(&[
        ("10.0.0.9", false),
        ("203.0.113.66", false),
        ("198.51.100.9", false),
        ("203.0.113.67", false),
    ]);
    let action = action(&network);
    let receipt = action.plan(&some).await.unwrap().receipt;
    for _ in ["first", "again"] {
        action.act(&permit(), &some, &receipt).await.unwrap();
        let denied = [
            "in 203.0.113.66/32",
            "in 203.0.113.67/32",
            "out 203.0.113.66/32",
            "out 203.0.113.67/32",
        ];
        assert_eq!(denies(&network, "acl-own"), denied);
    }
}

#[tokio::test]
async fn an_address_of_amazons_waits_for_a_person() {
    let plan = action(&network())
        .plan(&request(&[("203.0.113.66", true)]))
        .await
        .unwrap();
    let why = plan.needs_approval.unwrap();
    assert!(why.contains("203.0.113.66 is in Amazon's network"), "{why}");
}

#[tokio::test]
async fn a_full_acl_is_refused_by_name_and_anothers_is_left() {
    let network = network();
    let rules = (200..217).map(|number| rule(number, true, RuleAction::Deny, "192.0.2.0/24"));
    network
        .state()
        .acl("acl-own")
        .entries
        .get_or_insert_default()
        .extend(rules.clone());
    action(&network).plan(&attacker()).await.unwrap();
    let last = rule(217, true, RuleAction::Deny, "192.0.2.0/24");
    network
        .state()
        .acl("acl-own")
        .entries
        .get_or_insert_default()
        .push(last);
    let refused = action(&network).plan(&attacker()).await.unwrap_err();
    assert!(
        matches!(&refused, StepError::Refused { guardrail, .. } if guardrail == "network-acl-quota"),
        "{refused}"
    );
    // A participant of a shared VPC is shown none of its owner's.
    network.state().acls.clear();
    let refused = action(&network).plan(&attacker()).await.unwrap_err();
    assert!(refused.to_string().contains("shared VPC"), "{refused}");
}

#[tokio::test]
async fn incidents_that_are_answered_at_once_want_other_numbers() {
    let network = network();
    let manual_undo = async |incident: &str| {
        let request = StepRequest {
            incident: incident.into(),
            ..attacker()
        };
        action(&network).plan(&request).await.unwrap().manual_undo
    };
    assert_ne!(manual_undo("01JA").await, manual_undo("01JB").await);
}

#[tokio::test]
async fn a_receipt_with_other_rules_is_not_followed() {
    let network = network();
    for cidr in ["0.0.0.0/0", "10.0.0.9/32", "203.0.113.0/24", "203.0.113.0/28"] {
        let entry = json!({ "acl": "acl-own", "egress": true, "number": 7, "cidr": cidr });
        let receipt = Receipt(json!({ "instance": INSTANCE, "vpcs": ["vpc-1"], "entries": [entry] }));
        for result in [
            action(&network).act(&permit(), &attacker(), &receipt).await,
            action(&network)
                .undo(&permit(), &attacker(), &receipt)
                .await
                .map(drop),
        ] {
            assert!(
                matches!(result, Err(StepError::Refused { .. })),
                "{cidr}: {result:?}"
            );
        }
    }
    assert_eq!(network.calls(), Vec::<String>::new());
}
