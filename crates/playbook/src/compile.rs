//! From a playbook to its state machine.
//!
//! The compiler adds what no author should have to remember: retries, catches, timeouts, the gate,
//! verification, telling people, closing. State names are sentences, so that the Step Functions console reads
//! as the runbook. State data is of no use to any task: ids come from the execution's input, so that nothing a
//! state returns can change what the next one acts on.

mod confirm;
mod contain;
mod gate;
pub(crate) mod retry;
mod stubborn;
mod task;
mod undo;

use std::collections::BTreeSet;

use backstop_core::log::Phase;
use serde_json::json;

use crate::{
    arrange::arrange,
    machine::{Branch, Catcher, Choice, Machine, Parallel, Pass, Retrier, Rule, State, States, Then},
    playbook::Playbook,
};
use contain::Doing;
use task::{FunctionCall, invoke};
pub(crate) use undo::UNDO;
pub use undo::{compile_undo, functions_of_undo, undoing_functions};

/// The functions that machines call besides those of their steps; `approve` only where there is something to
/// approve.
pub const SHARED_FUNCTIONS: [&str; 3] = ["approve", "close", "notify"];

/// How long an execution may take: approvals, asked again after drift, all included. The stack's approval
/// timeout must stay below it.
pub const EXECUTION_TIMEOUT_SECONDS: u32 = 30 * 24 * 60 * 60;

/// The names of the states outside branches.
pub(crate) mod names {
    pub(crate) const MODE: &str = "Which mode applies?";
    pub(crate) const PLAN: &str = "Plan what would be done";
    pub(crate) const WANTED: &str = "Is approval wanted?";
    pub(crate) const ASK: &str = "Ask a person to approve the plan";
    pub(crate) const REMIND: &str = "Remind people, since nobody has answered";
    pub(crate) const EXPIRED: &str = "Write down that the approval expired";
    pub(crate) const UNASKED: &str = "Leave it to a person, since nobody could be asked";
    pub(crate) const APPROVED: &str = "Was it approved?";
    pub(crate) const CONTAIN: &str = "Contain";
    pub(crate) const PROVE: &str = "Prove the containment";
    pub(crate) const DRIFTED: &str = "Did the world change since the plan?";
    pub(crate) const FOR_HOURS: &str = "Try what AWS refused for hours";
    pub(crate) const PROVE_LATE: &str = "Prove what came late";
    pub(crate) const DRIFTED_LATE: &str = "Did the world change meanwhile?";
    pub(crate) const UNPROVEN: &str = "Tell that the proof must wait";
    pub(crate) const TELL: &str = "Tell people what happened";
    pub(crate) const EVIDENCE: &str = "Preserve and investigate";
    pub(crate) const BESIDE: &str = "Contain, and keep the evidence that can't wait";
    pub(crate) const TELL_AT_ONCE: &str = "Tell people what was contained";
    pub(crate) const ASK_AGAIN: &str = "Go back to the plan";
    pub(crate) const TOLD: &str = "Go on though nobody could be told";
    pub(crate) const AGAIN: &str = "Must people be asked again?";
    pub(crate) const PROPOSE: &str = "Tell people what was found";
    pub(crate) const CLOSE: &str = "Close the incident";
    pub(crate) const LOOK_AGAIN: &str = "Is there something to look at again?";
    pub(crate) const SETTLE: &str = "Wait until it is in force everywhere";
    pub(crate) const READ_AGAIN: &str = "Read the containment a second time";
    pub(crate) const LOOK_BACK: &str = "Look in CloudTrail at what happened since";
    pub(crate) const CONFIRM: &str = "Confirm the containment or open it again";
    pub(crate) const TELL_AGAIN: &str = "Tell people what the second reading showed";
    pub(crate) const NOTHING: &str = "Nothing is to be looked at again";
}

/// A catcher's list that takes everything.
const ANY: [&str; 1] = ["States.ALL"];

/// Compiles a playbook. One that contains nothing goes straight to telling people.
pub fn compile(playbook: &Playbook) -> Machine {
    let mut states = States::default();
    let after_telling = if evidence(playbook, names::CLOSE).is_some() {
        names::EVIDENCE
    } else {
        names::CLOSE
    };
    if playbook.contains() {
        let acting = acting(playbook);
        states.add(names::MODE, which_mode(acting));
        states.extend(gate::states(playbook, acting));
        if acting == names::BESIDE {
            states.add(names::BESIDE, beside(playbook));
            states.add(names::AGAIN, if_drifted(names::PLAN, after_telling));
        } else {
            states.extend(containment(playbook));
            states.extend(proven(playbook, names::PLAN, names::TELL));
        }
    }
    states.add(names::TELL, tell(after_telling));
    let after_evidence = if playbook.steps_of(Phase::Investigate).is_empty() {
        names::CLOSE
    } else {
        names::PROPOSE
    };
    if let Some(state) = evidence(playbook, after_evidence) {
        states.add(names::EVIDENCE, state);
    }
    if after_evidence == names::PROPOSE {
        states.add(names::PROPOSE, propose());
    }
    if playbook.contains() {
        states.extend(confirm::states(playbook));
    } else {
        states.add(names::CLOSE, close());
    }
    Machine {
        comment: format!(
            "{}. Compiled from playbooks/{}/playbook.yaml by `backstop playbook compile`: edit that file.",
            playbook.title, playbook.name
        ),
        query_language: "JSONata",
        start_at: states.first(),
        timeout_seconds: EXECUTION_TIMEOUT_SECONDS,
        states,
    }
}

