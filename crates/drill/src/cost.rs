//! What AWS would bill for one incident, of what a drill can count.

use std::collections::BTreeMap;

use backstop_emulator::{Principal, RecordedCall};
use serde::Serialize;

use super::{DrillError, Environment, calls::FunctionCalls, error::call};

/// Where the prices hold: those of AWS's public pricing pages, without free tiers and discounts.
const PRICES_OF: &str = "us-east-1 (AWS's public list, without free tiers)";

/// What is billed, and what one costs in US dollars.
#[derive(Clone, Copy, Debug)]
struct Price {
    what: &'static str,
    usd: f64,
}

/// AWS Step Functions pricing, "Standard Workflows": $0.025 for 1,000.
const TRANSITION: Price = Price {
    what: "state transitions",
    usd: 0.025 / 1e3,
};
/// AWS Lambda pricing, "x86 Price": $0.20 for a million.
const INVOCATION: Price = Price {
    what: "Lambda invocations",
    usd: 0.20 / 1e6,
};
/// AWS Lambda pricing, "x86 Price", first tier.
const GB_SECOND: Price = Price {
    what: "GB-seconds of Lambda",
    usd: 0.000_016_666_7,
};
/// Amazon DynamoDB pricing for on-demand capacity, Standard table class: $0.625 for a million.
const WRITE: Price = Price {
    what: "DynamoDB write request units",
    usd: 0.625 / 1e6,
};
/// The same: $0.125 for a million.
const READ: Price = Price {
    what: "DynamoDB read request units",
    usd: 0.125 / 1e6,
};
/// Amazon S3 pricing, S3 Standard, "PUT, COPY, POST, LIST requests": $0.005 for 1,000.
const S3_PUT: Price = Price {
    what: "S3 requests that write or list",
    usd: 0.005 / 1e3,
};
/// The same, "GET, SELECT, and all other requests": $0.0004 for 1,000.
const S3_GET: Price = Price {
    what: "S3 requests that read",
    usd: 0.000_4 / 1e3,
};
/// Amazon SNS pricing, standard topics, "API requests": $0.50 for a million.
const PUBLISH: Price = Price {
    what: "SNS publishes",
    usd: 0.50 / 1e6,
};
/// Amazon SQS pricing, standard queues: $0.40 for a million.
const QUEUE: Price = Price {
    what: "SQS requests of functions",
    usd: 0.40 / 1e6,
};

/// What nobody should think is in the sum.
const NOT_COUNTED: [&str; 6] = [
    "Lambda's time before the first call of an invocation and after its last, and cold starts; the time between is the \
     emulators', which don't answer as fast or as slowly as AWS",
    "states inside of branches that are no tasks, which the emulator's history leaves out",
    "writes to the table's index, and of changed items what is above 1 KiB",
    "mails ($2 for 100,000) and other deliveries of notices",
    "Lambda's polling of the queue, EventBridge's events, logs, traces and alarms, which cost the same without an incident or \
     follow from how much is kept",
    "snapshots, and the storage of evidence for as long as it is kept",
];

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// All of it, in US dollars.
    pub usd: f64,
    /// Of which prices.
    pub prices: &'static str,
    /// What it is made of.
    pub billed: Vec<Billed>,
    /// What isn't in it.
    pub not_counted: &'static [&'static str],
}

/// One thing that is billed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Billed {
    /// What.
    pub what: &'static str,
    /// How many.
    pub count: f64,
    /// What one costs.
    pub usd_each: f64,
    /// What they cost.
    pub usd: f64,
}

/// The memory of each function in MiB, by the name of its role.
pub type Memory = BTreeMap<String, u32>;

/// Asks Lambda.
pub async fn memory(environment: &Environment) -> Result<Memory, DrillError> {
    let account = environment.account();
    let lambda = aws_sdk_lambda::Client::new(&account.sdk_config(account.root()));
    let functions = lambda.list_functions().into_paginator().items().send();
    let functions = functions.collect::<Result<Vec<_>, _>>().await;
    let functions = functions.map_err(call("lambda:ListFunctions"))?;
    let of_role = functions.into_iter().filter_map(|function| {
        let role = function.role?.rsplit('/').next()?.to_owned();
        Some((role, u32::try_from(function.memory_size?).ok()?))
    });
    Ok(of_role.collect())
}

impl Cost {
    /// Of one incident's execution and the calls of functions meanwhile.
    pub fn of(transitions: usize, calls: &FunctionCalls, memory: &Memory) -> Self {
        let calls = calls.all();
        let units = |of: fn(backstop_emulator::RequestUnits) -> usize| -> usize {
            calls.iter().filter_map(|call| call.units).map(of).sum()
        };
        let counted = |is: fn(&RecordedCall) -> bool| calls.iter().filter(|call| is(call)).count();
        let invocations = invocations(calls);
        let billed: Vec<Billed> = [
            (TRANSITION, number(transitions)),
            (INVOCATION, number(invocations.len())),
            (GB_SECOND, gb_seconds(&invocations, memory)),
            (WRITE, number(units(|units| units.writes))),
            (READ, number(units(|units| units.half_reads)) / 2.0),
            (
                S3_PUT,
                number(counted(|call| call.service == "s3" && !is_get(call))),
            ),
            (
                S3_GET,
                number(counted(|call| call.service == "s3" && is_get(call))),
            ),
            (
                PUBLISH,
                number(counted(|call| call.service == "sns" && call.action == "Publish")),
            ),
            (QUEUE, number(counted(|call| call.service == "sqs"))),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0.0)
        .map(|(price, count)| Billed {
            what: price.what,
            count,
            usd_each: price.usd,
            usd: count * price.usd,
        })
        .collect();
        Self {
            usd: billed.iter().map(|one| one.usd).sum(),
            prices: PRICES_OF,
            billed,
            not_counted: &NOT_COUNTED,
        }
    }
}

/// From the first call of each invocation to its last, in microseconds, by its function's role and its trace.
fn invocations(calls: &[RecordedCall]) -> BTreeMap<(&str, &str), (u64, u64)> {
    let mut found = BTreeMap::new();
    for call in calls {
        let (Principal::Role { name, .. }, Some(trace)) = (&call.principal, &call.trace) else {
            continue;
        };
        let span = found
            .entry((name.as_str(), trace.as_str()))
            .or_insert((call.started_us, call.ended_us));
        *span = (span.0.min(call.started_us), span.1.max(call.ended_us));
    }
    found
}

/// Lambda bills each started millisecond.
fn gb_seconds(invocations: &BTreeMap<(&str, &str), (u64, u64)>, memory: &Memory) -> f64 {
    let of_one = |((role, _), (began, ended)): (&(&str, &str), &(u64, u64))| {
        let milliseconds = ended.saturating_sub(*began).div_ceil(1000);
        let mib = memory.get(*role).copied().unwrap_or_default();
        number(usize::try_from(milliseconds).unwrap_or(usize::MAX)) / 1e3 * f64::from(mib) / 1024.0
    };
    let sum: f64 = invocations.iter().map(of_one).sum();
    (sum * 1e3).round() / 1e3
}

fn is_get(call: &RecordedCall) -> bool {
    ["Get", "Head"].iter().any(|read| call.action.starts_with(read))
}

/// Counts here are far below what a float holds exactly.
fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests;
