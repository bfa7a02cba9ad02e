//! Steps as states: each one tried, its failure written down, and the next one run all the same.

use serde_json::{Value, json};

use super::{
    ANY, retry, stubborn,
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
pub(super) const DRIFTED_NOW: &str = "{% true in $states.result.Payload.drifted %}";
const DRIFTED_NOW_OR_BEFORE: &str =
    "{% true in $states.result.Payload.drifted or true in $states.input.drifted %}";

/// What is done with the steps, and how the states are named for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// Plans what contains.
    Plan,
    /// Plans evidence whose keeping changes something.
    PlanEvidence,
    /// Contains.
    Contain,
    /// Keeps evidence.
    Act,
    /// Acts at the gate, before people are asked: on evidence that is kept by reading.
    Keep,
}

/// The branches in which the steps of a phase are acted on.
pub(super) fn branches(doing: Doing, steps: Option<Arrangement<'_>>) -> Vec<Branch> {
    match steps {
        None => Vec::new(),
        Some(Arrangement::Together(parts)) => parts.into_iter().map(|part| branch(doing, part)).collect(),
        Some(other) => vec![branch(doing, other)],
    }
}

/// A branch that plans one step.
pub(super) fn plan_branch(doing: Doing, step: &Step) -> Branch {
    Branch::of(step_states(doing, step, &Then::End))
}

/// A branch that keeps evidence while people are asked.
pub(super) fn keep_branch(step: &Step) -> Branch {
    Branch::of(step_states(Doing::Keep, step, &Then::End))
}

fn branch(doing: Doing, steps: Arrangement<'_>) -> Branch {
    let parts = match steps {
        Arrangement::Sequence(parts) => parts,
        other => vec![other],
    };
    let mut states = States::default();
    let mut parts = parts.iter().peekable();
    while let Some(part) = parts.next() {
        let then = parts.peek().map_or(Then::End, |next| Then::Next(name_of(next)));
        states.extend(part_states(doing, part, &then));
    }
    Branch::of(states)
}

fn part_states(doing: Doing, part: &Arrangement<'_>, then: &Then) -> States {
    let inner = match part {
        Arrangement::Step(step) => return step_states(doing, step, then),
        Arrangement::Sequence(parts) | Arrangement::Together(parts) => parts,
    };
    let mut states = States::default();
    states.add(
        name_of(part),
        State::Parallel(Parallel {
            branches: inner.iter().cloned().map(|part| branch(doing, part)).collect(),
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

/// The step, the note of its failure, and the way on if even the note fails; for what contains, also how people are told
/// that it isn't done yet.
fn step_states(doing: Doing, step: &Step, then: &Then) -> States {
    let title = &step.title;
    let (op, name, note, go_on) = match doing {
        Doing::Contain | Doing::Act => (
            "act",
            title.clone(),
            format!("Write down that \"{title}\" failed"),
            format!("Go on from \"{title}\""),
        ),
        Doing::Plan | Doing::PlanEvidence => (
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
    let call = |retry, catch| FunctionCall {
        retry,
        catch,
        output: json!({ "drifted": DRIFTED_NOW_OR_BEFORE, "late": stubborn::LATE_BEFORE }),
        ..FunctionCall::new(function_of(step), step_payload(op, step), then.clone())
    };
    let mut states = States::default();
    let tell = match doing {
        Doing::Plan => format!("Tell of the late plan: {title}"),
        _ => format!("Tell that \"{title}\" must wait"),
    };
    let quickly = |catch: Catcher| call(retry::within_the_minute(), vec![stubborn::passing(&tell), catch]);
    match doing {
        Doing::Contain => {
            states.add(name, invoke(quickly(caught(&note))));
            states.add(tell.clone(), stubborn::tell(Some(step), &go_on, then));
        }
        // Each plan has a branch of its own, so it is waited for where it stands.
        Doing::Plan => {
            let slow = format!("Plan for hours: {title}");
            states.add(name, invoke(quickly(caught(&note))));
            states.add(
                tell.clone(),
                stubborn::tell(Some(step), &slow, &Then::Next(slow.clone())),
            );
            states.add(slow, invoke(call(retry::for_hours(), vec![caught(&note)])));
        }
        Doing::Act => states.add(
            name,
            invoke(call(retry::acting(step.known_action()), vec![caught(&note)])),
        ),
        Doing::PlanEvidence | Doing::Keep => {
            states.add(name, invoke(call(retry::usual(), vec![caught(&note)])))
        }
    }
    states.add(note, record_failure(step, &go_on, then));
    states.add(go_on, pass(then.clone()));
    states
}

/// The function that has the step's action.
pub(super) fn function_of(step: &Step) -> &'static str {
    step.known_action().map_or("", |action| action.function)
}

/// `cause` may be as long as a stack trace, and is missing when Step Functions itself ended the task.
pub(super) fn caught(next: &str) -> Catcher {
    Catcher {
        error_equals: ANY.to_vec(),
        next: next.to_owned(),
        output: json!({
            "error": "{% $states.errorOutput.Error %}",
            "cause": "{% $exists($states.errorOutput.Cause) ? $substring($states.errorOutput.Cause, 0, 2000) : 'no cause was given' %}",
            "drifted": DRIFTED_BEFORE,
            "late": stubborn::LATE_BEFORE,
        }),
    }
}

pub(super) fn record_failure(step: &Step, go_on: &str, then: &Then) -> State {
    let mut payload = payload("record-failure", &["incident"]);
    payload.insert("step".to_owned(), Value::from(step.step.as_str()));
    payload.insert("error".to_owned(), Value::from("{% $states.input.error %}"));
    payload.insert("cause".to_owned(), Value::from("{% $states.input.cause %}"));
    invoke(FunctionCall {
        retry: retry::writing_down(),
        catch: vec![catch_all(go_on)],
        output: still_drifted(),
        ..FunctionCall::new("close", payload, then.clone())
    })
}

pub(super) fn still_drifted() -> Value {
    json!({ "drifted": DRIFTED_BEFORE, "late": stubborn::LATE_BEFORE })
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