/// The functions that a playbook's machine invokes, and no others.
pub fn functions_of(playbook: &Playbook) -> BTreeSet<&'static str> {
    playbook
        .steps()
        .filter_map(|(_, step)| step.known_action().map(|action| action.function))
        .chain(playbook.contains().then_some(confirm::LOOKS_BACK))
        .chain(
            SHARED_FUNCTIONS
                .into_iter()
                .filter(|function| *function != "approve" || playbook.contains()),
        )
        .collect()
}

/// `respond-iam` → `RespondIam`.
pub fn pascal_case(name: &str) -> String {
    name.split('-').map(capitalized).collect()
}

/// `respond` → `Respond`.
pub(crate) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}

/// The state in which steps act.
fn acting(playbook: &Playbook) -> &'static str {
    if playbook.steps_at_once().is_empty() {
        names::CONTAIN
    } else {
        names::BESIDE
    }
}

fn which_mode(acting: &str) -> State {
    State::Choice(Choice {
        choices: vec![Rule {
            condition: "{% $states.context.Execution.Input.mode = 'auto' %}".to_owned(),
            next: acting.to_owned(),
        }],
        default: names::PLAN.to_owned(),
    })
}

fn containment(playbook: &Playbook) -> States {
    let mut states = States::default();
    states.add(names::CONTAIN, contain_state(playbook));
    states.extend(prove(playbook, &AT_ONCE));
    states
}

/// What comes after the proof: what AWS refused is tried for hours, unless people must be asked anew first.
fn proven(playbook: &Playbook, drifted: &str, told: &str) -> States {
    let mut states = States::default();
    states.add(
        names::DRIFTED,
        State::Choice(Choice {
            choices: vec![drifted_rule(drifted), stubborn::rule(names::FOR_HOURS)],
            default: told.to_owned(),
        }),
    );
    states.add(
        names::FOR_HOURS,
        stubborn::for_hours(&playbook.steps_of(Phase::Contain), names::PROVE_LATE),
    );
    states.extend(prove(playbook, &LATE));
    states.add(names::DRIFTED_LATE, if_drifted(drifted, told));
    states
}

/// One branch contains, proves and tells; the evidence that can't wait is kept in others. A snapshot that hangs
/// or fails so delays neither isolation, nor its proof, nor the notice; only closing waits for it.
fn beside(playbook: &Playbook) -> State {
    let mut first = containment(playbook);
    first.extend(proven(playbook, names::ASK_AGAIN, names::TELL_AT_ONCE));
    first.add(
        names::ASK_AGAIN,
        State::Pass(Pass {
            output: json!({ "drifted": true }),
            then: Then::End,
        }),
    );
    first.add(
        names::TELL_AT_ONCE,
        invoke(FunctionCall {
            output: json!({ "drifted": false }),
            catch: vec![contain::catch_all(names::TOLD)],
            ..FunctionCall::new("notify", task::facts(&["incident"]), Then::End)
        }),
    );
    first.add(names::TOLD, contain::pass(Then::End));
    let mut branches = vec![Branch::of(first)];
    branches.extend(contain::branches(Doing::Act, arrange(&playbook.steps_at_once())));
    State::Parallel(Parallel {
        branches,
        catch: vec![Catcher {
            error_equals: ANY.to_vec(),
            next: names::TELL.to_owned(),
            output: json!({ "drifted": false }),
        }],
        then: Then::Next(names::AGAIN.to_owned()),
    })
}

fn contain_state(playbook: &Playbook) -> State {
    let steps = playbook.steps_of(Phase::Contain);
    State::Parallel(Parallel {
        branches: contain::branches(Doing::Contain, arrange(&steps)),
        catch: vec![Catcher {
            error_equals: ANY.to_vec(),
            next: names::PROVE.to_owned(),
            output: json!({ "drifted": false }),
        }],
        then: Then::Next(names::PROVE.to_owned()),
    })
}

/// When proving happens, and how its states are named for it.
struct Proving {
    name: &'static str,
    /// Where it leads.
    next: &'static str,
    retry: fn() -> Vec<Retrier>,
    /// Before the name of a function.
    each: &'static str,
    unproven: &'static str,
    /// Where what passes by waiting is told; later it has been.
    tell: Option<&'static str>,
}

