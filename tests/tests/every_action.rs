//! Every action of the registry that changes something: planning changes nothing, acting twice is acting once, undo
//! brings back what was, byte for byte, undoing twice is undoing once, and what drifted is left alone. A new action
//! is tested by being registered.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use backstop_actions::ActionSpec;
use backstop_core::{
    IncidentId, Mode, Outcome, Risk, StepId, UndoOutcome,
    incident::Status,
    log::{Event, Origin, Phase, StepRef},
    task::{RespondTask, StepAnswer, StepTask, VerifyTask},
};
use backstop_drill::Environment;
use backstop_emulator::{Effect, Matcher, RecordedCall};
use backstop_tests::{
    Case, Failure, Functions, KnownAction, Planted, SafeUndo, Seen, Setting, States, drill, environment,
    in_template, only, undoable,
};
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

const STEP: &str = "the-step";
/// What planning and verifying may call in the account.
const READS: [&str; 5] = ["Describe", "Get", "Head", "List", "Lookup"];
const ALL_RISKS: &[Risk] = &[Risk::ReviveSessions, Risk::ReactivateKey];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of both cores: cargo test --workspace --test every_action -- --ignored --nocapture"]
async fn every_action_is_harmless_to_plan_and_repeat_and_exact_to_undo() {
    let began = Instant::now();
    let changing = backstop_actions::actions().filter(|action| KnownAction::is_tried(action));
    let changing: Vec<&'static ActionSpec> = only(changing.collect(), |action| action.id);
    let mut by_function: BTreeMap<&'static str, Vec<&'static ActionSpec>> = BTreeMap::new();
    for action in &changing {
        KnownAction::find(action.id);
        by_function.entry(action.function).or_default().push(action);
    }
    let environment = Arc::new(
        environment(Setting {
            mode: Mode::Approve,
            without_permission: None,
        })
        .await
        .unwrap(),
    );
    let deployed = began.elapsed().as_secs();
    let functions = Arc::new(Functions::of(&environment, by_function.keys().copied()).await);
    // A function's calls are told from another's by its role, so each function has a task of its own.
    let tasks: Vec<_> = by_function
        .into_values()
        .map(|actions| {
            let (environment, functions) = (Arc::clone(&environment), Arc::clone(&functions));
            tokio::spawn(async move { each(&environment, &functions, actions).await })
        })
        .collect();
    let mut failed = Vec::new();
    for task in tasks {
        failed.extend(task.await.unwrap());
    }
    eprintln!(
        "{} of {} actions tried, those that change something; {} s, {deployed} of them for building and deploying",
        changing.len(),
        backstop_actions::actions().count(),
        began.elapsed().as_secs()
    );
    let environment = Arc::into_inner(environment).unwrap();
    if failed.is_empty() {
        return environment.clear().await.unwrap();
    }
    let files = environment.save_logs().await.unwrap();
    environment.end().await.unwrap();
    panic!("{}\nlogs are in {}", failed.join("\n"), files.display());
}

/// The actions of one function, one after another; one that fails stops no other.
async fn each(
    environment: &Arc<Environment>,
    functions: &Arc<Functions>,
    actions: Vec<&'static ActionSpec>,
) -> Vec<String> {
    let mut failed = Vec::new();
    for action in actions {
        let (environment, functions) = (Arc::clone(environment), Arc::clone(functions));
        let check = tokio::spawn(async move {
            act_and_undo_safely(&environment, &functions, action).await;
            undo_with_all_risks(&environment, &functions, action).await;
            undo_after_drift(&environment, &functions, action).await;
        });
        if check.await.is_err() {
            failed.push(format!("`{}` failed; its panic is above", action.id));
        }
    }
    failed
}

