//! What a function could do with its credentials: each power is tried by a call that, allowed or not, changes nothing
//! that counts.

use std::future::Future;
use std::pin::Pin;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use backstop_tests::Scene;
use serde_json::json;
use ulid::Ulid;

use crate::tried::is_allowed;

/// Somebody with the credentials, and a user and a role that are there to be changed.
pub(crate) struct Thief<'a> {
    scene: &'a Scene,
    credentials: Credentials,
    user: String,
    role: String,
    own_role: String,
}

type Answer<'a> = Pin<Box<dyn Future<Output = bool> + 'a>>;

/// One power.
pub(crate) struct Power(for<'a> fn(&'a Thief<'a>) -> Answer<'a>);

impl Power {
    pub(crate) async fn can(&self, thief: &Thief<'_>) -> bool {
        (self.0)(thief).await
    }
}

/// The columns of the table in docs/threat-model.md.
pub(crate) const POWERS: &[(&str, Power)] = &[
    ("ends guards", Power(|thief| Box::pin(thief.ends_guards()))),
    (
        "starts machines",
        Power(|thief| Box::pin(thief.starts_machines())),
    ),
    (
        "answers questions",
        Power(|thief| Box::pin(thief.answers_questions())),
    ),
    ("sends findings", Power(|thief| Box::pin(thief.sends_findings()))),
    ("publishes", Power(|thief| Box::pin(thief.publishes()))),
    ("adds evidence", Power(|thief| Box::pin(thief.adds_evidence()))),
    (
        "writes users' inline policies",
        Power(|thief| Box::pin(thief.writes_user_policies())),
    ),
    (
        "writes roles' inline policies",
        Power(|thief| Box::pin(thief.writes_role_policies())),
    ),
    (
        "writes roles' trust",
        Power(|thief| Box::pin(thief.writes_trust())),
    ),
];

/// What no function can.
pub(crate) const NEVER: &[(&str, Power)] = &[
    ("read the whole table", Power(|thief| Box::pin(thief.scans()))),
    (
        "delete evidence",
        Power(|thief| Box::pin(thief.deletes_evidence())),
    ),
    (
        "widen its own role",
        Power(|thief| Box::pin(thief.widens_itself())),
    ),
    ("make a user", Power(|thief| Box::pin(thief.makes_users()))),
];

/// The kinds of items it can write, by their keys.
pub(crate) async fn kinds(thief: &Thief<'_>) -> String {
    let mut found = Vec::new();
    for kind in ["INCIDENT", "NOTICE", "TARGET", "LIMIT", "SWEEP", "GUARD"] {
        if thief.writes_items(kind).await {
            found.push(format!("`{kind}`"));
        }
    }
    found.join(", ")
}

impl<'a> Thief<'a> {
    pub(crate) async fn new(scene: &'a Scene, credentials: Credentials) -> Self {
        let role = format!("role-{}", Ulid::generate().to_string().to_lowercase());
        let create = scene.iam().create_role().role_name(&role);
        let create = create.assume_role_policy_document(trust());
        create.send().await.unwrap();
        let user = scene.leak(true).await.user;
        let sts = aws_sdk_sts::Client::new(&scene.environment.account().sdk_config(credentials.clone()));
        let caller = sts.get_caller_identity().send().await.unwrap();
        let own_role = caller.arn().unwrap().split('/').nth(1).unwrap().to_owned();
        Self {
            scene,
            credentials,
            user,
            role,
            own_role,
        }
    }

    /// As `GUARD` or `INCIDENT`: by writing an item or by changing one. The condition holds for none.
    async fn writes_items(&self, kind: &str) -> bool {
        let key = if kind == "GUARD" {
            kind.to_owned()
        } else {
            format!("{kind}#none")
        };
        let (client, table) = self.table();
        let put = client
            .put_item()
            .table_name(&table)
            .item("pk", text(&key))
            .item("sk", text("NONE"));
        let put = put.condition_expression("attribute_exists(nothing)").send().await;
        let update = client
            .update_item()
            .table_name(&table)
            .key("pk", text(&key))
            .key("sk", text("NONE"));
        let update = update
            .update_expression("SET x = :x")
            .expression_attribute_values(":x", text("x"));
        let update = update
            .condition_expression("attribute_exists(nothing)")
            .send()
            .await;
        is_allowed(&put) || is_allowed(&update)
    }

