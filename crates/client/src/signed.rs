//! One request, signed by AWS Signature Version 4, and its answer.

use std::{io::Read as _, time::SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::{
    client::{http::HttpConnector as _, orchestrator::HttpRequest, result::ConnectorError},
    http::HttpError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use backstop_core::text;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::{ApiUrl, ClientError};

/// API Gateway's name as a service.
const SERVICE: &str = "execute-api";
/// What Signature Version 4 leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// Far more than any answer has.
const LARGEST: u64 = 256 * 1024 * 1024;

pub(crate) type Request = HttpRequest;

/// What is asked.
#[derive(Debug)]
pub(crate) struct Ask {
    method: &'static str,
    uri: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(
        method: &'static str,
        url: &ApiUrl,
        path: &[&str],
        query: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Self {
        let mut uri = url.to_string();
        for word in path {
            uri.push('/');
            uri.extend(utf8_percent_encode(word, ENCODED));
        }
        for (place, (name, value)) in query.iter().enumerate() {
            uri.push(if place == 0 { '?' } else { '&' });
            uri.extend(utf8_percent_encode(name, ENCODED));
            uri.push('=');
            uri.extend(utf8_percent_encode(value, ENCODED));
        }
        Self {
            method,
            uri,
            headers: vec![("content-type", "application/json".to_owned())],
            body,
        }
    }

    /// Under a key of its own.
    pub(crate) fn with_key(mut self, key: String) -> Self {
        self.headers.push(("idempotency-key", key));
        self
    }

    pub(crate) fn signed(&self, region: &str, credentials: Credentials) -> Result<Request, ClientError> {
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(SERVICE)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| ClientError::Signing(error.to_string()))?;
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let to_sign = SignableRequest::new(
            self.method,
            self.uri.as_str(),
            headers,
            SignableBody::Bytes(&self.body),
        )
        .map_err(|error| ClientError::Signing(error.to_string()))?;
        let (instructions, _signature) = sign(to_sign, &parameters.into())
            .map_err(|error| ClientError::Signing(error.to_string()))?
            .into_parts();
        let mut request = HttpRequest::new(SdkBody::from(self.body.clone()));
        request.set_method(self.method).map_err(unfit)?;
        request.set_uri(self.uri.as_str()).map_err(unfit)?;
        for (name, value) in &self.headers {
            request.headers_mut().insert(*name, value.clone());
        }
        for (name, value) in instructions.headers() {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        // Not signed: whoever is between may take it away, and the answer only gets longer.
        request.headers_mut().insert("accept-encoding", "gzip");
        Ok(request)
    }
}

/// A request without credentials: the address has all that it takes.
pub(crate) fn unsigned(address: &str) -> Result<Request, ClientError> {
    HttpRequest::get(address).map_err(unfit)
}

fn unfit(error: HttpError) -> ClientError {
    ClientError::Signing(error.to_string())
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) async fn of(connector: &Connector, request: Request) -> Result<Self, ClientError> {
        let response = connector.call(request).await.map_err(ClientError::Unreachable)?;
        let status = response.status().as_u16();
        let is_gzip = response.headers().get("content-encoding") == Some("gzip");
        let body = ByteStream::new(response.into_body()).collect().await;
        let body = body.map_err(|error| ClientError::Unreachable(ConnectorError::io(error.into())))?;
        let body = body.into_bytes().to_vec();
        let body = if is_gzip { unpacked(&body)? } else { body };
        Ok(Self { status, body })
    }

    /// The text of an answer that isn't the api's, as a message may show it.
    pub(crate) fn text(&self) -> String {
        text::bounded(&text::sanitize(&String::from_utf8_lossy(&self.body)), 300)
    }

    /// What API Gateway says.
    pub(crate) fn message(&self) -> String {
        #[derive(Deserialize)]
        struct Said {
            #[serde(alias = "Message")]
            message: String,
        }
        match serde_json::from_slice(&self.body) {
            Ok(Said { message }) => text::bounded(&text::sanitize(&message), 300),
            Err(_not_its) => self.text(),
        }
    }
}

fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, ClientError> {
    let mut plain = Vec::new();
    let unpacking = flate2::read::GzDecoder::new(bytes)
        .take(LARGEST)
        .read_to_end(&mut plain);
    unpacking.map_err(|error| ClientError::Unreachable(ConnectorError::io(error.into())))?;
    Ok(plain)
}
