//! Saves what the functions logged, which the emulator keeps in CloudWatch Logs as AWS does.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aws_sdk_cloudwatchlogs::{Client, error::BoxError};
use thiserror::Error;

use backstop_emulator::Account;

/// The logs can't be saved.
#[derive(Debug, Error)]
pub enum LogsError {
    /// CloudWatch Logs can't be read.
    #[error("calling `{operation}`")]
    Call {
        /// The operation.
        operation: &'static str,
        /// Why.
        source: BoxError,
    },
    /// A file can't be written.
    #[error("writing `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// One file a function in `functions/`, and `calls.jsonl`.
pub(super) async fn save(account: &Account, stack: &str) -> Result<(), LogsError> {
    let directory = account.logs().join("functions");
    fs::create_dir_all(&directory).map_err(|source| LogsError::Write {
        path: directory.clone(),
        source,
    })?;
    let client = Client::new(&account.sdk_config(account.root()));
    for group in groups(&client, &format!("/aws/lambda/{stack}-")).await? {
        let name = group.rsplit('/').next().unwrap_or(&group).to_owned();
        write(
            &directory.join(format!("{name}.log")),
            &events(&client, &group).await?,
        )?;
    }
    let record: Vec<String> = account
        .calls()
        .iter()
        .filter_map(|call| serde_json::to_string(call).ok())
        .collect();
    write(&account.logs().join("calls.jsonl"), &record.join("\n"))
}

async fn groups(client: &Client, prefix: &str) -> Result<Vec<String>, LogsError> {
    let groups = client
        .describe_log_groups()
        .log_group_name_prefix(prefix)
        .into_paginator()
        .items()
        .send();
    let groups = groups
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(failed("logs:DescribeLogGroups"))?;
    Ok(groups
        .into_iter()
        .filter_map(|group| group.log_group_name)
        .collect())
}

async fn events(client: &Client, group: &str) -> Result<String, LogsError> {
    let events = client
        .filter_log_events()
        .log_group_name(group)
        .into_paginator()
        .send();
    let pages = events
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(failed("logs:FilterLogEvents"))?;
    let messages = pages
        .iter()
        .flat_map(|page| page.events())
        .filter_map(|event| event.message());
    Ok(messages.map(|line| format!("{}\n", line.trim_end())).collect())
}

fn write(path: &Path, text: &str) -> Result<(), LogsError> {
    fs::write(path, text).map_err(|source| LogsError::Write {
        path: path.to_owned(),
        source,
    })
}

fn failed<E: std::error::Error + Send + Sync + 'static>(
    operation: &'static str,
) -> impl FnOnce(E) -> LogsError {
    move |error| LogsError::Call {
        operation,
        source: error.into(),
    }
}
