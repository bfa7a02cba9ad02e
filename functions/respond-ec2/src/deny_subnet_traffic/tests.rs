#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_ec2::types::{NetworkAcl, NetworkAclAssociation, NetworkAclEntry, RuleAction};
use serde_json::json;

use super::*;
use crate::testing::{Network, Nic, permit, step_request};

fn rule(number: i32, egress: bool, action: RuleAction, cidr: &str) -> NetworkAclEntry {
    NetworkAclEntry::builder()
        .rule_number(number)
        .egress(egress)
        .rule_action(action)
        .protocol("-1")
        .cidr_block(cidr)
        .build()
}

/// An ACL that allows all, as EC2 makes the default one.
fn acl(id: &str, is_default: bool, subnets: &[&str]) -> NetworkAcl {
    let both = |number, action: RuleAction| {
        [false, true].map(|egress| rule(number, egress, action.clone(), "0.0.0.0/0"))
    };
    let entries = [both(100, RuleAction::Allow), both(32767, RuleAction::Deny)].concat();
    let associations = subnets
        .iter()
        .map(|subnet| NetworkAclAssociation::builder().subnet_id(*subnet).build());
    NetworkAcl::builder()
        .network_acl_id(id)
        .is_default(is_default)
        .set_associations(Some(associations.collect()))
        .set_entries(Some(entries))
        .build()
}

fn network() -> Network {
    let network = Network::with(vec![Nic {
        id: "eni-1".into(),
        groups: vec!["sg-1".into()],
        public: Some("203.0.113.7".into()),
        ipv6: Some("2001:db8::5".into()),
        ..Nic::default()
    }]);
    network.state().acls = vec![
        acl("acl-1", true, &["subnet-1", "subnet-2"]),
        acl("acl-nat", false, &["subnet-nat"]),
        acl("acl-unused", false, &[]),
    ];
    network
}

fn action(network: &Network) -> DenySubnetTraffic {
    DenySubnetTraffic::new(network.accounts(&[], &[], &[]))
}

