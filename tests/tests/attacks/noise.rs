//! Cheap findings before the real one: drills and targets that don't exist once used up what real ones need.

use backstop_core::{
    Mode,
    about::About,
    incident::{Incident, Status},
    log::Origin,
};
use backstop_drill::{finding::Event, fixtures::Identity};
use backstop_tests::{Leaked, Scene, Sender};
use serde_json::json;

use crate::{
    LIMIT,
    tried::{Ended, Tried},
};

const ABSENT: usize = 20;

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    use_up_by_drills(scene).await;
    critical_is_asked(scene).await;
    let sender = Sender::of(&scene.environment).await;
    absent(scene, &sender).await;

    let leaked = scene.leak(false).await;
    let real = scene.finding_of_leak(&leaked, "000000000000000000000000000000a1");
    send(scene, &sender, &real).await;
    let (_, incident) = scene
        .until(&real.finding_id, |incident| incident.closed.is_some())
        .await;
    assert_eq!(
        (&incident.opened.origin, incident.opened.mode),
        (&Origin::Finding, Mode::Auto)
    );
    assert_eq!(incident.status(), Status::Contained);
    assert_eq!(scene.state(&leaked).await, (false, true));
    vec![
        Tried::new(
            "drills and absent targets before a real finding",
            "events:PutEvents",
            Ended::Harmless,
            "the real one is contained unasked",
        ),
        Tried::new(
            "decoys up to the limit before a critical finding",
            "events:PutEvents",
            Ended::Noticed,
            "people are asked about the critical one by itself",
        ),
    ]
}

/// Until one more waits for people.
async fn use_up_by_drills(scene: &Scene) {
    for _ in 0..2 * LIMIT {
        let leaked = scene.leak(true).await;
        let finding = scene.send_leak(&leaked).await;
        let (_, incident) = scene.until(&finding, |_| true).await;
        if incident.limit().is_some() {
            return;
        }
    }
    panic!("drills aren't limited");
}

async fn critical_is_asked(scene: &Scene) {
    let leaked: Leaked = scene.leak(true).await;
    let mut event = scene.finding_of_leak(&leaked, "000000000000000000000000000000a2");
    event.detail["severity"] = json!(9.5);
    scene
        .environment
        .put_event(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let is_asked = |incident: &Incident| incident.notices.is_known(About::Question);
    let (_, incident) = scene.until(&event.finding_id, is_asked).await;
    assert!(incident.limit().is_some(), "{incident:#?}");
}

/// As services would send them, about users that nobody knows.
async fn absent(scene: &Scene, sender: &Sender) {
    let mut sent = Vec::new();
    for number in 0..ABSENT {
        let identity = Identity {
            key_id: format!("AKIAABSENT{number:010}"),
            principal_id: format!("AIDAABSENT{number:010}"),
            user_type: "IAMUser",
            user_name: format!("absent-{number}"),
        };
        let id = format!("{:032x}", 0xab00 + number);
        let event = scene.finding("leaked-access-key", &identity, &id);
        send(scene, sender, &event).await;
        sent.push(id);
    }
    for id in sent {
        let is_over = |incident: &Incident| {
            incident.closed.is_some() || incident.question.is_some() || incident.limit().is_some()
        };
        scene.until(&id, is_over).await;
    }
}

/// As a service does: it has the finding, and its rule sends it.
async fn send(scene: &Scene, sender: &Sender, event: &Event) {
    scene
        .environment
        .let_service_have(&event.detail_type, &event.detail);
    let message =
        json!({ "source": "aws.guardduty", "detail-type": event.detail_type, "detail": event.detail });
    sender.put(&message.to_string()).await;
}
