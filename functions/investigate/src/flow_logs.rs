//! Reads VPC flow logs, where they are on, for what a contained instance still sends and receives: its security groups cut no
//! connection that was open before. Only what CloudWatch Logs has is read, and only in a format that says what is needed; of
//! everything else it is said that it wasn't read.

mod format;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_ec2::types::{Filter, FlowLog, LogDestinationType};
use backstop_actions::permissions;
use backstop_aws::{Access, SdkConfig, SignedCall};
use backstop_core::{
    ErrorName, Target,
    aftermath::{Flow, Flows},
    kind,
};
use backstop_runtime::CallError;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use self::format::Format;
use crate::services::Ec2;

/// Less than CloudTrail is given, which is read at the same time.
const BUDGET: Duration = Duration::from_secs(40);
/// More aren't kept of one interface: so many are as telling.
const MOST_RECORDS: usize = 20_000;
/// What a log group's name must hold: the function may read no other.
const READABLE: [&str; 2] = ["flow", "Flow"];

/// What was read, and what not.
#[derive(Debug, Default)]
pub(crate) struct FlowsRead {
    groups: BTreeSet<String>,
    interfaces: BTreeSet<String>,
    accepted: Vec<Flow>,
    /// What nobody should think was looked at.
    pub(crate) limits: Vec<String>,
    /// What was to be read and wasn't.
    pub(crate) incomplete: Vec<String>,
}

/// A network interface, and what a flow log may be on to have it.
struct Interface {
    id: String,
    of: BTreeSet<String>,
}

impl FlowsRead {
    /// Nothing, if no log group was read.
    pub(crate) fn flows(&self, peers: &BTreeSet<std::net::IpAddr>, settled: Timestamp) -> Option<Flows> {
        let names = |all: &BTreeSet<String>| all.iter().cloned().collect();
        (!self.interfaces.is_empty()).then(|| {
            Flows::of(
                names(&self.groups),
                names(&self.interfaces),
                &self.accepted,
                peers,
                settled,
            )
        })
    }
}

/// Reads them for the instance's interfaces since then. Nothing of a target that is no instance.
pub(crate) async fn read(aws: &Access<'_>, target: &Target, since: Timestamp) -> Option<FlowsRead> {
    let instance = kind::Instance::of(&target.resource)?;
    let mut read = FlowsRead::default();
    let looked = tokio::time::timeout(BUDGET, look(aws, &instance.instance_id, since, &mut read)).await;
    match looked {
        Ok(Ok(())) => {}
        Ok(Err(error)) => read
            .incomplete
            .push(format!("VPC flow logs weren't read: {error}")),
        Err(_elapsed) => read.incomplete.push(format!(
            "VPC flow logs weren't read to their end in {} seconds",
            BUDGET.as_secs()
        )),
    }
    Some(read)
}

async fn look(
    aws: &Access<'_>,
    instance: &str,
    since: Timestamp,
    read: &mut FlowsRead,
) -> Result<(), CallError> {
    let ec2 = aws.client::<Ec2>();
    let interfaces = interfaces(&ec2, instance).await?;
    let logs = flow_logs(&ec2, &interfaces).await?;
    let config = aws.config();
    let until = Instant::now() + BUDGET;
    for interface in &interfaces {
        let on: Vec<&FlowLog> = logs
            .iter()
            .filter(|log| log.resource_id().is_some_and(|id| interface.of.contains(id)))
            .collect();
        if on.is_empty() {
            read.limits.push(format!(
                "VPC flow logs aren't on for {}, so that connections that were open before weren't looked for",
                interface.id
            ));
            continue;
        }
        // The same records, where several have the interface: one that can be read is enough.
        let mut unread = Vec::new();
        let mut was_read = false;
        for log in on {
            match readable(log) {
                Ok((group, format)) => {
                    records(&config, group, &format, interface, since, until, read).await?;
                    was_read = true;
                }
                Err(why) => unread.push(format!(
                    "flow log {} of {} isn't read: {why}",
                    log.flow_log_id().unwrap_or_default(),
                    interface.id
                )),
            }
        }
        if !was_read {
            read.limits.extend(unread);
        }
    }
    Ok(())
}

async fn interfaces(ec2: &aws_sdk_ec2::Client, instance: &str) -> Result<Vec<Interface>, CallError> {
    let asked = ec2
        .describe_instances()
        .instance_ids(instance)
        .send()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_INSTANCES.action,
            format!("instance `{instance}`"),
        ));
    let answer = match asked {
        Ok(answer) => answer,
        // Terminated, and forgotten by EC2.
        Err(error) if error.name == ErrorName::TargetGone => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let found = answer
        .reservations()
        .iter()
        .flat_map(|reservation| reservation.instances())
        .filter(|found| found.instance_id() == Some(instance))
        .flat_map(|found| found.network_interfaces());
    let interfaces = found.filter_map(|found| {
        let id = found.network_interface_id()?.to_owned();
        let of = [Some(id.as_str()), found.subnet_id(), found.vpc_id()];
        let of = of.into_iter().flatten().map(str::to_owned).collect();
        Some(Interface { id, of })
    });
    Ok(interfaces.collect())
}

