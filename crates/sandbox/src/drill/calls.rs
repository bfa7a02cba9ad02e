//! What the gateway's record says of the stack's functions: what they changed, what was refused them, and how
//! many calls had to wait for each other.

use serde::Serialize;

use crate::{Call, Principal};

/// Where Backstop keeps its own things: calls there change nothing in the account that it protects.
const OWN_SERVICES: [&str; 7] = ["dynamodb", "events", "logs", "sns", "sqs", "states", "xray"];
/// How operations that only read begin.
const READS: [&str; 8] = [
    "BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Search", "Simulate",
];

/// The calls that the functions of one stack made in one stretch of time.
#[derive(Clone, Debug)]
pub struct FunctionCalls {
    began_us: u64,
    calls: Vec<Call>,
}

/// One call, as the report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallLine {
    /// `iam:PutUserPolicy`.
    pub call: String,
    /// What it was about, where the record shows it.
    pub on: Option<String>,
    /// The role that made it.
    pub by: String,
    /// The AWS error code of a call that failed.
    pub error: Option<String>,
}

/// The record, in the report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// How many calls, the containing one included, had to wait for each other between the event and the first
    /// change; none where nothing was changed.
    pub serial_before_containment: Option<usize>,
    /// All calls of the functions from the event to the end of the execution.
    pub total: usize,
    /// The calls that changed the account, in order, or tried to.
    pub changes: Vec<CallLine>,
    /// The calls that were refused.
    pub denied: Vec<CallLine>,
}

impl FunctionCalls {
    /// Picks from the record what the roles of `stack` did after `began_us`.
    pub fn of(record: &[Call], stack: &str, began_us: u64) -> Self {
        let prefix = format!("{stack}-");
        let is_ours = |call: &&Call| matches!(&call.principal, Principal::Role { name, .. } if name.starts_with(&prefix));
        let calls = record
            .iter()
            .filter(is_ours)
            .filter(|call| call.started_us >= began_us);
        Self {
            began_us,
            calls: calls.cloned().collect(),
        }
    }

    /// Milliseconds from the event to the end of the first change.
    pub fn ms_to_first_change(&self) -> Option<u64> {
        self.first_change().map(|call| self.ms(call))
    }

    /// Milliseconds from the event to the end of the last change.
    pub fn ms_to_last_change(&self) -> Option<u64> {
        self.made_changes()
            .max_by_key(|call| call.ended_us)
            .map(|call| self.ms(call))
    }

    /// For the report.
    pub fn summary(&self) -> Calls {
        Calls {
            serial_before_containment: self.first_change().map(|change| self.serial(change)),
            total: self.calls.len(),
            changes: self
                .calls
                .iter()
                .filter(|call| is_change(call))
                .map(line)
                .collect(),
            denied: self
                .calls
                .iter()
                .filter(|call| call.status == Some(403) || is_refusal(call))
                .map(line)
                .collect(),
        }
    }

    fn ms(&self, call: &Call) -> u64 {
        call.ended_us.saturating_sub(self.began_us) / 1000
    }

    fn made_changes(&self) -> impl Iterator<Item = &Call> {
        self.calls
            .iter()
            .filter(|call| is_change(call) && call.succeeded())
    }

    fn first_change(&self) -> Option<&Call> {
        self.made_changes().min_by_key(|call| call.ended_us)
    }

    /// The most calls before `change`, each of which began after the one before had ended, and `change` itself.
    /// Of the function that made the change only the same process counts: others of it ran beside, not before.
    fn serial(&self, change: &Call) -> usize {
        let is_before = |call: &&Call| {
            let same_process = call.access_key_id == change.access_key_id;
            let same_function = call.principal.session() == change.principal.session();
            call.ended_us <= change.started_us && (same_process || !same_function)
        };
        let spans = self
            .calls
            .iter()
            .filter(is_before)
            .map(|call| (call.started_us, call.ended_us));
        longest_chain(spans.collect()) + 1
    }
}

/// How many of these spans can follow one another: always take the one that ends first.
fn longest_chain(mut spans: Vec<(u64, u64)>) -> usize {
    spans.sort_by_key(|(_, end)| *end);
    let mut free_from = 0;
    spans
        .into_iter()
        .filter(|(start, end)| {
            let follows = *start >= free_from;
            if follows {
                free_from = *end;
            }
            follows
        })
        .count()
}

fn is_change(call: &Call) -> bool {
    !OWN_SERVICES.contains(&call.service.as_str()) && !READS.iter().any(|read| call.action.starts_with(read))
}

fn is_refusal(call: &Call) -> bool {
    call.error_code
        .as_deref()
        .is_some_and(|code| code.starts_with("AccessDenied"))
}

fn line(call: &Call) -> CallLine {
    CallLine {
        call: format!("{}:{}", call.service, call.action),
        on: call
            .resource
            .as_ref()
            .map(|resource| format!("{} {}", resource.kind, resource.name)),
        by: call.principal.to_string(),
        error: call.error_code.clone(),
    }
}

#[cfg(test)]
mod tests;
