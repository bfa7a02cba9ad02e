#![expect(clippy::unwrap_used, reason = "tests")]
use std::sync::Mutex;

use async_trait::async_trait;
use backstop_actions::{ActionSpec, ec2};
use backstop_core::task::VerifyTask;
use backstop_core::{
    Change, Mode, Receipt, Resource, Target, UndoOutcome, Verification,
    finding::{Route, Severity, SeverityLabel},
    guardrail::Protection,
    kind,
    log::{FindingRef, Opened, Options, Origin, Phase, Record, StepRef},
};
use serde_json::json;

use super::*;
use crate::{ledger::fake_table::FakeTable, proof::InMemory};

/// Plans what its option says.
struct Obedient;

#[async_trait]
impl Action for Obedient {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::isolate_instance::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        Ok(Plan {
            step: request.step.clone(),
            action: self.spec().id.into(),
            principal: String::new(),
            tags: BTreeMap::new(),
            changes: Vec::new(),
            blast_radius: vec![format!(
                "untrack {}",
                request.flag(&ec2::isolate_instance::UNTRACK)?
            )],
            limits: Vec::new(),
            needs_approval: None,
            captured: None,
            manual_undo: Vec::new(),
            receipt: Receipt(Value::Null),
        })
    }

    async fn act(&self, _: &Permit, _: &StepRequest, _: &Receipt) -> Result<(), StepError> {
        Ok(())
    }

    async fn verify(&self, _: &StepRequest, _: Option<&Receipt>) -> Result<Verification, StepError> {
        Ok(Verification {
            holds: true,
            observed: String::new(),
        })
    }

    async fn undo(&self, _: &Permit, _: &StepRequest, _: &Receipt) -> Result<UndoOutcome, StepError> {
        Ok(UndoOutcome::NothingToUndo {
            reason: String::new(),
        })
    }
}

fn bounds(maximum: Mode) -> Bounds {
    let protection = Protection::of_stack("backstop", "123456789012", "");
    Bounds::acting(protection, maximum, Arc::new(InMemory::default()))
}

fn target() -> Target {
    Target {
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".into(),
        resource: Resource::Instance(kind::Instance {
            instance_id: "i-0123456789abcdef0".into(),
        }),
    }
}

fn options(untrack: Value) -> Options {
    Options::from_iter([("untrack".to_owned(), untrack)])
}

/// An incident whose one step was opened with these options.
fn opened_with(with: Options) -> Incident {
    let opened = Opened {
        playbook: "compromised-instance".into(),
        target: target(),
        mode: Mode::Auto,
        steps: vec![StepRef {
            step: "obey".into(),
            action: "ec2.isolate-instance".into(),
            title: "Obey".into(),
            phase: Phase::Contain,
            high_impact: false,
            with,
        }],
        origin: Origin::Finding,
        finding: FindingRef {
            key: "key".into(),
            finding_type: "Manual".into(),
            route: Route::Manual,
            severity: Severity::of_label(SeverityLabel::High),
            count: 1,
            first_seen: None,
            last_seen: None,
            created_at: None,
            updated_at: None,
            message: None,
            facts: Vec::new(),
            peers: vec![Peer {
                address: [203, 0, 113, 66].into(),
                is_amazons: false,
            }],
            hub: None,
        },
        title: "obey".into(),
        linked: None,
        case: backstop_core::case::Case::default(),
        guardrails: Vec::new(),
    };
    let record = Record::next(None, now(), "1".into(), Event::Opened(Box::new(opened))).unwrap();
    Incident::replay(&[record]).unwrap()
}

async fn planned_with(task: Options, log: Options) -> (Options, Vec<String>) {
    let task = StepTask {
        incident: "01JTESTTESTTESTTESTTESTTES".into(),
        target: target(),
        step: "obey".into(),
        action: "ec2.isolate-instance".into(),
        with: task,
    };
    let request = step_request(&task);
    let planned = Obedient.plan(&request).await;
    let (request, planned) = as_logged(&Obedient, &opened_with(log), request, Some(planned)).await;
    (request.with, planned.unwrap().blast_radius)
}

#[tokio::test]
async fn a_forged_task_cant_change_the_options() {
    let (with, plan) = planned_with(options(json!(true)), Options::new()).await;
    assert_eq!((with, plan), (Options::new(), vec!["untrack false".to_owned()]));
    let (with, plan) = planned_with(options(json!("no switch")), options(json!(true))).await;
    assert_eq!(
        (with, plan),
        (options(json!(true)), vec!["untrack true".to_owned()])
    );
}

/// Plans the addresses that it is asked about.
struct Reader;

#[async_trait]
impl Action for Reader {
    fn spec(&self) -> &'static ActionSpec {
        Obedient.spec()
    }

    fn reads_the_finding(&self) -> bool {
        true
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let plan = Obedient.plan(request).await?;
        let addresses = request.peers.iter().map(|peer| peer.address.to_string());
        Ok(Plan {
            blast_radius: addresses.collect(),
            ..plan
        })
    }

    async fn act(&self, permit: &Permit, request: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        Obedient.act(permit, request, receipt).await
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        Obedient.verify(request, receipt).await
    }

    async fn undo(
        &self,
        permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        Obedient.undo(permit, request, receipt).await
    }
}

