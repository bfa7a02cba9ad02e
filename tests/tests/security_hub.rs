//! A finding that came by Security Hub: there, too, it ends as the incident ended, and that update acts on nothing.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::time::Duration;

use aws_sdk_securityhub::types::{AwsSecurityFinding, WorkflowStatus};
use backstop_core::{
    Mode,
    hub_update::Workflow,
    incident::{Incident, Status},
    log::Event,
};
use backstop_tests::{Leaked, Scene, Sender};
use jiff::Timestamp;
use serde_json::{Value, json};
use ulid::Ulid;

const FIXTURE: &str = include_str!("../../crates/core/tests/fixtures/asff-guardduty.json");

/// GuardDuty's finding about a user's key, as Security Hub hands it on.
fn event(leaked: &Leaked, scene: &Scene, id: &str) -> Value {
    let account = scene.environment.account();
    let now = Timestamp::now().to_string();
    let text = FIXTURE
        .replace("eu-west-1", account.region())
        .replace("123456789012", account.account_id())
        .replace("0f1e2d3c4b5a69788796a5b4c3d2e1f0", id)
        .replace("AKIAIOSFODNN7EXAMPLE", &leaked.key_id)
        .replace("\"alice\"", &format!("\"{}\"", leaked.user))
        .replace("2026-03-01T10:07:00.000Z", &now);
    serde_json::from_str(&text).unwrap()
}

/// Into the account's Security Hub, by root; the fields that Security Hub is asked for later are enough.
async fn import(scene: &Scene, finding: &Value) -> aws_sdk_securityhub::Client {
    let account = scene.environment.account();
    let hub = aws_sdk_securityhub::Client::new(&account.sdk_config(account.root()));
    let text = |name: &str| finding[name].as_str().unwrap().to_owned();
    let resource = aws_sdk_securityhub::types::Resource::builder()
        .r#type("AwsIamAccessKey")
        .id(finding["Resources"][0]["Id"].as_str().unwrap())
        .build();
    let imported = AwsSecurityFinding::builder()
        .schema_version("2018-10-08")
        .id(text("Id"))
        .product_arn(text("ProductArn"))
        .generator_id(text("GeneratorId"))
        .aws_account_id(text("AwsAccountId"))
        .created_at(text("CreatedAt"))
        .updated_at(text("UpdatedAt"))
        .title(text("Title"))
        .description(text("Description"))
        .resources(resource)
        .build();
    hub.batch_import_findings()
        .findings(imported)
        .send()
        .await
        .unwrap();
    hub
}

/// The event that Security Hub sends for our own update.
fn echo(mut event: Value, found: &AwsSecurityFinding) -> Value {
    let note = found.note().unwrap();
    let finding = &mut event["detail"]["findings"][0];
    finding["Note"] =
        json!({ "Text": note.text(), "UpdatedBy": note.updated_by(), "UpdatedAt": note.updated_at() });
    finding["Workflow"]["Status"] = json!(found.workflow().unwrap().status().unwrap().as_str());
    event
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_resolved_there_with_a_note_and_the_echo_acts_on_nothing() {
    let scene = Scene::start(Mode::Auto, &[("ConfirmAfterSeconds", "10")]).await;
    let leaked = scene.leak(false).await;
    let id = format!("{:032x}", u128::from(Ulid::generate()));
    let event = event(&leaked, &scene, &id);
    let hub = import(&scene, &event["detail"]["findings"][0]).await;

    let mut there = scene.finding_of_leak(&leaked, &id);
    there.detail["type"] = json!("UnauthorizedAccess:IAMUser/TorIPCaller");
    there.detail["severity"] = json!(8);
    scene
        .environment
        .let_service_have(&there.detail_type, &there.detail);
    let sender = Sender::of(&scene.environment).await;
    sender.put(&event.to_string()).await;
    let (_, contained) = scene.until(&id, |incident| incident.hub_told.is_some()).await;
    assert_eq!(contained.status(), Status::Contained);
    assert_eq!(contained.hub_told, Some(Workflow::Notified), "it was read once");
    let is_resolved = |incident: &Incident| incident.hub_told == Some(Workflow::Resolved);
    let (incident_id, incident) = scene.until(&id, is_resolved).await;
    assert_eq!(incident.status(), Status::Confirmed);
    assert_eq!(scene.state(&leaked).await, (false, true));

    let log = scene.environment.ledger().log(&incident_id).await.unwrap();
    let Some(Event::HubTold {
        workflow,
        updated,
        failed,
    }) = log
        .records()
        .iter()
        .rev()
        .map(|record| &record.event)
        .find(|event| matches!(event, Event::HubTold { .. }))
    else {
        unreachable!("Security Hub wasn't told")
    };
    assert_eq!(
        (*workflow, updated.len(), failed.len()),
        (Workflow::Resolved, 1, 0),
        "{failed:?}"
    );
    let found = hub.get_findings().send().await.unwrap();
    let found = found
        .findings()
        .iter()
        .find(|it| it.id().is_some_and(|it| it.ends_with(&id)))
        .unwrap();
    assert_eq!(
        found.workflow().unwrap().status(),
        Some(&WorkflowStatus::Resolved)
    );
    assert!(
        found
            .note()
            .unwrap()
            .text()
            .unwrap()
            .contains(incident_id.as_str())
    );

    for workflow in ["RESOLVED", "NOTIFIED"] {
        let mut echo = echo(event.clone(), found);
        echo["detail"]["findings"][0]["Workflow"]["Status"] = json!(workflow);
        sender.put(&echo.to_string()).await;
    }
    scene.drained(Duration::from_secs(60)).await;
    let after = scene.environment.ledger().log(&incident_id).await.unwrap();
    // Keeping the evidence comes after telling Security Hub.
    let is_finding = |record: &&backstop_core::log::Record| {
        matches!(
            record.event,
            Event::FindingJoined(_) | Event::Acting { .. } | Event::StepEnded { .. }
        )
    };
    let counted = |log: &backstop_runtime::IncidentLog| log.records().iter().filter(is_finding).count();
    assert_eq!(counted(&after), counted(&log), "nothing was added");
    assert_eq!(
        scene.statuses().await,
        [(Status::Confirmed, 1)].into(),
        "nothing was opened"
    );
    scene.end().await;
}
