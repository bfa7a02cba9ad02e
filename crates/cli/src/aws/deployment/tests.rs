//! What is read from a stack, and what is said if it isn't there.

#![expect(clippy::unwrap_used, reason = "tests")]

use aws_config::BehaviorVersion;
use aws_sdk_cloudformation::{
    operation::describe_stacks::{DescribeStacksError, DescribeStacksOutput},
    types::{Output, Parameter},
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use backstop_terminal::Exit;

use super::*;
use crate::answer::CommandError as _;

const MACHINES: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:guard-dev-";

fn stack(outputs: &[(&str, &str)]) -> Stack {
    let stack = Stack::builder()
        .parameters(
            Parameter::builder()
                .parameter_key("MaximumMode")
                .parameter_value("approve")
                .build(),
        )
        .parameters(
            Parameter::builder()
                .parameter_key("ContainmentsPerHour")
                .parameter_value("many")
                .build(),
        )
        .parameters(
            Parameter::builder()
                .parameter_key("BreakGlassArns")
                .parameter_value("arn:aws:iam::*:user/glass, arn:aws:iam::*:role/glass")
                .build(),
        );
    outputs
        .iter()
        .fold(stack, |stack, (key, value)| {
            stack.outputs(Output::builder().output_key(*key).output_value(*value).build())
        })
        .build()
}

fn deployment(outputs: &[(&str, &str)]) -> Result<Deployment, StackError> {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .build();
    Deployment::of(&stack(outputs), "guard-dev", "eu-west-1".into(), &config)
}

fn whole() -> Deployment {
    deployment(&[
        ("IncidentsTableName", "guard-dev-incidents"),
        (
            "LeakedAccessKeyMachineArn",
            &format!("{MACHINES}leaked-access-key"),
        ),
        (
            "CompromisedRoleMachineArn",
            &format!("{MACHINES}compromised-role"),
        ),
        ("UndoMachineArn", &format!("{MACHINES}undo")),
        (
            "AlertsTopicArn",
            "arn:aws:sns:eu-west-1:123456789012:guard-dev-alerts",
        ),
    ])
    .unwrap()
}

#[test]
fn playbooks_are_those_that_have_a_machine() {
    let deployment = whole();
    assert_eq!(deployment.playbooks(), ["compromised-role", "leaked-access-key"]);
    assert!(deployment.check_playbook(&"leaked-access-key".into()).is_ok());
    let error = deployment.check_playbook(&"leaked-acces-key".into()).unwrap_err();
    assert_eq!(error.exit(), Exit::NotFound);
    assert!(
        error
            .to_string()
            .contains("it has `compromised-role`, `leaked-access-key`"),
        "{error}"
    );
    let arn = deployment.machines().unwrap().arn(&"compromised-role".into());
    assert_eq!(arn, format!("{MACHINES}compromised-role"));
}

#[test]
fn limits_are_the_stacks_parameters() {
    let deployment = whole();
    assert_eq!(deployment.maximum_mode().unwrap(), Mode::Approve);
    let error = deployment.hourly_limit().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`ContainmentsPerHour` of stack `guard-dev` is `many`"),
        "{error}"
    );

    let protection = deployment.protection("123456789012");
    for protected in [
        "arn:aws:iam::111122223333:user/glass",
        "arn:aws:iam::111122223333:role/glass",
        "arn:aws:iam::123456789012:role/guard-dev/IntakeRole-1ABC",
        "arn:aws:iam::123456789012:role/guard-dev-intake",
    ] {
        assert!(protection.decide(protected).is_some(), "{protected}");
    }
    assert!(
        protection
            .decide("arn:aws:iam::123456789012:role/guard-devil")
            .is_none()
    );
}

#[test]
fn another_stack_than_backstops_is_told() {
    let error = deployment(&[("BucketName", "logs")]).err().unwrap();
    assert!(
        error
            .to_string()
            .starts_with("stack `guard-dev` has no output `IncidentsTableName`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_stack_that_is_not_there_is_told_with_what_to_type() {
    let none = mock!(aws_sdk_cloudformation::Client::describe_stacks)
        .match_requests(|request| request.stack_name() == Some("guard-dev"))
        .then_error(|| {
            let metadata = aws_sdk_cloudformation::error::ErrorMetadata::builder()
                .code("ValidationError")
                .message("Stack with id guard-dev does not exist")
                .build();
            DescribeStacksError::generic(metadata)
        });
    let client = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&none]);
    let error = describe(&client, "guard-dev", "eu-west-1").await.unwrap_err();
    assert_eq!(error.exit(), Exit::NotFound);
    assert!(
        error
            .to_string()
            .starts_with("there is no stack `guard-dev` in eu-west-1: name yours with `--stack")
    );

    let empty = mock!(aws_sdk_cloudformation::Client::describe_stacks)
        .then_output(|| DescribeStacksOutput::builder().build());
    let client = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&empty]);
    assert!(matches!(
        describe(&client, "guard-dev", "eu-west-1").await,
        Err(StackError::NoSuchStack { .. })
    ));
}

#[tokio::test]
async fn a_refusal_names_the_call() {
    let denied = mock!(aws_sdk_cloudformation::Client::describe_stacks).then_error(|| {
        let metadata = aws_sdk_cloudformation::error::ErrorMetadata::builder()
            .code("AccessDenied")
            .message("not authorized")
            .build();
        DescribeStacksError::generic(metadata)
    });
    let client = mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, [&denied]);
    let error = describe(&client, "guard-dev", "eu-west-1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`cloudformation:DescribeStacks` on stack `guard-dev`: AccessDenied: not authorized"
    );
}
