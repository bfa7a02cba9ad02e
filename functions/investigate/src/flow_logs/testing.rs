//! An instance with one network interface, flow logs on its VPC, and what CloudWatch Logs answers.
#![expect(clippy::indexing_slicing, reason = "tests")]

use aws_sdk_ec2::{
    Client,
    operation::{describe_flow_logs::DescribeFlowLogsOutput, describe_instances::DescribeInstancesOutput},
    types::{
        FlowLog, Instance, InstanceNetworkInterface, LogDestinationType, Reservation, TrafficType,
        builders::FlowLogBuilder,
    },
};
use aws_smithy_mocks::{Rule, mock};
use backstop_aws::{Accounts, Requests, answering};
use backstop_runtime::{
    client,
    testing::{ACCOUNT, INSTANCE},
};
use serde_json::{Value, json};

use crate::services::Ec2;

/// Accepted packets of the finding's address, in a window that began six minutes after 2026-03-01T11:00:00Z.
pub(crate) const LINE: &str =
    "2 123456789012 eni-1 203.0.113.66 10.0.0.5 443 49152 6 9 700 1772363160 1772363220 ACCEPT OK";

fn described() -> Rule {
    mock!(Client::describe_instances).then_output(|| {
        let interface = InstanceNetworkInterface::builder()
            .network_interface_id("eni-1")
            .subnet_id("subnet-1")
            .vpc_id("vpc-1");
        let instance = Instance::builder()
            .instance_id(INSTANCE)
            .network_interfaces(interface.build());
        let reservation = Reservation::builder().instances(instance.build());
        DescribeInstancesOutput::builder()
            .reservations(reservation.build())
            .build()
    })
}

pub(crate) fn log(resource: &str) -> FlowLogBuilder {
    FlowLog::builder()
        .flow_log_id("fl-1")
        .resource_id(resource)
        .traffic_type(TrafficType::All)
        .log_destination_type(LogDestinationType::CloudWatchLogs)
        .log_group_name("/vpc/flow-logs")
}

/// EC2 has these flow logs.
pub(crate) fn flow_logs(logs: Vec<FlowLog>) -> Rule {
    mock!(Client::describe_flow_logs)
        .match_requests(|request| {
            let filter = &request.filter()[0];
            filter.name() == Some("resource-id") && filter.values() == ["eni-1", "subnet-1", "vpc-1"]
        })
        .then_output(move || {
            DescribeFlowLogsOutput::builder()
                .set_flow_logs(Some(logs.clone()))
                .build()
        })
}

/// An account in which CloudWatch Logs gives these answers, one after another.
pub(crate) fn accounts(logs: Rule, answers: &[(u16, &str)]) -> (Accounts, Requests) {
    accounts_with(described(), logs, answers)
}

/// The same, where EC2 says this of the instance.
pub(crate) fn accounts_with(described: Rule, logs: Rule, answers: &[(u16, &str)]) -> (Accounts, Requests) {
    let (config, requests) = answering("eu-west-1", answers);
    let accounts = Accounts::own(ACCOUNT.into(), config);
    (
        accounts.mock::<Ec2>(client!(aws_sdk_ec2: [described, logs])),
        requests,
    )
}

/// A page of log events.
pub(crate) fn events(lines: &[&str], token: Option<&str>) -> String {
    let events: Vec<Value> = lines.iter().map(|line| json!({ "message": line })).collect();
    json!({ "events": events, "nextToken": token }).to_string()
}
