//! Whoever may change Backstop's functions, roles, rules or policies has its powers: the service control policy of
//! `docs/deploying-safely.md` leaves that to who deploys.
//!
//! The emulator knows no service control policies. An explicit Deny of one is evaluated as any other is (AWS Organizations
//! User Guide, "SCP evaluation"), so the document is put on administrators here, as it stands in the documentation.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use backstop_core::api::Right;
use backstop_tests::{Role, Scene};
use serde_json::{Value, json};

use crate::{
    attacker::{self, allow},
    policy_text::{self, policy},
    tried::{Tried, is_allowed, refusal},
};

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

/// With all rights, under the policy: an attempt for each line of what equals an administrator. Each would change nothing
/// that counts if it were let through.
async fn as_administrator(scene: &Scene, admin: Credentials) -> Vec<Tried> {
    let sdk = scene.environment.account().sdk_config(admin);
    let mut tried = functions_and_rules(scene, &sdk).await;
    tried.extend(roles_and_policies(scene, &sdk).await);
    tried.extend(what_refuses(scene, &sdk).await);
    tried.extend(policy_text::attacks());
    tried
}

fn of(row: &'static str, right: &str, attack: &str, seen: String) -> Tried {
    Tried::refused(attack, right, seen).in_row(row)
}

async fn functions_and_rules(scene: &Scene, sdk: &SdkConfig) -> Vec<Tried> {
    let machine = scene.environment.stack().machine_arn("triage").unwrap();
    let function = physical(scene, "RespondIamFunction").await;
    let rule = physical(scene, "GuardDutyRule").await;
    let lambda = aws_sdk_lambda::Client::new(sdk);
    let code = lambda
        .update_function_code()
        .function_name(&function)
        .s3_bucket("b")
        .s3_key("k");
    let code = refusal("other code", code.send().await);
    let invoked = lambda.invoke().function_name(&function);
    let invoked = refusal("a call of a function", invoked.send().await);
    let sfn = aws_sdk_sfn::Client::new(sdk);
    let started = sfn.start_execution().state_machine_arn(machine).input("{}");
    let started = refusal("an execution", started.send().await);
    let stopped = sfn.delete_state_machine().state_machine_arn(machine);
    let stopped = refusal("no machine", stopped.send().await);
    let other = sfn
        .update_state_machine()
        .state_machine_arn(machine)
        .definition("{");
    let other = refusal("another machine", other.send().await);
    let cloudformation = aws_sdk_cloudformation::Client::new(sdk);
    let stack = cloudformation.update_stack().template_body("{}");
    let stack = stack.stack_name(scene.environment.stack().name());
    let stack = refusal("another template", stack.send().await);
    let events = aws_sdk_eventbridge::Client::new(sdk);
    let off = events.disable_rule().name(&rule);
    let off = refusal("a rule switched off", off.send().await);
    let aimless = events.remove_targets().rule(&rule).ids("none");
    let aimless = refusal("a rule without targets", aimless.send().await);

    let stack_row = "cloudformation:UpdateStack";
    let rule_row = "events:DisableRule";
    let order_row = "lambda:InvokeFunction on its functions";
    vec![
        of(
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionCode",
            "other code for a function",
            code,
        ),
        of(
            order_row,
            "lambda:InvokeFunction",
            "calling a function with an order of the attacker's",
            invoked,
        ),
        of(
            order_row,
            "states:StartExecution",
            "starting a machine with an order of the attacker's",
            started,
        ),
        of(
            stack_row,
            "cloudformation:UpdateStack",
            "another template for the stack",
            stack,
        ),
        of(
            stack_row,
            "states:UpdateStateMachine",
            "another definition of a machine",
            other,
        ),
        of(
            stack_row,
            "states:DeleteStateMachine",
            "deleting a machine",
            stopped,
        ),
        of(rule_row, "events:DisableRule", "switching a rule off", off),
        of(
            rule_row,
            "events:RemoveTargets",
            "taking a rule's targets away",
            aimless,
        ),
    ]
}