fn text(plan: &Plan) -> String {
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

async fn act(network: &Network) -> Receipt {
    let receipt = action(network).plan(&step_request()).await.unwrap().receipt;
    action(network)
        .act(&permit(), &step_request(), &receipt)
        .await
        .unwrap();
    receipt
}

/// `direction number cidr`, of all deny rules for one address.
fn denies(network: &Network, acl: &str) -> Vec<String> {
    let mut state = network.state();
    let rules = state.acl(acl).entries().iter();
    rules
        .filter(|rule| rule.rule_action() == Some(&RuleAction::Deny) && rule.rule_number() < Some(32767))
        .map(|rule| {
            let direction = if rule.egress() == Some(true) { "out" } else { "in" };
            let cidr = rule.cidr_block().or(rule.ipv6_cidr_block()).unwrap();
            format!("{direction} {} {cidr}", rule.rule_number().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn the_plan_says_who_is_cut_until_when_and_who_isnt() {
    let network = network();
    let plan = action(&network).plan(&step_request()).await.unwrap();
    assert_eq!(network.calls(), Vec::<String>::new());
    insta::assert_snapshot!(text(&plan));
}

#[tokio::test]
async fn denies_both_directions_before_all_other_rules() {
    let network = network();
    let receipt = act(&network).await;
    let expected = [
        "in 99 10.0.0.5/32",
        "in 98 2001:db8::5/128",
        "out 99 10.0.0.5/32",
        "out 98 2001:db8::5/128",
    ];
    assert_eq!(denies(&network, "acl-1"), expected);
    assert_eq!(denies(&network, "acl-nat"), expected);
    assert_eq!(denies(&network, "acl-unused"), Vec::<String>::new());
    let verify = async || {
        action(&network)
            .verify(&step_request(), Some(&receipt))
            .await
            .unwrap()
    };
    assert!(verify().await.holds);
    action(&network)
        .act(&permit(), &step_request(), &receipt)
        .await
        .unwrap();
    assert_eq!(denies(&network, "acl-1"), expected, "twice is harmless");
    assert!(
        action(&network)
            .plan(&step_request())
            .await
            .unwrap()
            .changes
            .is_empty()
    );

    let late = rule(1, false, RuleAction::Allow, "0.0.0.0/0");
    network
        .state()
        .acl("acl-nat")
        .entries
        .get_or_insert_default()
        .push(late);
    let overtaken = verify().await;
    assert!(
        !overtaken.holds && overtaken.observed.contains("after rule 1"),
        "{}",
        overtaken.observed
    );
}

#[tokio::test]
async fn undo_deletes_exactly_its_rules_unless_one_was_changed() {
    let network = network();
    let mine = rule(7, false, RuleAction::Deny, "198.51.100.9/32");
    network
        .state()
        .acl("acl-1")
        .entries
        .get_or_insert_default()
        .push(mine);
    let receipt = act(&network).await;
    let undo = async || {
        action(&network)
            .undo(&permit(), &step_request(), &receipt)
            .await
            .unwrap()
    };

    let before = network.state().acl("acl-nat").entries.clone();
    let changed = |rule: &NetworkAclEntry| rule.rule_number() == Some(99) && rule.egress() == Some(true);
    for rule in network.state().acl("acl-nat").entries.get_or_insert_default() {
        if changed(rule) {
            rule.rule_action = Some(RuleAction::Allow);
        }
    }
    let UndoOutcome::Drifted { found } = undo().await else {
        unreachable!("a rule was changed")
    };
    assert!(
        found.contains("outbound rule 99 of network ACL acl-nat"),
        "{found}"
    );
    assert_eq!(denies(&network, "acl-1").len(), 5, "nothing was touched");

    network.state().acl("acl-nat").entries = before;
    assert!(matches!(undo().await, UndoOutcome::Restored { .. }));
    assert_eq!(denies(&network, "acl-1"), ["in 7 198.51.100.9/32"]);
    assert_eq!(denies(&network, "acl-nat"), Vec::<String>::new());
    assert!(matches!(undo().await, UndoOutcome::NothingToUndo { .. }));
}

#[tokio::test]
async fn a_full_acl_is_named_and_if_all_are_full_it_is_refused() {
    let fill = |network: &Network, id: &str| {
        let rules = (200..217).map(|number| rule(number, true, RuleAction::Deny, "192.0.2.0/24"));
        network
            .state()
            .acl(id)
            .entries
            .get_or_insert_default()
            .extend(rules);
    };
    let network = network();
    fill(&network, "acl-1");
    let plan = action(&network).plan(&step_request()).await.unwrap();
    assert!(
        plan.limits
            .iter()
            .any(|line| line.contains("network ACL acl-1 has no room")),
        "{:?}",
        plan.limits
    );
    assert_eq!(plan.changes.len(), 4);
    fill(&network, "acl-nat");
    let error = action(&network).plan(&step_request()).await.unwrap_err();
    assert!(matches!(error, StepError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn the_hours_are_checked() {
    let mut request = step_request();
    request.with.insert("hours".into(), json!(2));
    let plan = action(&network()).plan(&request).await.unwrap();
    assert!(text(&plan).contains("by 2026-03-01T14:00:00Z"));
    for wrong in [json!(0), json!(1000), json!("24")] {
        request.with.insert("hours".into(), wrong);
        let error = action(&network()).plan(&request).await.unwrap_err();
        assert!(matches!(error, StepError::Invalid { .. }), "{error}");
    }
}

#[tokio::test]
async fn of_a_shared_vpc_the_network_acls_are_the_owner_s() {
    let network = network();
    for acl in &mut network.state().acls {
        acl.owner_id = Some("111122223333".into());
    }
    let refused = action(&network).plan(&step_request()).await.unwrap_err();
    assert!(
        refused.to_string().contains(
            "vpc-1 is shared by account 111122223333, whose network ACLs can be changed only there"
        ),
        "{refused}"
    );
}
