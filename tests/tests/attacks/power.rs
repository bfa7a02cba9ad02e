//! Whoever may change Backstop's functions, roles, rules or policies has its powers: the service control policy of
//! `docs/deploying-safely.md` leaves that to who deploys.
//!
//! The emulator knows no service control policies. An explicit Deny of one is evaluated as any other is (AWS Organizations
//! User Guide, "SCP evaluation"), so the document is put on administrators here, as it stands in the documentation.

use aws_credential_types::Credentials;
use backstop_core::api::Right;
use backstop_tests::{Role, Scene};
use serde_json::{Value, json};

use crate::{
    attacker::{self, allow},
    tried::{Ended, Tried, is_allowed, refusal},
};

const DOCUMENT: &str = include_str!("../../../docs/deploying-safely.md");
/// AWS Organizations User Guide, "Quotas and service limits for AWS Organizations".
const LONGEST: usize = 5120;
const DEPLOYER: &str = "backstop-deploy";

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let policy = policy();
    assert!(policy.to_string().len() <= LONGEST);
    let mut statements = policy["Statement"].as_array().unwrap().clone();
    statements.push(allow(&["*"]));
    let admin = attacker::user(scene, "administrator", Value::Array(statements.clone())).await;
    let tried = as_administrator(scene, admin).await;
    as_deployer(scene, Value::Array(statements)).await;
    tried
}

/// The first policy of the document.
fn policy() -> Value {
    let (_, rest) = DOCUMENT.split_once("```json\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    serde_json::from_str(text).unwrap()
}

async fn as_administrator(scene: &Scene, admin: Credentials) -> Vec<Tried> {
    let stack = scene.environment.stack();
    let sdk = scene.environment.account().sdk_config(admin);
    let iam = aws_sdk_iam::Client::new(&sdk);
    let role = Role::of(&scene.environment, "respond-iam").await.name;
    let function = physical(scene, "RespondIamFunction").await;
    let rule = physical(scene, "GuardDutyRule").await;
    let table = stack.incidents_table().unwrap();

    let lambda = aws_sdk_lambda::Client::new(&sdk);
    let code = lambda
        .update_function_code()
        .function_name(&function)
        .s3_bucket("b")
        .s3_key("k");
    let code = refusal("other code", code.send().await);
    let invoked = lambda.invoke().function_name(&function);
    let invoked = refusal("a call of a function", invoked.send().await);
    let policy = iam.put_role_policy().role_name(&role).policy_name("more");
    let policy =
        policy.policy_document(json!({ "Version": "2012-10-17", "Statement": [allow(&["*"])] }).to_string());
    let policy = refusal("a policy on its role", policy.send().await);
    let trust = iam
        .update_assume_role_policy()
        .role_name(&role)
        .policy_document("{}");
    let trust = refusal("trust in its role", trust.send().await);
    let events = aws_sdk_eventbridge::Client::new(&sdk);
    let off = refusal(
        "a rule switched off",
        events.disable_rule().name(&rule).send().await,
    );
    let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
    let unprotected = dynamodb
        .update_table()
        .table_name(table)
        .deletion_protection_enabled(false);
    let unprotected = refusal("no deletion protection", unprotected.send().await);
    let topic = aws_sdk_sns::Client::new(&sdk).set_topic_attributes();
    let topic = topic
        .topic_arn(stack.alerts_topic_arn().unwrap())
        .attribute_name("Policy")
        .attribute_value("{}");
    let topic = refusal("another topic policy", topic.send().await);
    let queue = aws_sdk_sqs::Client::new(&sdk).set_queue_attributes();
    let queue = queue.queue_url(stack.intake_queue_url().unwrap());
    let queue = queue.attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, "");
    let queue = refusal("another queue policy", queue.send().await);
    let version = iam
        .create_policy_version()
        .policy_arn(stack.policy(Right::Viewer).unwrap());
    let version =
        version.policy_document(json!({ "Version": "2012-10-17", "Statement": [allow(&["*"])] }).to_string());
    let version = refusal(
        "another version of a policy",
        version.set_as_default(true).send().await,
    );
    let stopped = aws_sdk_sfn::Client::new(&sdk).delete_state_machine();
    let stopped = stopped.state_machine_arn(stack.machine_arn("triage").unwrap());
    let stopped = refusal("no machine", stopped.send().await);

    let of = |attack, seen| {
        Tried::new(
            attack,
            "all, under the service control policy",
            Ended::Refused,
            seen,
        )
    };
    vec![
        of("other code for a function", code),
        of("calling a function with an order of the attacker's", invoked),
        of("more permissions for a function's role", policy),
        of("trust in a function's role", trust),
        of("switching a rule off", off),
        of("ending the table's deletion protection", unprotected),
        of("another policy for the topic", topic),
        of("another policy for the queue", queue),
        of("another version of a policy for people", version),
        of("deleting a machine", stopped),
    ]
}

