//! Opens an incident past intake, with whatever steps a test wants.

use backstop_core::{
    IncidentId, Mode, PlaybookName, Target,
    finding::Peer,
    finding::{Route, Severity, SeverityLabel},
    log::{FindingRef, Opened, Origin, Record, StepRef},
};
use backstop_runtime::{
    IncidentLog, Ledger,
    ledger::{NewIncident, Opening},
};
use jiff::Timestamp;
use ulid::Ulid;

/// What an incident is opened with.
#[derive(Clone, Debug)]
pub struct Case {
    pub playbook: PlaybookName,
    pub target: Target,
    pub mode: Mode,
    pub steps: Vec<StepRef>,
    pub origin: Origin,
}

impl Case {
    /// The incident's id.
    pub async fn open(&self, ledger: &Ledger) -> IncidentId {
        let opened = Opened {
            playbook: self.playbook.clone(),
            target: self.target.clone(),
            mode: self.mode,
            steps: self.steps.clone(),
            origin: self.origin.clone(),
            title: "a test".to_owned(),
            finding: finding(),
            linked: None,
            case: backstop_core::case::Case::default(),
            guardrails: Vec::new(),
        };
        let new = NewIncident {
            opened,
            raw: b"{}".to_vec(),
            hourly_limit: 1000,
        };
        let mut opening = ledger.open(new.clone(), None).await.unwrap();
        // There is one account: incidents about it follow one another.
        if let Opening::Taken(lock) = &opening {
            let before = ledger.log(&lock.incident).await.unwrap().incident().unwrap();
            assert!(
                before.closed.is_some(),
                "incident {} has the target",
                lock.incident
            );
            let lock = lock.clone();
            opening = ledger.open(new, Some(&lock)).await.unwrap();
        }
        match opening {
            Opening::Opened { incident, mode, .. } => {
                assert_eq!(mode, self.mode);
                incident
            }
            Opening::Taken(lock) => panic!("incident {} has the target already", lock.incident),
        }
    }
}

/// A log in as many lines as it has records, for who reads a failed test.
pub fn story(log: &IncidentLog) -> String {
    let line = |record: &Record| {
        let event = serde_json::to_string(&record.event).unwrap();
        format!("\n{} {}", record.at, event.chars().take(300).collect::<String>())
    };
    log.records().iter().map(line).collect()
}

fn finding() -> FindingRef {
    FindingRef {
        key: Ulid::generate().to_string(),
        finding_type: "UnauthorizedAccess:IAMUser/Test".to_owned(),
        route: Route::Manual,
        severity: Severity::of_label(SeverityLabel::High),
        count: 1,
        first_seen: None,
        last_seen: None,
        created_at: Some(Timestamp::now()),
        updated_at: Some(Timestamp::now()),
        message: None,
        facts: Vec::new(),
        // For actions that read the finding.
        peers: vec![Peer {
            address: std::net::IpAddr::from([203, 0, 113, 66]),
            is_amazons: false,
        }],
        hub: None,
    }
}
