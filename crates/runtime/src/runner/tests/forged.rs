//! What whoever writes to the incidents table can make a responder do: nothing but what it would have done.

use backstop_core::{incident::Status, outcome::UndoOutcome as Undone, task::VerifyTask};

use super::*;

/// Plans one change with this receipt, and notes which receipts it is given.
struct Noting {
    given: Arc<Mutex<Vec<Value>>>,
}

const OWN: &str = "read just now";
const HOSTILE: &str = "Allow * *";

#[async_trait]
impl Action for Noting {
    fn spec(&self) -> &'static ActionSpec {
        &ec2::isolate_instance::SPEC
    }

    async fn plan(&self, request: &StepRequest) -> Result<Plan, StepError> {
        Ok(plan_with(request, OWN))
    }

    async fn act(&self, _: &Permit, _: &StepRequest, receipt: &Receipt) -> Result<(), StepError> {
        self.given.lock().unwrap().push(receipt.0.clone());
        Ok(())
    }

    async fn verify(&self, _: &StepRequest, receipt: Option<&Receipt>) -> Result<Verification, StepError> {
        Ok(Verification {
            holds: true,
            observed: format!("{:?}", receipt.map(|receipt| &receipt.0)),
        })
    }

    async fn undo(&self, _: &Permit, _: &StepRequest, receipt: &Receipt) -> Result<UndoOutcome, StepError> {
        self.given.lock().unwrap().push(receipt.0.clone());
        Ok(UndoOutcome::Restored {
            what: "it".to_owned(),
        })
    }
}

fn plan_with(request: &StepRequest, receipt: &str) -> Plan {
    Plan {
        step: request.step.clone(),
        action: "ec2.isolate-instance".into(),
        principal: "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0".to_owned(),
        tags: BTreeMap::new(),
        changes: vec![Change {
            api: "ec2:ModifyNetworkInterfaceAttribute".into(),
            what: "groups".into(),
            now: "sg-1".into(),
            after: "ours".into(),
        }],
        blast_radius: Vec::new(),
        limits: Vec::new(),
        needs_approval: None,
        captured: None,
        manual_undo: vec!["aws ec2 …".to_owned()],
        receipt: Receipt(json!(receipt)),
    }
}

struct Scene {
    table: FakeTable,
    runner: Runner,
    given: Arc<Mutex<Vec<Value>>>,
}

impl Scene {
    fn new(maximum: Mode) -> Self {
        let opened = Event::Opened(Box::new(opened_with(Options::new()).opened));
        let table = FakeTable::opened_with(&Record::first(now(), "1".into(), opened).unwrap());
        let given = Arc::default();
        let action = Noting {
            given: Arc::clone(&given),
        };
        let runner = Runner::new(
            table.ledger(),
            bounds(maximum),
            Arc::new(Accounts::mocked("123456789012")),
            vec![Arc::new(action)],
        );
        Self { table, runner, given }
    }

    fn given(&self) -> Vec<Value> {
        self.given.lock().unwrap().clone()
    }

    async fn incident(&self) -> Incident {
        let log = self.table.ledger().log(&"01J".into()).await.unwrap();
        log.incident().unwrap()
    }

    fn forge(&self, receipt: &str) {
        let plan = plan_with(&step_request(&task()), receipt);
        self.table.write(Event::Acting { plan: Box::new(plan) });
    }

    fn ask_undo(&self) {
        self.table.write(Event::Closed {
            status: Status::Failed,
        });
        self.table.write(Event::UndoRequested {
            by: "arn:aws:iam::123456789012:user/bob".into(),
            reason: None,
            steps: vec!["obey".into()],
            accepting: Vec::new(),
        });
    }
}

fn task() -> StepTask {
    StepTask {
        incident: "01J".into(),
        target: target(),
        step: "obey".into(),
        action: "ec2.isolate-instance".into(),
        with: Options::new(),
    }
}

#[tokio::test]
async fn a_forged_beginning_is_not_carried_out_and_keeps_nothing_from_being_done() {
    let scene = Scene::new(Mode::Auto);
    scene.forge(HOSTILE);
    let answer = scene.runner.act(&task()).await.unwrap();
    assert_eq!(answer.outcome, Some(Outcome::Done));
    assert_eq!(scene.given(), [json!(OWN)], "it acts on what it read itself");

    // What is undone would be what somebody else wrote: nothing is.
    scene.ask_undo();
    let undone = scene.runner.undo(&task()).await.unwrap();
    assert!(
        matches!(&undone, Undone::Failed { error, detail } if error == "Backstop.Refused" && detail.contains("receipt")),
        "{undone:?}"
    );
    assert_eq!(scene.given().len(), 1);
}

