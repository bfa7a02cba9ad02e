//! One incident with one step on a target of its own, asked step by step.

use backstop_actions::ActionSpec;
use backstop_core::{
    IncidentId, Mode, Outcome, Risk, StepId, UndoOutcome,
    incident::Status,
    log::{Event, Origin, Phase, StepRef},
    task::{RespondTask, StepAnswer, StepTask, VerifyTask},
};
use backstop_drill::{Drill, Environment};
use backstop_emulator::{Effect, Matcher};
use backstop_tests::{
    Case, Failure, Functions, KnownAction, Planted, Seen, States, changes_since, role_of, undoable,
};
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use crate::STEP;

/// One incident with one step on a target of its own.
pub(crate) struct Bench<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) functions: &'a Functions,
    pub(crate) action: &'static ActionSpec,
    pub(crate) known: KnownAction,
    pub(crate) planted: Planted,
    pub(crate) incident: IncidentId,
    pub(crate) before: States,
}

impl<'a> Bench<'a> {
    pub(crate) async fn plant(
        environment: &'a Environment,
        functions: &'a Functions,
        action: &'static ActionSpec,
        origin: Origin,
    ) -> Self {
        let known = KnownAction::find(action.id);
        let drill = known.drill().unwrap();
        let planted = Planted::of(environment.account(), &drill).await;
        let case = case(action, &drill, &planted, origin);
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
    pub(crate) async fn contained(
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
        bench.contain().await;
        bench
    }

    /// Plans, approves and acts.
    pub(crate) async fn contain(&self) {
        let action = self.action;
        self.step(RespondTask::Plan).await.unwrap();
        self.approve().await;
        assert_eq!(self.act().await.outcome, Some(Outcome::Done), "{}", action.id);
        assert!(self.has_effect(&self.state().await), "{}", action.id);
    }

    /// Another incident about the same target, which a person started.
    pub(crate) async fn another(self) -> Self {
        let by = "arn:aws:iam::123456789012:user/alice".to_owned();
        let drill = self.known.drill().unwrap();
        let case = case(
            self.action,
            &drill,
            &self.planted,
            Origin::Manual { by, reason: None },
        );
        Self {
            incident: case.open(&self.environment.ledger()).await,
            ..self
        }
    }

    pub(crate) async fn state(&self) -> States {
        self.planted.states(self.environment.account()).await
    }

    pub(crate) fn assert_restored(&self, state: &States) {
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

    pub(crate) async fn status(&self) -> Status {
        let log = self.environment.ledger().log(&self.incident).await.unwrap();
        log.incident().unwrap().status()
    }

    /// Whether the effect is there, and wasn't before.
    pub(crate) fn has_effect(&self, state: &States) -> bool {
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
    pub(crate) fn only_old_sessions_are_denied(&self, state: &States) {
        let mut without = state.clone();
        let is_own = |what: &&String| what.contains(self.incident.as_str());
        let own = state.keys().find(is_own).unwrap();
        let policy = without.remove(own).unwrap().to_string();
        assert!(policy.contains("TokenIssueTime"), "{policy}");
        self.assert_restored(&without);
    }

    pub(crate) async fn step(&self, op: fn(StepTask) -> RespondTask) -> Result<Value, Failure> {
        let task = op(StepTask {
            incident: self.incident.clone(),
            target: self.planted.target.clone(),
            step: STEP.into(),
            action: self.action.id.into(),
            with: serde_json::Map::new(),
        });
        self.functions.ask(self.action.function, &task).await
    }

    pub(crate) async fn act(&self) -> StepAnswer {
        serde_json::from_value(self.step(RespondTask::Act).await.unwrap()).unwrap()
    }

    pub(crate) async fn undo(&self) -> UndoOutcome {
        serde_json::from_value(self.step(RespondTask::Undo).await.unwrap()).unwrap()
    }

    pub(crate) async fn verify(&self) {
        let task = RespondTask::Verify(VerifyTask {
            incident: self.incident.clone(),
            target: self.planted.target.clone(),
        });
        let answer = self.functions.ask(self.action.function, &task).await.unwrap();
        let proven = answer.get("proven").and_then(Value::as_array).unwrap();
        assert!(proven.contains(&STEP.into()), "{}: {answer}", self.action.id);
    }

    /// The step takes effect, but the log can't take its end: as if the function had died in between.
    pub(crate) async fn losing_the_end(&self, op: fn(StepTask) -> RespondTask) {
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
    pub(crate) async fn approve(&self) {
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

    pub(crate) async fn close(&self) {
        let ledger = self.environment.ledger();
        let mut log = ledger.log(&self.incident).await.unwrap();
        let status = log.incident().unwrap().conclusion();
        log.append(&ledger, Event::Closed { status }).await.unwrap();
    }

    /// What `backstop undo` writes, once the incident is closed.
    pub(crate) async fn ask_undo(&self, accepting: &[Risk]) {
        self.close().await;
        let ledger = self.environment.ledger();
        let mut log = ledger.log(&self.incident).await.unwrap();
        let asked = Event::UndoRequested {
            by: "arn:aws:iam::123456789012:user/bob".to_owned(),
            reason: None,
            steps: vec![StepId::from(STEP)],
            accepting: accepting.to_vec(),
        };
        log.append(&ledger, asked).await.unwrap();
    }

    pub(crate) fn role(&self) -> String {
        format!("*{}*", role_of(self.action.function))
    }

    pub(crate) fn mark(&self) -> u64 {
        self.environment.account().mark()
    }

    pub(crate) fn assert_no_change_since(&self, mark: u64, why: &str) {
        let changes = self.changes_since(mark);
        assert!(
            changes.is_empty(),
            "{}: {why}, but it called {changes:?}",
            self.action.id
        );
    }

    pub(crate) fn changes_since(&self, mark: u64) -> Vec<String> {
        changes_since(self.environment, self.action.function, mark)
    }
}

/// The incident's beginning: this one step on the planted target.
fn case(action: &ActionSpec, drill: &Drill, planted: &Planted, origin: Origin) -> Case {
    let step = StepRef {
        step: STEP.into(),
        action: action.id.into(),
        title: action.sentence.to_owned(),
        phase: Phase::Contain,
        high_impact: false,
        with: serde_json::Map::new(),
    };
    Case {
        playbook: drill.playbook.as_str().into(),
        target: planted.target.clone(),
        mode: Mode::Approve,
        steps: vec![step],
        origin,
    }
}
