//! What is heard of a leaked key, and what people and the log have of it.

use std::time::Duration;

use backstop_core::{
    Finding, IncidentId,
    finding::{GUARDDUTY_FINDING, SECURITY_HUB_IMPORTED, parse},
    log::Event,
};
use backstop_tests::{Leaked, Notice, People, Scene};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use ulid::Ulid;

const PATIENCE: Duration = Duration::from_secs(60);
const OF_SECURITY_HUB: &str = include_str!("../../../crates/core/tests/fixtures/asff-guardduty.json");

/// A finding in one of its states.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    id: String,
    detail_type: &'static str,
    detail: Value,
    /// As GuardDuty itself has it.
    there: Value,
}

impl Heard {
    /// A new finding about the key, last seen an hour ago.
    pub(crate) fn of(scene: &Scene, leaked: &Leaked) -> Self {
        let id = format!("{:032x}", u128::from(Ulid::generate()));
        let mut detail = scene.finding_of_leak(leaked, &id).detail;
        let then = Timestamp::now() - SignedDuration::from_hours(1);
        detail["service"]["eventLastSeen"] = json!(then.to_string());
        detail["updatedAt"] = json!(then.to_string());
        detail["severity"] = json!(5);
        Self {
            id,
            detail_type: GUARDDUTY_FINDING,
            there: detail.clone(),
            detail,
        }
    }

    /// The same as Security Hub hands it on.
    pub(crate) fn imported_by_security_hub(mut self, scene: &Scene, leaked: &Leaked) -> Self {
        let account = scene.environment.account();
        let text = OF_SECURITY_HUB
            .replace("eu-west-1", account.region())
            .replace("123456789012", account.account_id())
            .replace("0f1e2d3c4b5a69788796a5b4c3d2e1f0", &self.id)
            .replace("AKIAIOSFODNN7EXAMPLE", &leaked.key_id)
            .replace("\"alice\"", &format!("\"{}\"", leaked.user));
        let mut event: Value = serde_json::from_str(&text).unwrap();
        self.there["type"] = json!("UnauthorizedAccess:IAMUser/TorIPCaller");
        self.there["severity"] = json!(8);
        self.detail_type = SECURITY_HUB_IMPORTED;
        self.detail = event["detail"].take();
        self
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The same, seen again just now, more often.
    pub(crate) fn goes_on(&self) -> Self {
        let mut later = self.clone();
        let now = json!(Timestamp::now().to_string());
        for detail in [&mut later.detail, &mut later.there] {
            detail["service"]["eventLastSeen"] = now.clone();
            detail["service"]["count"] = json!(500);
            detail["updatedAt"] = now.clone();
        }
        later
    }

    /// The same, seen again just now and graver than before.
    pub(crate) fn graver(&self) -> Self {
        let mut later = self.goes_on();
        for detail in [&mut later.detail, &mut later.there] {
            detail["severity"] = json!(8);
        }
        later
    }

    /// Another copy: it was seen more often, before the end.
    pub(crate) fn copied(&self) -> Self {
        let mut copy = self.clone();
        for detail in [&mut copy.detail, &mut copy.there] {
            detail["service"]["count"] = json!(400);
        }
        copy
    }

    /// The same of Security Hub, updated just now; nothing was seen since.
    pub(crate) fn updated(&self) -> Self {
        let mut later = self.clone();
        later.detail["findings"][0]["UpdatedAt"] = json!(Timestamp::now().to_string());
        later
    }

    /// GuardDuty has it, and no event tells of it.
    pub(crate) fn plant(&self, scene: &Scene) {
        scene.environment.let_service_have(GUARDDUTY_FINDING, &self.there);
    }

    /// By the bus; GuardDuty has it.
    pub(crate) async fn send(&self, scene: &Scene) {
        self.plant(scene);
        scene
            .environment
            .put_event(self.detail_type, &self.detail)
            .await
            .unwrap();
    }

    /// By the bus; no service has it.
    pub(crate) async fn send_as_nobody(&self, scene: &Scene) {
        let environment = &scene.environment;
        environment
            .put_event_of_nobody(self.detail_type, &self.detail)
            .await
            .unwrap();
    }

    /// As intake reads it.
    pub(crate) fn finding(&self) -> Finding {
        let source = match self.detail_type {
            GUARDDUTY_FINDING => "aws.guardduty",
            _ => "aws.securityhub",
        };
        let event = json!({ "source": source, "detail-type": self.detail_type, "detail": self.detail });
        parse(event.to_string().as_bytes()).unwrap().findings.remove(0)
    }
}

/// Waits until so many copies of findings have joined an incident.
pub(crate) async fn joined(scene: &Scene, id: &IncidentId, times: usize) {
    let until = Instant::now() + PATIENCE;
    loop {
        let log = scene.environment.ledger().log(id).await.unwrap();
        let joined = log
            .records()
            .iter()
            .filter(|record| matches!(record.event, Event::FindingJoined(_)))
            .count();
        if joined == times {
            return;
        }
        assert!(
            Instant::now() < until,
            "{joined} joined: {}",
            backstop_tests::story(&log)
        );
        sleep(Duration::from_millis(200)).await;
    }
}

/// The notices of an incident with this word, once there is one and nothing is on its way.
pub(crate) async fn told(scene: &Scene, people: &People, id: &IncidentId, word: &str) -> Vec<Notice> {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut all = people.told_of(id.as_str()).await;
        all.retain(|notice| notice.subject.contains(word));
        if !all.is_empty() {
            scene.settled(PATIENCE).await;
            let mut all = people.told_of(id.as_str()).await;
            all.retain(|notice| notice.subject.contains(word));
            return all;
        }
        assert!(Instant::now() < until, "nobody is told `{word}` of {id}");
        sleep(Duration::from_millis(200)).await;
    }
}
