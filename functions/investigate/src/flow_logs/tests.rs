#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use std::net::IpAddr;

use aws_sdk_ec2::{
    Client,
    operation::{describe_flow_logs::DescribeFlowLogsError, describe_instances::DescribeInstancesError},
    types::TrafficType,
};
use aws_smithy_mocks::{Rule, mock};
use backstop_aws::{Accounts, Requests, Scope};
use backstop_core::Resource;
use backstop_runtime::testing::{INSTANCE, error, step_request};

use super::{
    testing::{LINE, accounts, accounts_with, events, flow_logs as on, log},
    *,
};

const SINCE: &str = "2026-03-01T11:00:00Z";

async fn read_with(logs: Vec<FlowLog>, answers: &[(u16, &str)]) -> (FlowsRead, Requests) {
    read_by(on(logs), answers).await
}

async fn read_by(logs: Rule, answers: &[(u16, &str)]) -> (FlowsRead, Requests) {
    read_of(accounts(logs, answers)).await
}

async fn read_of((accounts, requests): (Accounts, Requests)) -> (FlowsRead, Requests) {
    let resource = Resource::Instance(kind::Instance {
        instance_id: INSTANCE.into(),
    });
    let target = step_request(resource).target;
    let scope = Scope::new(target.account.clone(), target.region.clone());
    let aws = accounts.at(scope).unwrap();
    (
        read(&aws, &target, SINCE.parse().unwrap()).await.unwrap(),
        requests,
    )
}

fn flows(read: &FlowsRead) -> Option<Flows> {
    let peers: BTreeSet<IpAddr> = ["203.0.113.66".parse().unwrap()].into();
    read.flows(&peers, SINCE.parse().unwrap())
}

#[tokio::test]
async fn accepted_packets_with_the_findings_address_are_counted_page_by_page() {
    let other = LINE.replace("203.0.113.66", "198.51.100.7");
    let foreign = LINE.replace("eni-1", "eni-2");
    let pages = [
        events(&[LINE], Some("more")),
        events(&[], Some("and more")),
        events(&[&other, &foreign], None),
    ];
    let answers: Vec<(u16, &str)> = pages.iter().map(|page| (200, page.as_str())).collect();
    let (read, requests) = read_with(vec![log("vpc-1").build()], &answers).await;
    let found = flows(&read).unwrap();
    assert_eq!((found.with_peers.records, found.with_others.records), (1, 1));
    assert_eq!(
        (found.groups, found.interfaces),
        (vec!["/vpc/flow-logs".to_owned()], vec!["eni-1".to_owned()])
    );
    assert!(read.limits.is_empty() && read.incomplete.is_empty(), "{read:?}");
    let asked = requests.all();
    assert_eq!(asked.len(), 3);
    let first: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(
        first,
        json!({
            "logGroupName": "/vpc/flow-logs", "logStreamNamePrefix": "eni-1", "filterPattern": "ACCEPT",
            "startTime": 1_772_362_800_000_i64, "limit": 10_000
        })
    );
    let second: Value = serde_json::from_str(&asked[1].body).unwrap();
    assert_eq!(second["nextToken"], "more");
}

#[tokio::test]
async fn no_accepted_packets_are_claimed_only_where_there_are_records_at_all() {
    let (none, nodata) = (
        events(&[], None),
        events(&["2 123456789012 eni-1 - NODATA"], None),
    );
    let (quiet, _) = read_with(vec![log("eni-1").build()], &[(200, &none), (200, &nodata)]).await;
    let found = flows(&quiet).unwrap();
    assert_eq!((found.with_peers.records, found.with_others.records), (0, 0));
    assert!(quiet.incomplete.is_empty(), "{quiet:?}");

    let (late, _) = read_with(vec![log("eni-1").build()], &[(200, &none)]).await;
    assert_eq!(flows(&late), None);
    assert!(
        late.incomplete[0].contains("has no flow log record of eni-1 since"),
        "{late:?}"
    );
}

#[tokio::test]
async fn what_is_not_on_or_not_readable_is_said_and_nothing_is_asked() {
    for (logs, said) in [
        (
            vec![],
            "VPC flow logs aren't on for eni-1, so that connections that were open before weren't looked for",
        ),
        (
            vec![log("vpc-other").build()],
            "VPC flow logs aren't on for eni-1",
        ),
        (
            vec![
                log("vpc-1")
                    .log_destination_type(LogDestinationType::S3)
                    .log_destination("arn:aws:s3:::logs")
                    .build(),
            ],
            "its records go to arn:aws:s3:::logs, and only those in CloudWatch Logs are read",
        ),
        (
            vec![log("vpc-1").traffic_type(TrafficType::Reject).build()],
            "it has rejected packets only",
        ),
        (
            vec![log("vpc-1").log_format("${srcaddr} ${dstaddr}").build()],
            "its format lacks interface-id, start, end, action",
        ),
        (
            vec![log("vpc-1").log_group_name("payments").build()],
            "log group payments holds neither `flow` nor `Flow`",
        ),
        (
            vec![
                log("vpc-1")
                    .deliver_cross_account_role("arn:aws:iam::1:role/r")
                    .build(),
            ],
            "its records go to another account",
        ),
    ] {
        let (read, requests) = read_with(logs, &[(500, "")]).await;
        assert!(
            read.limits.len() == 1 && read.limits[0].contains(said),
            "{said}: {read:?}"
        );
        assert_eq!((flows(&read), requests.all().len()), (None, 0), "{said}");
        assert!(read.incomplete.is_empty(), "{read:?}");
    }
}

#[tokio::test]
async fn what_was_to_be_read_and_could_not_be_is_incomplete() {
    let refused = r#"{"__type":"AccessDeniedException","message":"no"}"#;
    let (read, _) = read_with(vec![log("vpc-1").build()], &[(400, refused)]).await;
    assert!(
        read.incomplete[0].starts_with("VPC flow logs weren't read: `logs:FilterLogEvents`"),
        "{read:?}"
    );
    let denied = mock!(Client::describe_flow_logs)
        .then_error(|| DescribeFlowLogsError::generic(error("UnauthorizedOperation")));
    let (read, _) = read_by(denied, &[(500, "")]).await;
    assert!(read.incomplete[0].contains("ec2:DescribeFlowLogs"), "{read:?}");
    let line = events(&["nonsense ACCEPT"], None);
    let (read, _) = read_with(vec![log("vpc-1").build()], &[(200, &line)]).await;
    assert!(
        read.incomplete[0].starts_with("1 flow log records of eni-1"),
        "{read:?}"
    );
}

#[tokio::test]
async fn of_an_instance_that_ec2_has_forgotten_there_is_nothing_to_read() {
    let gone = mock!(Client::describe_instances)
        .then_error(|| DescribeInstancesError::generic(error("InvalidInstanceID.NotFound")));
    let (read, requests) = read_of(accounts_with(gone, on(vec![]), &[(500, "")])).await;
    assert!(read.limits.is_empty() && read.incomplete.is_empty(), "{read:?}");
    assert_eq!((flows(&read), requests.all().len()), (None, 0));
}
