//! Checks of a state machine as it stands in a file, compiled or written by hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use backstop_core::ErrorName;
use serde::Serialize;
use serde_json::Value;

use crate::compile::retry;

/// Names that aren't Backstop's and that a machine may catch or retry.
const RESERVED: [&str; 5] = [
    "States.ALL",
    "States.HeartbeatTimeout",
    "States.Timeout",
    "States.TaskFailed",
    "States.QueryEvaluationError",
];

/// The longest state name (Step Functions quotas).
const LONGEST_NAME: usize = 80;

/// A mistake in a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachineFault {
    /// The state, or the machine's `StartAt`.
    pub state: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for MachineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state `{}`: {}", self.state, self.message)
    }
}

/// Whether a machine may name this error in `Retry` or `Catch`.
pub fn is_known_error(name: &str) -> bool {
    ErrorName::parse(name).is_some()
        || RESERVED.contains(&name)
        || retry::LAMBDA_TRANSIENT.contains(&name)
        || retry::TIMED_OUT.contains(&name)
}

/// Everything that Step Functions would refuse, and what it wouldn't notice: error names that nothing raises,
/// tasks without timeout or retry, states that can't be reached.
pub fn check_machine(machine: &Value) -> Vec<MachineFault> {
    let mut checker = Checker::default();
    checker.scope(machine);
    checker.faults
}

#[derive(Default)]
struct Checker {
    names: BTreeSet<String>,
    faults: Vec<MachineFault>,
}

impl Checker {
    fn fault(&mut self, state: &str, message: impl Into<String>) {
        self.faults.push(MachineFault {
            state: state.to_owned(),
            message: message.into(),
        });
    }

    /// A machine or a branch: states that may lead to one another.
    fn scope(&mut self, scope: &Value) {
        let Some(states) = scope.get("States").and_then(Value::as_object) else {
            self.fault("StartAt", "there are no states");
            return;
        };
        let start = text(scope, "StartAt");
        let mut leads: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, state) in states {
            let to = targets(state);
            for missing in to.iter().filter(|next| !states.contains_key(**next)) {
                self.fault(name, format!("leads to `{missing}`, which isn't there"));
            }
            leads.insert(name, to);
            self.state(name, state);
        }
        self.reachable(start, &leads);
    }

    fn reachable(&mut self, start: &str, leads: &BTreeMap<&str, Vec<&str>>) {
        if !leads.contains_key(start) {
            self.fault("StartAt", format!("starts at `{start}`, which isn't there"));
            return;
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        while let Some(name) = open.pop() {
            if seen.insert(name) {
                open.extend(leads.get(name).into_iter().flatten());
            }
        }
        for lost in leads.keys().filter(|name| !seen.contains(*name)) {
            self.fault(lost, "can't be reached");
        }
    }

    fn state(&mut self, name: &str, state: &Value) {
        if name.chars().count() > LONGEST_NAME {
            self.fault(name, format!("the name is longer than {LONGEST_NAME} characters"));
        }
        if !self.names.insert(name.to_owned()) {
            self.fault(name, "the name stands twice in the machine");
        }
        let ends = ["Next", "End", "Default"]
            .iter()
            .any(|key| state.get(key).is_some());
        if !ends && !matches!(text(state, "Type"), "Succeed" | "Fail") {
            self.fault(name, "leads nowhere and doesn't end");
        }
        if text(state, "Type") == "Task" {
            for field in ["TimeoutSeconds", "Retry"] {
                if state.get(field).is_none() {
                    self.fault(name, format!("a task without `{field}`"));
                }
            }
        }
        self.errors(name, state);
        for branch in list(state, "Branches") {
            self.scope(branch);
        }
        if let Some(each) = state.get("ItemProcessor") {
            self.scope(each);
        }
    }

    fn errors(&mut self, name: &str, state: &Value) {
        for handler in list(state, "Retry").chain(list(state, "Catch")) {
            let errors: Vec<&str> = list(handler, "ErrorEquals").filter_map(Value::as_str).collect();
            if errors.is_empty() {
                self.fault(name, "a `Retry` or `Catch` without `ErrorEquals`");
            }
            if errors.contains(&"States.ALL") && errors.len() > 1 {
                self.fault(name, "`States.ALL` must stand alone");
            }
            for unknown in errors.iter().filter(|error| !is_known_error(error)) {
                self.fault(name, format!("nothing raises `{unknown}`"));
            }
        }
        let catchers: Vec<bool> = list(state, "Catch")
            .map(|catch| list(catch, "ErrorEquals").any(|error| error == "States.ALL"))
            .collect();
        if catchers.iter().rev().skip(1).any(|all| *all) {
            self.fault(name, "`States.ALL` must be caught last");
        }
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// Every state that this one may lead to.
fn targets(state: &Value) -> Vec<&str> {
    let direct = ["Next", "Default"]
        .into_iter()
        .filter_map(|key| state.get(key).and_then(Value::as_str));
    let by_rule = list(state, "Choices")
        .chain(list(state, "Catch"))
        .filter_map(|rule| rule.get("Next").and_then(Value::as_str));
    direct.chain(by_rule).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(machine: &Value) -> Vec<String> {
        check_machine(machine).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_mistake_is_found() {
        let machine = json!({
            "StartAt": "A",
            "States": {
                "A": { "Type": "Task", "Next": "Nowhere",
                       "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "C" },
                                 { "ErrorEquals": ["Backstop.Nonsense", "States.ALL"], "Next": "C" }] },
                "B": { "Type": "Pass", "End": true },
                "C": { "Type": "Parallel", "Branches": [{ "StartAt": "X", "States": { "A": { "Type": "Pass" } } }],
                       "End": true },
            },
        });
        assert_eq!(
            faults(&machine),
            [
                "state `A`: leads to `Nowhere`, which isn't there",
                "state `A`: a task without `TimeoutSeconds`",
                "state `A`: a task without `Retry`",
                "state `A`: `States.ALL` must stand alone",
                "state `A`: nothing raises `Backstop.Nonsense`",
                "state `A`: `States.ALL` must be caught last",
                "state `A`: the name stands twice in the machine",
                "state `A`: leads nowhere and doesn't end",
                "state `StartAt`: starts at `X`, which isn't there",
                "state `B`: can't be reached",
            ]
        );
    }

    #[test]
    fn the_states_of_each_item_are_looked_at() {
        let machine = json!({
            "StartAt": "A",
            "States": { "A": { "Type": "Map", "End": true,
                               "ItemProcessor": { "StartAt": "B", "States": { "B": { "Type": "Task", "End": true } } } } },
        });
        assert_eq!(
            faults(&machine),
            [
                "state `B`: a task without `TimeoutSeconds`",
                "state `B`: a task without `Retry`",
            ]
        );
    }

    #[test]
    fn every_name_of_ours_is_known() {
        assert!(ErrorName::ALL.iter().all(|name| is_known_error(name.as_str())));
        assert!(!is_known_error("Backstop.Throtled"));
    }
}
