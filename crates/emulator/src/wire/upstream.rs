//! Passes requests on to the emulators, byte for byte, so that the callers' signatures stay valid.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::http::uri::PathAndQuery;
use hyper::http::{HeaderMap, HeaderValue, request::Parts};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use thiserror::Error;

use super::Reply;

/// Below the emulators' own limit, so that we never write to a connection that they are closing.
const IDLE: Duration = Duration::from_secs(20);

/// Both emulators' addresses, and the connections to them.
#[derive(Clone, Debug)]
pub struct Upstreams {
    ministack: SocketAddr,
    moto: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Upstreams {
    /// Connects lazily.
    pub fn new(ministack: SocketAddr, moto: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Self {
            ministack,
            moto,
            client,
        }
    }

    pub(crate) async fn ministack(&self, parts: &Parts, body: &Bytes) -> Result<Reply, UpstreamError> {
        self.pass("ministack", self.ministack, parts, body).await
    }

    pub(crate) async fn moto(&self, parts: &Parts, body: &Bytes) -> Result<Reply, UpstreamError> {
        self.pass("moto", self.moto, parts, body).await
    }

    /// An unsigned request of the gateway's own.
    pub(crate) async fn get_from_ministack(&self, path: &str) -> Result<Reply, UpstreamError> {
        let request = Request::get(format!("http://{}{path}", self.ministack)).body(Full::default());
        self.send("ministack", request.map_err(|_| UpstreamError::Path)?)
            .await
    }

    /// A form request of the gateway's own, as the root of `account_id`.
    pub(crate) async fn query_as_root(
        &self,
        service: &str,
        account_id: &str,
        form: &[(&str, &str)],
    ) -> Result<Reply, UpstreamError> {
        let body: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        // Ministack doesn't check root's signature, only that one is named.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={account_id}/20260101/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=0"
        );
        let request = Request::post(format!("http://{}/", self.ministack))
            .header("authorization", authorization)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(body)));
        self.send("ministack", request.map_err(|_| UpstreamError::Path)?)
            .await
    }

    /// A JSON request of the gateway's own to moto, which takes any signature.
    pub(crate) async fn json_to_moto(
        &self,
        service: &str,
        region: &str,
        method: Method,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<Reply, UpstreamError> {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=gateway/20260101/{region}/{service}/aws4_request, \
             SignedHeaders=host, Signature=0"
        );
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.moto))
            .header("host", format!("{service}.{region}.amazonaws.com"))
            .header("authorization", authorization)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.to_string())));
        self.send("moto", request.map_err(|_| UpstreamError::Path)?).await
    }

    async fn pass(
        &self,
        name: &'static str,
        to: SocketAddr,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Reply, UpstreamError> {
        let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let uri: Uri = format!("http://{to}{path}")
            .parse()
            .map_err(|_| UpstreamError::Path)?;
        let mut request = Request::new(Full::new(body.clone()));
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = uri;
        // The host header stays the gateway's: it is part of what the caller signed.
        *request.headers_mut() = without_framing(&parts.headers);
        // AWS is reached by TLS only, and the template's queues and topic refuse anything else. The gateway
        // stands for that front; the emulator takes this header as `aws:SecureTransport`.
        request
            .headers_mut()
            .insert("x-forwarded-proto", HeaderValue::from_static("https"));
        self.send(name, request).await
    }

    async fn send(&self, name: &'static str, request: Request<Full<Bytes>>) -> Result<Reply, UpstreamError> {
        let head_only = request.method() == Method::HEAD;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|source| UpstreamError::Send { name, source })?;
        let (parts, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|source| UpstreamError::Read { name, source })?
            .to_bytes();
        let mut headers = parts.headers;
        if !head_only {
            // The length is written anew; a HEAD answer's length is that of a body it doesn't have.
            headers.remove("content-length");
        }
        Ok(Reply::from_emulator(parts.status, headers, body))
    }
}

fn without_framing(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in ["connection", "expect", "keep-alive", "transfer-encoding"] {
        headers.remove(name);
    }
    headers
}

/// Why an emulator gave no answer.
#[derive(Debug, Error)]
pub(crate) enum UpstreamError {
    #[error("reading the request's path")]
    Path,
    #[error("sending a request to {name}")]
    Send {
        name: &'static str,
        source: hyper_util::client::legacy::Error,
    },
    #[error("reading {name}'s answer")]
    Read {
        name: &'static str,
        source: hyper::Error,
    },
}

impl UpstreamError {
    /// What the caller sees: a gateway that has lost its emulator.
    pub(crate) fn into_reply(self) -> Reply {
        let cause = std::error::Error::source(&self)
            .map(|cause| format!(": {cause}"))
            .unwrap_or_default();
        Reply::new(StatusCode::BAD_GATEWAY, "text/plain", format!("{self}{cause}"))
    }
}