#[tokio::test]
async fn what_was_begun_is_carried_on_and_undone_and_nothing_else_is() {
    let scene = Scene::new(Mode::Auto);
    scene.runner.act(&task()).await.unwrap();
    scene.ask_undo();
    let undone = scene.runner.undo(&task()).await.unwrap();
    assert!(matches!(undone, Undone::Restored { .. }), "{undone:?}");
    assert_eq!(scene.given(), [json!(OWN), json!(OWN)]);
}

#[tokio::test]
async fn an_altered_receipt_is_followed_neither_by_acting_nor_by_undoing() {
    let scene = Scene::new(Mode::Auto);
    let request = step_request(&task());
    let before = plan_with(&request, "read before");
    scene.runner.prove(&request, &before).await.unwrap();
    scene.forge(HOSTILE);
    let answer = scene.runner.act(&task()).await.unwrap();
    assert_eq!(answer.outcome, Some(Outcome::Done));
    scene.ask_undo();
    let undone = scene.runner.undo(&task()).await.unwrap();
    assert!(
        matches!(&undone, Undone::Failed { error, detail } if error == "Backstop.Refused" && detail.contains("receipt")),
        "{undone:?}"
    );
    assert_eq!(scene.given(), [json!(OWN)], "it acts on what it read itself");
    let incident = scene.incident().await;
    let by_hand = incident.step(&"obey".into()).unwrap().manual_undo();
    assert_eq!(by_hand.len(), 1);
    assert!(by_hand.iter().all(|line| line.starts_with("# ")), "{by_hand:?}");
}

/// Two attempts at the same time planned differently. The proof of the one came first, and the log has the other only, or
/// first.
#[tokio::test]
async fn whichever_of_two_attempts_the_log_has_is_carried_on_and_undone() {
    for with_the_first in [false, true] {
        let scene = Scene::new(Mode::Auto);
        let request = step_request(&task());
        for attempt in ["the first's", "the second's"] {
            let plan = plan_with(&request, attempt);
            scene.runner.prove(&request, &plan).await.unwrap();
        }
        scene.forge("the second's");
        if with_the_first {
            scene.forge("the first's");
        }
        let answer = scene.runner.act(&task()).await.unwrap();
        assert_eq!(answer.outcome, Some(Outcome::Done));
        scene.ask_undo();
        let undone = scene.runner.undo(&task()).await.unwrap();
        assert!(matches!(undone, Undone::Restored { .. }), "{undone:?}");
        assert_eq!(scene.given(), [json!("the second's"), json!("the second's")]);
    }
}

/// A receipt of a step that changed nothing is never proven, so it must not say what is read back either.
#[tokio::test]
async fn a_forged_receipt_of_a_step_without_changes_does_not_say_what_is_read_back() {
    let observed = async |captured: Option<Value>| {
        let scene = Scene::new(Mode::Auto);
        let plan = Plan {
            changes: Vec::new(),
            captured,
            ..plan_with(&step_request(&task()), HOSTILE)
        };
        scene.table.write(Event::Acting { plan: Box::new(plan) });
        scene.table.write(Event::StepEnded {
            step: "obey".into(),
            outcome: Outcome::Done,
        });
        let verify = VerifyTask {
            incident: "01J".into(),
            target: target(),
        };
        scene.runner.verify(&verify).await.unwrap();
        let incident = scene.incident().await;
        let state = incident.step(&"obey".into()).unwrap();
        state.verification.as_ref().unwrap().observed.clone()
    };
    assert_eq!(observed(None).await, "None");
    assert_eq!(observed(Some(json!("evidence"))).await, "Some(Null)");
}

#[tokio::test]
async fn the_deployments_maximum_holds_whatever_the_log_says() {
    let scene = Scene::new(Mode::Approve);
    assert_eq!(scene.incident().await.opened.mode, Mode::Auto);
    let answer = scene.runner.act(&task()).await.unwrap();
    assert!(answer.drifted && answer.outcome.is_none(), "{answer:?}");
    let records = scene.table.records();
    let said = records.iter().any(
        |record| matches!(&record.event, Event::GuardrailDecided(decision) if decision.guardrail == "maximum-mode"),
    );
    assert!(said, "{records:?}");

    let scene = Scene::new(Mode::Observe);
    let answer = scene.runner.act(&task()).await.unwrap();
    assert!(
        matches!(&answer.outcome, Some(Outcome::Refused { reason, .. }) if reason.contains("observe")),
        "{answer:?}"
    );
    assert_eq!(scene.given(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_function_that_only_reads_changes_nothing() {
    let mut scene = Scene::new(Mode::Auto);
    scene.runner.bounds = Bounds {
        maximum: Mode::Auto,
        ..Bounds::reading(Protection::default())
    };
    let answer = scene.runner.act(&task()).await.unwrap();
    assert!(
        matches!(&answer.outcome, Some(Outcome::Refused { guardrail, .. }) if guardrail == "reads-only"),
        "{answer:?}"
    );
    assert_eq!(scene.given(), Vec::<Value>::new());
}
