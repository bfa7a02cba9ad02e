//! Locks of the attacker's own: findings would join an incident that nobody works on, or have a machine started for one
//! that the attacker wrote.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use backstop_core::{
    IncidentId, Mode, Target,
    finding::parse,
    incident::{Incident, Status},
    log::Origin,
};
use backstop_tests::{Case, Leaked, People, Scene};
use serde_json::json;

use crate::{
    attacker,
    receipts::WRITES,
    told,
    tried::{Ended, Tried},
};

const PLAYBOOK: &str = "leaked-access-key";
const RIGHT: &str = "break-glass on the table";

pub(crate) async fn attacks(scene: &Scene, people: &People) -> Vec<Tried> {
    let credentials = attacker::break_glass(scene, &WRITES).await;
    let ledger = scene.environment.ledger_as(credentials.clone());
    let writer = Writer {
        client: Client::new(&scene.environment.account().sdk_config(credentials)),
        table: scene.environment.stack().incidents_table().unwrap().to_owned(),
    };
    let mut tried = Vec::new();
    let mut answered = async |attack: &str, leaked: &Leaked, named: &IncidentId| {
        let finding = scene.send_leak(leaked).await;
        let is_answered = |incident: &Incident| incident.status() == Status::Contained;
        let (id, _) = scene.until(&finding, is_answered).await;
        assert_ne!(&id, named);
        assert_eq!(scene.state(leaked).await, (false, true), "{attack}");
        let page = told(people, named.as_str()).await;
        assert!(page.subject.contains("somebody else wrote"), "{page:?}");
        tried.push(Tried::new(
            attack,
            RIGHT,
            Ended::Noticed,
            "the finding is answered by an incident of its own, and people are paged",
        ));
    };

    let leaked = scene.leak(true).await;
    let nothing = IncidentId::from("01JDXQ6T8R7M5V9N2K4H3G1FZC");
    writer.lock(&target_of(scene, &leaked), &nothing, true).await;
    answered("a lock that names no incident", &leaked, &nothing).await;

    let leaked = scene.leak(true).await;
    let unlisted = open(&ledger, &target_of(scene, &leaked)).await;
    writer.lock(&target_of(scene, &leaked), &unlisted, true).await;
    writer.unlist(&unlisted).await;
    answered(
        "a lock that swallows findings into a forged incident",
        &leaked,
        &unlisted,
    )
    .await;

    let (leaked, victim) = (scene.leak(true).await, scene.leak(true).await);
    let foreign = open(&ledger, &target_of(scene, &victim)).await;
    writer.lock(&target_of(scene, &leaked), &foreign, false).await;
    answered(
        "a lock that starts a forged incident about somebody else",
        &leaked,
        &foreign,
    )
    .await;
    let machine = scene.environment.stack().machine_arn(PLAYBOOK).unwrap();
    let execution = format!("{}:{foreign}", machine.replace(":stateMachine:", ":execution:"));
    let described = scene
        .sfn()
        .describe_execution()
        .execution_arn(execution)
        .send()
        .await;
    assert!(described.is_err(), "its machine was started: {described:?}");
    assert_eq!(
        scene.state(&victim).await,
        (true, false),
        "nobody else was contained"
    );
    tried
}

async fn open(ledger: &backstop_runtime::Ledger, target: &Target) -> IncidentId {
    let case = Case {
        playbook: PLAYBOOK.into(),
        target: target.clone(),
        mode: Mode::Auto,
        steps: Vec::new(),
        origin: Origin::Drill,
    };
    case.open(ledger).await
}

/// The target as intake finds it in the finding.
fn target_of(scene: &Scene, leaked: &Leaked) -> Target {
    let event = scene.finding_of_leak(leaked, "00000000000000000000000000010c10");
    let event = json!({ "source": backstop_drill::environment::SOURCE, "detail-type": event.detail_type, "detail": event.detail });
    parse(event.to_string().as_bytes()).unwrap().findings[0].targets[0].clone()
}

struct Writer {
    client: Client,
    table: String,
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

impl Writer {
    async fn lock(&self, target: &Target, incident: &IncidentId, started: bool) {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", text(format!("TARGET#DRILL#{}#{PLAYBOOK}", target.key())))
            .item("sk", text("LOCK"))
            .item("incident", text(incident.as_str()));
        let put = if started {
            put.item("started", text("yes"))
        } else {
            put
        };
        put.send().await.unwrap();
    }

    async fn unlist(&self, incident: &IncidentId) {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("pk", text(format!("INCIDENT#{incident}")))
            .key("sk", text("META"));
        delete.send().await.unwrap();
    }
}
