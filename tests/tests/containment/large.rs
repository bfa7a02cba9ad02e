//! A finding larger than the state of any machine.

use std::sync::Arc;

use backstop_core::incident::Status;
use backstop_drill::{Environment, Fixtures, follow, oncall::OnCall, run::finding_about};
use backstop_emulator::Silent;
use backstop_tests::{Sender, drill};
use serde_json::json;

const SIZE: usize = 300 * 1024;

pub(crate) async fn a_finding_of_300_kb_is_contained(environment: Arc<Environment>) {
    let drill = drill("leaked-access-key").unwrap();
    let fixtures = Fixtures::plant(environment.account(), &drill, "large")
        .await
        .unwrap();
    let mut event = finding_about(&environment, &drill, &fixtures).unwrap();
    *event.detail.pointer_mut("/service/additionalInfo/value").unwrap() =
        "ten bytes.".repeat(SIZE / 10).into();
    let message = json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": event.detail_type,
        "source": "backstop.drill",
        "account": environment.account().account_id(),
        "time": "2026-05-01T00:00:00Z",
        "region": environment.account().region(),
        "resources": [],
        "detail": event.detail,
    });
    environment.let_service_have(&event.detail_type, &event.detail);
    Sender::of(&environment).await.put(&message.to_string()).await;

    let opened = follow::incident(&environment, "leaked-access-key", &event.finding_id)
        .await
        .unwrap();
    let ended = follow::execution(
        &environment,
        &opened,
        &OnCall::new(&environment, "large"),
        &Silent,
    )
    .await
    .unwrap();
    assert_eq!(ended.failure, None);
    let incident = environment
        .ledger()
        .log(opened.id())
        .await
        .unwrap()
        .incident()
        .unwrap();
    assert_eq!(incident.status(), Status::Confirmed);
}
