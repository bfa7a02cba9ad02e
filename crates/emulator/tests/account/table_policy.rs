//! A table that CloudFormation made: its own policy is in force, and `dynamodb:LeadingKeys` tells its items apart.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata as _,
    types::{AttributeValue, Put, TransactWriteItem},
};
use backstop_emulator::Account;

use crate::fixtures::{Fixtures, dynamodb, iam};

const TABLE: &str = "guarded";
const TEMPLATE: &str = r#"{"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {
    "TableName": "guarded", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "ResourcePolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": ["dynamodb:PutItem", "dynamodb:Query"], "Resource": "*",
        "Condition": {"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/alice"}}}]}}}}}}"#;

pub(crate) async fn a_tables_own_policy_and_its_items_keys_count(account: &Account, fixtures: &Fixtures) {
    make(account).await;
    let may = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",
        "Action":["dynamodb:PutItem","dynamodb:Query","dynamodb:GetItem"],
        "Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":"OWN#*"}}}]}"#;
    for user in ["alice", "bystander"] {
        let put = iam(account, account.root()).put_user_policy().user_name(user);
        let put = put.policy_name("table").policy_document(may);
        put.send().await.unwrap();
    }
    let (alice, bystander) = (&fixtures.alice, &fixtures.bystander);

    assert_eq!(put(account, alice, "OWN#1").await, None);
    assert_eq!(put(account, alice, "OTHER#1").await, denied());
    assert_eq!(query(account, alice, "OWN#1").await, None);
    assert_eq!(query(account, alice, "OTHER#1").await, denied());
    assert_eq!(transact(account, alice, ["OWN#2", "OWN#3"]).await, None);
    assert_eq!(transact(account, alice, ["OWN#2", "OTHER#2"]).await, denied());
    // The same permissions; only the table's policy tells the two apart.
    assert_eq!(put(account, bystander, "OWN#1").await, denied());
    assert_eq!(query(account, bystander, "OWN#1").await, denied());
    let get = dynamodb(account, bystander.clone()).get_item().table_name(TABLE);
    let got = get.key("pk", key("OWN#1")).send().await.unwrap();
    assert!(got.item.is_some(), "the policy says nothing of reading one item");
    let delete = iam(account, account.root()).delete_user_policy();
    delete
        .user_name("bystander")
        .policy_name("table")
        .send()
        .await
        .unwrap();
}

fn denied() -> Option<String> {
    Some("AccessDeniedException".to_owned())
}

fn key(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

async fn make(account: &Account) {
    let stacks = aws_sdk_cloudformation::Client::new(&account.sdk_config(account.root()));
    let create = stacks.create_stack().stack_name("table").template_body(TEMPLATE);
    create.send().await.unwrap();
    let root = dynamodb(account, account.root());
    for _ in 0..100 {
        if root.describe_table().table_name(TABLE).send().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the stack has no table after five seconds");
}

async fn put(account: &Account, who: &Credentials, pk: &str) -> Option<String> {
    let put = dynamodb(account, who.clone()).put_item().table_name(TABLE);
    let answer = put.item("pk", key(pk)).send().await;
    answer.err().and_then(|error| error.code().map(str::to_owned))
}

async fn query(account: &Account, who: &Credentials, pk: &str) -> Option<String> {
    let query = dynamodb(account, who.clone()).query().table_name(TABLE);
    let query = query.key_condition_expression("pk = :pk");
    let answer = query.expression_attribute_values(":pk", key(pk)).send().await;
    answer.err().and_then(|error| error.code().map(str::to_owned))
}

async fn transact(account: &Account, who: &Credentials, keys: [&str; 2]) -> Option<String> {
    let writes = keys.map(|pk| {
        let put = Put::builder().table_name(TABLE).item("pk", key(pk));
        TransactWriteItem::builder().put(put.build().unwrap()).build()
    });
    let write = dynamodb(account, who.clone()).transact_write_items();
    let answer = write.set_transact_items(Some(writes.to_vec())).send().await;
    answer.err().and_then(|error| error.code().map(str::to_owned))
}