    async fn ends_guards(&self) -> bool {
        let (client, table) = self.table();
        let delete = client
            .delete_item()
            .table_name(table)
            .key("pk", text("GUARD"))
            .key("sk", text("NONE"));
        is_allowed(
            &delete
                .condition_expression("attribute_exists(nothing)")
                .send()
                .await,
        )
    }

    async fn scans(&self) -> bool {
        let (client, table) = self.table();
        is_allowed(&client.scan().table_name(table).send().await)
    }

    /// A machine that isn't there; permissions come first.
    async fn starts_machines(&self) -> bool {
        let machine = self.scene.environment.stack().machine_arn("triage").unwrap();
        let none = machine.replace("triage", "none");
        let start = aws_sdk_sfn::Client::new(&self.sdk())
            .start_execution()
            .state_machine_arn(none);
        is_allowed(&start.send().await)
    }

    async fn answers_questions(&self) -> bool {
        let answer = aws_sdk_sfn::Client::new(&self.sdk()).send_task_success();
        is_allowed(&answer.task_token("none").output("{}").send().await)
    }

    /// What intake can't read goes to the dead letters.
    async fn sends_findings(&self) -> bool {
        let queue = self.scene.environment.stack().intake_queue_url().unwrap();
        let send = aws_sdk_sqs::Client::new(&self.sdk())
            .send_message()
            .queue_url(queue);
        is_allowed(&send.message_body("{}").send().await)
    }

    async fn publishes(&self) -> bool {
        let topic = self.scene.environment.stack().alerts_topic_arn().unwrap();
        let publish = aws_sdk_sns::Client::new(&self.sdk()).publish().topic_arn(topic);
        is_allowed(&publish.message("a test").send().await)
    }

    async fn adds_evidence(&self) -> bool {
        let put = aws_sdk_s3::Client::new(&self.sdk())
            .put_object()
            .bucket(self.bucket());
        is_allowed(&put.key("incidents/none/none").send().await)
    }

    async fn deletes_evidence(&self) -> bool {
        let delete = aws_sdk_s3::Client::new(&self.sdk())
            .delete_object()
            .bucket(self.bucket());
        is_allowed(&delete.key("incidents/none/none").send().await)
    }

    async fn writes_user_policies(&self) -> bool {
        let put = aws_sdk_iam::Client::new(&self.sdk())
            .put_user_policy()
            .user_name(&self.user);
        is_allowed(&put.policy_name("none").policy_document(nothing()).send().await)
    }

    async fn writes_role_policies(&self) -> bool {
        self.writes_role(&self.role).await
    }

    async fn widens_itself(&self) -> bool {
        self.writes_role(&self.own_role).await
    }

    async fn writes_role(&self, role: &str) -> bool {
        let put = aws_sdk_iam::Client::new(&self.sdk())
            .put_role_policy()
            .role_name(role);
        is_allowed(&put.policy_name("none").policy_document(nothing()).send().await)
    }

    async fn writes_trust(&self) -> bool {
        let update = aws_sdk_iam::Client::new(&self.sdk()).update_assume_role_policy();
        is_allowed(&update.role_name(&self.role).policy_document(trust()).send().await)
    }

    async fn makes_users(&self) -> bool {
        let create = aws_sdk_iam::Client::new(&self.sdk()).create_user();
        is_allowed(&create.user_name("made-by-a-thief").send().await)
    }

    fn sdk(&self) -> aws_config::SdkConfig {
        self.scene
            .environment
            .account()
            .sdk_config(self.credentials.clone())
    }

    fn table(&self) -> (aws_sdk_dynamodb::Client, String) {
        let table = self.scene.environment.stack().incidents_table().unwrap();
        (aws_sdk_dynamodb::Client::new(&self.sdk()), table.to_owned())
    }

    fn bucket(&self) -> &str {
        self.scene.environment.stack().output("EvidenceBucket").unwrap()
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// A policy that says nothing.
fn nothing() -> String {
    let statement = json!({ "Effect": "Deny", "Action": "sts:GetFederationToken", "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn trust() -> String {
    let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "ec2.amazonaws.com" } });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}
