#![expect(clippy::unwrap_used, reason = "tests")]
use std::sync::Arc;

use aws_sdk_cloudtrail::{
    operation::lookup_events::{LookupEventsError, LookupEventsOutput},
    types::Event,
};
use aws_sdk_ec2::{
    operation::describe_iam_instance_profile_associations::{
        DescribeIamInstanceProfileAssociationsError, DescribeIamInstanceProfileAssociationsOutput,
    },
    types::{IamInstanceProfile, IamInstanceProfileAssociation},
};
use aws_sdk_iam::{
    operation::list_instance_profiles_for_role::ListInstanceProfilesForRoleOutput, types::InstanceProfile,
};
use aws_sdk_lambda::{
    operation::list_functions::{ListFunctionsError, ListFunctionsOutput},
    types::FunctionConfiguration,
};
use aws_smithy_mocks::{Rule, mock};
use backstop_aws::{Accounts, answering};
use backstop_runtime::{accounts, testing::error};
use serde_json::json;

use super::*;
use crate::{
    principal,
    services::{CloudTrail, Ec2, Lambda},
    testing::{at, role_session, role_trusting, step_request},
};

const ROLE: &str = "arn:aws:iam::123456789012:role/ci";
const SERVICES: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]},"Action":"sts:AssumeRole"}]}"#;

fn profiles() -> Rule {
    mock!(aws_sdk_iam::Client::list_instance_profiles_for_role).then_output(|| {
        let profile = InstanceProfile::builder()
            .path("/")
            .instance_profile_name("web")
            .instance_profile_id("AIPAEXAMPLE")
            .arn("arn:aws:iam::123456789012:instance-profile/web")
            .create_date(at())
            .set_roles(Some(vec![]))
            .build()
            .unwrap();
        ListInstanceProfilesForRoleOutput::builder()
            .instance_profiles(profile)
            .build()
            .unwrap()
    })
}

/// One instance has the role's profile, another somebody else's.
fn associations() -> Rule {
    let one = |instance: &str, profile: &str| {
        let arn = format!("arn:aws:iam::123456789012:instance-profile/{profile}");
        IamInstanceProfileAssociation::builder()
            .instance_id(instance)
            .iam_instance_profile(IamInstanceProfile::builder().arn(arn).build())
            .build()
    };
    mock!(aws_sdk_ec2::Client::describe_iam_instance_profile_associations).then_output(move || {
        DescribeIamInstanceProfileAssociationsOutput::builder()
            .iam_instance_profile_associations(one("i-0abc1234def567890", "web"))
            .iam_instance_profile_associations(one("i-0abc1234def567891", "path/other"))
            .build()
    })
}

fn functions() -> Rule {
    let one = |name: &str, role: &str| {
        FunctionConfiguration::builder()
            .function_name(name)
            .role(role)
            .build()
    };
    mock!(aws_sdk_lambda::Client::list_functions).then_output(move || {
        ListFunctionsOutput::builder()
            .functions(one("invoices", ROLE))
            .functions(one("other", "arn:aws:iam::123456789012:role/other"))
            .build()
    })
}

/// As CloudTrail records what AWS's own services do: without a user name.
fn by_service(session: &str) -> Event {
    let record = json!({
        "userIdentity": { "type": "AWSService", "invokedBy": "lambda.amazonaws.com" },
        "requestParameters": { "roleArn": ROLE, "roleSessionName": session },
    });
    Event::builder()
        .event_name("AssumeRole")
        .cloud_trail_event(record.to_string())
        .build()
}

fn events() -> Rule {
    mock!(aws_sdk_cloudtrail::Client::lookup_events).then_output(|| {
        let elsewhere = json!({ "userIdentity": { "type": "AWSAccount", "accountId": "111122223333" } });
        LookupEventsOutput::builder()
            .events(
                Event::builder()
                    .event_name("AssumeRole")
                    .username("deploy")
                    .build(),
            )
            .events(by_service("invoices"))
            .events(by_service("invoices"))
            .events(
                Event::builder()
                    .event_name("AssumeRole")
                    .cloud_trail_event(elsewhere.to_string())
                    .build(),
            )
            .events(
                Event::builder()
                    .event_name("AssumeRole")
                    .cloud_trail_event("no json")
                    .build(),
            )
            .next_token("more")
            .build()
    })
}

