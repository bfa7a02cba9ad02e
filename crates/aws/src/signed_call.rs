//! One call of a service whose SDK crate would cost a function more than the call is worth: signed, sent, and answered as
//! JSON. For services that speak JSON, on paths or by `X-Amz-Target`.

use std::{
    convert::Infallible,
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
    result::SdkError,
};
use aws_smithy_types::{body::SdkBody, timeout::TimeoutConfig};
use backstop_core::{ErrorName, words::with_causes};
use serde_json::Value;

use crate::{
    CallError,
    config::{ATTEMPT, CONNECT},
    error_class::Refusal,
    partition::{partition_of, suffix_of},
};

/// What passes by waiting is tried so often, with pauses that double.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(150);

/// See the module.
#[derive(Clone, Debug)]
pub struct SignedCall {
    /// IAM's name of the call, for errors: `guardduty:GetFindings`.
    pub call: &'static str,
    /// On what, for errors.
    pub on: String,
    /// The service's name in signatures, which its host begins with.
    pub service: &'static str,
    /// `/`, or the operation's path, of which every variable part must have been checked.
    pub path: String,
    /// `X-Amz-Target`, where the service takes its operations so.
    pub target: Option<&'static str>,
    /// The request.
    pub body: Value,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    error: Option<String>,
    body: Vec<u8>,
}

impl SignedCall {
    /// Sends it with the credentials and to the Region of the configuration; again, if it failed in a way that passes.
    pub async fn send(&self, config: &SdkConfig) -> Result<Value, CallError> {
        let mut attempt = 1;
        loop {
            match self.attempt(config).await {
                Err(error) if error.name.is_retryable() && attempt < ATTEMPTS => {
                    tracing::debug!(%error, attempt, "tried again");
                    tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
                    attempt += 1;
                }
                answered => return answered,
            }
        }
    }

    async fn attempt(&self, config: &SdkConfig) -> Result<Value, CallError> {
        let (endpoint, request) = self.signed(config).await?;
        let http = config
            .http_client()
            .ok_or_else(|| self.impossible("there is no HTTP client"))?;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .build();
        let mut operation = Operation::builder()
            .service_name(self.service)
            .operation_name(self.call)
            .http_client(http)
            .endpoint_url(&endpoint)
            .no_auth()
            .no_retry()
            .timeout_config(timeouts);
        if let Some(sleep) = config.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        let answered: Result<Answer, SdkError<Infallible, HttpResponse>> = operation
            .serializer(|request: Signed| request.into_http())
            .deserializer(read)
            .build()
            .invoke(request)
            .await;
        match answered {
            Ok(answer) => self.judged(&answer),
            Err(SdkError::ConstructionFailure(error)) => Err(self.impossible(&with_causes(
                &SdkError::<Infallible, HttpResponse>::ConstructionFailure(error),
            ))),
            Err(error) => Err(self.failed(ErrorName::Unavailable, "", &with_causes(&error))),
        }
    }

    /// The endpoint, and the request with its signature.
    async fn signed(&self, config: &SdkConfig) -> Result<(String, Signed), CallError> {
        let region = config
            .region()
            .map(|region| region.as_ref().to_owned())
            .unwrap_or_default();
        let endpoint = match config.endpoint_url() {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => self
                .endpoint(&region, config.use_fips() == Some(true))
                .ok_or_else(|| self.impossible("its Region isn't one"))?,
        };
        let host = endpoint.split("://").nth(1).unwrap_or_default().to_owned();
        let provider = config
            .credentials_provider()
            .ok_or_else(|| self.impossible("there are no credentials"))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| self.failed(ErrorName::Unavailable, "", &with_causes(&error)))?;
        let mut headers = vec![("host", host), ("content-type", self.content_type().to_owned())];
        headers.extend(self.target.map(|target| ("x-amz-target", target.to_owned())));
        let body = self.body.to_string();
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| self.impossible(&with_causes(&error)))?;
        let uri = format!("{endpoint}{}", self.path);
        let signable = SignableRequest::new(
            "POST",
            uri,
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|error| self.impossible(&with_causes(&error)))?;
        let (instructions, _signature) = sign(signable, &parameters.into())
            .map_err(|error| self.impossible(&with_causes(&error)))?
            .into_parts();
        let mut all: Vec<(String, String)> = instructions
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        // The HTTP client writes `host` by itself.
        let own = headers.into_iter().filter(|(name, _)| *name != "host");
        all.extend(own.map(|(name, value)| (name.to_owned(), value)));
        // As every AWS SDK does in a function (AWS Lambda Developer Guide, "Runtime environment variables").
        if let Ok(trace) = std::env::var("_X_AMZN_TRACE_ID") {
            all.push(("x-amzn-trace-id".to_owned(), trace));
        }
        let path = self.path.clone();
        Ok((
            endpoint,
            Signed {
                path,
                headers: all,
                body,
            },
        ))
    }

    /// `None` for what can't be a part of a host's name.
    fn endpoint(&self, region: &str, is_fips: bool) -> Option<String> {
        let is_code = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let suffix = suffix_of(partition_of(&region.into()));
        let fips = if is_fips { "-fips" } else { "" };
        is_code(region).then(|| format!("https://{}{fips}.{region}.{suffix}", self.service))
    }

    const fn content_type(&self) -> &'static str {
        match self.target {
            Some(_) => "application/x-amz-json-1.1",
            None => "application/json",
        }
    }

    fn judged(&self, answer: &Answer) -> Result<Value, CallError> {
        let body: Result<Value, _> = serde_json::from_slice(&answer.body);
        if (200..300).contains(&answer.status) {
            return body.map_err(|error| self.failed(ErrorName::Unavailable, "", &with_causes(&error)));
        }
        let body = body.unwrap_or_default();
        let text = |names: [&str; 2]| names.iter().find_map(|name| body.get(name)?.as_str());
        // `com.amazonaws.guardduty#BadRequestException:http://…`
        let code = answer
            .error
            .as_deref()
            .or_else(|| text(["__type", "code"]))
            .unwrap_or("no error code");
        let code = code.rsplit('#').next().unwrap_or(code);
        let code = code.split(':').next().unwrap_or(code);
        let message = text(["message", "Message"]).unwrap_or("no message");
        let refusal = Refusal {
            service: self.service,
            code,
            message,
            modeled: None,
            status: answer.status,
        };
        Err(self.failed(refusal.name(), code, message))
    }

    fn impossible(&self, why: &str) -> CallError {
        self.failed(ErrorName::Internal, "", why)
    }

    fn failed(&self, name: ErrorName, code: &str, message: &str) -> CallError {
        CallError {
            name,
            call: self.call,
            on: self.on.clone(),
            code: code.to_owned(),
            message: backstop_core::text::bounded(message, 600),
        }
    }
}

/// A request that only has to be sent. Its headers hold a signature, so that it isn't shown.
struct Signed {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Signed {
    fn into_http(self) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = HttpRequest::new(SdkBody::from(self.body));
        request.set_method("POST")?;
        request.set_uri(self.path)?;
        for (name, value) in self.headers {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(request)
    }
}

fn read(response: &HttpResponse) -> Result<Answer, OrchestratorError<Infallible>> {
    Ok(Answer {
        status: response.status().as_u16(),
        error: response.headers().get("x-amzn-errortype").map(str::to_owned),
        body: response.body().bytes().unwrap_or_default().to_vec(),
    })
}

#[cfg(test)]
mod tests;