const AT_ONCE: Proving = Proving {
    name: names::PROVE,
    next: names::DRIFTED,
    retry: retry::proving,
    each: "Prove what",
    unproven: "Go on unproven by",
    tell: Some(names::UNPROVEN),
};

const LATE: Proving = Proving {
    name: names::PROVE_LATE,
    next: names::DRIFTED_LATE,
    retry: retry::proving_for_hours,
    each: "Prove late what",
    unproven: "Leave unproven by",
    tell: None,
};

/// Every function reads back what its steps did. What can't be proven is told, never hidden: going on from
/// here leaves the steps unproven in the log, and the incident doesn't close as contained. What can't be read since AWS is
/// down is told as well, and read for hours behind the steps.
fn prove(playbook: &Playbook, proving: &Proving) -> States {
    let functions: BTreeSet<&str> = playbook
        .steps_of(Phase::Contain)
        .iter()
        .filter_map(|step| step.known_action().map(|action| action.function))
        .collect();
    let verify = |function: &str, then: Then, catch: Vec<Catcher>| {
        invoke(FunctionCall {
            retry: (proving.retry)(),
            catch,
            output: contain::still_drifted(),
            ..FunctionCall::new(function, task::payload("verify", &["incident", "target"]), then)
        })
    };
    let next = Then::Next(proving.next.to_owned());
    let mut states = States::default();
    if let [only] = functions.iter().copied().collect::<Vec<_>>().as_slice() {
        let told = proving.tell.map(stubborn::passing);
        let catch = told
            .into_iter()
            .chain([contain::catch_all(proving.next)])
            .collect();
        states.add(proving.name, verify(only, next.clone(), catch));
        if let Some(tell) = proving.tell {
            states.add(tell, stubborn::tell(None, proving.next, &next));
        }
        return states;
    }
    let branches = functions
        .into_iter()
        .map(|function| {
            let mut states = States::default();
            let unproven = format!("{} {function}", proving.unproven);
            let tell = proving.tell.map(|tell| format!("{tell}: {function}"));
            let told = tell.as_deref().map(stubborn::passing);
            let catch = told.into_iter().chain([contain::catch_all(&unproven)]).collect();
            states.add(
                format!("{} {function} did", proving.each),
                verify(function, Then::End, catch),
            );
            if let Some(tell) = tell {
                states.add(tell, stubborn::tell(None, &unproven, &Then::End));
            }
            states.add(unproven, contain::pass(Then::End));
            Branch::of(states)
        })
        .collect();
    states.add(
        proving.name,
        State::Parallel(Parallel {
            branches,
            catch: vec![contain::catch_all(proving.next)],
            then: next,
        }),
    );
    states
}

fn drifted_rule(next: &str) -> Rule {
    Rule {
        condition: contain::DRIFTED_BEFORE.to_owned(),
        next: next.to_owned(),
    }
}

fn if_drifted(yes: &str, no: &str) -> State {
    State::Choice(Choice {
        choices: vec![drifted_rule(yes)],
        default: no.to_owned(),
    })
}

fn tell(next: &str) -> State {
    invoke(FunctionCall {
        catch: vec![Catcher {
            error_equals: ANY.to_vec(),
            next: next.to_owned(),
            output: json!({}),
        }],
        ..FunctionCall::new("notify", task::facts(&["incident"]), Then::Next(next.to_owned()))
    })
}

/// Nothing to tell is told to nobody; what couldn't be told is in the log, and closing waits for neither.
fn propose() -> State {
    let mut payload = task::facts(&["incident"]);
    payload.insert("about".to_owned(), json!("investigation"));
    invoke(FunctionCall {
        catch: vec![Catcher {
            error_equals: ANY.to_vec(),
            next: names::CLOSE.to_owned(),
            output: json!({}),
        }],
        ..FunctionCall::new("notify", payload, Then::Next(names::CLOSE.to_owned()))
    })
}

fn evidence(playbook: &Playbook, next: &str) -> Option<State> {
    let branches: Vec<Branch> = [Phase::Preserve, Phase::Investigate]
        .into_iter()
        .flat_map(|phase| {
            let mut later = playbook.steps_of(phase);
            later.retain(|step| !step.at_once);
            contain::branches(Doing::Act, arrange(&later))
        })
        .collect();
    (!branches.is_empty()).then(|| {
        State::Parallel(Parallel {
            branches,
            catch: vec![Catcher {
                error_equals: ANY.to_vec(),
                next: next.to_owned(),
                output: json!({}),
            }],
            then: Then::Next(next.to_owned()),
        })
    })
}

/// Nothing is caught here: an incident that can't be closed fails its execution, and the stack's alarm on
/// failed executions pages.
fn close() -> State {
    invoke(FunctionCall {
        retry: retry::writing_down(),
        ..FunctionCall::new("close", task::payload("close", &["incident"]), Then::End)
    })
}