async fn roles_and_policies(scene: &Scene, sdk: &SdkConfig) -> Vec<Tried> {
    let iam = aws_sdk_iam::Client::new(sdk);
    let role = Role::of(&scene.environment, "respond-iam").await.name;
    let everything = json!({ "Version": "2012-10-17", "Statement": [allow(&["*"])] }).to_string();
    let policy = iam.put_role_policy().role_name(&role).policy_name("more");
    let policy = policy.policy_document(&everything);
    let policy = refusal("a policy on its role", policy.send().await);
    let trust = iam
        .update_assume_role_policy()
        .role_name(&role)
        .policy_document("{}");
    let trust = refusal("trust in its role", trust.send().await);
    let path = format!("/{}/", scene.environment.stack().name());
    let beside = iam.create_role().path(path).role_name("beside");
    let beside = beside.assume_role_policy_document("{}");
    let beside = refusal("a role beside its own", beside.send().await);
    let version = iam
        .create_policy_version()
        .policy_arn(scene.environment.stack().policy(Right::Viewer).unwrap());
    let version = version.policy_document(&everything);
    let version = refusal(
        "another version of a policy",
        version.set_as_default(true).send().await,
    );
    let role_row = "iam:UpdateAssumeRolePolicy, PutRolePolicy";
    vec![
        of(
            role_row,
            "iam:PutRolePolicy",
            "more permissions for a function's role",
            policy,
        ),
        of(
            role_row,
            "iam:UpdateAssumeRolePolicy",
            "trust in a function's role",
            trust,
        ),
        of(
            "iam:CreateRole with the path",
            "iam:CreateRole",
            "a role that the table takes for a function's",
            beside,
        ),
        of(
            "iam:CreatePolicyVersion",
            "iam:CreatePolicyVersion",
            "another version of a policy for people",
            version,
        ),
    ]
}

async fn what_refuses(scene: &Scene, sdk: &SdkConfig) -> Vec<Tried> {
    let stack = scene.environment.stack();
    let table = stack.incidents_table().unwrap();
    let dynamodb = aws_sdk_dynamodb::Client::new(sdk);
    let unprotected = dynamodb
        .update_table()
        .table_name(table)
        .deletion_protection_enabled(false);
    let unprotected = refusal("no deletion protection", unprotected.send().await);
    let topic = aws_sdk_sns::Client::new(sdk).set_topic_attributes();
    let topic = topic
        .topic_arn(stack.alerts_topic_arn().unwrap())
        .attribute_name("Policy")
        .attribute_value("{}");
    let topic = refusal("another topic policy", topic.send().await);
    let sqs = aws_sdk_sqs::Client::new(sdk);
    let queue = sqs
        .set_queue_attributes()
        .queue_url(stack.intake_queue_url().unwrap())
        .attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, "");
    let queue = refusal("another queue policy", queue.send().await);
    let letters = stack.dead_letter_queue_url().unwrap();
    let purged = refusal(
        "no dead letters",
        sqs.purge_queue().queue_url(letters).send().await,
    );
    let read = refusal(
        "a dead letter",
        sqs.receive_message().queue_url(letters).send().await,
    );
    let row = "dynamodb:PutResourcePolicy";
    let letters_row = "sqs:PurgeQueue, ReceiveMessage, DeleteMessage on the dead-letter queue";
    vec![
        of(
            row,
            "dynamodb:UpdateTable",
            "ending the table's deletion protection",
            unprotected,
        ),
        of(
            row,
            "sns:SetTopicAttributes",
            "another policy for the topic",
            topic,
        ),
        of(
            row,
            "sqs:SetQueueAttributes",
            "another policy for the queue",
            queue,
        ),
        of(
            letters_row,
            "sqs:PurgeQueue",
            "emptying the dead-letter queue",
            purged,
        ),
        of(letters_row, "sqs:ReceiveMessage", "hiding a dead letter", read),
    ]
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