async fn act_and_undo_safely(environment: &Environment, functions: &Functions, action: &'static ActionSpec) {
    let bench = Bench::plant(environment, functions, action, Origin::Finding).await;
    let known = bench.known;

    // Planning.
    let mark = bench.mark();
    bench.step(RespondTask::Plan).await.unwrap();
    bench.assert_no_change_since(mark, "planning only reads");
    assert_eq!(
        bench.state().await,
        bench.before,
        "{}: planning changes nothing",
        action.id
    );
    bench.approve().await;

    // The function dies after the change and before the log knows that it is made.
    let mark = bench.mark();
    bench.losing_the_end(RespondTask::Act).await;
    assert!(
        !bench.changes_since(mark).is_empty(),
        "{}: nothing was called",
        action.id
    );
    let once = bench.state().await;
    assert!(bench.has_effect(&once), "{}: no effect in {once:#?}", action.id);
    let answer = bench.act().await;
    assert_eq!(answer.outcome, Some(Outcome::Done), "{}", action.id);
    // But for the moment before which sessions are denied: it is taken at each write.
    let first = without_cut_offs(&once);
    let once = bench.state().await;
    assert_eq!(
        without_cut_offs(&once),
        first,
        "{}: acting twice is acting once",
        action.id
    );
    let mark = bench.mark();
    assert_eq!(bench.act().await.outcome, Some(Outcome::Done), "{}", action.id);
    bench.assert_no_change_since(mark, "what is done isn't done again");

    let mark = bench.mark();
    bench.verify().await;
    bench.assert_no_change_since(mark, "verifying only reads");

    // Nobody accepts a risk, so what could be misused stays off.
    bench.ask_undo(&[]).await;
    let outcome = bench.undo().await;
    let state = bench.state().await;
    match known.safe_undo {
        SafeUndo::Restores => {
            assert!(
                matches!(outcome, UndoOutcome::Restored { .. }),
                "{}: {outcome:?}",
                action.id
            );
            bench.assert_restored(&state);
        }
        SafeUndo::Nothing => {
            assert!(
                matches!(
                    outcome,
                    UndoOutcome::NothingToUndo { .. } | UndoOutcome::KeptOff { .. }
                ),
                "{}: {outcome:?}",
                action.id
            );
            assert_eq!(state, once, "{}: what it kept stays", action.id);
        }
        SafeUndo::KeepsTheKeyOff => {
            assert!(
                matches!(outcome, UndoOutcome::KeptOff { .. }),
                "{}: {outcome:?}",
                action.id
            );
            assert_eq!(state, once, "{}: the key stays off", action.id);
        }
        SafeUndo::KeepsSessionsDenied => {
            assert!(
                matches!(outcome, UndoOutcome::KeptUntil { .. }),
                "{}: {outcome:?}",
                action.id
            );
            bench.only_old_sessions_are_denied(&state);
        }
    }
    let mark = bench.mark();
    bench.undo().await;
    bench.assert_no_change_since(mark, "undoing twice is undoing once");
    assert_eq!(bench.state().await, state, "{}", action.id);
}

/// A person started it, no finding says that anything leaked, and accepts every risk.
async fn undo_with_all_risks(environment: &Environment, functions: &Functions, action: &'static ActionSpec) {
    let bench = Bench::contained(environment, functions, action).await;
    bench.ask_undo(ALL_RISKS).await;
    // The function dies after the change and before the log knows that it is undone.
    bench.losing_the_end(RespondTask::Undo).await;
    bench.assert_restored(&bench.state().await);
    let mark = bench.mark();
    let outcome = bench.undo().await;
    assert!(
        matches!(
            outcome,
            UndoOutcome::Restored { .. } | UndoOutcome::NothingToUndo { .. } | UndoOutcome::KeptOff { .. }
        ),
        "{}: {outcome:?}",
        action.id
    );
    bench.undo().await;
    bench.assert_restored(&bench.state().await);
    bench.assert_no_change_since(mark, "there was nothing left to undo");
    assert_eq!(bench.status().await, Status::Undone, "{}", action.id);
}

