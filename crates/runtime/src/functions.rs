//! Other functions of the stack: asked for something whose answer is waited for, or handed something to do.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use aws_sdk_lambda::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
    primitives::Blob,
    types::InvocationType,
};
use backstop_aws::SdkConfig;
use backstop_core::ErrorName;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    CallError,
    settings::{self, SettingError},
};

const INVOKE: &str = "lambda:InvokeFunction";

/// The functions, by name.
#[derive(Clone, Debug)]
pub struct Functions {
    lambda: Client,
    arns: Arns,
}

/// The functions' ARNs by their names, as a text like `name|arn,name|arn` has them.
#[derive(Clone, Debug)]
pub struct Arns(BTreeMap<String, String>);

/// A text doesn't name functions.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` isn't a function's name and its ARN with `|` between them")]
pub struct UnreadableArns(String);

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
    /// Those that a setting names.
    pub fn of_setting(
        config: &SdkConfig,
        name: &'static str,
        patience: Duration,
    ) -> Result<Self, SettingError> {
        let arns = settings::parsed(name, "functions' names and ARNs: `name|arn,name|arn`")?;
        Ok(Self::new(config, arns, patience))
    }

    /// Each is waited for as long as this, and asked once: whoever asks knows whether to ask again.
    pub fn new(config: &SdkConfig, arns: Arns, patience: Duration) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(patience);
        let config = Builder::from(config)
            .timeout_config(timeouts.operation_timeout(patience).build())
            .retry_config(RetryConfig::disabled());
        Self {
            lambda: Client::from_conf(config.build()),
            arns,
        }
    }

    /// Whether there is one of this name.
    pub fn has(&self, function: &str) -> bool {
        self.arns.0.contains_key(function)
    }

    /// Asks a function and waits for what it answers.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        function: &str,
        task: &impl Serialize,
    ) -> Result<T, AskError> {
        let arn = self
            .arns
            .0
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
            .map_err(CallError::of(INVOKE, format!("`{function}`")))?;
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

impl FromStr for Arns {
    type Err = UnreadableArns;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pair = |pair: &str| match pair.split_once('|') {
            Some((name, arn)) if !name.is_empty() && !arn.is_empty() => Ok((name.to_owned(), arn.to_owned())),
            _ => Err(UnreadableArns(pair.to_owned())),
        };
        Ok(Self(text.split(',').map(pair).collect::<Result<_, _>>()?))
    }
}

/// Hands a function something to do and doesn't wait for it. Lambda tries three times, then the request goes to the
/// dead-letter queue.
pub async fn hand_over(
    lambda: &Client,
    function: &str,
    task: &impl Serialize,
    on: String,
) -> Result<(), CallError> {
    let task = serde_json::to_vec(task).map_err(|error| CallError {
        name: ErrorName::Internal,
        call: INVOKE,
        on: on.clone(),
        code: String::new(),
        message: error.to_string(),
    })?;
    lambda
        .invoke()
        .function_name(function)
        .invocation_type(InvocationType::Event)
        .payload(Blob::new(task))
        .send()
        .await
        .map_err(CallError::of(INVOKE, on))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use aws_sdk_lambda::operation::invoke::InvokeOutput;
    use aws_smithy_mocks::{mock, mock_client};

    use super::*;

    #[test]
    fn the_setting_names_each_function_with_its_arn() {
        let Arns(read) = "respond-iam|arn:x,respond-s3|arn:y".parse().unwrap();
        assert_eq!(read.get("respond-s3").map(String::as_str), Some("arn:y"));
        assert_eq!(read.len(), 2);
        for text in ["", "a", "a|", "|arn:x", "a|b,"] {
            assert!(text.parse::<Arns>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_function_that_failed_is_named_by_its_error() {
        for (payload, named) in [
            (
                r#"{"errorType":"Backstop.NotYetVerified","errorMessage":"m"}"#,
                "Backstop.NotYetVerified",
            ),
            (
                r#"{"errorType":"Backstop.Throttled","errorMessage":"m"}"#,
                "Backstop.Throttled",
            ),
            ("null", "an error without a name"),
        ] {
            let failed = mock!(Client::invoke).then_output(move || {
                InvokeOutput::builder()
                    .function_error("Unhandled")
                    .payload(Blob::new(payload))
                    .build()
            });
            let functions = Functions {
                lambda: mock_client!(aws_sdk_lambda, [&failed]),
                arns: "respond-iam|arn:x".parse().unwrap(),
            };
            let answer = functions.ask::<Value>("respond-iam", &"a task").await;
            assert!(
                matches!(&answer, Err(AskError::Failed { error, .. }) if error == named),
                "{answer:?}"
            );
        }
    }
}
