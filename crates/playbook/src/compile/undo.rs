//! The machine that undoes what any playbook did: its functions are those whose actions change something.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    ANY, pascal_case,
    task::{FunctionCall, facts, invoke, invoke_one_of, payload},
};
use crate::machine::{Branch, Catcher, ItemProcessor, Machine, Pass, State, States, Then, Walk};

/// The machine's name, which no playbook may have.
pub(crate) const UNDO: &str = "undo";

/// How long an undo may take.
const TIMEOUT_SECONDS: u32 = 24 * 60 * 60;

const WALK: &str = "Undo the steps, last made first";
const STEP: &str = "Undo the step";
const NOTE: &str = "Write down that the undo of the step failed";
const GO_ON: &str = "Go on with the next step";
const FINISH: &str = "Say how the undo ended";
const TELL: &str = "Tell people how the undo ended";
const EVIDENCE: &str = "Keep the evidence of the undo";

/// The functions that have something to undo.
pub fn undoing_functions() -> BTreeSet<&'static str> {
    backstop_actions::actions()
        .filter(|action| action.changes_something())
        .map(|action| action.function)
        .collect()
}

/// The functions that the undo machine invokes, and no others.
pub fn functions_of_undo() -> BTreeSet<&'static str> {
    undoing_functions()
        .into_iter()
        .chain(["close", "notify"])
        .collect()
}

/// Compiles the undo machine.
pub fn compile_undo() -> Machine {
    let mut states = States::default();
    states.add(WALK, walk());
    states.add(
        FINISH,
        invoke(FunctionCall::new(
            "close",
            payload("finish-undo", &["incident"]),
            Then::Next(TELL.to_owned()),
        )),
    );
    states.add(TELL, tell());
    states.add(
        EVIDENCE,
        invoke(FunctionCall::new(
            "close",
            payload("keep-evidence", &["incident"]),
            Then::End,
        )),
    );
    Machine {
        comment: "Undo: walks the steps that a person asked to undo, last made first, through the functions that made \
                  them. Compiled from the contracts of actions by `backstop playbook compile`: edit those."
            .to_owned(),
        query_language: "JSONata",
        start_at: states.first(),
        timeout_seconds: TIMEOUT_SECONDS,
        states,
    }
}

fn walk() -> State {
    let mut states = States::default();
    states.add(STEP, undo_step());
    states.add(NOTE, note());
    states.add(
        GO_ON,
        State::Pass(Pass {
            output: json!({}),
            then: Then::End,
        }),
    );
    State::Map(Walk {
        items: "{% $states.input.steps %}",
        max_concurrency: 1,
        item_processor: ItemProcessor::inline(Branch::of(states)),
        output: json!({}),
        then: Then::Next(FINISH.to_owned()),
    })
}

fn undo_step() -> State {
    let mut payload = payload("undo", &["incident", "target"]);
    payload.extend(of_the_step(&["step", "action"]));
    invoke_one_of(
        lookup(),
        FunctionCall {
            catch: vec![Catcher {
                error_equals: ANY.to_vec(),
                next: NOTE.to_owned(),
                output: json!({
                    "step": "{% $states.input.step %}",
                    "error": "{% $states.errorOutput.Error %}",
                    "cause": "{% $exists($states.errorOutput.Cause) ? $substring($states.errorOutput.Cause, 0, 2000) : 'no cause was given' %}",
                }),
            }],
            ..FunctionCall::new("", payload, Then::End)
        },
    )
}

/// The step's function, by the name in the request.
fn lookup() -> String {
    let functions: Vec<String> = undoing_functions()
        .into_iter()
        .map(|function| format!("'{function}': '${{{}FunctionArn}}'", pascal_case(function)))
        .collect();
    format!(
        "{{% $lookup({{{}}}, $states.input.function) %}}",
        functions.join(", ")
    )
}

fn note() -> State {
    let mut payload = payload("record-undo-failure", &["incident"]);
    payload.extend(of_the_step(&["step", "error", "cause"]));
    invoke(FunctionCall {
        catch: vec![Catcher {
            error_equals: ANY.to_vec(),
            next: GO_ON.to_owned(),
            output: json!({}),
        }],
        ..FunctionCall::new("close", payload, Then::End)
    })
}

fn tell() -> State {
    let mut payload = facts(&["incident"]);
    payload.insert("about".to_owned(), json!("undo"));
    invoke(FunctionCall::new(
        "notify",
        payload,
        Then::Next(EVIDENCE.to_owned()),
    ))
}

fn of_the_step(names: &[&str]) -> Map<String, Value> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), format!("{{% $states.input.{name} %}}").into()))
        .collect()
}
