#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use aws_sdk_ec2::{Client, operation::associate_address::AssociateAddressError};
use aws_smithy_mocks::{MockResponse, mock};

use super::*;
use crate::testing::{Network, Nic, elastic_ip, error, permit, step_request};

const ELASTIC: &str = "203.0.113.7";
const LENT: &str = "198.51.100.24";

fn nic(id: &str, group: &str, public: Option<&str>) -> Nic {
    Nic {
        id: id.into(),
        groups: vec![group.into()],
        public: public.map(str::to_owned),
        ..Nic::default()
    }
}

/// An isolated instance, whose primary interface has an Elastic IP address.
fn with_elastic_ip() -> Network {
    let network = Network::with(vec![
        nic("eni-1", "sg-isolation", Some(ELASTIC)),
        nic("eni-2", "sg-isolation", None),
    ]);
    network.add_group("sg-isolation", "backstop-isolation", None);
    network.add_group("sg-1", "web", None);
    network.state().addresses = vec![
        elastic_ip("1", ELASTIC, Some(("eni-1", "10.0.0.5"))),
        elastic_ip("other", "203.0.113.8", Some(("eni-9", "10.0.0.9"))),
    ];
    network
}

/// An isolated instance with an address that EC2 assigned.
fn with_assigned_address() -> Network {
    let network = with_elastic_ip();
    let mut state = network.state();
    state.nics[0].public = Some(LENT.to_owned());
    state.addresses.remove(0);
    drop(state);
    network
}

fn action(network: &Network) -> RemovePublicAddresses {
    RemovePublicAddresses::new(network.accounts(&[], &[], &[]))
}

async fn plan(network: &Network) -> Plan {
    action(network).plan(&step_request()).await.unwrap()
}

async fn act(network: &Network) -> Receipt {
    let receipt = plan(network).await.receipt;
    let acted = action(network).act(&permit(), &step_request(), &receipt).await;
    acted.unwrap();
    receipt
}

async fn undo(network: &Network, receipt: &Receipt) -> UndoOutcome {
    let action = action(network);
    action.undo(&permit(), &step_request(), receipt).await.unwrap()
}

