//! What answering cost: an estimate from what the log knows. Only a bill is exact.

use backstop_core::{
    about::About,
    incident::Incident,
    log::{Event, Record},
};
use serde::Serialize;

/// Of which prices, so that nobody takes the estimate for more than it is.
const SOURCE: &str = "an estimate: list prices of us-east-1 as of July 2025 (aws.amazon.com, the pricing pages of Step \
                      Functions, Lambda, DynamoDB, S3 and SNS), without the free tier; logs, traces, alarms, storage \
                      and the delivery of e-mail and SMS aren't in it";

// US dollars each.
const TRANSITION: f64 = 0.000_025;
const INVOCATION: f64 = 0.000_000_2;
const GIGABYTE_SECOND: f64 = 0.000_016_666_7;
const WRITE_UNIT: f64 = 0.000_000_625;
const READ_UNIT: f64 = 0.000_000_125;
const PUT: f64 = 0.000_005;
const PUBLISH: f64 = 0.000_000_5;

/// Choices, parallels and the start and end of an execution, beside one transition a task.
const ROUTING: u64 = 6;
/// Half a second of 256 MB an invocation: most are far shorter, cold starts longer.
const GIGABYTE_SECONDS: f64 = 0.125;
/// A transaction of five items at two units each opens an incident; its row in the list is written anew twice, index
/// included.
const OPENING_UNITS: u64 = 14;

/// What answering cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// What is counted.
    pub lines: Vec<CostLine>,
    /// Together, in US dollars.
    pub usd: f64,
    /// How far it can be trusted.
    pub source: &'static str,
}

/// One kind of thing that is paid for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostLine {
    /// What.
    pub what: &'static str,
    /// How many.
    pub count: u64,
    /// US dollars.
    pub usd: f64,
}

impl CostLine {
    /// The price with as many digits as say something.
    pub fn price(&self) -> String {
        dollars(self.usd)
    }
}

impl Cost {
    /// The sum with as many digits as say something.
    pub fn total(&self) -> String {
        dollars(self.usd)
    }
}

/// The notices that were sent. Older logs don't name those that asked for a decision, only the question.
fn notices(log: &[Record]) -> u64 {
    let count = |is: fn(&Event) -> bool| log.iter().filter(|record| is(&record.event)).count() as u64;
    let sent = count(|event| matches!(event, Event::Notified { .. }));
    let questions = count(|event| matches!(event, Event::ApprovalRequested { .. }));
    let asking = count(|event| {
        matches!(
            event,
            Event::Notified {
                about: About::Question | About::Limit,
                ..
            }
        )
    });
    sent + questions.saturating_sub(asking)
}

pub(crate) fn cost(log: &[Record], incident: &Incident, kept: usize) -> Cost {
    let count = |is: fn(&Event) -> bool| log.iter().filter(|record| is(&record.event)).count() as u64;
    let findings = count(|event| matches!(event, Event::Opened(_) | Event::FindingJoined(_)));
    let notices = notices(log);
    let closings = count(|event| matches!(event, Event::Closed { .. } | Event::EvidenceKept { .. }));
    let steps = count(|event| {
        matches!(
            event,
            Event::Planned { .. } | Event::StepEnded { .. } | Event::UndoEnded { .. }
        )
    });
    let verifying: std::collections::BTreeSet<Option<&str>> = incident
        .steps
        .iter()
        .filter(|state| state.verification.is_some())
        .map(|state| backstop_actions::function_of(&state.step.action))
        .collect();
    let tasks = steps + verifying.len() as u64 + notices + closings;
    let invocations = tasks + findings;
    let sizes = || log.iter().map(|record| size(record) as u64);
    let writes = OPENING_UNITS + sizes().map(|size| size.div_ceil(1024)).sum::<u64>();
    let reads = invocations * sizes().sum::<u64>().div_ceil(4096);
    let puts = if kept == 0 { 0 } else { kept as u64 + 1 };
    let lines: Vec<CostLine> = [
        ("Step Functions: state transitions", tasks + ROUTING, TRANSITION),
        (
            "Lambda: invocations, half a second of 256 MB each",
            invocations,
            INVOCATION + GIGABYTE_SECONDS * GIGABYTE_SECOND,
        ),
        ("DynamoDB: write units", writes, WRITE_UNIT),
        ("DynamoDB: read units", reads, READ_UNIT),
        ("S3: evidence written", puts, PUT),
        ("SNS: notices", notices, PUBLISH),
    ]
    .into_iter()
    .map(|(what, count, each)| CostLine {
        what,
        count,
        usd: count as f64 * each,
    })
    .collect();
    Cost {
        usd: lines.iter().map(|line| line.usd).sum(),
        lines,
        source: SOURCE,
    }
}

/// As the table stores it, more or less.
fn size(record: &Record) -> usize {
    backstop_core::canonical::json(record).map_or(0, |text| text.len())
}

fn dollars(usd: f64) -> String {
    format!("${usd:.5}")
}
