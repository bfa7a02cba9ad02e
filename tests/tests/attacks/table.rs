//! Whoever writes the incidents table decides what Backstop does next: found once as full control of the account.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, Put, PutRequest, TransactWriteItem, WriteRequest},
};
use backstop_core::IncidentId;
use backstop_tests::Scene;
use serde_json::json;

use crate::{
    attacker,
    tried::{Ended, Tried, in_row, refusal},
};

type Item = HashMap<String, AttributeValue>;

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn item(pk: &str, sk: &str, more: &[(&str, String)]) -> Item {
    let keys = [("pk", pk.to_owned()), ("sk", sk.to_owned())];
    let all = keys.iter().chain(more);
    all.map(|(name, value)| ((*name).to_owned(), text(value)))
        .collect()
}

pub(crate) async fn attacks(scene: &Scene, incident: &IncidentId) -> Vec<Tried> {
    let before = everything(scene).await;
    let mut tried = in_row(
        "dynamodb:PutItem, UpdateItem, DeleteItem, BatchWriteItem on the table",
        writes(scene, incident).await,
    );
    tried.extend(in_row(
        "dynamodb:GetItem, Query, Scan",
        reads(scene, incident).await,
    ));
    tried.extend(in_row(
        "dynamodb:ExportTableToPointInTime, CreateBackup",
        copies(scene).await,
    ));
    tried.push(delete(scene).await.in_row("dynamodb:DeleteTable"));
    assert_eq!(everything(scene).await, before, "nobody has changed an item");
    tried
}

fn client(scene: &Scene, credentials: aws_credential_types::Credentials) -> (Client, String) {
    let sdk = scene.environment.account().sdk_config(credentials);
    let table = scene.environment.stack().incidents_table().unwrap().to_owned();
    (Client::new(&sdk), table)
}

async fn writes(scene: &Scene, incident: &IncidentId) -> Vec<Tried> {
    let (client, table) = client(scene, attacker::with(scene, &["dynamodb:PutItem"]).await);
    let exemption = json!({ "id": "all", "scope": { "scope": "arn", "pattern": "*" }, "owner": "me", "reason": "me",
        "expires_at": "9999-01-01T00:00:00Z", "added_by": "me", "added_at": "2026-01-01T00:00:00Z" });
    let pk = format!("INCIDENT#{incident}");
    let forged = [
        (
            "a forged receipt in an incident's log",
            item(&pk, "LOG#000999", &[("record", "{}".to_owned())]),
        ),
        (
            "an exemption of everything until 9999",
            item("GUARD", "EXEMPTION#all", &[("guard", exemption.to_string())]),
        ),
        (
            "a guardrail that can't be read",
            item("GUARD", "STRANGE", &[("guard", "{".to_owned())]),
        ),
        (
            "a lock that starts a forged incident",
            item(
                "TARGET#x#leaked-access-key",
                "LOCK",
                &[("incident", "FORGED".to_owned())],
            ),
        ),
        (
            "a lock that swallows findings",
            item(
                "TARGET#y#leaked-access-key",
                "LOCK",
                &[("incident", "NONE".to_owned()), ("started", "yes".to_owned())],
            ),
        ),
        (
            "a task token of the attacker's",
            item(&pk, "APPROVAL", &[("approval", "{}".to_owned())]),
        ),
    ];
    let mut tried = Vec::new();
    for (attack, item) in forged {
        let put = client.put_item().table_name(&table).set_item(Some(item));
        let seen = refusal(attack, put.send().await);
        tried.push(Tried::refused(attack, "dynamodb:PutItem", seen));
    }
    tried.extend(other_writes(scene, &pk).await);
    tried
}

/// The same by each other way to write.
async fn other_writes(scene: &Scene, pk: &str) -> Vec<Tried> {
    let rights = [
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    ];
    let (client, table) = client(scene, attacker::with(scene, &rights).await);
    let guard = || item("GUARD", "STRANGE", &[]);

    let update = client
        .update_item()
        .table_name(&table)
        .set_key(Some(item(pk, "META", &[])));
    let update = update
        .update_expression("SET x = :x")
        .expression_attribute_values(":x", text("x"));
    let updated = refusal("changing the status", update.send().await);

    let delete = client
        .delete_item()
        .table_name(&table)
        .set_key(Some(item(pk, "LOG#000001", &[])));
    let deleted = refusal("deleting a record", delete.send().await);

    let one = PutRequest::builder().set_item(Some(guard())).build().unwrap();
    let batch = client.batch_write_item();
    let batch = batch.request_items(&table, vec![WriteRequest::builder().put_request(one).build()]);
    let batched = refusal("a batch", batch.send().await);

    let put = Put::builder()
        .table_name(&table)
        .set_item(Some(guard()))
        .build()
        .unwrap();
    let transact = client.transact_write_items();
    let transact = transact.transact_items(TransactWriteItem::builder().put(put).build());
    let transacted = refusal("a transaction", transact.send().await);

    vec![
        Tried::refused("another status of an incident", "dynamodb:UpdateItem", updated),
        Tried::refused("a record out of a log", "dynamodb:DeleteItem", deleted),
        Tried::refused("a guardrail, in a batch", "dynamodb:BatchWriteItem", batched),
        Tried::refused("a guardrail, in a transaction", "dynamodb:PutItem", transacted),
    ]
}

