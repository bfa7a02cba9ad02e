//! Logs that whoever may write the incidents table forged: every action of the registry that changes something, with
//! every field of its receipt made hostile, asked to act and to undo. Nothing that was contained comes back, and nothing
//! is given to anybody. A new action is tried by being registered.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use backstop_actions::ActionSpec;
use backstop_core::{
    IncidentId, Mode, Outcome, Plan, Receipt, Risk, UndoOutcome,
    incident::Status,
    log::{Event, Origin, Phase, StepRef},
    task::{RespondTask, StepAnswer, StepTask},
};
use backstop_drill::Environment;
use backstop_emulator::RecordedCall;
use backstop_tests::{Case, Functions, KnownAction, Planted, Setting, drill, environment, in_template, only};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

const STEP: &str = "the-step";
const READS: [&str; 5] = ["Describe", "Get", "Head", "List", "Lookup"];

/// What a forger would put where a name, an id or a policy stands.
fn hostile() -> Vec<Value> {
    let allow = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*", "Principal": { "AWS": "999999999999" } }],
    });
    vec![
        json!(""),
        json!("OrgAdmin"),
        json!("arn:aws:iam::999999999999:instance-profile/evil"),
        json!(allow.to_string()),
        allow,
        json!("x".repeat(20_000)),
        json!(-1),
        json!(true),
        json!(null),
        json!(["sg-0fedcba9876543210"]),
        json!("1970-01-01T00:00:00Z"),
    ]
}

/// The receipt as it is, in a log that nobody's function wrote, and with each of its values made hostile.
fn mutated(receipt: &Value) -> Vec<Value> {
    let mut all = vec![receipt.clone()];
    for path in paths(receipt, "") {
        for value in hostile() {
            let mut other = receipt.clone();
            let place = if path.is_empty() {
                Some(&mut other)
            } else {
                other.pointer_mut(&path)
            };
            *place.unwrap() = value;
            if &other != receipt {
                all.push(other);
            }
        }
    }
    all
}

/// Where the values of a receipt are; of a list, those of its first.
fn paths(value: &Value, at: &str) -> Vec<String> {
    let mut paths = vec![at.to_owned()];
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                paths.extend(paths_of(inner, at, &key));
            }
        }
        Value::Array(items) => paths.extend(items.first().iter().flat_map(|one| paths_of(one, at, "0"))),
        _ => {}
    }
    paths
}

fn paths_of(value: &Value, at: &str, key: &str) -> Vec<String> {
    paths(value, &format!("{at}/{key}"))
}

