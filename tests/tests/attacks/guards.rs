//! Exemptions and stranger items among the guards, by whoever may write the table: each once switched Backstop off, and
//! nobody heard of it.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use backstop_core::{
    guardrail::{Exemption, ExemptionScope},
    incident::{Incident, Status},
};
use backstop_runtime::Ledger;
use backstop_tests::{People, Scene, lambda};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    attacker,
    receipts::WRITES,
    told,
    tried::{Ended, Tried},
};

const RIGHT: &str = "break-glass on the table";
const TOLD: &str = "people are asked about each finding, and told of the item by the sweep";
const ALL: &str = "01FORGEDALL";
const ACCOUNT: &str = "01FORGEDACCOUNT";
const STRANGE: &str = "STRANGE-SORT-KEY";

/// What findings come to beside such items.
pub(crate) async fn are_met(scene: &Scene) {
    let writer = Writer::new(scene).await;
    let old = scene.leak(true).await;
    let of_user = format!("arn:aws:iam::*:user/{}", old.user);
    let two_years = SignedDuration::from_hours(2 * 366 * 24);
    let capped = exemption("01FORGEDCAPPED", &of_user, Timestamp::now() - two_years);
    writer.ledger.put_exemption(&capped).await.unwrap();
    let (_, incident) = scene.answer(&old).await;
    assert_eq!(
        incident.status(),
        Status::Contained,
        "it ended after the longest time"
    );
    writer.ledger.remove_exemption(&capped.id).await.unwrap();

    let all = exemption(ALL, "*", Timestamp::now());
    writer.ledger.put_exemption(&all).await.unwrap();
    asked(scene).await;
    writer.ledger.remove_exemption(ALL).await.unwrap();

    writer.put_strange().await;
    asked(scene).await;
    writer.remove_strange().await;
}

/// And who hears of them. The sweep also feeds what no incident of its own kind knows, so this comes late.
pub(crate) async fn attacks(scene: &Scene, people: &People) -> Vec<Tried> {
    let writer = Writer::new(scene).await;
    let all = exemption(ALL, "*", Timestamp::now());
    writer.ledger.put_exemption(&all).await.unwrap();
    writer.put_strange().await;
    let sweep = scene.environment.stack().output("SweepFunctionName").unwrap();
    lambda::invoke(scene.environment.account(), sweep).await;
    told(people, ALL).await;
    told(people, STRANGE).await;
    writer.ledger.remove_exemption(ALL).await.unwrap();
    writer.remove_strange().await;
    remembered(scene, people, &writer).await;
    vec![
        Tried::new(
            "an exemption of the whole account, in the table, with the sweep's memory of having told it",
            RIGHT,
            Ended::Noticed,
            "what is in force is told again within a day",
        ),
        Tried::new(
            "an exemption until 9999 that was written long ago",
            RIGHT,
            Ended::Harmless,
            "it ends after the longest time, and the finding is answered",
        ),
        Tried::new(
            "an exemption of everything until 9999, in the table",
            RIGHT,
            Ended::Noticed,
            TOLD,
        ),
        Tried::new(
            "a guardrail with a strange key, in the table",
            RIGHT,
            Ended::Noticed,
            TOLD,
        ),
    ]
}

/// The item that says what people were told is written with the exemption, and says that all is told until the end of time.
async fn remembered(scene: &Scene, people: &People, writer: &Writer) {
    let scope = ExemptionScope::Account {
        account: scene.environment.account().account_id().into(),
    };
    let account = Exemption {
        scope,
        ..exemption(ACCOUNT, "", Timestamp::now())
    };
    writer.ledger.put_exemption(&account).await.unwrap();
    let guards = writer.ledger.guardrails().await.unwrap();
    let now = Timestamp::now();
    let memory = json!({ "guards": guards, "at": now, "all_told": "9999-01-01T00:00:00Z" });
    let until = now + SignedDuration::from_hours(24);
    writer.ledger.keep_memo("guards", &memory, until).await.unwrap();
    let sweep = scene.environment.stack().output("SweepFunctionName").unwrap();
    lambda::invoke(scene.environment.account(), sweep).await;
    let notice = told(people, ACCOUNT).await;
    assert!(notice.subject.contains("in force"), "{notice:?}");
    writer.ledger.remove_exemption(ACCOUNT).await.unwrap();
}

/// Break-glass.
struct Writer {
    ledger: Ledger,
    client: Client,
    table: String,
}

impl Writer {
    async fn new(scene: &Scene) -> Self {
        let credentials = attacker::break_glass(scene, &WRITES).await;
        Self {
            ledger: scene.environment.ledger_as(credentials.clone()),
            client: Client::new(&scene.environment.account().sdk_config(credentials)),
            table: scene.environment.stack().incidents_table().unwrap().to_owned(),
        }
    }

    async fn put_strange(&self) {
        let put = self.client.put_item().table_name(&self.table);
        let put = put.item("pk", text("GUARD")).item("sk", text(STRANGE));
        put.item("guard", text("{")).send().await.unwrap();
    }

    async fn remove_strange(&self) {
        let delete = self.client.delete_item().table_name(&self.table);
        let delete = delete.key("pk", text("GUARD")).key("sk", text(STRANGE));
        delete.send().await.unwrap();
    }
}

/// A finding is still taken in, and people decide.
async fn asked(scene: &Scene) {
    let leaked = scene.leak(true).await;
    let finding = scene.send_leak(&leaked).await;
    let is_asked = |incident: &Incident| incident.status() == Status::AwaitingApproval;
    scene.until(&finding, is_asked).await;
    assert_eq!(scene.state(&leaked).await, (true, false));
}

fn exemption(id: &str, pattern: &str, added_at: Timestamp) -> Exemption {
    Exemption {
        id: id.to_owned(),
        scope: ExemptionScope::Arn {
            pattern: pattern.to_owned(),
        },
        owner: "me".to_owned(),
        reason: "none".to_owned(),
        expires_at: "9999-01-01T00:00:00Z".parse().unwrap(),
        added_by: "arn:aws:iam::123456789012:user/me".to_owned(),
        added_at,
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
