//! Asks a deployment's api, as whoever's credentials it is given: signs, sends, reads. Knows the routes by
//! [`backstop_core::api`], and no service of AWS's.

mod error;
mod signed;
mod url;

use std::time::Duration;

use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_http_client::{
    Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use backstop_core::api::ErrorBody;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::{sleep, timeout};

pub use error::ClientError;
pub use url::{ApiUrl, WrongUrl};

use signed::{Ask, Response};

/// API Gateway gives up after 30 seconds.
const PATIENCE: Duration = Duration::from_secs(35);
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(250);

/// One deployment's api, and who asks it.
#[derive(Debug)]
pub struct Client {
    url: ApiUrl,
    region: String,
    credentials: SharedCredentialsProvider,
    connector: Connector,
}

impl Client {
    /// The api at this address; `region` is where it is, for the signature.
    pub fn new(url: ApiUrl, region: impl Into<String>, credentials: SharedCredentialsProvider) -> Self {
        let connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .proxy_config(ProxyConfig::from_env())
            .build();
        Self {
            url,
            region: region.into(),
            credentials,
            connector,
        }
    }

    /// What is at the path; asked again where that may help.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ClientError> {
        let ask = Ask::new("GET", &self.url, path, query, Vec::new());
        again(|| self.once(&ask)).await
    }

    /// Has something done, once: an answer that is lost stays lost.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(ClientError::Body)?;
        self.once(&Ask::new("POST", &self.url, path, &[], body)).await
    }

    /// Has something begun under a key of its own: asked again where the answer is lost, it is begun once.
    pub async fn begin<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(ClientError::Body)?;
        let ask = Ask::new("POST", &self.url, path, &[], body).with_key(ulid::Ulid::generate().to_string());
        again(|| self.once(&ask)).await
    }

    /// Ends something.
    pub async fn delete<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ClientError> {
        self.once(&Ask::new("DELETE", &self.url, path, query, Vec::new()))
            .await
    }

    /// The bytes at an address that carries its own signature.
    pub async fn fetch(&self, address: &str) -> Result<Vec<u8>, ClientError> {
        again(|| self.fetch_once(address)).await
    }

    async fn fetch_once(&self, address: &str) -> Result<Vec<u8>, ClientError> {
        let answer = self.send(signed::unsigned(address)?).await?;
        if answer.status != 200 {
            return Err(ClientError::Unreadable {
                status: answer.status,
                detail: answer.text(),
            });
        }
        Ok(answer.body)
    }

    async fn once<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, ClientError> {
        let credentials = self.credentials.provide_credentials().await;
        let credentials = credentials.map_err(ClientError::of_credentials)?;
        let answer = self.send(ask.signed(&self.region, credentials)?).await?;
        read(&answer)
    }

    async fn send(&self, request: signed::Request) -> Result<Response, ClientError> {
        let answering = Response::of(&self.connector, request);
        timeout(PATIENCE, answering)
            .await
            .unwrap_or_else(|_elapsed| Err(ClientError::TimedOut(PATIENCE.as_secs())))
    }
}

/// Asks until it is answered, or what stands in the way doesn't pass.
async fn again<T, A: Future<Output = Result<T, ClientError>>>(ask: impl Fn() -> A) -> Result<T, ClientError> {
    let mut attempt = 1;
    loop {
        match ask().await {
            Err(error) if error.may_pass() && attempt < ATTEMPTS => {
                sleep(PAUSE * attempt).await;
                attempt += 1;
            }
            answered => return answered,
        }
    }
}

fn read<T: DeserializeOwned>(answer: &Response) -> Result<T, ClientError> {
    if (200..300).contains(&answer.status) {
        return serde_json::from_slice(&answer.body).map_err(ClientError::NewerAnswer);
    }
    if let Ok(ErrorBody { error }) = serde_json::from_slice(&answer.body) {
        return Err(ClientError::Refused(error));
    }
    // API Gateway's own answers.
    Err(match answer.status {
        401 | 403 => ClientError::NotAllowed(answer.message()),
        404 => ClientError::NoApi(answer.message()),
        429 => ClientError::Throttled,
        status => ClientError::Unreadable {
            status,
            detail: answer.text(),
        },
    })
}

#[cfg(test)]
mod tests;
