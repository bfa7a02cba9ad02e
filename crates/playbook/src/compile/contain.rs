//! Steps as states: each one tried, its failure written down, and the next one run all the same.

use serde_json::{Value, json};

use super::{
    ANY, retry,
    task::{FunctionCall, invoke, payload, step_payload},
};
use crate::{
    arrange::Arrangement,
    machine::{Branch, Catcher, Parallel, Pass, State, States, Then},
    playbook::Step,
};

/// Whether a state before this one saw the world change. `in` takes what it finds: nothing in the first state,
/// a flag in a chain, a list of flags behind branches. (An expression that yields nothing would fail the
/// execution, and a list of one isn't a list.)
pub(super) const DRIFTED_BEFORE: &str = "{% true in $states.input.drifted %}";
const DRIFTED_NOW_OR_BEFORE: &str =
    "{% true in $states.result.Payload.drifted or true in $states.input.drifted %}";

/// What is done with the steps, and how the states are named for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    Plan,
    Act,
    /// Acts at the gate, before people are asked: on evidence that is kept by reading.
    Keep,
}

/// The branches in which the steps of a phase are acted on.
pub(super) fn branches(steps: Option<Arrangement<'_>>) -> Vec<Branch> {
    match steps {
        None => Vec::new(),
        Some(Arrangement::Together(parts)) => parts.into_iter().map(branch).collect(),
        Some(other) => vec![branch(other)],
    }
}

/// A branch that plans one step.
pub(super) fn plan_branch(step: &Step) -> Branch {
    Branch::of(step_states(Doing::Plan, step, &Then::End))
}

/// A branch that keeps evidence while people are asked.
pub(super) fn keep_branch(step: &Step) -> Branch {
    Branch::of(step_states(Doing::Keep, step, &Then::End))
}

fn branch(steps: Arrangement<'_>) -> Branch {
    let parts = match steps {
        Arrangement::Sequence(parts) => parts,
        other => vec![other],
    };
    let mut states = States::default();
    let mut parts = parts.iter().peekable();
    while let Some(part) = parts.next() {
        let then = parts.peek().map_or(Then::End, |next| Then::Next(name_of(next)));
        states.extend(part_states(part, &then));
    }
    Branch::of(states)
}

fn part_states(part: &Arrangement<'_>, then: &Then) -> States {
    let inner = match part {
        Arrangement::Step(step) => return step_states(Doing::Act, step, then),
        Arrangement::Sequence(parts) | Arrangement::Together(parts) => parts,
    };
    let mut states = States::default();
    states.add(
        name_of(part),
        State::Parallel(Parallel {
            branches: inner.iter().cloned().map(branch).collect(),
            catch: Vec::new(),
            then: then.clone(),
        }),
    );
    states
}

fn name_of(part: &Arrangement<'_>) -> String {
    match part {
        Arrangement::Step(step) => step.title.clone(),
        Arrangement::Sequence(parts) | Arrangement::Together(parts) => parts
            .first()
            .map_or_else(String::new, |first| format!("At once: {} …", name_of(first))),
    }
}

/// The step, the note of its failure, and the way on if even the note fails.
fn step_states(doing: Doing, step: &Step, then: &Then) -> States {
    let title = &step.title;
    let (op, name, note, go_on) = match doing {
        Doing::Act => (
            "act",
            title.clone(),
            format!("Write down that \"{title}\" failed"),
            format!("Go on from \"{title}\""),
        ),
        Doing::Plan => (
            "plan",
            format!("Plan: {title}"),
            format!("Note the failed plan: {title}"),
            format!("Go on without a plan: {title}"),
        ),
        Doing::Keep => (
            "act",
            format!("Before asking: {title}"),
            format!("Note what is missing: {title}"),
            format!("Ask without it: {title}"),
        ),
    };
    let function = step.known_action().map_or("", |action| action.function);
    let retry = match doing {
        Doing::Act => retry::acting(step.known_action()),
        Doing::Plan | Doing::Keep => retry::usual(),
    };
    let mut states = States::default();
    states.add(
        name,
        invoke(FunctionCall {
            retry,
            catch: vec![caught(&note)],
            output: json!({ "drifted": DRIFTED_NOW_OR_BEFORE }),
            ..FunctionCall::new(function, step_payload(op, step), then.clone())
        }),
    );
    states.add(note, record_failure(step, &go_on, then));
    states.add(go_on, pass(then.clone()));
    states
}

/// `cause` may be as long as a stack trace, and is missing when Step Functions itself ended the task.
fn caught(next: &str) -> Catcher {
    Catcher {
        error_equals: ANY.to_vec(),
        next: next.to_owned(),
        output: json!({
            "error": "{% $states.errorOutput.Error %}",
            "cause": "{% $exists($states.errorOutput.Cause) ? $substring($states.errorOutput.Cause, 0, 2000) : 'no cause was given' %}",
            "drifted": DRIFTED_BEFORE,
        }),
    }
}

fn record_failure(step: &Step, go_on: &str, then: &Then) -> State {
    let mut payload = payload("record-failure", &["incident"]);
    payload.insert("step".to_owned(), Value::from(step.step.as_str()));
    payload.insert("error".to_owned(), Value::from("{% $states.input.error %}"));
    payload.insert("cause".to_owned(), Value::from("{% $states.input.cause %}"));
    invoke(FunctionCall {
        catch: vec![catch_all(go_on)],
        output: still_drifted(),
        ..FunctionCall::new("close", payload, then.clone())
    })
}

pub(super) fn still_drifted() -> Value {
    json!({ "drifted": DRIFTED_BEFORE })
}

/// Catches everything and keeps what is known of drift.
pub(super) fn catch_all(next: &str) -> Catcher {
    Catcher {
        error_equals: ANY.to_vec(),
        next: next.to_owned(),
        output: still_drifted(),
    }
}

/// Goes on and keeps what is known of drift.
pub(super) fn pass(then: Then) -> State {
    State::Pass(Pass {
        output: still_drifted(),
        then,
    })
}
