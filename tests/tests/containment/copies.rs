//! Copies of one finding: one incident, one execution, and nothing of the finding in the logs.

use std::{fs, path::Path, sync::Arc, time::Duration};

use backstop_drill::{Environment, Fixtures, fixtures::Held, follow, oncall::OnCall, run::finding_about};
use backstop_emulator::Silent;
use backstop_tests::drill;

pub(crate) async fn ten_copies_open_one_incident(environment: Arc<Environment>) {
    let drill = drill("leaked-access-key").unwrap();
    let fixtures = Fixtures::plant(environment.account(), &drill, "copies")
        .await
        .unwrap();
    let event = finding_about(&environment, &drill, &fixtures).unwrap();
    let executions_before = executions(&environment).await;

    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (environment, event) = (Arc::clone(&environment), event.clone());
        sent.spawn(async move { environment.put_event(&event.detail_type, &event.detail).await });
    }
    for outcome in sent.join_all().await {
        outcome.unwrap();
    }

    let opened = follow::incident(&environment, "leaked-access-key", &event.finding_id)
        .await
        .unwrap();
    let oncall = OnCall::new(&environment, "copies");
    let ended = follow::execution(&environment, &opened, &oncall, &Silent)
        .await
        .unwrap();
    assert_eq!(ended.failure, None);
    until_empty(&environment).await;

    let key_id = fixtures.identity("leaked-key").unwrap().key_id.clone();
    let rows = environment.ledger().incidents(1000).await.unwrap();
    let about_key = rows.iter().filter(|row| row.target.contains(&key_id));
    assert_eq!(about_key.count(), 1, "ten copies opened more than one incident");
    assert_eq!(executions(&environment).await, executions_before + 1);

    let Held::Credentials(leaked) = fixtures
        .credentials(environment.account(), "leaked-key")
        .await
        .unwrap()
    else {
        panic!("the leaked key is held");
    };
    logs_hold_none_of(
        &environment,
        &[leaked.secret_access_key(), "203.0.113.66", "ExampleThreatList"],
    )
    .await;
}

async fn executions(environment: &Environment) -> usize {
    let sfn = aws_sdk_sfn::Client::new(&environment.account().sdk_config(environment.account().root()));
    let machine = environment.stack().machine_arn("leaked-access-key").unwrap();
    let all = sfn
        .list_executions()
        .state_machine_arn(machine)
        .into_paginator()
        .items()
        .send();
    all.collect::<Result<Vec<_>, _>>().await.unwrap().len()
}

/// Waits until intake has taken every message.
async fn until_empty(environment: &Environment) {
    use aws_sdk_sqs::types::QueueAttributeName::{
        ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
    };
    let sqs = aws_sdk_sqs::Client::new(&environment.account().sdk_config(environment.account().root()));
    for _ in 0..600 {
        let request = sqs
            .get_queue_attributes()
            .queue_url(environment.stack().intake_queue_url().unwrap());
        let request = request.attribute_names(ApproximateNumberOfMessages);
        let answer = request
            .attribute_names(ApproximateNumberOfMessagesNotVisible)
            .send()
            .await
            .unwrap();
        if answer.attributes().unwrap().values().all(|count| count == "0") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("intake still has messages after a minute");
}

async fn logs_hold_none_of(environment: &Environment, secrets: &[&str]) {
    let files = environment.save_logs().await.unwrap().join("functions");
    let logs = read_all(&files);
    assert!(
        logs.contains("opened"),
        "the functions' logs are missing in {}",
        files.display()
    );
    for secret in secrets {
        assert!(
            !logs.contains(secret),
            "`{secret}` is in the functions' logs in {}",
            files.display()
        );
    }
}

fn read_all(directory: &Path) -> String {
    let files = fs::read_dir(directory).unwrap();
    files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect()
}