async fn users(accounts: Arc<Accounts>) -> RoleUsers {
    let request = step_request(role_session("AROAEXAMPLE"));
    let aws = accounts.at(&request).unwrap();
    let role = principal::role(&aws.client::<Iam>(), &request.target)
        .await
        .unwrap();
    read(&aws, &role, &request.target, request.at).await
}

#[tokio::test]
async fn the_services_and_whoever_has_no_user_name_are_named() {
    let found = users(accounts!(
        Iam = aws_sdk_iam: [role_trusting("AROAEXAMPLE", SERVICES), profiles()],
        Ec2 = aws_sdk_ec2: [associations()],
        Lambda = aws_sdk_lambda: [functions()],
        CloudTrail = aws_sdk_cloudtrail: [events()],
    ))
    .await;
    assert_eq!(
        found.known,
        [
            "the role may be assumed by ec2.amazonaws.com, lambda.amazonaws.com",
            "instances in eu-west-1 that run with this role now: i-0abc1234def567890",
            "Lambda functions in eu-west-1 that run with this role now: invoices",
            "assumed in the last 24 hours in eu-west-1 by lambda.amazonaws.com for invoices (2 times), deploy, somebody of \
             account 111122223333, somebody whom CloudTrail doesn't name (of its newest 50 events; there are more)",
        ]
    );
    assert!(found.unknown.is_empty(), "{found:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_unknown_and_never_nobody() {
    let denied = mock!(aws_sdk_lambda::Client::list_functions)
        .then_error(|| ListFunctionsError::generic(error("AccessDeniedException")));
    let unseen = mock!(aws_sdk_ec2::Client::describe_iam_instance_profile_associations)
        .then_error(|| DescribeIamInstanceProfileAssociationsError::generic(error("UnauthorizedOperation")));
    let unread = mock!(aws_sdk_cloudtrail::Client::lookup_events)
        .then_error(|| LookupEventsError::generic(error("AccessDeniedException")));
    let found = users(accounts!(
        Iam = aws_sdk_iam: [role_trusting("AROAEXAMPLE", SERVICES), profiles()],
        Ec2 = aws_sdk_ec2: [unseen],
        Lambda = aws_sdk_lambda: [denied],
        CloudTrail = aws_sdk_cloudtrail: [unread],
    ))
    .await;
    let unknown = found.unknown.join("\n");
    for what in [
        "which instances use this role is unknown",
        "which Lambda functions use this role is unknown",
        "who assumed the role lately is unknown",
    ] {
        assert!(unknown.contains(what), "{unknown}");
    }
    assert_eq!(found.known.len(), 1, "{found:?}");
}

/// A task has the role of its definition, unless it was started with another.
#[tokio::test]
async fn tasks_are_found_by_their_definition_and_by_what_they_were_started_with() {
    let task = |id: &str, group: &str, definition: &str, overrides: serde_json::Value| {
        json!({
            "taskArn": format!("arn:aws:ecs:eu-west-1:123456789012:task/main/{id}"),
            "taskDefinitionArn": format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/{definition}"),
            "group": group,
            "overrides": overrides,
        })
    };
    let other = json!({ "taskRoleArn": "arn:aws:iam::123456789012:role/other" });
    let tasks = json!({ "tasks": [
        task("a1", "service:web", "web:3", json!({})),
        task("a2", "service:web", "web:3", json!({})),
        task("b1", "family:batch", "batch:1", json!({ "taskRoleArn": ROLE })),
        task("c1", "service:moved", "web:3", other),
        task("d1", "service:else", "else:1", json!({})),
    ]});
    let definition = |role: &str| json!({ "taskDefinition": { "taskRoleArn": role } }).to_string();
    let clusters = r#"{"clusterArns":["arn:aws:ecs:eu-west-1:123456789012:cluster/main"]}"#;
    let (config, requests) = answering(
        "eu-west-1",
        &[
            (200, clusters),
            (
                200,
                r#"{"taskArns":["a1","a2","b1","c1","d1"],"nextToken":"more"}"#,
            ),
            (200, &tasks.to_string()),
            (200, &definition(ROLE)),
            (200, &definition("arn:aws:iam::123456789012:role/other")),
        ],
    );
    let found = tasks::with_role(&config, ROLE).await.unwrap();
    assert_eq!(found.names, ["b1", "service:web"]);
    assert!(found.has_more);
    assert_eq!(requests.all().len(), 5, "each definition is read once");
}
