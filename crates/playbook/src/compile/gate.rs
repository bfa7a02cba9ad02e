//! The gate: plan, ask a person, wait. Nothing behind it runs without an approval of that plan.

use backstop_core::{ErrorName, log::Phase, task::APPROVAL_MARGIN_SECONDS};
use serde_json::{Map, Value, json};

use super::{
    ANY,
    contain::{self, Doing},
    names, retry,
    task::{FunctionCall, invoke, invoke_and_wait, payload},
};
use crate::{
    machine::{Catcher, Choice, Parallel, Rule, State, States, Then},
    playbook::Playbook,
};

/// The stack's parameter. Substitutions are texts, and this is a number before and after.
const APPROVAL_TIMEOUT: &str = "{% $number('${ApprovalTimeoutSeconds}') %}";
/// People's time to decide is over a little earlier than the machine's, by [`APPROVAL_MARGIN_SECONDS`]. Half of theirs.
const FIRST_HALF: &str = "{% $floor(($number('${ApprovalTimeoutSeconds}') - 30) / 2) %}";
/// What is left of the machine's then.
const SECOND_HALF: &str = "{% $ceil(($number('${ApprovalTimeoutSeconds}') - 30) / 2) + 30 %}";
const TIME_IS_OVER: [&str; 2] = ["States.Timeout", "States.HeartbeatTimeout"];
const _: () = assert!(APPROVAL_MARGIN_SECONDS == 30, "the expressions above");

/// The states of the gate.
pub(super) fn states(playbook: &Playbook, acting: &str) -> States {
    let mut states = States::default();
    states.add(names::PLAN, plan(playbook));
    // An `auto` incident comes here if a plan needs a person all the same.
    states.add(
        names::WANTED,
        choice(
            "$states.context.Execution.Input.mode = 'observe'",
            names::TELL,
            names::ASK,
        ),
    );
    states.add(names::ASK, ask());
    states.add(names::REMIND, remind());
    states.add(names::EXPIRED, expired());
    states.add(names::UNASKED, unasked());
    states.add(
        names::APPROVED,
        choice("$states.input.answer = 'approved'", acting, names::TELL),
    );
    states
}

/// Whatever changes something is planned, evidence too: people approve it with the rest, and nothing acts that
/// nobody approved. Evidence that can't wait and is kept by reading needs nobody's word, and isn't kept waiting.
fn plan(playbook: &Playbook) -> State {
    let steps = playbook.steps().filter(|(phase, _)| *phase <= Phase::Investigate);
    let branches = steps.filter_map(|(phase, step)| {
        let is_planned = phase == Phase::Contain || step.changes_something();
        match (is_planned, step.at_once) {
            (true, _) if phase == Phase::Contain => Some(contain::plan_branch(Doing::Plan, step)),
            (true, _) => Some(contain::plan_branch(Doing::PlanEvidence, step)),
            (false, true) => Some(contain::keep_branch(step)),
            (false, false) => None,
        }
    });
    State::Parallel(Parallel {
        branches: branches.collect(),
        catch: vec![to(names::TELL, ANY.to_vec())],
        then: Then::Next(names::WANTED.to_owned()),
    })
}

fn ask() -> State {
    let mut payload = waiting("ask");
    payload.insert("expires_in_seconds".to_owned(), Value::from(APPROVAL_TIMEOUT));
    let catch = vec![
        to(names::REMIND, TIME_IS_OVER.to_vec()),
        // There is nothing to approve, since no step could be planned; or an attempt before this one asked, and the plan is
        // decided: the log says which.
        to(names::EXPIRED, vec![ErrorName::Refused.as_str()]),
    ];
    wait_for_people(FIRST_HALF, payload, catch)
}

/// Nobody has answered: people are paged before their time is over, whether or not the sweep runs meanwhile, and the
/// rest of it is waited for.
fn remind() -> State {
    let catch = vec![
        to(names::EXPIRED, TIME_IS_OVER.to_vec()),
        // Somebody decided in the moment in which nothing waited, or the time is over by now: the log says which.
        to(names::EXPIRED, vec![ErrorName::Refused.as_str()]),
    ];
    wait_for_people(SECOND_HALF, waiting("remind"), catch)
}

fn waiting(op: &str) -> Map<String, Value> {
    let mut payload = payload(op, &["incident"]);
    payload.insert(
        "task_token".to_owned(),
        Value::from("{% $states.context.Task.Token %}"),
    );
    payload
}

fn wait_for_people(timeout: &str, payload: Map<String, Value>, mut catch: Vec<Catcher>) -> State {
    catch.push(Catcher {
        output: json!({
            "error": "{% $states.errorOutput.Error %}",
            "cause": "{% $exists($states.errorOutput.Cause) ? $substring($states.errorOutput.Cause, 0, 2000) : 'no cause was given' %}",
        }),
        ..to(names::UNASKED, ANY.to_vec())
    });
    invoke_and_wait(
        Value::from(timeout),
        FunctionCall {
            retry: retry::asking(),
            catch,
            output: json!({ "answer": "{% $states.result %}" }),
            ..FunctionCall::new("approve", payload, Then::Next(names::APPROVED.to_owned()))
        },
    )
}

/// What people decided at the last moment counts.
fn expired() -> State {
    invoke(FunctionCall {
        retry: retry::writing_down(),
        catch: vec![to(names::TELL, ANY.to_vec())],
        output: json!({ "answer": "{% $states.result.Payload.answer %}" }),
        ..FunctionCall::new(
            "approve",
            payload("expire", &["incident"]),
            Then::Next(names::APPROVED.to_owned()),
        )
    })
}

/// Nobody was asked, or can answer any more, which isn't that nobody answered: it is left to a person, and people are paged.
fn unasked() -> State {
    let mut payload = payload("unasked", &["incident"]);
    payload.insert("error".to_owned(), Value::from("{% $states.input.error %}"));
    payload.insert("cause".to_owned(), Value::from("{% $states.input.cause %}"));
    invoke(FunctionCall {
        retry: retry::writing_down(),
        catch: vec![to(names::TELL, ANY.to_vec())],
        ..FunctionCall::new("approve", payload, Then::Next(names::TELL.to_owned()))
    })
}

fn choice(condition: &str, yes: &str, no: &str) -> State {
    State::Choice(Choice {
        choices: vec![Rule {
            condition: format!("{{% {condition} %}}"),
            next: yes.to_owned(),
        }],
        default: no.to_owned(),
    })
}

fn to(next: &str, errors: Vec<&'static str>) -> Catcher {
    Catcher {
        error_equals: errors,
        next: next.to_owned(),
        output: json!({}),
    }
}
