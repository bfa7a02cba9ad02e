//! Closing, and the second reading: once the containment had its time to be in force everywhere, it is read back again, and
//! CloudTrail tells what has happened in between. The incident is closed before: its target is released, and whoever wants it undone needn't
//! wait. Whatever fails on the way leads on: what couldn't be read is said, and confirms nothing.

use std::collections::BTreeSet;

use backstop_core::log::Phase;
use serde_json::{Value, json};

use super::{
    ANY, names, retry,
    task::{FunctionCall, facts, invoke, payload},
};
use crate::{
    machine::{Branch, Catcher, Choice, Parallel, Pass, Rule, State, States, Then, Wait},
    playbook::Playbook,
};

/// The function that reads CloudTrail.
pub(super) const LOOKS_BACK: &str = "investigate";

/// When to look again, as `close` says: a time, or null if nothing is contained. The deployment's parameter is in it.
const LOOK_AGAIN_AT: &str = "look_again_at";

/// The last states of a playbook that contains.
pub(super) fn states(playbook: &Playbook) -> States {
    let mut states = States::default();
    states.add(names::CLOSE, close());
    states.add(names::LOOK_AGAIN, is_to_be_looked_at());
    states.add(names::SETTLE, settle());
    states.add(names::READ_AGAIN, read_again(playbook));
    let look_back = payload("look-back", &["incident", "target"]);
    states.add(names::LOOK_BACK, go_on(LOOKS_BACK, look_back, names::CONFIRM));
    states.add(names::CONFIRM, confirm());
    states.add(names::TELL_AGAIN, tell());
    states.add(
        names::NOTHING,
        State::Pass(Pass {
            output: json!({}),
            then: Then::End,
        }),
    );
    states
}

/// Nothing is caught here: an incident that can't be closed fails its execution, and the stack's alarm on
/// failed executions pages.
fn close() -> State {
    let answer = format!("{{% $states.result.Payload.{LOOK_AGAIN_AT} %}}");
    invoke(FunctionCall {
        retry: retry::writing_down(),
        output: json!({ LOOK_AGAIN_AT: answer }),
        ..FunctionCall::new(
            "close",
            payload("close", &["incident"]),
            Then::Next(names::LOOK_AGAIN.to_owned()),
        )
    })
}

fn is_to_be_looked_at() -> State {
    State::Choice(Choice {
        choices: vec![Rule {
            condition: format!("{{% $type($states.input.{LOOK_AGAIN_AT}) = 'string' %}}"),
            next: names::SETTLE.to_owned(),
        }],
        default: names::NOTHING.to_owned(),
    })
}

fn settle() -> State {
    State::Wait(Wait {
        timestamp: format!("{{% $states.input.{LOOK_AGAIN_AT} %}}"),
        output: json!({}),
        then: Then::Next(names::READ_AGAIN.to_owned()),
    })
}

/// Each function reads back what its steps did.
fn read_again(playbook: &Playbook) -> State {
    let functions: BTreeSet<&str> = playbook
        .steps_of(Phase::Contain)
        .iter()
        .filter_map(|step| step.known_action().map(|action| action.function))
        .collect();
    let again = || payload("verify-again", &["incident", "target"]);
    if let [only] = functions.iter().copied().collect::<Vec<_>>().as_slice() {
        return go_on(only, again(), names::LOOK_BACK);
    }
    let branches = functions.into_iter().map(|function| {
        let unread = format!("Go on unread by {function}");
        let mut states = States::default();
        states.add(
            format!("Read again what {function} did"),
            invoke(FunctionCall {
                catch: vec![to(&unread)],
                ..FunctionCall::new(function, again(), Then::End)
            }),
        );
        states.add(
            unread,
            State::Pass(Pass {
                output: json!({}),
                then: Then::End,
            }),
        );
        Branch::of(states)
    });
    State::Parallel(Parallel {
        branches: branches.collect(),
        catch: vec![to(names::LOOK_BACK)],
        then: Then::Next(names::LOOK_BACK.to_owned()),
    })
}

/// What can't be read leads on: the log then doesn't say that it was read.
fn go_on(function: &str, payload: serde_json::Map<String, Value>, next: &str) -> State {
    invoke(FunctionCall {
        retry: retry::usual(),
        catch: vec![to(next)],
        ..FunctionCall::new(function, payload, Then::Next(next.to_owned()))
    })
}

/// Nothing is caught here either: nobody may believe that an incident was looked at again that wasn't.
fn confirm() -> State {
    invoke(FunctionCall {
        retry: retry::writing_down(),
        ..FunctionCall::new(
            "close",
            payload("confirm", &["incident"]),
            Then::Next(names::TELL_AGAIN.to_owned()),
        )
    })
}

fn tell() -> State {
    let mut payload = facts(&["incident"]);
    payload.insert("about".to_owned(), json!("confirmation"));
    invoke(FunctionCall::new("notify", payload, Then::End))
}

fn to(next: &str) -> Catcher {
    Catcher {
        error_equals: ANY.to_vec(),
        next: next.to_owned(),
        output: json!({}),
    }
}
