#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_ec2::{
    Client,
    operation::{create_tags::CreateTagsOutput, delete_tags::DeleteTagsOutput},
    types::{GroupIdentifier, InstanceNetworkInterface, Tag},
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::UndoOutcome;
use backstop_runtime::{Action, action::read_receipt};

use super::TagInstance;
use crate::{
    accounts,
    testing::{INCIDENT, INSTANCE, described, instance, permit, step_request},
};

fn tags_are(tags: &[Tag], wanted: &[(&str, &str)]) -> bool {
    let is_witness = |tag: &&Tag| tag.key() == Some("backstop:before-tag-instance");
    let found = tags.iter().filter(|tag| !is_witness(tag));
    let found: Vec<_> = found.map(|tag| (tag.key(), tag.value())).collect();
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(key, value)| (Some(*key), Some(*value)))
        .collect();
    found == wanted
}

fn create(wanted: &'static [(&'static str, &'static str)]) -> Rule {
    mock!(Client::create_tags)
        .match_requests(|request| request.resources() == [INSTANCE] && tags_are(request.tags(), wanted))
        .then_output(|| CreateTagsOutput::builder().build())
}

fn delete(wanted: &'static [(&'static str, &'static str)]) -> Rule {
    mock!(Client::delete_tags)
        .match_requests(|request| request.resources() == [INSTANCE] && tags_are(request.tags(), wanted))
        .then_output(|| DeleteTagsOutput::builder().build())
}

fn tagged(tags: &[(&str, &str)]) -> Rule {
    tagged_in("backstop-isolation", tags)
}

/// An instance with one interface, which is in the group of this name.
fn tagged_in(group: &str, tags: &[(&str, &str)]) -> Rule {
    let tags = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(*key).value(*value).build());
    let group = GroupIdentifier::builder()
        .group_id("sg-1")
        .group_name(group)
        .build();
    let interface = InstanceNetworkInterface::builder()
        .network_interface_id("eni-1")
        .groups(group);
    let interfaces = Some(vec![interface.build()]);
    described(
        instance()
            .set_tags(Some(tags.collect()))
            .set_network_interfaces(interfaces),
    )
}

#[tokio::test]
async fn writes_two_tags_and_undo_deletes_one_and_restores_the_other() {
    let before = || tagged(&[("team", "web"), ("backstop:incident", "an older'one")]);
    let plan = TagInstance::new(accounts!(ec2: [before()]))
        .plan(&step_request())
        .await
        .unwrap();
    assert_eq!(plan.changes.len(), 2);
    assert!(
        plan.manual_undo
            .iter()
            .any(|line| line.ends_with(r#"'[{"Key":"backstop:incident","Value":"an older'\''one"}]'"#)),
        "{:?}",
        plan.manual_undo
    );

    let written = create(&[("backstop:incident", INCIDENT), ("backstop:state", "isolated")]);
    TagInstance::new(accounts!(ec2: [before(), written]))
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert_eq!(written.num_calls(), 1);

    let ours = || tagged(&[("backstop:incident", INCIDENT), ("backstop:state", "isolated")]);
    let verified = TagInstance::new(accounts!(ec2: [ours()]))
        .verify(&step_request(), None)
        .await
        .unwrap();
    assert!(verified.holds, "{}", verified.observed);
    let (back, gone) = (
        create(&[("backstop:incident", "an older'one")]),
        delete(&[("backstop:state", "isolated")]),
    );
    let refused = TagInstance::new(accounts!(ec2: [ours()]))
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("backstop:before-tag-instance"),
        "{refused}"
    );
    let witness = super::witness(&step_request(), &read_receipt(&plan.receipt).unwrap()).unwrap();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let witnessed = described(
        instance()
            .tags(tag("backstop:incident", INCIDENT))
            .tags(tag("backstop:state", "isolated"))
            .tags(witness.tag()),
    );
    let undone = TagInstance::new(accounts!(ec2: [witnessed, back, gone]))
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
    assert_eq!((back.num_calls(), gone.num_calls()), (1, 1));

    // Someone has written another state: nothing is changed.
    let theirs = tagged(&[("backstop:incident", INCIDENT), ("backstop:state", "cleaned")]);
    let undone = TagInstance::new(accounts!(ec2: [theirs]))
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert!(
        matches!(&undone, UndoOutcome::Drifted { found } if found.contains("backstop:state is cleaned")),
        "{undone:?}"
    );
}

#[tokio::test]
async fn what_isnt_isolated_is_never_tagged_so() {
    let in_group = |group: &'static str| async move {
        let action = TagInstance::new(accounts!(ec2: [tagged_in(group, &[])]));
        action.plan(&step_request()).await.unwrap()
    };
    let (before, after) = (in_group("web").await, in_group("backstop-isolation").await);
    assert_eq!(
        before.hash().unwrap(),
        after.hash().unwrap(),
        "approved before, done after"
    );
    let witness = super::witness(&step_request(), &read_receipt(&before.receipt).unwrap()).unwrap();
    let said = witness.tag();
    let said = (said.key().unwrap(), said.value().unwrap());
    for (group, state) in [
        ("web", "not-isolated"),
        ("backstop-untrack-01J", "not-isolated"),
        ("backstop-isolation", "isolated"),
    ] {
        let written = mock!(Client::create_tags)
            .match_requests(move |request| {
                tags_are(
                    request.tags(),
                    &[("backstop:incident", INCIDENT), ("backstop:state", state)],
                )
            })
            .then_output(|| CreateTagsOutput::builder().build());
        let action = TagInstance::new(accounts!(ec2: [tagged_in(group, &[]), written]));
        action
            .act(&permit(), &step_request(), &before.receipt)
            .await
            .unwrap();
        let ours = || [("backstop:incident", INCIDENT), ("backstop:state", state)];
        let gone = mock!(Client::delete_tags)
            .match_requests(move |request| tags_are(request.tags(), &ours()))
            .then_output(|| DeleteTagsOutput::builder().build());
        let action =
            TagInstance::new(accounts!(ec2: [tagged_in(group, &[&ours()[..], &[said]].concat()), gone]));
        assert!(
            action.verify(&step_request(), None).await.unwrap().holds,
            "{group}"
        );
        let undone = action
            .undo(&permit(), &step_request(), &before.receipt)
            .await
            .unwrap();
        assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
    }
    // It says isolated, and isn't.
    let lies = [("backstop:incident", INCIDENT), ("backstop:state", "isolated")];
    let action = TagInstance::new(accounts!(ec2: [tagged_in("web", &lies)]));
    assert!(!action.verify(&step_request(), None).await.unwrap().holds);
}
