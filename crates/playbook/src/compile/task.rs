//! One call of one function.

use serde_json::{Map, Value, json};

use super::{pascal_case, retry};
use crate::{
    machine::{Catcher, Invocation, Retrier, State, Task, Then},
    playbook::Step,
};

const INVOKE: &str = "arn:${Partition}:states:::lambda:invoke";
const INVOKE_AND_WAIT: &str = "arn:${Partition}:states:::lambda:invoke.waitForTaskToken";

/// Longer than any function's own timeout, so that a function that hangs is told by Lambda first.
const TASK_TIMEOUT_SECONDS: u32 = 150;

/// What makes one call differ from another.
pub(super) struct FunctionCall {
    pub(super) function: String,
    pub(super) payload: Map<String, Value>,
    pub(super) retry: Vec<Retrier>,
    pub(super) catch: Vec<Catcher>,
    pub(super) output: Value,
    pub(super) then: Then,
}

impl FunctionCall {
    /// A call with the usual retries whose answer isn't looked at.
    pub(super) fn new(function: &str, payload: Map<String, Value>, then: Then) -> Self {
        Self {
            function: function.to_owned(),
            payload,
            retry: retry::usual(),
            catch: Vec::new(),
            output: json!({}),
            then,
        }
    }
}

/// A task that ends when its function does.
pub(super) fn invoke(call: FunctionCall) -> State {
    task(INVOKE, json!(TASK_TIMEOUT_SECONDS), call)
}

/// A task that ends when somebody sends its token back.
pub(super) fn invoke_and_wait(timeout_seconds: Value, call: FunctionCall) -> State {
    task(INVOKE_AND_WAIT, timeout_seconds, call)
}

/// A task whose function an expression names.
pub(super) fn invoke_one_of(function_name: String, call: FunctionCall) -> State {
    task_of(function_name, INVOKE, json!(TASK_TIMEOUT_SECONDS), call)
}

fn task(resource: &'static str, timeout_seconds: Value, call: FunctionCall) -> State {
    let function_name = format!("${{{}FunctionArn}}", pascal_case(&call.function));
    task_of(function_name, resource, timeout_seconds, call)
}

fn task_of(
    function_name: String,
    resource: &'static str,
    timeout_seconds: Value,
    call: FunctionCall,
) -> State {
    State::Task(Box::new(Task {
        resource,
        arguments: Invocation {
            function_name,
            payload: call.payload,
        },
        timeout_seconds,
        retry: call.retry,
        catch: call.catch,
        output: call.output,
        then: call.then,
    }))
}

/// Facts of the execution's input, by their names.
pub(super) fn facts(names: &[&str]) -> Map<String, Value> {
    names
        .iter()
        .map(|name| {
            let path = format!("{{% $states.context.Execution.Input.{name} %}}");
            ((*name).to_owned(), Value::from(path))
        })
        .collect()
}

/// What a function is asked to do, and the facts it needs.
pub(super) fn payload(op: &str, names: &[&str]) -> Map<String, Value> {
    let mut payload = Map::from_iter([("op".to_owned(), Value::from(op))]);
    payload.extend(facts(names));
    payload
}

/// What a `respond-*` function needs to know of a step.
pub(super) fn step_payload(op: &str, step: &Step) -> Map<String, Value> {
    let mut payload = payload(op, &["incident", "target"]);
    payload.insert("step".to_owned(), Value::from(step.step.as_str()));
    payload.insert("action".to_owned(), Value::from(step.action.as_str()));
    if !step.with.is_empty() {
        payload.insert("with".to_owned(), Value::Object(step.with.clone()));
    }
    payload
}
