//! Detections over CloudTrail, and the topic that they tell.

use serde_json::{Value, json};

use super::{Resources, logical_id::logical_id, metadata};
use crate::event_rule::{EventRule, NAME_PREFIX};

/// The rules, the topic, and who hears of it by mail.
pub(super) fn resources(rules: &[EventRule]) -> Resources {
    if rules.is_empty() {
        return Resources::new();
    }
    let mut resources: Resources = rules.iter().map(event_rule).collect();
    let topic =
        json!({ "Type": "AWS::SNS::Topic", "Properties": { "DisplayName": "Detections over CloudTrail" } });
    resources.insert("AlertsTopic".to_owned(), topic);
    resources.insert("AlertsTopicPolicy".to_owned(), topic_policy());
    resources.insert(
        "AlertsByEmail".to_owned(),
        json!({
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasAlertEmail",
            "Properties": {
                "TopicArn": { "Ref": "AlertsTopic" },
                "Protocol": "email",
                "Endpoint": { "Ref": "AlertEmail" },
            },
        }),
    );
    resources
}

/// EventBridge may publish; no condition may tell one rule from another there (EventBridge User Guide, "Amazon SNS
/// permissions"), so a message is a hint to look at CloudTrail and nothing answers it by itself.
fn topic_policy() -> Value {
    json!({
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {
            "Topics": [{ "Ref": "AlertsTopic" }],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "RulesTell",
                        "Effect": "Allow",
                        "Principal": { "Service": "events.amazonaws.com" },
                        "Action": "sns:Publish",
                        "Resource": { "Ref": "AlertsTopic" },
                    },
                    {
                        "Sid": "OnlyByTls",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "sns:Publish",
                        "Resource": { "Ref": "AlertsTopic" },
                        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
                    },
                ],
            },
        },
    })
}

fn event_rule(rule: &EventRule) -> (String, Value) {
    let state = match rule.reads {
        true => "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
        false => "ENABLED",
    };
    let description: String = rule.title.chars().take(512).collect();
    let resource = json!({
        "Type": "AWS::Events::Rule",
        "Metadata": metadata(&rule.owner, &rule.reason, None, None),
        "Properties": {
            "Name": format!("{NAME_PREFIX}{}", rule.name),
            "Description": description,
            "State": state,
            "EventPattern": rule.pattern(),
            "Targets": [{
                "Id": "alerts",
                "Arn": { "Ref": "AlertsTopic" },
                "InputTransformer": transformer(rule),
            }],
        },
    });
    (logical_id("Event", &rule.name), resource)
}

/// A message of one sentence. `<…>` is filled in by EventBridge; the file's own text may hold none, and nothing that
/// ends the JSON text around it.
fn transformer(rule: &EventRule) -> Value {
    let title: String = rule
        .title
        .chars()
        .filter(|c| !matches!(c, '<' | '>' | '"' | '\\'))
        .collect();
    let message = format!(
        "\"{title}: <call> in account <account>, <region>, at <time>, by <by> from <from>. CloudTrail event <event>. \
         Whoever answers for this rule: {}.\"",
        rule.owner
            .chars()
            .filter(|c| !matches!(c, '<' | '>' | '"' | '\\'))
            .collect::<String>(),
    );
    json!({
        "InputPathsMap": {
            "account": "$.account",
            "region": "$.region",
            "time": "$.time",
            "call": "$.detail.eventName",
            "by": "$.detail.userIdentity.arn",
            "from": "$.detail.sourceIPAddress",
            "event": "$.detail.eventID",
        },
        "InputTemplate": message,
    })
}
