#![expect(clippy::unwrap_used, reason = "tests")]
//! A create or delete whose answer was lost is sent again, and EC2 says that the rule exists, or that it doesn't.

use aws_sdk_ec2::{
    Client,
    operation::{
        create_network_acl_entry::CreateNetworkAclEntryError,
        delete_network_acl_entry::DeleteNetworkAclEntryError,
    },
    types::{NetworkAcl, NetworkAclAssociation, NetworkAclEntry, RuleAction},
};
use aws_smithy_mocks::{MockResponse, Rule, mock};

use super::*;
use crate::testing::{Network, Nic, error, permit, step_request};

fn network() -> Network {
    let network = Network::with(vec![Nic {
        id: "eni-1".into(),
        groups: vec!["sg-1".into()],
        ..Nic::default()
    }]);
    let acl = NetworkAcl::builder()
        .network_acl_id("acl-1")
        .is_default(true)
        .associations(NetworkAclAssociation::builder().subnet_id("subnet-1").build())
        .set_entries(Some(Vec::new()))
        .build();
    network.state().acls = vec![acl];
    network
}

/// Every create finds a rule there, which does this.
fn finds(network: &Network, action: RuleAction) -> Rule {
    let network = network.clone();
    mock!(Client::create_network_acl_entry).then_compute_response(move |request| {
        let entry = NetworkAclEntry::builder()
            .set_cidr_block(request.cidr_block().map(str::to_owned))
            .set_egress(request.egress())
            .set_rule_number(request.rule_number())
            .protocol("-1")
            .rule_action(action.clone())
            .build();
        let mut state = network.state();
        state.acl("acl-1").entries.get_or_insert_default().push(entry);
        MockResponse::Error(CreateNetworkAclEntryError::generic(error(
            "NetworkAclEntryAlreadyExists",
        )))
    })
}

async fn act(action: RuleAction) -> Result<(), StepError> {
    let network = network();
    let found = finds(&network, action);
    let deny = DenySubnetTraffic::new(network.accounts(&[found], &[], &[]));
    let receipt = deny.plan(&step_request()).await.unwrap().receipt;
    deny.act(&permit(), &step_request(), &receipt).await
}

#[tokio::test]
async fn a_rule_that_exists_is_success_if_it_is_ours_and_only_then() {
    act(RuleAction::Deny).await.unwrap();
    let others = act(RuleAction::Allow).await.unwrap_err();
    assert!(
        others.to_string().contains("rule 32766 of network ACL `acl-1`"),
        "{others}"
    );
}

#[tokio::test]
async fn a_rule_that_is_gone_is_deleted_and_nothing_else_is() {
    for (code, is_fine) in [
        ("InvalidNetworkAclEntry.NotFound", true),
        ("UnauthorizedOperation", false),
    ] {
        let network = network();
        let gone = mock!(Client::delete_network_acl_entry)
            .then_error(move || DeleteNetworkAclEntryError::generic(error(code)));
        let deny = DenySubnetTraffic::new(network.accounts(&[gone], &[], &[]));
        let receipt = deny.plan(&step_request()).await.unwrap().receipt;
        deny.act(&permit(), &step_request(), &receipt).await.unwrap();
        let undone = deny.undo(&permit(), &step_request(), &receipt).await;
        assert_eq!(undone.is_ok(), is_fine, "{code}: {undone:?}");
    }
}
