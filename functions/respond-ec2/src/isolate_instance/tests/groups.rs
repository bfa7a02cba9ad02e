//! Which groups are ours.

use super::*;

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
    for (purpose, name) in purposes
        .into_iter()
        .flat_map(|purpose| names.map(|name| (purpose, name)))
    {
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
