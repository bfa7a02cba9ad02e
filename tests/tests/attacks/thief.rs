//! Somebody with the credentials of a function: each power is tried by a call that, allowed or not, changes nothing that
//! counts.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, IamInstanceProfileSpecification, InstanceSpecification, OperationType,
    SnapshotAttributeName, Tag,
};
use aws_sdk_iam::types::StatusType;
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use backstop_tests::Scene;
use serde_json::json;
use ulid::Ulid;

use crate::{FORENSIC_ACCOUNT, power::physical, tried::is_allowed};

const NO_INSTANCE: &str = "i-00000000000000000";

/// Somebody with the credentials, and a user and a role that are there to be changed.
pub(crate) struct Thief<'a> {
    scene: &'a Scene,
    credentials: Credentials,
    user: String,
    role: String,
    own_role: String,
}

impl<'a> Thief<'a> {
    pub(super) async fn new(scene: &'a Scene, credentials: Credentials) -> Self {
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
    pub(super) async fn writes_items(&self, kind: &str) -> bool {
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

    pub(super) async fn ends_guards(&self) -> bool {
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

    pub(super) async fn scans(&self) -> bool {
        let (client, table) = self.table();
        is_allowed(&client.scan().table_name(table).send().await)
    }

    /// A machine that isn't there; permissions come first.
    pub(super) async fn starts_machines(&self) -> bool {
        let machine = self.scene.environment.stack().machine_arn("triage").unwrap();
        let none = machine.replace("triage", "none");
        let start = aws_sdk_sfn::Client::new(&self.sdk())
            .start_execution()
            .state_machine_arn(none);
        is_allowed(&start.send().await)
    }

    pub(super) async fn answers_questions(&self) -> bool {
        let answer = aws_sdk_sfn::Client::new(&self.sdk()).send_task_success();
        is_allowed(&answer.task_token("none").output("{}").send().await)
    }

    /// What intake can't read goes to the dead letters.
    pub(super) async fn sends_findings(&self) -> bool {
        let queue = self.scene.environment.stack().intake_queue_url().unwrap();
        let send = aws_sdk_sqs::Client::new(&self.sdk())
            .send_message()
            .queue_url(queue);
        is_allowed(&send.message_body("{}").send().await)
    }

    pub(super) async fn takes_findings(&self) -> bool {
        let queue = self.scene.environment.stack().intake_queue_url().unwrap();
        let take = aws_sdk_sqs::Client::new(&self.sdk())
            .delete_message()
            .queue_url(queue);
        is_allowed(&take.receipt_handle("none").send().await)
    }

    pub(super) async fn adds_dead_letters(&self) -> bool {
        let queue = self.scene.environment.stack().dead_letter_queue_url().unwrap();
        let send = aws_sdk_sqs::Client::new(&self.sdk())
            .send_message()
            .queue_url(queue);
        is_allowed(&send.message_body("{}").send().await)
    }

    /// With an order that no function can read.
    pub(super) async fn calls(&self, function: &str) -> bool {
        let name = physical(self.scene, function).await;
        let call = aws_sdk_lambda::Client::new(&self.sdk())
            .invoke()
            .function_name(name);
        is_allowed(&call.send().await)
    }

    pub(super) async fn publishes(&self) -> bool {
        let topic = self.scene.environment.stack().alerts_topic_arn().unwrap();
        let publish = aws_sdk_sns::Client::new(&self.sdk()).publish().topic_arn(topic);
        is_allowed(&publish.message("a test").send().await)
    }

    /// Without the condition that what is there stays, the bucket's policy refuses every writer.
    pub(super) async fn adds_object(&self, key: &str) -> bool {
        let put = aws_sdk_s3::Client::new(&self.sdk())
            .put_object()
            .bucket(self.bucket());
        is_allowed(&put.key(key).if_none_match("*").send().await)
    }

    pub(super) async fn deletes_evidence(&self) -> bool {
        let delete = aws_sdk_s3::Client::new(&self.sdk())
            .delete_object()
            .bucket(self.bucket());
        is_allowed(&delete.key("incidents/none/none").send().await)
    }

    pub(super) async fn writes_user_policies(&self) -> bool {
        let put = aws_sdk_iam::Client::new(&self.sdk())
            .put_user_policy()
            .user_name(&self.user);
        is_allowed(&put.policy_name("none").policy_document(nothing()).send().await)
    }

    pub(super) async fn writes_role_policies(&self) -> bool {
        self.writes_role(&self.role).await
    }

    pub(super) async fn widens_itself(&self) -> bool {
        self.writes_role(&self.own_role).await
    }

    pub(super) async fn writes_role(&self, role: &str) -> bool {
        let put = aws_sdk_iam::Client::new(&self.sdk())
            .put_role_policy()
            .role_name(role);
        is_allowed(&put.policy_name("none").policy_document(nothing()).send().await)
    }

    pub(super) async fn writes_trust(&self) -> bool {
        let update = aws_sdk_iam::Client::new(&self.sdk()).update_assume_role_policy();
        is_allowed(&update.role_name(&self.role).policy_document(trust()).send().await)
    }

    pub(super) async fn removes_user_policies(&self) -> bool {
        let delete = aws_sdk_iam::Client::new(&self.sdk())
            .delete_user_policy()
            .user_name(&self.user);
        is_allowed(&delete.policy_name("not-there").send().await)
    }

    pub(super) async fn removes_role_policies(&self) -> bool {
        let delete = aws_sdk_iam::Client::new(&self.sdk())
            .delete_role_policy()
            .role_name(&self.role);
        is_allowed(&delete.policy_name("not-there").send().await)
    }

    /// A key that isn't there; permissions come first.
    pub(super) async fn switches_keys_on(&self) -> bool {
        let update = aws_sdk_iam::Client::new(&self.sdk())
            .update_access_key()
            .user_name(&self.user);
        let update = update.access_key_id("AKIA00000000000NONE0");
        is_allowed(&update.status(StatusType::Active).send().await)
    }

    /// An instance that isn't there, as in what follows.
    pub(super) async fn gives_roles(&self) -> bool {
        let profile = IamInstanceProfileSpecification::builder().name("none").build();
        let associate = self.ec2().associate_iam_instance_profile();
        let associate = associate.instance_id(NO_INSTANCE).iam_instance_profile(profile);
        is_allowed(&associate.send().await)
    }

    pub(super) async fn moves_addresses(&self) -> bool {
        let end = self.ec2().disassociate_address();
        is_allowed(&end.association_id("eipassoc-00000000000000000").send().await)
    }

    pub(super) async fn deletes_groups(&self) -> bool {
        let delete = self.ec2().delete_security_group();
        is_allowed(&delete.group_id("sg-00000000000000000").send().await)
    }

    pub(super) async fn tags_instances(&self) -> bool {
        let tag = Tag::builder().key("backstop:none").value("none").build();
        let create = self.ec2().create_tags().resources(NO_INSTANCE).tags(tag);
        is_allowed(&create.send().await)
    }

    pub(super) async fn unprotects(&self) -> bool {
        let off = AttributeBooleanValue::builder().value(false).build();
        let modify = self.ec2().modify_instance_attribute().instance_id(NO_INSTANCE);
        is_allowed(&modify.disable_api_termination(off).send().await)
    }

    pub(super) async fn takes_snapshots(&self) -> bool {
        let instance = InstanceSpecification::builder().instance_id(NO_INSTANCE).build();
        let take = self.ec2().create_snapshots().instance_specification(instance);
        is_allowed(&take.send().await)
    }

    pub(super) async fn shares_snapshots(&self) -> bool {
        let share = self.ec2().modify_snapshot_attribute();
        let share = share.snapshot_id("snap-00000000000000000");
        let share = share.attribute(SnapshotAttributeName::CreateVolumePermission);
        let share = share
            .operation_type(OperationType::Add)
            .user_ids(FORENSIC_ACCOUNT);
        is_allowed(&share.send().await)
    }

    pub(super) async fn opens_buckets(&self) -> bool {
        let open = PublicAccessBlockConfiguration::builder().build();
        let put = aws_sdk_s3::Client::new(&self.sdk())
            .put_public_access_block()
            .bucket("no-bucket-of-anybody");
        is_allowed(&put.public_access_block_configuration(open).send().await)
    }

    pub(super) async fn makes_users(&self) -> bool {
        let create = aws_sdk_iam::Client::new(&self.sdk()).create_user();
        is_allowed(&create.user_name("made-by-a-thief").send().await)
    }

    fn sdk(&self) -> aws_config::SdkConfig {
        self.scene
            .environment
            .account()
            .sdk_config(self.credentials.clone())
    }

    fn ec2(&self) -> aws_sdk_ec2::Client {
        aws_sdk_ec2::Client::new(&self.sdk())
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