async fn undo_after_drift(environment: &Environment, functions: &Functions, action: &'static ActionSpec) {
    let known = KnownAction::find(action.id);
    let Some(drift) = known.drift else {
        assert_eq!(
            known.safe_undo,
            SafeUndo::Nothing,
            "{}: say how it drifts",
            action.id
        );
        return;
    };
    let bench = Bench::contained(environment, functions, action).await;
    let contained = bench.state().await;
    drift
        .happen(environment.account(), &bench.planted, &bench.before, &contained)
        .await;
    let drifted = bench.state().await;
    assert_ne!(drifted, contained, "{}: nobody came in between", action.id);
    bench.ask_undo(ALL_RISKS).await;
    let mark = bench.mark();
    let outcome = bench.undo().await;
    assert!(
        matches!(outcome, UndoOutcome::Drifted { .. }),
        "{}: {outcome:?}",
        action.id
    );
    if !drift.leaves_a_rest() {
        bench.assert_no_change_since(mark, "what drifted is left alone");
        assert_eq!(bench.state().await, drifted, "{}", action.id);
    }
    assert_eq!(bench.status().await, Status::Stuck, "{}", action.id);
}

/// One incident with one step on a target of its own.
struct Bench<'a> {
    environment: &'a Environment,
    functions: &'a Functions,
    action: &'static ActionSpec,
    known: &'static KnownAction,
    planted: Planted,
    incident: IncidentId,
    before: States,
}

impl<'a> Bench<'a> {
    async fn plant(
        environment: &'a Environment,
        functions: &'a Functions,
        action: &'static ActionSpec,
        origin: Origin,
    ) -> Self {
        let known = KnownAction::find(action.id);
        let drill = drill(known.drill).unwrap();
        let planted = Planted::of(environment.account(), &drill).await;
        let step = StepRef {
            step: STEP.into(),
            action: action.id.into(),
            title: action.sentence.to_owned(),
            phase: Phase::Contain,
            high_impact: false,
            with: serde_json::Map::new(),
        };
        let case = Case {
            playbook: drill.playbook.as_str().into(),
            target: planted.target.clone(),
            mode: Mode::Approve,
            steps: vec![step],
            origin,
        };
        Self {
            incident: case.open(&environment.ledger()).await,
            before: planted.states(environment.account()).await,
            environment,
            functions,
            action,
            known,
            planted,
        }
    }

    /// Planned, approved, done and closed.
    async fn contained(
        environment: &'a Environment,
        functions: &'a Functions,
        action: &'static ActionSpec,
    ) -> Self {
        let by = "arn:aws:iam::123456789012:user/alice".to_owned();
        let bench = Self::plant(
            environment,
            functions,
            action,
            Origin::Manual { by, reason: None },
        )
        .await;
        bench.step(RespondTask::Plan).await.unwrap();
        bench.approve().await;
        assert_eq!(bench.act().await.outcome, Some(Outcome::Done), "{}", action.id);
        assert!(bench.has_effect(&bench.state().await), "{}", action.id);
        bench
    }

    async fn state(&self) -> States {
        self.planted.states(self.environment.account()).await
    }

    fn assert_restored(&self, state: &States) {
        let (now, before) = (undoable(state), undoable(&self.before));
        let differs = now
            .keys()
            .chain(before.keys())
            .filter(|what| now.get(*what) != before.get(*what));
        let differs: Vec<&String> = differs.collect();
        assert!(
            differs.is_empty(),
            "{}: undo isn't exact: {differs:?}",
            self.action.id
        );
    }

    async fn status(&self) -> Status {
        let log = self.environment.ledger().log(&self.incident).await.unwrap();
        log.incident().unwrap().status()
    }

    /// Whether the effect is there, and wasn't before.
    fn has_effect(&self, state: &States) -> bool {
        let effect = |now| {
            (self.known.effect)(&Seen {
                before: &self.before,
                now,
                planted: &self.planted,
                incident: &self.incident,
            })
        };
        effect(state) && !effect(&self.before)
    }

    /// The incident's own policy stands, for sessions from before only, and nothing else is different.
    fn only_old_sessions_are_denied(&self, state: &States) {
        let mut without = state.clone();
        let is_own = |what: &&String| what.contains(self.incident.as_str());
        let own = state.keys().find(is_own).unwrap();
        let policy = without.remove(own).unwrap().to_string();
        assert!(policy.contains("TokenIssueTime"), "{policy}");
        self.assert_restored(&without);
    }

