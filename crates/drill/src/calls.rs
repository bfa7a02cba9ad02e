//! What the gateway's record says of the stack's functions: what they changed, what was refused them, and how
//! many calls had to wait for each other.

use serde::Serialize;

use backstop_emulator::{Principal, RecordedCall};

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
    /// How the name of the stack's evidence bucket begins: CloudFormation makes it of the stack's and the resource's.
    evidence_bucket: String,
    calls: Vec<RecordedCall>,
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
    /// Those calls; of several at the same time, one.
    pub series: Vec<String>,
    /// All calls of the functions from the event to the end of the execution.
    pub total: usize,
    /// Conditional writes to the incidents table that came too late, since another writer had taken their place in the
    /// log: they are billed, and whoever lost writes again.
    pub lost_log_writes: usize,
    /// The calls that changed the account, in order, or tried to.
    pub changes: Vec<CallLine>,
    /// The calls that were refused.
    pub denied: Vec<CallLine>,
}

impl FunctionCalls {
    /// Picks from the record what the roles of `stack` did after `began_us`.
    pub fn of(record: &[RecordedCall], stack: &str, began_us: u64) -> Self {
        let prefix = format!("{stack}-");
        let is_ours = |call: &&RecordedCall| matches!(&call.principal, Principal::Role { name, .. } if name.starts_with(&prefix));
        let calls = record
            .iter()
            .filter(is_ours)
            .filter(|call| call.started_us >= began_us);
        Self {
            began_us,
            evidence_bucket: format!("{stack}-evidencebucket-").to_lowercase(),
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

    /// All of them.
    pub fn all(&self) -> &[RecordedCall] {
        &self.calls
    }

    /// For the report.
    pub fn summary(&self) -> Calls {
        let series = self.first_change().map(|change| self.series(change));
        Calls {
            serial_before_containment: series.as_ref().map(Vec::len),
            series: series.unwrap_or_default().into_iter().map(name).collect(),
            total: self.calls.len(),
            lost_log_writes: self.calls.iter().filter(|call| is_lost_write(call)).count(),
            changes: self
                .calls
                .iter()
                .filter(|call| self.is_change(call))
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

    fn ms(&self, call: &RecordedCall) -> u64 {
        call.ended_us.saturating_sub(self.began_us) / 1000
    }

    fn made_changes(&self) -> impl Iterator<Item = &RecordedCall> {
        self.calls
            .iter()
            .filter(|call| self.is_change(call) && call.succeeded())
    }

    fn is_change(&self, call: &RecordedCall) -> bool {
        let keeps_evidence = call
            .resource
            .as_ref()
            .is_some_and(|resource| call.service == "s3" && resource.name.starts_with(&self.evidence_bucket));
        !keeps_evidence
            && !OWN_SERVICES.contains(&call.service.as_str())
            && !READS.iter().any(|read| call.action.starts_with(read))
    }

    fn first_change(&self) -> Option<&RecordedCall> {
        self.made_changes().min_by_key(|call| call.ended_us)
    }

    /// The most calls before `change`, each of which began after the one before had ended, and `change` itself:
    /// those of its own invocation, and those of invocations that led to it.
    fn series<'a>(&'a self, change: &'a RecordedCall) -> Vec<&'a RecordedCall> {
        let own = self.calls.iter().filter(|call| call.trace == change.trace);
        let began = own.map(|call| call.started_us).min().unwrap_or(change.started_us);
        let leads = |call: &&RecordedCall| match self.handed_over_us(&call.trace) {
            _ if call.trace == change.trace => call.ended_us <= change.started_us,
            handed_over => handed_over <= began && call.ended_us <= handed_over,
        };
        let mut series = longest_chain(self.calls.iter().filter(leads).collect());
        series.push(change);
        series
    }

    /// When an invocation let others go on: intake by starting the machine, everything else by ending. What it
    /// does afterwards, and what other branches do meanwhile, costs the containment no time.
    fn handed_over_us(&self, trace: &Option<String>) -> u64 {
        let calls = || self.calls.iter().filter(|call| &call.trace == trace);
        let start = calls()
            .find(|call| call.action == "StartExecution")
            .map(|call| call.ended_us);
        start
            .or_else(|| calls().map(|call| call.ended_us).max())
            .unwrap_or_default()
    }
}

/// The most of these calls that can follow one another: always take the one that ends first.
fn longest_chain(mut calls: Vec<&RecordedCall>) -> Vec<&RecordedCall> {
    calls.sort_by_key(|call| call.ended_us);
    let mut free_from = 0;
    calls.retain(|call| {
        let follows = call.started_us >= free_from;
        if follows {
            free_from = call.ended_us;
        }
        follows
    });
    calls
}

fn is_lost_write(call: &RecordedCall) -> bool {
    let is_lost = call.error_code.as_deref() == Some("ConditionalCheckFailedException");
    call.service == "dynamodb" && call.action == "PutItem" && is_lost
}

fn is_refusal(call: &RecordedCall) -> bool {
    call.error_code
        .as_deref()
        .is_some_and(|code| code.starts_with("AccessDenied"))
}

fn name(call: &RecordedCall) -> String {
    format!("{}:{}", call.service, call.action)
}

fn line(call: &RecordedCall) -> CallLine {
    CallLine {
        call: name(call),
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