/// The flow logs on these interfaces, their subnets and VPCs.
async fn flow_logs(ec2: &aws_sdk_ec2::Client, interfaces: &[Interface]) -> Result<Vec<FlowLog>, CallError> {
    let on: BTreeSet<String> = interfaces.iter().flat_map(|one| one.of.iter().cloned()).collect();
    if on.is_empty() {
        return Ok(Vec::new());
    }
    let filter = Filter::builder()
        .name("resource-id")
        .set_values(Some(on.into_iter().collect()))
        .build();
    ec2.describe_flow_logs()
        .filter(filter)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(CallError::of(
            permissions::ec2::DESCRIBE_FLOW_LOGS,
            "the instance's network interfaces",
        ))
}

/// The log group and the format, or why it isn't read.
fn readable(log: &FlowLog) -> Result<(&str, Format), String> {
    if log
        .log_destination_type()
        .is_some_and(|to| to != &LogDestinationType::CloudWatchLogs)
    {
        return Err(format!(
            "its records go to {}, and only those in CloudWatch Logs are read",
            log.log_destination().unwrap_or("another place")
        ));
    }
    if log.deliver_cross_account_role().is_some() {
        return Err("its records go to another account".to_owned());
    }
    if log
        .traffic_type()
        .is_some_and(|traffic| traffic.as_str() == "REJECT")
    {
        return Err("it has rejected packets only".to_owned());
    }
    let group = log.log_group_name().ok_or("it names no log group")?;
    if !READABLE.iter().any(|word| group.contains(word)) {
        return Err(format!(
            "the name of log group {group} holds neither `flow` nor `Flow`, and no other may be read"
        ));
    }
    let format = match log.log_format() {
        None => Format::default_of_aws(),
        Some(format) => Format::read(format)?,
    };
    Ok((group, format))
}

/// Reads the accepted records of the interface, which has a log stream of its own, and whether there are any at all.
async fn records(
    config: &SdkConfig,
    group: &str,
    format: &Format,
    interface: &Interface,
    since: Timestamp,
    until: Instant,
    read: &mut FlowsRead,
) -> Result<(), CallError> {
    let accepted = filtered(
        config,
        group,
        &interface.id,
        Some("ACCEPT"),
        since,
        MOST_RECORDS,
        until,
    )
    .await?;
    let has_any = !accepted.lines.is_empty()
        || !filtered(config, group, &interface.id, None, since, 1, until)
            .await?
            .lines
            .is_empty();
    if !has_any {
        read.incomplete.push(format!(
            "log group {group} has no flow log record of {} since {since} yet",
            interface.id
        ));
        return Ok(());
    }
    if accepted.has_more {
        read.incomplete.push(format!(
            "log group {group} has more records of accepted packets of {} than were read",
            interface.id
        ));
    }
    let mut unreadable = 0_u32;
    for line in &accepted.lines {
        match format.accepted(line) {
            Some(flow) if flow.interface == interface.id => read.accepted.push(flow),
            Some(_) => {}
            None => unreadable = unreadable.saturating_add(1),
        }
    }
    if unreadable > 0 {
        read.incomplete.push(format!(
            "{unreadable} flow log records of {} in log group {group} aren't in the flow log's format",
            interface.id
        ));
    }
    read.groups.insert(group.to_owned());
    read.interfaces.insert(interface.id.clone());
    Ok(())
}

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    has_more: bool,
}

/// A page may be empty though others follow.
async fn filtered(
    config: &SdkConfig,
    group: &str,
    interface: &str,
    pattern: Option<&str>,
    since: Timestamp,
    most: usize,
    until: Instant,
) -> Result<Lines, CallError> {
    let mut found = Lines::default();
    let mut token = Value::Null;
    loop {
        let mut body = BTreeMap::from([
            ("logGroupName", json!(group)),
            ("logStreamNamePrefix", json!(interface)),
            ("startTime", json!(since.as_millisecond())),
            ("limit", json!(most.min(10_000))),
        ]);
        body.extend(pattern.map(|pattern| ("filterPattern", json!(pattern))));
        if !token.is_null() {
            body.insert("nextToken", token);
        }
        let answer = SignedCall {
            call: permissions::logs::FILTER_LOG_EVENTS,
            on: format!("log group `{group}`"),
            service: "logs",
            path: "/".to_owned(),
            target: Some("Logs_20140328.FilterLogEvents"),
            body: json!(body),
        }
        .send(config)
        .await?;
        let events = answer.get("events").and_then(Value::as_array);
        let messages = events
            .into_iter()
            .flatten()
            .filter_map(|event| event.get("message")?.as_str());
        found.lines.extend(messages.map(str::to_owned));
        token = answer.get("nextToken").cloned().unwrap_or_default();
        if token.is_null() {
            return Ok(found);
        }
        if found.lines.len() >= most || Instant::now() >= until {
            found.has_more = true;
            return Ok(found);
        }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