/// Out of the log, and only for an action that says that it acts on it.
#[tokio::test]
async fn an_action_that_reads_the_finding_is_planned_with_its_address() {
    let request = Obedient.request();
    let planned = before_the_log(&Reader, &request).await;
    assert!(planned.is_none(), "it would be planned twice");
    let incident = opened_with(Options::new());
    let (request, planned) = as_logged(&Reader, &incident, request, planned).await;
    assert_eq!(planned.unwrap().blast_radius, ["203.0.113.66"]);
    assert_eq!(request.peers.len(), 1);
    let request = Obedient.request();
    let planned = before_the_log(&Obedient, &request).await;
    assert!(planned.is_some(), "each round trip counts");
    let (request, _) = as_logged(&Obedient, &incident, request, planned).await;
    assert_eq!(request.peers, []);
}

impl Obedient {
    /// What the machine asks for.
    fn request(&self) -> StepRequest {
        step_request(&StepTask {
            incident: "01JTESTTESTTESTTESTTESTTES".into(),
            target: target(),
            step: "obey".into(),
            action: self.spec().id.into(),
            with: Options::new(),
        })
    }
}

/// Notes that it acted; while it plans, the incident is closed.
struct Overtaken {
    table: FakeTable,
    by: Option<Event>,
    acted: Arc<Mutex<usize>>,
}

#[async_trait]
impl Action for Overtaken {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::isolate_instance::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        let mut plan = Obedient.plan(request).await?;
        plan.changes.push(Change {
            api: "ec2:TerminateInstances".into(),
            what: "instance".into(),
            now: "running".into(),
            after: "gone".into(),
        });
        // Others read and write as well, and planning takes its time.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        if let Some(event) = self.by.clone() {
            self.table.write(event);
        }
        Ok(plan)
    }

    async fn act(&self, _: &Permit, _: &StepRequest, _: &Receipt) -> Result<(), StepError> {
        *self.acted.lock().unwrap() += 1;
        Ok(())
    }

    async fn verify(
        &self,
        request: &StepRequest,
        receipt: Option<&Receipt>,
    ) -> Result<Verification, StepError> {
        Obedient.verify(request, receipt).await
    }

    async fn undo(
        &self,
        permit: &Permit,
        request: &StepRequest,
        receipt: &Receipt,
    ) -> Result<UndoOutcome, StepError> {
        Obedient.undo(permit, request, receipt).await
    }
}

/// How the step ended, and how often it acted.
async fn overtaken_by(event: Option<Event>) -> (Option<Outcome>, usize, FakeTable) {
    let opened = Event::Opened(Box::new(opened_with(Options::new()).opened));
    let table = FakeTable::opened_with(&Record::first(now(), "1".into(), opened).unwrap());
    let acted = Arc::new(Mutex::new(0));
    let action = Overtaken {
        table: table.clone(),
        by: event,
        acted: Arc::clone(&acted),
    };
    let runner = Runner::new(
        table.ledger(),
        bounds(Mode::Auto),
        Arc::new(Accounts::mocked("123456789012")),
        vec![Arc::new(action)],
    );
    let task = StepTask {
        incident: "01J".into(),
        target: target(),
        step: "obey".into(),
        action: "ec2.isolate-instance".into(),
        with: Options::new(),
    };
    let answer = runner.act(&task).await.unwrap();
    let acted = *acted.lock().unwrap();
    (answer.outcome, acted, table)
}

#[tokio::test]
async fn what_is_closed_while_a_step_plans_is_not_acted_on() {
    let (outcome, acted, _) = overtaken_by(None).await;
    assert_eq!((outcome, acted), (Some(Outcome::Done), 1));

    let closed = Event::Closed {
        status: backstop_core::incident::Status::Failed,
    };
    let (outcome, acted, table) = overtaken_by(Some(closed)).await;
    assert!(
        matches!(&outcome, Some(Outcome::Refused { guardrail, .. }) if guardrail == "closed"),
        "{outcome:?}"
    );
    assert_eq!(acted, 0);
    let log = table.ledger().log(&"01J".into()).await.unwrap();
    let incident = log.incident().unwrap();
    assert_eq!(incident.step(&"obey".into()).unwrap().outcome, outcome);
}

#[tokio::test]
async fn what_only_joins_while_a_step_plans_does_not_keep_it_from_acting() {
    let joined = Event::FindingJoined(opened_with(Options::new()).opened.finding);
    let (outcome, acted, _) = overtaken_by(Some(joined)).await;
    assert_eq!((outcome, acted), (Some(Outcome::Done), 1));
}

/// What was proven at the end may have been changed back since.
#[tokio::test]
async fn what_is_proven_is_read_again_only_once_the_incident_is_closed() {
    let (_, _, table) = overtaken_by(None).await;
    let accounts = Arc::new(Accounts::mocked("123456789012"));
    let runner = Runner::new(
        table.ledger(),
        bounds(Mode::Auto),
        accounts,
        vec![Arc::new(Obedient)],
    );
    let task = VerifyTask {
        incident: "01J".into(),
        target: target(),
    };
    for (closes, expected) in [(false, 1), (false, 1), (true, 2), (false, 3)] {
        if closes {
            let status = backstop_core::incident::Status::Contained;
            let mut log = table.ledger().log(&"01J".into()).await.unwrap();
            log.append(&table.ledger(), Event::Closed { status })
                .await
                .unwrap();
        }
        runner.verify(&task).await.unwrap();
        let log = table.ledger().log(&"01J".into()).await.unwrap();
        let read = log.records().iter();
        let read = read.filter(|record| matches!(record.event, Event::Verified { .. }));
        assert_eq!(read.count(), expected);
    }
}

mod claimed;
mod forged;
mod read_again;
mod read_result;
