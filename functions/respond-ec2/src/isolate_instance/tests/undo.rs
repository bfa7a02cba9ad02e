//! Putting back.

use backstop_core::UndoOutcome;

use super::*;

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

/// A timeout that was unset becomes EC2's default, which is another on Nitro v6.
#[tokio::test]
async fn undo_sets_the_default_of_the_instances_type() {
    for (name, seconds) in [("m8i.large", 350), ("m5.large", 432_000)] {
        let network = two();
        network.state().instance_type = Some(name.into());
        let by_hand = plan(&network, &step_request()).await.manual_undo;
        let unset = format!("eni-1 --connection-tracking-specification TcpEstablishedTimeout={seconds}");
        assert!(by_hand.iter().any(|line| line.ends_with(&unset)), "{by_hand:?}");
        let (receipt, result) = act(&network, &step_request()).await;
        result.unwrap();
        let undone = action(&network).undo(&permit(), &step_request(), &receipt).await;
        undone.unwrap();
        assert_eq!(network.state().nics[0].timeout, Some(seconds), "{name}");
    }
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
    assert_eq!(
        network.state().questions,
        [["sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-9"]]
    );
    // Both have their groups back; one is gone; both are.
    network.state().lost = vec!["sg-3".into(), "sg-9".into()];
    for _ in 0..3 {
        let outcome = undo().await;
        assert!(
            matches!(outcome, UndoOutcome::NothingToUndo { .. }),
            "{outcome:?}"
        );
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
