//! A complete answer, from an emulator or of the gateway's own.

use bytes::Bytes;
use http_body_util::Full;
use hyper::http::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::Value;
use ulid::Ulid;

use super::request::header;

/// Belong to one connection only.
const HOP_BY_HOP: [&str; 4] = ["connection", "keep-alive", "transfer-encoding", "upgrade"];

#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(content_type));
        if let Ok(id) = HeaderValue::from_str(&Ulid::generate().to_string()) {
            headers.insert("x-amzn-requestid", id);
        }
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    pub(super) fn from_emulator(status: StatusCode, mut headers: HeaderMap, body: Bytes) -> Self {
        for name in HOP_BY_HOP {
            headers.remove(name);
        }
        Self {
            status,
            headers,
            body,
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.body
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        header(&self.headers, "x-amzn-requestid").or_else(|| header(&self.headers, "x-amz-request-id"))
    }

    /// The AWS error code, in whichever shape the service writes it; none for a success.
    pub(crate) fn error_code(&self) -> Option<String> {
        if self.status.as_u16() < 400 {
            return None;
        }
        let typed = header(&self.headers, "x-amzn-errortype");
        let code = typed
            .or_else(|| json_code(&self.body))
            .or_else(|| xml_code(&self.body))?;
        // `com.amazon.coral.service#Name:http://…` is how some services write `Name`.
        let code = code.split(':').next().unwrap_or_default();
        code.rsplit('#').next().map(str::to_owned)
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

fn json_code(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let code = ["__type", "code", "Code"]
        .iter()
        .find_map(|name| value.get(*name));
    code.and_then(Value::as_str).map(str::to_owned)
}

fn xml_code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &'static str) -> Option<String> {
        Reply::new(StatusCode::BAD_REQUEST, "text/plain", body).error_code()
    }

    #[test]
    fn error_codes_are_read_in_every_shape() {
        assert_eq!(
            code(r#"{"__type":"com.amazonaws#AccessDeniedException"}"#).as_deref(),
            Some("AccessDeniedException")
        );
        assert_eq!(
            code("<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>").as_deref(),
            Some("Throttling")
        );
        assert_eq!(code("nothing to read"), None);
        let typed = Reply::new(StatusCode::NOT_FOUND, "text/plain", "{}");
        let typed = typed.with_header("x-amzn-errortype", "ResourceNotFoundException:http://x");
        assert_eq!(typed.error_code().as_deref(), Some("ResourceNotFoundException"));
        assert_eq!(
            Reply::new(StatusCode::OK, "text/xml", "<Code>x</Code>").error_code(),
            None
        );
    }
}
