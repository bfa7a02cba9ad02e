//! Other functions of the stack, asked for something whose answer is waited for.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_lambda::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
    primitives::Blob,
};
use backstop_aws::SdkConfig;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::CallError;

/// The functions, by name.
#[derive(Clone, Debug)]
pub struct Functions {
    lambda: Client,
    arns: BTreeMap<String, String>,
}

/// The setting that names functions can't be read.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` isn't a function's name and its ARN with `|` between them")]
pub struct UnreadableFunctions(String);

/// A function didn't answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody said where it is.
    #[error("there is no function `{0}` to ask")]
    Unknown(String),
    /// What was to be asked, or the answer, is no JSON.
    #[error("asking `{function}`")]
    Json {
        /// The function.
        function: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// Lambda refused or failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It ran and failed.
    #[error("`{function}` failed with {error}: {message}")]
    Failed {
        /// The function.
        function: String,
        /// The name of its error.
        error: String,
        /// What it said.
        message: String,
    },
}

impl Functions {
    /// Those that a text like `name|arn,name|arn` names. Each is waited for as long as this, and asked once: whoever asks knows
    /// whether to ask again.
    pub fn read(config: &SdkConfig, text: &str, patience: Duration) -> Result<Self, UnreadableFunctions> {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(patience);
        let config = Builder::from(config)
            .timeout_config(timeouts.operation_timeout(patience).build())
            .retry_config(RetryConfig::disabled());
        Ok(Self {
            lambda: Client::from_conf(config.build()),
            arns: named(text)?,
        })
    }

    /// Asks a function and waits for what it answers.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        function: &str,
        task: &impl Serialize,
    ) -> Result<T, AskError> {
        let arn = self
            .arns
            .get(function)
            .ok_or_else(|| AskError::Unknown(function.to_owned()))?;
        let json = |source| AskError::Json {
            function: function.to_owned(),
            source,
        };
        let task = serde_json::to_vec(task).map_err(json)?;
        let answer = self
            .lambda
            .invoke()
            .function_name(arn)
            .payload(Blob::new(task))
            .send()
            .await
            .map_err(CallError::of("lambda:InvokeFunction", format!("`{function}`")))?;
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        if answer.function_error.is_none() {
            return serde_json::from_slice(&payload).map_err(json);
        }
        let said: Value = serde_json::from_slice(&payload).unwrap_or_default();
        let field = |name: &str| said.get(name).and_then(Value::as_str);
        Err(AskError::Failed {
            function: function.to_owned(),
            error: field("errorType").unwrap_or("an error without a name").to_owned(),
            message: field("errorMessage").unwrap_or_default().to_owned(),
        })
    }
}

fn named(text: &str) -> Result<BTreeMap<String, String>, UnreadableFunctions> {
    let pair = |pair: &str| match pair.split_once('|') {
        Some((name, arn)) if !name.is_empty() && !arn.is_empty() => Ok((name.to_owned(), arn.to_owned())),
        _ => Err(UnreadableFunctions(pair.to_owned())),
    };
    text.split(',').map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_names_each_function_with_its_arn() {
        let read = named("respond-iam|arn:x,close|arn:y").unwrap_or_default();
        assert_eq!(read.get("close").map(String::as_str), Some("arn:y"));
        assert_eq!(read.len(), 2);
        for text in ["", "a", "a|", "|arn:x", "a|b,"] {
            assert!(named(text).is_err(), "{text}");
        }
    }
}