    async fn step(&self, op: fn(StepTask) -> RespondTask) -> Result<Value, Failure> {
        let task = op(StepTask {
            incident: self.incident.clone(),
            target: self.planted.target.clone(),
            step: STEP.into(),
            action: self.action.id.into(),
            with: serde_json::Map::new(),
        });
        self.functions.ask(self.action.function, &task).await
    }

    async fn act(&self) -> StepAnswer {
        serde_json::from_value(self.step(RespondTask::Act).await.unwrap()).unwrap()
    }

    async fn undo(&self) -> UndoOutcome {
        serde_json::from_value(self.step(RespondTask::Undo).await.unwrap()).unwrap()
    }

    async fn verify(&self) {
        let task = RespondTask::Verify(VerifyTask {
            incident: self.incident.clone(),
            target: self.planted.target.clone(),
        });
        let answer = self.functions.ask(self.action.function, &task).await.unwrap();
        let proven = answer.get("proven").and_then(Value::as_array).unwrap();
        assert!(proven.contains(&STEP.into()), "{}: {answer}", self.action.id);
    }

    /// The step takes effect, but the log can't take its end: as if the function had died in between.
    async fn losing_the_end(&self, op: fn(StepTask) -> RespondTask) {
        let faults = self.environment.account().faults();
        let denied = Effect::AccessDenied {
            message: "not authorized to perform: dynamodb:PutItem".to_owned(),
        };
        // The first record is that the step begins.
        let append = Matcher::new("dynamodb", "PutItem")
            .by(format!("role/{}", self.role()))
            .skip(1);
        let fault = faults.add(append, denied);
        let answer = self.step(op).await;
        let hits = faults.remove(fault);
        let failure = answer.unwrap_err();
        assert!(hits > 0, "{}: {failure:?}", self.action.id);
    }

    /// What `backstop approve` writes.
    async fn approve(&self) {
        let ledger = self.environment.ledger();
        let mut log = ledger.log(&self.incident).await.unwrap();
        let (plan_hash, _) = log.incident().unwrap().plan_hashes().unwrap();
        let asked = Event::ApprovalRequested {
            plan_hash: plan_hash.clone(),
            expires_at: Timestamp::now().checked_add(1.hour()).unwrap(),
            needed: 1,
            body: None,
        };
        log.append(&ledger, asked).await.unwrap();
        let by = "arn:aws:iam::123456789012:user/bob".to_owned();
        let approved = Event::Approved {
            by,
            person: None,
            reason: None,
            plan_hash,
        };
        log.append(&ledger, approved).await.unwrap();
    }

    /// What `backstop undo` writes, once the incident is closed.
    async fn ask_undo(&self, accepting: &[Risk]) {
        let ledger = self.environment.ledger();
        let mut log = ledger.log(&self.incident).await.unwrap();
        let status = log.incident().unwrap().conclusion();
        log.append(&ledger, Event::Closed { status }).await.unwrap();
        let asked = Event::UndoRequested {
            by: "arn:aws:iam::123456789012:user/bob".to_owned(),
            reason: None,
            steps: vec![StepId::from(STEP)],
            accepting: accepting.to_vec(),
        };
        log.append(&ledger, asked).await.unwrap();
    }

    fn role(&self) -> String {
        format!("*{}Role*", in_template(self.action.function))
    }

    fn mark(&self) -> u64 {
        self.environment
            .account()
            .calls()
            .last()
            .map_or(0, |call| call.seq)
    }

    fn assert_no_change_since(&self, mark: u64, why: &str) {
        let changes = self.changes_since(mark);
        assert!(
            changes.is_empty(),
            "{}: {why}, but it called {changes:?}",
            self.action.id
        );
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

/// The states without the moments before which policies deny sessions.
fn without_cut_offs(states: &States) -> States {
    fn blank(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    if name == "aws:TokenIssueTime" {
                        *field = Value::Null;
                    } else {
                        blank(field);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(blank),
            _ => {}
        }
    }
    let mut states = states.clone();
    states.values_mut().for_each(blank);
    states
}
