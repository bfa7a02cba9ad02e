//! An incident of a drill that has ended in some way, as its log would say it: what a machine would take days to come to, or
//! what depends on a deployment that was another then.

use backstop_core::{
    Hash, IncidentId, Mode,
    hub_update::Workflow,
    incident::Status,
    log::{Event, FindingRef, Opened, Origin},
};
use backstop_runtime::ledger::{NewIncident, Opening};
use backstop_tests::Scene;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::heard::Heard;

pub(crate) const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

/// A person wants it undone.
pub(crate) fn undo_requested() -> Event {
    Event::UndoRequested {
        by: ALICE.to_owned(),
        reason: None,
        steps: Vec::new(),
        accepting: Vec::new(),
    }
}

/// See the module.
pub(crate) struct Ended {
    status: Status,
    is_undone: bool,
    is_resolved: bool,
    in_a_lower_mode: bool,
    origin: Origin,
}

impl Ended {
    pub(crate) const fn as_status(status: Status) -> Self {
        Self {
            status,
            is_undone: false,
            is_resolved: false,
            in_a_lower_mode: false,
            origin: Origin::Drill,
        }
    }

    /// A person had it undone.
    pub(crate) const fn undone(mut self) -> Self {
        self.is_undone = true;
        self
    }

    /// The deployment went less far then.
    pub(crate) const fn in_a_lower_mode(mut self) -> Self {
        self.in_a_lower_mode = true;
        self
    }

    /// Of a finding that no drill sent.
    pub(crate) fn in_earnest(mut self) -> Self {
        self.origin = Origin::Finding;
        self
    }

    /// Security Hub was told that its finding is dealt with.
    pub(crate) const fn told_as_resolved(mut self) -> Self {
        self.is_resolved = true;
        self
    }

    /// The incident that this finding opened.
    pub(crate) async fn of(&self, scene: &Scene, heard: &Heard) -> IncidentId {
        let finding = heard.finding();
        let mode = match self.status {
            Status::Observed | Status::Reported => Mode::Observe,
            Status::Denied | Status::Expired | Status::Unreached => Mode::Approve,
            _ if self.in_a_lower_mode => Mode::Approve,
            _ => Mode::Auto,
        };
        let opened = Opened {
            playbook: "leaked-access-key".into(),
            target: finding.targets[0].clone(),
            mode,
            steps: Vec::new(),
            origin: self.origin.clone(),
            title: "a test".to_owned(),
            finding: FindingRef::of(&finding, None),
            linked: None,
            case: backstop_core::case::Case::default(),
            guardrails: Vec::new(),
        };
        let new = NewIncident {
            opened: opened.clone(),
            raw: b"{}".to_vec(),
            hourly_limit: 1000,
        };
        let ledger = scene.environment.ledger();
        let Opening::Opened { incident, .. } = ledger.open(new, None).await.unwrap() else {
            unreachable!("nobody else has the key")
        };
        ledger.mark_started(&incident, &opened).await.unwrap();
        let mut log = ledger.log(&incident).await.unwrap();
        for event in self.events(&opened) {
            log.append(&ledger, event).await.unwrap();
        }
        incident
    }

    fn events(&self, opened: &Opened) -> Vec<Event> {
        let mut events = Vec::new();
        if opened.mode == Mode::Approve {
            events.push(Event::ApprovalRequested {
                plan_hash: Hash::default(),
                expires_at: Timestamp::now() + SignedDuration::from_hours(1),
                needed: 1,
                body: None,
            });
        }
        match self.status {
            Status::Denied => {
                let denied = json!({ "event": "denied", "by": ALICE, "reason": "a false alarm" });
                events.push(serde_json::from_value(denied).unwrap());
            }
            Status::Expired | Status::Unreached => events.push(Event::ApprovalExpired),
            _ => {}
        }
        events.push(Event::Closed { status: self.status });
        if self.is_resolved {
            events.push(Event::HubTold {
                workflow: Workflow::Resolved,
                updated: vec![opened.finding.key.clone()],
                failed: Vec::new(),
            });
        }
        if self.is_undone {
            events.push(undo_requested());
        }
        events
    }
}
