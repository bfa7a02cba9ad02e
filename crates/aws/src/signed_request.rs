//! One request to a service that no SDK crate is linked for: signed with the configuration's credentials, sent by its HTTP
//! client, and tried again where the failure passes by waiting. What the answer means is said by whoever asks.

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
#[derive(Debug)]
pub(crate) struct SignedRequest<'asked> {
    /// IAM's name of the call, for errors.
    pub call: &'static str,
    /// On what, for errors.
    pub on: &'asked str,
    /// The service's name in signatures, which its host begins with.
    pub service: &'static str,
    pub method: &'static str,
    /// With a slash at its beginning, of which every variable part must have been checked or encoded.
    pub path: &'asked str,
    /// Signed, beside the host.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub settings: SigningSettings,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Response {
    pub status: u16,
    /// `x-amzn-errortype`.
    pub error: Option<String>,
    pub body: Vec<u8>,
}

impl Response {
    pub(crate) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

impl SignedRequest<'_> {
    /// Sends it with the credentials and to the Region of the configuration, until `judged` has a value of the answer, or
    /// an error that doesn't pass by waiting.
    pub(crate) async fn send<T>(
        &self,
        config: &SdkConfig,
        judged: impl Fn(&Response) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let mut attempt = 1;
        loop {
            let answered = self.attempt(config).await;
            match answered.and_then(|answer| judged(&answer)) {
                Err(error) if error.name.is_retryable() && attempt < ATTEMPTS => {
                    tracing::debug!(%error, attempt, "tried again");
                    tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
                    attempt += 1;
                }
                judged => return judged,
            }
        }
    }

    async fn attempt(&self, config: &SdkConfig) -> Result<Response, CallError> {
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
        let answered: Result<Response, SdkError<Infallible, HttpResponse>> = operation
            .serializer(|request: Signed| request.into_http())
            .deserializer(read)
            .build()
            .invoke(request)
            .await;
        match answered {
            Ok(answer) => Ok(answer),
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
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(self.settings.clone())
            .build()
            .map_err(|error| self.impossible(&with_causes(&error)))?;
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new(
            self.method,
            format!("{endpoint}{}", self.path),
            // The HTTP client writes `host` by itself; only the signature needs it.
            std::iter::once(("host", host.as_str())).chain(own.clone()),
            SignableBody::Bytes(&self.body),
        )
        .map_err(|error| self.impossible(&with_causes(&error)))?;
        let (instructions, _signature) = sign(signable, &parameters.into())
            .map_err(|error| self.impossible(&with_causes(&error)))?
            .into_parts();
        let mut headers: Vec<(String, String)> = instructions
            .headers()
            .chain(own)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        // As every AWS SDK does in a function (AWS Lambda Developer Guide, "Runtime environment variables").
        if let Ok(trace) = std::env::var("_X_AMZN_TRACE_ID") {
            headers.push(("x-amzn-trace-id".to_owned(), trace));
        }
        let request = Signed {
            method: self.method,
            path: self.path.to_owned(),
            headers,
            body: self.body.clone(),
        };
        Ok((endpoint, request))
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

    /// What the service refused, by its code.
    pub(crate) fn refused(&self, answer: &Response, code: &str, message: &str) -> CallError {
        let refusal = Refusal {
            service: self.service,
            code,
            message,
            modeled: None,
            status: answer.status,
        };
        self.failed(refusal.name(), code, message)
    }

    fn impossible(&self, why: &str) -> CallError {
        self.failed(ErrorName::Internal, "", why)
    }

    pub(crate) fn failed(&self, name: ErrorName, code: &str, message: &str) -> CallError {
        CallError {
            name,
            call: self.call,
            on: self.on.to_owned(),
            code: code.to_owned(),
            message: backstop_core::text::bounded(message, 600),
        }
    }
}

/// A request that only has to be sent. Its headers hold a signature, so that it isn't shown.
struct Signed {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Signed {
    fn into_http(self) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = HttpRequest::new(SdkBody::from(self.body));
        request.set_method(self.method)?;
        request.set_uri(self.path)?;
        for (name, value) in self.headers {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok(request)
    }
}

fn read(response: &HttpResponse) -> Result<Response, OrchestratorError<Infallible>> {
    Ok(Response {
        status: response.status().as_u16(),
        error: response.headers().get("x-amzn-errortype").map(str::to_owned),
        body: response.body().bytes().unwrap_or_default().to_vec(),
    })
}
