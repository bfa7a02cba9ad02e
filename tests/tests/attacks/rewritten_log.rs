//! An incident's log written anew in the table, and kept as evidence once more.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use aws_sdk_lambda::primitives::Blob;
use backstop_core::{
    IncidentId,
    evidence::{MANIFEST, check, check_head, later_version},
    incident::Status,
    log::{Event, Record},
};
use backstop_runtime::evidence::EvidenceBucket;
use backstop_tests::{People, Scene};
use jiff::Timestamp;
use serde_json::json;

use crate::{
    attacker,
    receipts::WRITES,
    told,
    tried::{Ended, Tried},
};

const RIGHT: &str = "break-glass on the table, lambda:InvokeFunction";

pub(crate) async fn attacks(scene: &Scene, people: &People, incident: &IncidentId) -> Vec<Tried> {
    told(people, incident.as_str()).await;
    let notices = people.told_of(incident.as_str()).await;
    let mut lines = notices.iter().flat_map(|notice| notice.body.lines());
    let head = lines.find(|line| line.contains("log head "));
    let head = head.unwrap_or_else(|| panic!("no notice names the head: {notices:#?}"));
    let untouched = files(scene, incident).await;
    assert_eq!(check(&untouched).problems, []);
    assert_eq!(check_head(&untouched, head), None, "{head}");

    rewrite(scene, incident).await;
    keep_again(scene, incident).await;
    let after = files(scene, incident).await;
    let problems = check(&after).problems;
    assert!(!problems.is_empty(), "verify says that all is as it was kept");
    let newest: BTreeMap<_, _> = newest_log(&after);
    assert!(
        check_head(&newest, head).is_some(),
        "the log that was written anew has the announced head"
    );
    vec![Tried::new(
        "a log written anew in the table",
        RIGHT,
        Ended::Noticed,
        format!("evidence verify names {}: {}", problems[0].item, problems[0].what),
    )]
}

/// As `backstop evidence fetch` writes them.
async fn files(scene: &Scene, incident: &IncidentId) -> BTreeMap<String, Vec<u8>> {
    let account = scene.environment.account();
    let client = aws_sdk_s3::Client::new(&account.sdk_config(account.root()));
    let name = scene.environment.stack().output("EvidenceBucket").unwrap();
    let bucket = EvidenceBucket::new(client.clone(), name);
    let mut files = BTreeMap::new();
    for version in bucket.versions(incident).await.unwrap() {
        let get = client
            .get_object()
            .bucket(name)
            .key(format!("incidents/{incident}/{}", version.name));
        let object = get.version_id(&version.id).send().await.unwrap();
        let bytes = object.body.collect().await.unwrap().to_vec();
        let name = match version.number {
            later @ 2.. if version.name != MANIFEST => later_version(&version.name, later),
            _ => version.name,
        };
        files.insert(name, bytes);
    }
    files
}

/// Another story, in a chain that holds: nothing was done.
async fn rewrite(scene: &Scene, incident: &IncidentId) {
    let log = scene.environment.ledger().log(incident).await.unwrap();
    let first = log
        .records()
        .iter()
        .find(|record| matches!(record.event, Event::Opened(_)))
        .unwrap();
    let opened = Record::next(None, first.at, "forged-1".to_owned(), first.event.clone()).unwrap();
    let closed = Event::Closed {
        status: Status::Failed,
    };
    let closed = Record::next(Some(&opened), Timestamp::now(), "forged-2".to_owned(), closed).unwrap();

    let credentials = attacker::break_glass(scene, &WRITES).await;
    let client = Client::new(&scene.environment.account().sdk_config(credentials));
    let table = scene.environment.stack().incidents_table().unwrap();
    let text = |value: String| AttributeValue::S(value);
    let pk = format!("INCIDENT#{incident}");
    let query = client
        .query()
        .table_name(table)
        .key_condition_expression("pk = :pk AND begins_with(sk, :log)");
    let query = query.expression_attribute_values(":pk", text(pk.clone()));
    let found = query
        .expression_attribute_values(":log", text("LOG#".to_owned()))
        .send()
        .await
        .unwrap();
    for item in found.items() {
        let delete = client.delete_item().table_name(table).key("pk", text(pk.clone()));
        delete.key("sk", item["sk"].clone()).send().await.unwrap();
    }
    for record in [&opened, &closed] {
        let put = client.put_item().table_name(table).item("pk", text(pk.clone()));
        let put = put.item("sk", text(format!("LOG#{:06}", record.seq)));
        let put = put.item("seq", AttributeValue::N(record.seq.to_string()));
        put.item("record", text(serde_json::to_string(record).unwrap()))
            .send()
            .await
            .unwrap();
    }
}

async fn keep_again(scene: &Scene, incident: &IncidentId) {
    let caller = attacker::with(scene, &["lambda:InvokeFunction"]).await;
    let lambda = aws_sdk_lambda::Client::new(&scene.environment.account().sdk_config(caller));
    let close = scene.environment.stack().output("CloseFunctionName").unwrap();
    let task = json!({ "op": "keep-evidence", "incident": incident }).to_string();
    let answer = lambda
        .invoke()
        .function_name(close)
        .payload(Blob::new(task))
        .send()
        .await;
    let answer = answer.unwrap();
    let said = answer
        .payload()
        .map(|said| String::from_utf8_lossy(said.as_ref()).into_owned());
    assert_eq!(answer.function_error(), None, "{said:?}");
}

/// The log that the manifest names as the newest now.
fn newest_log(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let forged = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("forged-1");
    let of_log = files
        .iter()
        .filter(|(name, bytes)| name.contains("log-") && forged(bytes));
    of_log
        .map(|(_, bytes)| ("log-000002.json".to_owned(), bytes.clone()))
        .collect()
}
