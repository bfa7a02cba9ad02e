//! What AWS is too busy or too broken to do now: people are told within the first minute, and it is tried for hours.
//!
//! A step of containment is tried quickly for less than a minute. If it then still fails by an error that passes by
//! waiting, people are told, and the next step has its turn: a service that is down holds up no other's. Behind the proof
//! of what did work, every step is asked again on the slow tier, each in a branch of its own; those that have ended answer
//! at once. So nothing is added to the way of an incident that meets no fault: the states are entered by catchers, and by
//! a rule of the choice that stands behind the proof anyway.

use serde_json::{Value, json};

use super::{
    contain::{self, DRIFTED_BEFORE, caught, record_failure},
    retry,
    task::{FunctionCall, facts, invoke, step_payload},
};
use crate::{
    machine::{Branch, Catcher, Parallel, Rule, State, States, Then},
    playbook::Step,
};

/// Whether a state before this one gave something up for later, in the way of [`DRIFTED_BEFORE`].
pub(super) const LATE_BEFORE: &str = "{% true in $states.input.late %}";

/// Tries every step again, for hours.
pub(super) fn for_hours(steps: &[&Step], next: &str) -> State {
    let branch = |step: &&Step| {
        let title = &step.title;
        let (note, go_on) = (
            format!("Note for good: {title}"),
            format!("Leave \"{title}\" to people"),
        );
        let mut states = States::default();
        states.add(
            format!("For hours: {title}"),
            invoke(FunctionCall {
                retry: retry::for_hours(),
                catch: vec![caught(&note)],
                output: json!({ "drifted": contain::DRIFTED_NOW }),
                ..FunctionCall::new(contain::function_of(step), step_payload("act", step), Then::End)
            }),
        );
        states.add(note, record_failure(step, &go_on, &Then::End));
        states.add(go_on, contain::pass(Then::End));
        Branch::of(states)
    };
    State::Parallel(Parallel {
        branches: steps.iter().map(branch).collect(),
        catch: vec![contain::catch_all(next)],
        then: Then::Next(next.to_owned()),
    })
}

/// The rule that leads there.
pub(super) fn rule(next: &str) -> Rule {
    Rule {
        condition: LATE_BEFORE.to_owned(),
        next: next.to_owned(),
    }
}

/// Catches what passes by waiting, and hands it to the state that tells people.
pub(super) fn passing(tell: &str) -> Catcher {
    Catcher {
        error_equals: retry::PASSING.to_vec(),
        ..caught(tell)
    }
}

/// Tells people that it isn't contained yet. A notice that can't be sent holds nothing up: it is written down first, and
/// the sweep sends it.
pub(super) fn tell(step: Option<&Step>, go_on: &str, then: &Then) -> State {
    let mut delayed = facts(&["target"]);
    if let Some(step) = step {
        delayed.insert("step".to_owned(), Value::from(step.step.as_str()));
    }
    for name in ["error", "cause"] {
        delayed.insert(name.to_owned(), format!("{{% $states.input.{name} %}}").into());
    }
    let mut payload = facts(&["incident"]);
    payload.insert("about".to_owned(), json!("not-contained-yet"));
    payload.insert("delayed".to_owned(), Value::Object(delayed));
    invoke(FunctionCall {
        catch: vec![Catcher {
            output: late(),
            ..contain::catch_all(go_on)
        }],
        output: late(),
        ..FunctionCall::new("notify", payload, then.clone())
    })
}

/// What the states behind are told: something is left for later.
pub(super) fn late() -> Value {
    json!({ "drifted": DRIFTED_BEFORE, "late": true })
}