async fn drift(network: &Network, receipt: &Receipt) -> String {
    let before = network.calls();
    let UndoOutcome::Drifted { found } = undo(network, receipt).await else {
        unreachable!("it was changed since")
    };
    assert_eq!(network.calls(), before, "nothing is touched");
    found
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
    let asks = plan.needs_approval.clone().unwrap_or_else(|| "nobody".to_owned());
    let asks = [String::new(), format!("asked: {asks}")];
    changes.chain(lists).chain(asks).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_plan_of_an_elastic_ip_address_asks_nobody() {
    let network = with_elastic_ip();
    let plan = plan(&network).await;
    assert_eq!(network.calls(), Vec::<String>::new());
    assert_eq!(plan.needs_approval, None);
    insta::assert_snapshot!(text(&plan));
}

#[tokio::test]
async fn the_plan_of_an_assigned_address_says_that_it_never_comes_back_and_asks() {
    let plan = plan(&with_assigned_address()).await;
    assert!(plan.needs_approval.is_some());
    insta::assert_snapshot!(text(&plan));
}

#[tokio::test]
async fn whoever_decides_on_isolation_decides_on_the_address() {
    let network = with_elastic_ip();
    network.state().nics[1].groups = vec!["sg-1".to_owned()];
    let why = plan(&network).await.needs_approval.unwrap();
    assert!(
        why.contains("network interface eni-2 isn't isolated yet"),
        "{why}"
    );
    network.state().nics[1].groups.push("sg-isolation".to_owned());
    assert!(
        plan(&network).await.needs_approval.is_some(),
        "another group lets traffic through"
    );
}

#[tokio::test]
async fn an_elastic_ip_address_is_taken_and_the_same_comes_back_to_its_place() {
    let network = with_elastic_ip();
    let receipt = act(&network).await;
    assert_eq!(network.calls(), ["disassociate eipassoc-1"], "no other's");
    let read = action(&network)
        .verify(&step_request(), Some(&receipt))
        .await
        .unwrap();
    assert!(read.holds && read.observed.contains(ELASTIC), "{}", read.observed);
    assert!(plan(&network).await.changes.is_empty(), "twice is harmless");

    let UndoOutcome::Restored { what } = undo(&network, &receipt).await else {
        unreachable!("it is free")
    };
    assert!(
        what.contains("203.0.113.7 is associated with network interface eni-1 (10.0.0.5)"),
        "{what}"
    );
    assert_eq!(
        network.calls().last().unwrap(),
        "associate eipalloc-1 eni-1 10.0.0.5"
    );
    let read = action(&network)
        .verify(&step_request(), Some(&receipt))
        .await
        .unwrap();
    assert!(!read.holds, "{}", read.observed);
    assert!(matches!(
        undo(&network, &receipt).await,
        UndoOutcome::NothingToUndo { .. }
    ));
}

#[tokio::test]
async fn an_address_that_ec2_gives_in_its_place_is_told_and_hinders_nothing() {
    let network = with_elastic_ip();
    let receipt = act(&network).await;
    network.state().nics[0].public = Some(LENT.to_owned());
    let read = action(&network)
        .verify(&step_request(), Some(&receipt))
        .await
        .unwrap();
    assert!(
        read.holds && read.observed.contains("it has got 198.51.100.24 since"),
        "{}",
        read.observed
    );
    assert!(matches!(
        undo(&network, &receipt).await,
        UndoOutcome::Restored { .. }
    ));
}

#[tokio::test]
async fn an_assigned_address_is_given_up_and_undo_says_that_another_comes() {
    let network = with_assigned_address();
    let receipt = act(&network).await;
    assert_eq!(network.calls(), ["public eni-1 false"]);
    assert!(
        action(&network)
            .verify(&step_request(), Some(&receipt))
            .await
            .unwrap()
            .holds
    );
    let UndoOutcome::Restored { what } = undo(&network, &receipt).await else {
        unreachable!("the interface has none")
    };
    assert!(
        what.contains("ANOTHER one: 198.51.100.24 went back to Amazon's pool"),
        "{what}"
    );
    assert!(matches!(
        undo(&network, &receipt).await,
        UndoOutcome::NothingToUndo { .. }
    ));
}

#[tokio::test]
async fn an_elastic_ip_address_that_somebody_uses_or_released_is_taken_from_nobody() {
    let network = with_elastic_ip();
    let receipt = act(&network).await;
    network.state().addresses[0] = elastic_ip("1", ELASTIC, Some(("eni-9", "10.0.0.77")));
    assert!(
        drift(&network, &receipt)
            .await
            .contains("was given to network interface eni-9 (10.0.0.77) since")
    );
    network.state().addresses[0] = elastic_ip("2", "203.0.113.9", Some(("eni-1", "10.0.0.5")));
    network.state().addresses.push(elastic_ip("1", ELASTIC, None));
    assert!(
        drift(&network, &receipt)
            .await
            .contains("has got Elastic IP address 203.0.113.9 since")
    );
    network.state().addresses.clear();
    assert!(drift(&network, &receipt).await.contains("was released since"));
    network.state().addresses.push(elastic_ip("1", ELASTIC, None));
    network.state().nics.remove(0);
    assert!(
        drift(&network, &receipt)
            .await
            .contains("isn't attached to instance")
    );
}

#[tokio::test]
async fn an_association_whose_answer_was_lost_is_success() {
    let network = with_elastic_ip();
    let receipt = act(&network).await;
    let made = network.clone();
    let lost = mock!(Client::associate_address).then_compute_response(move |_| {
        made.state().addresses[0] = elastic_ip("1", ELASTIC, Some(("eni-1", "10.0.0.5")));
        MockResponse::Error(AssociateAddressError::generic(error(
            "Resource.AlreadyAssociated",
        )))
    });
    let action = RemovePublicAddresses::new(network.accounts(&[lost], &[], &[]));
    let undone = action.undo(&permit(), &step_request(), &receipt).await.unwrap();
    assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
}

#[tokio::test]
async fn an_instance_without_public_address_has_nothing_to_lose() {
    let network = with_elastic_ip();
    network.state().addresses.clear();
    network.state().nics[0].public = None;
    let plan = plan(&network).await;
    assert!(plan.changes.is_empty() && plan.needs_approval.is_none());
    assert!(
        action(&network)
            .verify(&step_request(), None)
            .await
            .unwrap()
            .holds
    );
}
