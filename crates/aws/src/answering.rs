//! A configuration whose HTTP client gives answers that a test prepared.
#![expect(clippy::unwrap_used, reason = "a test that prepares nonsense has failed")]

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;

/// One request, as it was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and address.
    pub line: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The text.
    pub body: String,
}

/// What was asked so far.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<Mutex<Vec<Asked>>>);

impl Requests {
    /// All of them, in order.
    pub fn all(&self) -> Vec<Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Answers these, status and text, one after another; the last is repeated.
pub fn answering(region: &str, answers: &[(u16, &str)]) -> (SdkConfig, Requests) {
    let answers: Vec<(u16, String)> = answers
        .iter()
        .map(|(status, text)| (*status, (*text).to_owned()))
        .collect();
    answered_by(region, move |number, _| {
        answers.get(number).or(answers.last()).unwrap().clone()
    })
}

/// Answers by the request, and by how many came before it.
pub fn answered_by(
    region: &str,
    answer: impl Fn(usize, &Asked) -> (u16, String) + Send + Sync + 'static,
) -> (SdkConfig, Requests) {
    let requests = Requests::default();
    let record = requests.clone();
    let http = infallible_client_fn(move |request: http::Request<SdkBody>| {
        let headers = request.headers().iter();
        let asked = Asked {
            line: format!("{} {}", request.method(), request.uri()),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect(),
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
        };
        let mut known = record.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, text) = answer(known.len(), &asked);
        known.push(asked);
        http::Response::builder()
            .status(status)
            .body(SdkBody::from(text))
            .unwrap()
    });
    let credentials = Credentials::new("AKIAEXAMPLE", "secret", Some("token".to_owned()), None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .build();
    (config, requests)
}