#[test]
fn every_value_of_a_receipt_is_made_hostile() {
    let receipt = json!({ "holder": "alice", "groups": [{ "id": "sg-1" }] });
    let mut found = paths(&receipt, "");
    found.sort();
    assert_eq!(found, ["", "/groups", "/groups/0", "/groups/0/id", "/holder"]);
    assert!(mutated(&receipt).len() > 5 * (hostile().len() - 1));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of both cores: cargo test --workspace --test forged_receipts -- --ignored --nocapture"]
async fn no_receipt_is_followed_that_no_responder_wrote() {
    let began = Instant::now();
    let changing = backstop_actions::actions().filter(|action| KnownAction::is_tried(action));
    let changing: Vec<&'static ActionSpec> = only(changing.collect(), |action| action.id);
    let mut by_function: BTreeMap<&'static str, Vec<&'static ActionSpec>> = BTreeMap::new();
    for action in &changing {
        by_function.entry(action.function).or_default().push(action);
    }
    let setting = Setting {
        mode: Mode::Approve,
        without_permission: None,
    };
    let environment = Arc::new(environment(setting).await.unwrap());
    let functions = Arc::new(Functions::of(&environment, by_function.keys().copied()).await);
    let tried = Arc::new(AtomicUsize::new(0));
    // A function's calls are told from another's by its role, so each function has a task of its own.
    let tasks: Vec<_> = by_function
        .into_values()
        .map(|actions| {
            let (environment, functions, tried) = (
                Arc::clone(&environment),
                Arc::clone(&functions),
                Arc::clone(&tried),
            );
            tokio::spawn(async move {
                // All at first: what one action contains, as the whole account, keeps others from being planted.
                let mut planted = Vec::new();
                for action in actions {
                    let drill = drill(KnownAction::find(action.id).drill).unwrap();
                    planted.push((action, Planted::of(environment.account(), &drill).await));
                }
                for (action, planted) in planted {
                    let bench = Bench::contained(&environment, &functions, action, planted).await;
                    let count = bench.try_every_receipt().await;
                    tried.fetch_add(count, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let mut failed = 0;
    for task in tasks {
        failed += usize::from(task.await.is_err());
    }
    eprintln!(
        "{} actions, {} forged receipts, each asked to act and to undo: 0 followed, 0 changes; {} s",
        changing.len(),
        tried.load(Ordering::Relaxed),
        began.elapsed().as_secs()
    );
    let environment = Arc::into_inner(environment).unwrap();
    environment.clear().await.unwrap();
    assert_eq!(failed, 0, "the panics are above");
}

/// One action on a target of its own, which it has contained.
struct Bench<'a> {
    environment: &'a Environment,
    functions: &'a Functions,
    action: &'static ActionSpec,
    case: Case,
    planted: Planted,
    plan: Plan,
}

impl<'a> Bench<'a> {
    async fn contained(
        environment: &'a Environment,
        functions: &'a Functions,
        action: &'static ActionSpec,
        planted: Planted,
    ) -> Self {
        let drill = drill(KnownAction::find(action.id).drill).unwrap();
        let step = StepRef {
            step: STEP.into(),
            action: action.id.into(),
            title: action.sentence.to_owned(),
            phase: Phase::Contain,
            high_impact: false,
            with: serde_json::Map::new(),
        };
        let by = "arn:aws:iam::123456789012:user/alice".to_owned();
        let case = Case {
            playbook: drill.playbook.as_str().into(),
            target: planted.target.clone(),
            mode: Mode::Approve,
            steps: vec![step],
            origin: Origin::Manual { by, reason: None },
        };
        let id = case.open(&environment.ledger()).await;
        let ask = |op: fn(StepTask) -> RespondTask| {
            let task = op(task(&id, &case, action));
            async move { functions.ask(action.function, &task).await.unwrap() }
        };
        ask(RespondTask::Plan).await;
        approve(environment, &id).await;
        let answer: StepAnswer = serde_json::from_value(ask(RespondTask::Act).await).unwrap();
        assert_eq!(answer.outcome, Some(Outcome::Done), "{}", action.id);
        let ledger = environment.ledger();
        let mut log = ledger.log(&id).await.unwrap();
        let plan = log.incident().unwrap().steps.remove(0).plan.unwrap();
        let status = log.incident().unwrap().conclusion();
        log.append(&ledger, Event::Closed { status }).await.unwrap();
        Self {
            environment,
            functions,
            action,
            case,
            planted,
            plan,
        }
    }

    /// How many were tried.
    async fn try_every_receipt(&self) -> usize {
        let before = self.planted.states(self.environment.account()).await;
        let receipts = mutated(&self.plan.receipt.0);
        let count = receipts.len();
        for receipt in receipts {
            self.try_receipt(receipt).await;
        }
        let after = self.planted.states(self.environment.account()).await;
        assert_eq!(after, before, "{}: something was changed", self.action.id);
        count
    }

    async fn try_receipt(&self, receipt: Value) {
        let ledger = self.environment.ledger();
        let id = self.case.open(&ledger).await;
        let mut log = ledger.log(&id).await.unwrap();
        let plan = Plan {
            receipt: Receipt(receipt.clone()),
            ..self.plan.clone()
        };
        let mark = self.mark();
        let acting = Event::Acting { plan: Box::new(plan) };
        log.append(&ledger, acting).await.unwrap();
        let ask = |op: fn(StepTask) -> RespondTask| op(task(&id, &self.case, self.action));
        let function = self.action.function;
        let acted = self
            .functions
            .ask(function, &ask(RespondTask::Act))
            .await
            .unwrap();
        let acted: StepAnswer = serde_json::from_value(acted).unwrap();
        assert_ne!(
            acted.outcome,
            Some(Outcome::Done),
            "{}: {receipt}",
            self.action.id
        );

        let mut log = ledger.log(&id).await.unwrap();
        let closed = Event::Closed {
            status: Status::Failed,
        };
        log.append(&ledger, closed).await.unwrap();
        let asked = Event::UndoRequested {
            by: "arn:aws:iam::123456789012:user/bob".to_owned(),
            reason: None,
            steps: vec![STEP.into()],
            accepting: vec![Risk::ReviveSessions, Risk::ReactivateKey],
        };
        log.append(&ledger, asked).await.unwrap();
        let undone = self
            .functions
            .ask(function, &ask(RespondTask::Undo))
            .await
            .unwrap();
        let undone: UndoOutcome = serde_json::from_value(undone).unwrap();
        assert!(
            matches!(&undone, UndoOutcome::Failed { error, detail }
                if error == "Backstop.Refused" && detail.contains("guardrail `receipt`")),
            "{}: {receipt}: {undone:?}",
            self.action.id
        );
        let changes = self.changes_since(mark);
        assert!(changes.is_empty(), "{}: {receipt}: {changes:?}", self.action.id);
    }

    fn mark(&self) -> u64 {
        let calls = self.environment.account().calls();
        calls.last().map_or(0, |call| call.seq)
    }

    /// The function's calls since then that do more than read, but for its own log.
    fn changes_since(&self, mark: u64) -> Vec<String> {
        let role = format!("{}Role", in_template(self.action.function));
        let is_change = |call: &&RecordedCall| {
            call.seq > mark
                && call.principal.to_string().contains(&role)
                && !["dynamodb", "logs", "xray"].contains(&call.service.as_str())
                && !READS.iter().any(|read| call.action.starts_with(read))
        };
        let calls = self.environment.account().calls();
        calls
            .iter()
            .filter(is_change)
            .map(|call| format!("{}:{}", call.service, call.action))
            .collect()
    }
}

fn task(id: &IncidentId, case: &Case, action: &ActionSpec) -> StepTask {
    StepTask {
        incident: id.clone(),
        target: case.target.clone(),
        step: STEP.into(),
        action: action.id.into(),
        with: serde_json::Map::new(),
    }
}

/// What `backstop approve` writes.
async fn approve(environment: &Environment, id: &IncidentId) {
    let ledger = environment.ledger();
    let mut log = ledger.log(id).await.unwrap();
    let (plan_hash, _) = log.incident().unwrap().plan_hashes().unwrap();
    let asked = Event::ApprovalRequested {
        plan_hash: plan_hash.clone(),
        expires_at: Timestamp::now().checked_add(1.hour()).unwrap(),
        needed: 1,
        body: None,
    };
    log.append(&ledger, asked).await.unwrap();
    let approved = Event::Approved {
        by: "arn:aws:iam::123456789012:user/bob".to_owned(),
        person: None,
        reason: None,
        plan_hash,
    };
    log.append(&ledger, approved).await.unwrap();
}
