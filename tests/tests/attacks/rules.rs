//! A rule of the attacker's own that delivers to Backstop's queue or topic in the name of EventBridge.

use std::time::Duration;

use aws_sdk_eventbridge::{
    Client,
    types::{PutEventsRequestEntry, Target},
};
use backstop_tests::{People, Scene};
use serde_json::json;

use crate::{
    attacker,
    tried::{Ended, Tried, in_row},
};

const RIGHTS: [&str; 3] = ["events:PutEvents", "events:PutRule", "events:PutTargets"];
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn attacks(scene: &Scene, people: &People) -> Vec<Tried> {
    let victim = scene.leak(true).await;
    let finding_id = "000000000000000000000000000dead1";
    let event = scene.finding_of_leak(&victim, finding_id);
    let forged =
        json!({ "source": "aws.guardduty", "detail-type": event.detail_type, "detail": event.detail });
    let page = json!("FORGED-PAGE: everything is contained");

    let account = scene.environment.account();
    let client = Client::new(&account.sdk_config(attacker::with(scene, &RIGHTS).await));
    let queue = scene.environment.stack().intake_queue_url().unwrap();
    let queue = format!(
        "arn:aws:sqs:{}:{}:{}",
        account.region(),
        account.account_id(),
        queue.rsplit('/').next().unwrap()
    );
    let topic = scene.environment.stack().alerts_topic_arn().unwrap().to_owned();

    deliver(&client, "to-the-queue", &queue, &forged.to_string()).await;
    deliver(&client, "to-the-topic", &topic, &page.to_string()).await;
    // What comes behind them by Backstop's own rule is answered and told: they would have been before.
    let behind = scene.leak(true).await;
    let (answered, _) = scene.answer(&behind).await;
    scene.settled(PATIENCE).await;
    assert!(
        !people.told_of(answered.as_str()).await.is_empty(),
        "the next is told"
    );
    assert!(
        scene.logs_of(finding_id).await.is_empty(),
        "no incident was opened"
    );
    assert_eq!(scene.state(&victim).await, (true, false), "nobody was contained");
    assert!(people.told_of("FORGED-PAGE").await.is_empty(), "nobody was told");

    let right = RIGHTS.join(", ");
    let seen = "the rule's delivery is refused by the policy of its target";
    in_row(
        "events:PutRule, PutTargets and PutEvents",
        vec![
            Tried::new("a rule that sends forged findings", &right, Ended::Refused, seen),
            Tried::new("a rule that sends a forged page", &right, Ended::Refused, seen),
        ],
    )
}

/// Makes a rule that sends `input`, and an event that it matches.
async fn deliver(client: &Client, name: &str, arn: &str, input: &str) {
    let pattern = json!({ "source": [name] }).to_string();
    client
        .put_rule()
        .name(name)
        .event_pattern(pattern)
        .send()
        .await
        .unwrap();
    let target = Target::builder().id("it").arn(arn).input(input).build().unwrap();
    client
        .put_targets()
        .rule(name)
        .targets(target)
        .send()
        .await
        .unwrap();
    let entry = PutEventsRequestEntry::builder()
        .source(name)
        .detail_type("it")
        .detail("{}");
    let put = client.put_events().entries(entry.build()).send().await.unwrap();
    assert_eq!(put.failed_entry_count(), 0, "{put:?}");
}
