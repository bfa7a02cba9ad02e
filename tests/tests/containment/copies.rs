//! Copies of one finding: one incident, one execution, and nothing of the finding in the logs.

use std::{fs, path::Path, sync::Arc, time::Duration};

use backstop_drill::{Cast, Stage, cast::Held, follow, oncall::OnCall, run::finding_about};
use backstop_emulator::Silent;
use backstop_tests::drill;

pub(crate) async fn ten_copies_open_one_incident(stage: Arc<Stage>) {
    let drill = drill("leaked-access-key").unwrap();
    let cast = Cast::plant(stage.account(), &drill, "copies").await.unwrap();
    let event = finding_about(&stage, &drill, &cast).unwrap();
    let executions_before = executions(&stage).await;

    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (stage, event) = (Arc::clone(&stage), event.clone());
        sent.spawn(async move { stage.put_event(&event.detail_type, &event.detail).await });
    }
    for outcome in sent.join_all().await {
        outcome.unwrap();
    }

    let opened = follow::incident(&stage, "leaked-access-key", &event.finding_id)
        .await
        .unwrap();
    let oncall = OnCall::new(&stage, "copies");
    let ended = follow::execution(&stage, &opened, &oncall, &Silent)
        .await
        .unwrap();
    assert_eq!(ended.failure, None);
    until_empty(&stage).await;

    let key_id = cast.identity("leaked-key").unwrap().key_id.clone();
    let rows = stage.ledger().incidents(1000).await.unwrap();
    let about_key = rows.iter().filter(|row| row.target.contains(&key_id));
    assert_eq!(about_key.count(), 1, "ten copies opened more than one incident");
    assert_eq!(executions(&stage).await, executions_before + 1);

    let Held::Credentials(leaked) = cast.credentials(stage.account(), "leaked-key").await.unwrap() else {
        panic!("the leaked key is held");
    };
    logs_hold_none_of(
        &stage,
        &[leaked.secret_access_key(), "203.0.113.66", "partner-blocklist"],
    )
    .await;
}

async fn executions(stage: &Stage) -> usize {
    let sfn = aws_sdk_sfn::Client::new(&stage.account().sdk_config(stage.account().root()));
    let machine = stage.stack().machine_arn("leaked-access-key").unwrap();
    let all = sfn
        .list_executions()
        .state_machine_arn(machine)
        .into_paginator()
        .items()
        .send();
    all.collect::<Result<Vec<_>, _>>().await.unwrap().len()
}

/// Waits until intake has taken every message.
async fn until_empty(stage: &Stage) {
    use aws_sdk_sqs::types::QueueAttributeName::{
        ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
    };
    let sqs = aws_sdk_sqs::Client::new(&stage.account().sdk_config(stage.account().root()));
    for _ in 0..100 {
        let request = sqs
            .get_queue_attributes()
            .queue_url(stage.stack().intake_queue_url().unwrap());
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
    panic!("intake still has messages after ten seconds");
}

async fn logs_hold_none_of(stage: &Stage, secrets: &[&str]) {
    let files = stage.save_logs().await.unwrap().join("functions");
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
