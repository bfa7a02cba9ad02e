//! The text of the service control policy of `docs/deploying-safely.md`, where no emulator can show what it does.

use serde_json::Value;

use crate::tried::Tried;

const DOCUMENT: &str = include_str!("../../../docs/deploying-safely.md");

/// The first policy of the document.
pub(crate) fn policy() -> Value {
    let (_, rest) = DOCUMENT.split_once("```json\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    serde_json::from_str(text).unwrap()
}

/// What no emulator can show, since requests there have none of these keys, or nothing asks for the right: there the
/// policy's text is held. Passing a role is asked for by the service that takes it, whatever its resource is called.
pub(crate) fn attacks() -> Vec<Tried> {
    let policy = policy();
    let held = |row, right: &str, key: &str, attack: &str| {
        assert!(denies(&policy, right, key), "{right} on {key}");
        Tried::refused(attack, right, "held by the policy's text".to_owned()).in_row(row)
    };
    let alarms = "alarm:backstop-";
    let alarm_row = "cloudwatch:DeleteAlarms";
    let topic_row = "sns:Unsubscribe";
    vec![
        held(
            "iam:PassRole on one of its roles",
            "iam:PassRole",
            "role/backstop/",
            "a function of the attacker's with a role of Backstop's",
        ),
        held(
            "the stack's responder or administrator policy",
            "iam:AttachUserPolicy",
            "iam:PolicyARN",
            "attaching a policy for people",
        ),
        held(
            "apigateway:PATCH",
            "apigateway:PATCH",
            "/apis/",
            "another route of the HTTP API",
        ),
        held(
            "execute-api:Invoke on the HTTP API",
            "execute-api:Invoke",
            "execute-api:*:*:",
            "a call of the API by somebody who has every right",
        ),
        held(
            "states:GetExecutionHistory on its executions",
            "states:GetExecutionHistory",
            "execution:backstop_",
            "reading a question's token",
        ),
        held(
            "states:GetExecutionHistory on its executions",
            "states:StopExecution",
            "execution:backstop_",
            "stopping an execution",
        ),
        held(
            "logs:DeleteLogGroup",
            "logs:DeleteLogGroup",
            "/aws/vendedlogs/backstop-",
            "deleting logs",
        ),
        held(
            "dynamodb:PutResourcePolicy",
            "dynamodb:PutResourcePolicy",
            "table/backstop-",
            "another policy for the table",
        ),
        held(
            "cloudformation:UpdateStack",
            "lambda:CreateEventSourceMapping",
            "lambda:FunctionArn",
            "another queue for a function",
        ),
        held(
            "cloudformation:UpdateStack",
            "lambda:UpdateEventSourceMapping",
            "lambda:FunctionArn",
            "a function without its queue",
        ),
        held(alarm_row, "cloudwatch:DeleteAlarms", alarms, "no alarm"),
        held(
            alarm_row,
            "cloudwatch:DisableAlarmActions",
            alarms,
            "an alarm that tells nobody",
        ),
        held(
            alarm_row,
            "cloudwatch:PutMetricAlarm",
            alarms,
            "an alarm of another metric",
        ),
        held(
            alarm_row,
            "cloudwatch:PutCompositeAlarm",
            alarms,
            "an alarm that keeps another quiet",
        ),
        held(
            alarm_row,
            "cloudwatch:PutAlarmMuteRule",
            alarms,
            "a rule that mutes an alarm",
        ),
        held(
            alarm_row,
            "cloudwatch:SetAlarmState",
            alarms,
            "an alarm that says all is well",
        ),
        held(topic_row, "sns:Unsubscribe", "*", "a subscription that is ended"),
        held(
            topic_row,
            "sns:SetSubscriptionAttributes",
            "*",
            "a subscription that lets nothing through",
        ),
    ]
}

/// Whether the policy denies this action by a statement that names this resource, or this key in its condition.
fn denies(policy: &Value, action: &str, key: &str) -> bool {
    let is_meant = |pattern: &Value| {
        let pattern = pattern.as_str().unwrap();
        let prefix = pattern.strip_suffix('*');
        pattern == action || prefix.is_some_and(|prefix| action.starts_with(prefix))
    };
    policy["Statement"].as_array().unwrap().iter().any(|one| {
        one["Effect"] == "Deny"
            && one["Action"].as_array().unwrap().iter().any(is_meant)
            && match key {
                "*" => one["Resource"] == "*" && one["Condition"]["ArnLike"].is_null(),
                key => {
                    one["Condition"]["ArnLike"][key].is_string() || one["Resource"].to_string().contains(key)
                }
            }
    })
}

#[test]
fn what_no_emulator_judges_is_in_the_policy() {
    assert!(!attacks().is_empty());
    assert!(!denies(&policy(), "iam:PassRole", "role/backstop-other"));
    assert!(!denies(&policy(), "sns:Publish", "*"));
}

/// What the template makes is in the policy, by what ends or changes it; what has another name or no policy is said here.
/// A type that the template has and this list hasn't was forgotten in the policy.
#[test]
fn what_the_template_makes_is_the_deployers_to_change() {
    const TEMPLATE: &str = include_str!("../../../template.yaml");
    const CALLS: &[(&str, &[&str], &str)] = &[
        (
            "AWS::ApiGatewayV2::Api",
            &["apigateway:DELETE", "apigateway:PATCH"],
            "/apis/*",
        ),
        ("AWS::ApiGatewayV2::Integration", &["apigateway:PATCH"], "/apis/*"),
        (
            "AWS::ApiGatewayV2::Route",
            &["apigateway:PATCH", "apigateway:POST"],
            "/apis/*",
        ),
        (
            "AWS::ApiGatewayV2::Stage",
            &["apigateway:DELETE", "apigateway:PATCH"],
            "/apis/*",
        ),
        (
            "AWS::CloudWatch::Alarm",
            &[
                "cloudwatch:DeleteAlarms",
                "cloudwatch:DisableAlarmActions",
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:SetAlarmState",
            ],
            "alarm:backstop-*",
        ),
        (
            "AWS::DynamoDB::Table",
            &["dynamodb:DeleteTable", "dynamodb:UpdateTimeToLive"],
            "table/backstop-*",
        ),
        (
            "AWS::Events::Rule",
            &["events:DeleteRule", "events:DisableRule", "events:RemoveTargets"],
            "rule/backstop-*",
        ),
        (
            "AWS::IAM::ManagedPolicy",
            &["iam:DeletePolicy"],
            "policy/backstop/*",
        ),
        ("AWS::IAM::Role", &["iam:DeleteRole"], "role/backstop/*"),
        (
            "AWS::Lambda::Permission",
            &["lambda:AddPermission", "lambda:RemovePermission"],
            "function:backstop-*",
        ),
        (
            "AWS::Logs::LogGroup",
            &["logs:DeleteLogGroup"],
            "log-group:/aws/lambda/backstop-*",
        ),
        (
            "AWS::SNS::Topic",
            &["sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe"],
            "sns:*:*:backstop-*",
        ),
        (
            "AWS::SNS::TopicPolicy",
            &["sns:SetTopicAttributes"],
            "sns:*:*:backstop-*",
        ),
        ("AWS::SNS::Subscription", &["sns:Unsubscribe"], "*"),
        (
            "AWS::SQS::Queue",
            &["sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:SetQueueAttributes"],
            "sqs:*:*:backstop-*",
        ),
        (
            "AWS::SQS::QueuePolicy",
            &["sqs:SetQueueAttributes"],
            "sqs:*:*:backstop-*",
        ),
        (
            "AWS::Serverless::Function",
            &["lambda:DeleteFunction", "lambda:PutFunctionConcurrency"],
            "function:backstop-*",
        ),
        (
            "AWS::Serverless::StateMachine",
            &["states:DeleteStateMachine", "states:StopExecution"],
            "stateMachine:backstop_*",
        ),
    ];
    // Its own policy refuses, deployer included.
    const BY_ITSELF: [&str; 2] = ["AWS::S3::Bucket", "AWS::S3::BucketPolicy"];
    let policy = policy();
    let types = TEMPLATE
        .lines()
        .filter_map(|line| line.strip_prefix("    Type: AWS"));
    for kind in types.map(|rest| format!("AWS{}", rest.split(' ').next().unwrap())) {
        if BY_ITSELF.contains(&kind.as_str()) {
            continue;
        }
        let (_, calls, resource) = CALLS
            .iter()
            .find(|(known, ..)| *known == kind)
            .unwrap_or_else(|| panic!("docs/deploying-safely.md: who may change a resource of type {kind}?"));
        for call in *calls {
            assert!(denies(&policy, call, resource), "{kind}: {call} on {resource}");
        }
    }
}