/// What an emulator can't show, since requests there have none of these keys: the holes that a policy by resource leaves.
#[test]
fn mappings_the_door_and_attachments_are_closed_by_their_keys() {
    let policy = policy();
    let statements = policy["Statement"].as_array().unwrap();
    let denies = |action: &str, key: &str| {
        statements.iter().any(|one| {
            one["Effect"] == "Deny"
                && one["Action"].as_array().unwrap().iter().any(|it| it == action)
                && (one["Condition"]["ArnLike"][key].is_string() || one["Resource"].to_string().contains(key))
        })
    };
    for (action, key) in [
        ("lambda:CreateEventSourceMapping", "lambda:FunctionArn"),
        ("lambda:UpdateEventSourceMapping", "lambda:FunctionArn"),
        ("apigateway:PATCH", "/apis/*"),
        ("iam:AttachUserPolicy", "iam:PolicyARN"),
        ("iam:CreatePolicy*", "policy/backstop/*"),
        ("lambda:Invoke*", "function:backstop-*"),
        ("logs:Delete*", "/aws/vendedlogs/backstop-*"),
    ] {
        assert!(denies(action, key), "{action} by {key}");
    }
}

/// The same document lets the deployer deploy, and everybody go on with what isn't Backstop's.
async fn as_deployer(scene: &Scene, statements: Value) {
    let (iam, account) = (scene.iam(), scene.environment.account());
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": format!("arn:aws:iam::{}:root", account.account_id()) } }] });
    let create = iam
        .create_role()
        .role_name(DEPLOYER)
        .assume_role_policy_document(trust.to_string());
    let role = create.send().await.unwrap();
    let put = iam.put_role_policy().role_name(DEPLOYER).policy_name("all");
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    put.policy_document(document.to_string()).send().await.unwrap();
    let pipeline = attacker::with(scene, &["sts:AssumeRole"]).await;
    let assume = aws_sdk_sts::Client::new(&account.sdk_config(pipeline)).assume_role();
    let assume = assume
        .role_arn(role.role().unwrap().arn())
        .role_session_name("pipeline");
    let session = assume.send().await.unwrap().credentials.unwrap();
    let token = Some(session.session_token);
    let session = Credentials::new(
        session.access_key_id,
        session.secret_access_key,
        token,
        None,
        "attacks",
    );
    let topic = aws_sdk_sns::Client::new(&account.sdk_config(session)).set_topic_attributes();
    let topic = topic.topic_arn(scene.environment.stack().alerts_topic_arn().unwrap());
    let named = topic
        .attribute_name("DisplayName")
        .attribute_value("Backstop")
        .send()
        .await;
    assert!(is_allowed(&named), "{named:?}");
}

pub(crate) async fn physical(scene: &Scene, logical: &str) -> String {
    let account = scene.environment.account();
    let found = aws_sdk_cloudformation::Client::new(&account.sdk_config(account.root()))
        .describe_stack_resource()
        .stack_name(scene.environment.stack().name())
        .logical_resource_id(logical)
        .send()
        .await
        .unwrap();
    let found = found.stack_resource_detail().unwrap();
    found.physical_resource_id().unwrap().to_owned()
}
