//! Findings of the attacker's own on the intake queue: found once as containment of anybody they like.

use aws_credential_types::Credentials;
use aws_sdk_sqs::Client;
use backstop_tests::Scene;
use serde_json::json;

use crate::{
    attacker,
    tried::{Tried, in_row, refusal},
};

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let victim = scene.leak(true).await;
    let finding_id = "00000000000000000000000000000bad";
    let event = scene.finding_of_leak(&victim, finding_id);
    let envelope =
        json!({ "source": "aws.guardduty", "detail-type": event.detail_type, "detail": event.detail });

    let sender = client(scene, attacker::with(scene, &["sqs:SendMessage"]).await);
    let mut tried = Vec::new();
    let forged = [
        ("a forged event to the intake queue", envelope.to_string()),
        ("a bare finding to the intake queue", event.detail.to_string()),
    ];
    for (attack, body) in forged {
        let send = sender.send_message().queue_url(url(scene)).message_body(body);
        let seen = refusal(attack, send.send().await);
        let refused = Tried::refused(attack, "sqs:SendMessage", seen);
        tried.push(refused.in_row("sqs:SendMessage on the intake queue"));
    }

    let rights = [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:PurgeQueue",
        "sqs:ReceiveMessage",
    ];
    let thief = client(scene, attacker::with(scene, &rights).await);
    let taken = refusal(
        "taking",
        thief.receive_message().queue_url(url(scene)).send().await,
    );
    let purged = refusal("purging", thief.purge_queue().queue_url(url(scene)).send().await);
    tried.extend(in_row(
        "sqs:ReceiveMessage, PurgeQueue on it",
        vec![
            Tried::refused("taking findings off the queue", "sqs:ReceiveMessage", taken),
            Tried::refused("emptying the queue", "sqs:PurgeQueue", purged),
        ],
    ));

    assert!(
        scene.logs_of(finding_id).await.is_empty(),
        "no incident was opened"
    );
    assert_eq!(scene.state(&victim).await, (true, false), "nobody was contained");
    tried
}

fn client(scene: &Scene, credentials: Credentials) -> Client {
    Client::new(&scene.environment.account().sdk_config(credentials))
}

fn url(scene: &Scene) -> &str {
    scene.environment.stack().intake_queue_url().unwrap()
}
