//! Against a Step Functions that says something else than the event.
#![expect(clippy::unwrap_used, reason = "tests")]

use aws_sdk_sfn::{
    Client,
    operation::describe_execution::{DescribeExecutionError, DescribeExecutionOutput},
    types::{ExecutionStatus, error::ExecutionDoesNotExist},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;

fn says(status: ExecutionStatus) -> Rule {
    mock!(Client::describe_execution)
        .match_requests(|request| {
            request.execution_arn()
                == Some("arn:aws:states:eu-west-1:123456789012:execution:backstop_undo:01J-r")
        })
        .then_output(move || {
            DescribeExecutionOutput::builder()
                .execution_arn("arn")
                .state_machine_arn("arn")
                .start_date(aws_sdk_sfn::primitives::DateTime::from_secs(0))
                .status(status.clone())
                .build()
                .unwrap()
        })
}

fn absent() -> Rule {
    mock!(Client::describe_execution).then_error(|| {
        DescribeExecutionError::ExecutionDoesNotExist(ExecutionDoesNotExist::builder().build())
    })
}

async fn of_undo(rule: &Rule) -> Result<(), StepError> {
    let sfn = mock_client!(aws_sdk_sfn, RuleMode::MatchAny, [rule]);
    let prefix = "arn:aws:states:eu-west-1:123456789012:stateMachine:backstop_";
    let machines = Machines::new(sfn, prefix.to_owned());
    // The table isn't asked: the name says what an undo works on.
    let config = aws_sdk_dynamodb::Config::builder();
    let config = config.behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest());
    let ledger = Ledger::new(aws_sdk_dynamodb::Client::from_conf(config.build()), "incidents");
    died(&ledger, &machines, &ExecutionName::of_undo(&"01J".into(), "r")).await
}

#[tokio::test]
async fn only_what_has_ended_is_closed() {
    for status in [
        ExecutionStatus::Failed,
        ExecutionStatus::TimedOut,
        ExecutionStatus::Aborted,
    ] {
        of_undo(&says(status)).await.unwrap();
    }
}

#[tokio::test]
async fn a_forged_event_closes_nothing() {
    for rule in [says(ExecutionStatus::Running), absent()] {
        let refused = of_undo(&rule).await;
        assert!(matches!(refused, Err(StepError::Invalid { .. })), "{refused:?}");
    }
}