async fn reads(scene: &Scene, incident: &IncidentId) -> Vec<Tried> {
    let rights = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"];
    let (client, table) = client(scene, attacker::with(scene, &rights).await);
    let pk = format!("INCIDENT#{incident}");

    let got = client
        .get_item()
        .table_name(&table)
        .set_key(Some(item(&pk, "META", &[])));
    let got = refusal("one item", got.send().await);
    let query = client
        .query()
        .table_name(&table)
        .key_condition_expression("pk = :pk");
    let queried = refusal(
        "a query",
        query.expression_attribute_values(":pk", text(&pk)).send().await,
    );
    let listed = client.query().table_name(&table).index_name("by_opened");
    let listed = listed
        .key_condition_expression("#list = :list")
        .expression_attribute_names("#list", "list");
    let listed = listed.expression_attribute_values(":list", text("incident"));
    let listed = refusal("the index", listed.send().await);
    let scanned = refusal("a scan", client.scan().table_name(&table).send().await);

    vec![
        Tried::refused("reading an item", "dynamodb:GetItem", got),
        Tried::refused("reading raw findings of an incident", "dynamodb:Query", queried),
        Tried::refused("listing incidents by the index", "dynamodb:Query", listed),
        Tried::refused("reading everything", "dynamodb:Scan", scanned),
    ]
}

/// All of it at once, to be read where no policy of ours is.
async fn copies(scene: &Scene) -> Vec<Tried> {
    let rights = [
        "dynamodb:CreateBackup",
        "dynamodb:EnableKinesisStreamingDestination",
        "dynamodb:ExportTableToPointInTime",
        "dynamodb:RestoreTableToPointInTime",
    ];
    let [backup, stream, export, restore] = rights;
    let (client, table) = client(scene, attacker::with(scene, &rights).await);
    let account = scene.environment.account();
    let here = |service: &str| format!("arn:aws:{service}:{}:{}", account.region(), account.account_id());
    let arn = format!("{}:table/{table}", here("dynamodb"));

    let backed_up = client.create_backup().table_name(&table).backup_name("taken");
    let backed_up = refusal("a backup", backed_up.send().await);
    let exported = client.export_table_to_point_in_time().table_arn(&arn);
    let exported = refusal("an export", exported.s3_bucket("the-attackers").send().await);
    let restored = client.restore_table_to_point_in_time().source_table_name(&table);
    let restored = restored
        .use_latest_restorable_time(true)
        .target_table_name("taken");
    let restored = refusal("another table", restored.send().await);
    let by_arn = client.restore_table_to_point_in_time().source_table_arn(&arn);
    let by_arn = by_arn.use_latest_restorable_time(true).target_table_name("taken");
    refusal("another table, by the ARN", by_arn.send().await);
    let streamed = client.enable_kinesis_streaming_destination().table_name(&table);
    let streamed = streamed.stream_arn(format!("{}:stream/the-attackers", here("kinesis")));
    let streamed = refusal("a stream", streamed.send().await);

    vec![
        Tried::refused("a backup of the table", backup, backed_up),
        Tried::refused("a stream of all that is written", stream, streamed),
        Tried::refused("an export of the table to another bucket", export, exported),
        Tried::refused("another table with all of its items", restore, restored),
    ]
}

/// Deletion protection, not a policy: whoever deploys has this right.
async fn delete(scene: &Scene) -> Tried {
    let (client, table) = client(scene, attacker::with(scene, &["dynamodb:DeleteTable"]).await);
    let error = client.delete_table().table_name(&table).send().await.unwrap_err();
    let seen = aws_sdk_dynamodb::error::ProvideErrorMetadata::message(&error)
        .unwrap_or_default()
        .to_owned();
    assert!(seen.contains("protect"), "{error:?}");
    Tried::new(
        "deleting the table",
        "dynamodb:DeleteTable",
        Ended::Refused,
        "deletion protection",
    )
}

/// Every item, as the account's root sees it.
async fn everything(scene: &Scene) -> Vec<String> {
    let (client, table) = client(scene, scene.environment.account().root());
    let items = client.scan().table_name(&table).into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    let line = |item: &Item| {
        let sorted: std::collections::BTreeMap<_, _> = item.iter().collect();
        format!("{sorted:?}")
    };
    let mut lines: Vec<String> = items.iter().map(line).collect();
    lines.sort();
    lines
}
