//! The parts of Amazon States Language that compiled machines use, in the order in which people read them.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// A state machine (Amazon States Language, <https://states-language.net>), query language JSONata.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Machine {
    pub(crate) comment: String,
    pub(crate) query_language: &'static str,
    pub(crate) start_at: String,
    pub(crate) timeout_seconds: u32,
    pub(crate) states: States,
}

/// States by name, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct States(Vec<(String, State)>);

impl States {
    pub(crate) fn add(&mut self, name: impl Into<String>, state: State) {
        self.0.push((name.into(), state));
    }

    pub(crate) fn first(&self) -> String {
        self.0.first().map(|(name, _)| name.clone()).unwrap_or_default()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&State> {
        self.0
            .iter()
            .find_map(|(other, state)| (other == name).then_some(state))
    }

    pub(crate) fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

impl Serialize for States {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, state)| (name, state)))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "Type")]
pub(crate) enum State {
    Task(Box<Task>),
    Parallel(Parallel),
    Map(Walk),
    Choice(Choice),
    Wait(Wait),
    Pass(Pass),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Task {
    pub(crate) resource: &'static str,
    pub(crate) arguments: Invocation,
    pub(crate) timeout_seconds: Value,
    pub(crate) retry: Vec<Retrier>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) catch: Vec<Catcher>,
    pub(crate) output: Value,
    #[serde(flatten)]
    pub(crate) then: Then,
}

/// What `lambda:invoke` takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Invocation {
    pub(crate) function_name: String,
    pub(crate) payload: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Parallel {
    pub(crate) branches: Vec<Branch>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) catch: Vec<Catcher>,
    #[serde(flatten)]
    pub(crate) then: Then,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Branch {
    pub(crate) start_at: String,
    pub(crate) states: States,
}

impl Branch {
    /// A branch that starts with its first state.
    pub(crate) fn of(states: States) -> Self {
        Self {
            start_at: states.first(),
            states,
        }
    }
}

/// A `Map` state: the same states for each item.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Walk {
    pub(crate) items: &'static str,
    pub(crate) max_concurrency: u32,
    pub(crate) item_processor: ItemProcessor,
    pub(crate) output: Value,
    #[serde(flatten)]
    pub(crate) then: Then,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ItemProcessor {
    pub(crate) processor_config: Value,
    #[serde(flatten)]
    pub(crate) branch: Branch,
}

impl ItemProcessor {
    /// The states run inside the execution itself.
    pub(crate) fn inline(branch: Branch) -> Self {
        Self {
            processor_config: json!({ "Mode": "INLINE" }),
            branch,
        }
    }
}

/// A `Wait` state that goes on at a time that an expression names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Wait {
    pub(crate) timestamp: String,
    pub(crate) output: Value,
    #[serde(flatten)]
    pub(crate) then: Then,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Choice {
    pub(crate) choices: Vec<Rule>,
    pub(crate) default: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Rule {
    pub(crate) condition: String,
    pub(crate) next: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Pass {
    pub(crate) output: Value,
    #[serde(flatten)]
    pub(crate) then: Then,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Retrier {
    pub(crate) error_equals: Vec<&'static str>,
    pub(crate) interval_seconds: u32,
    pub(crate) backoff_rate: u32,
    pub(crate) max_attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_delay_seconds: Option<u32>,
    pub(crate) jitter_strategy: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Catcher {
    pub(crate) error_equals: Vec<&'static str>,
    pub(crate) next: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) output: Value,
}

/// Where a state leads.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Then {
    Next(String),
    End,
}

impl Serialize for Then {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = match self {
            Self::Next(name) => BTreeMap::from([("Next", Value::from(name.as_str()))]),
            Self::End => BTreeMap::from([("End", Value::from(true))]),
        };
        entry.serialize(serializer)
    }
}

impl Machine {
    /// The machine as the file in `statemachines/` has it.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }
}
