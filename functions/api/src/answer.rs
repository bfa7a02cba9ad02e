//! The HTTP answer, as API Gateway takes it.

use std::{collections::BTreeMap, io::Write as _};

use backstop_core::api::{ApiError, ErrorBody, ErrorCode};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;

use crate::refusal::{fault, refusal};

/// Lambda's answers have at most 6 MB (Lambda Developer Guide, "Quotas"); headers and escapes need some of it.
const LARGEST: usize = 5 * 1024 * 1024;
/// Below this, compressing gains nothing that anybody notices.
const WORTH_COMPRESSING: usize = 32 * 1024;

/// The answer to one request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpAnswer {
    pub(crate) status_code: u16,
    pub(crate) headers: BTreeMap<&'static str, &'static str>,
    pub(crate) body: String,
    pub(crate) is_base64_encoded: bool,
}

/// What an operation came to: a status and a body.
pub(crate) type Answered = Result<Done, ApiError>;

/// An operation that did what was asked.
#[derive(Debug)]
pub(crate) struct Done {
    status: u16,
    body: String,
}

impl Done {
    /// Nothing new came of it.
    pub(crate) fn ok(body: &impl Serialize) -> Answered {
        Self::with_status(200, body)
    }

    /// Something new came of it.
    pub(crate) fn created(body: &impl Serialize) -> Answered {
        Self::with_status(201, body)
    }

    fn with_status(status: u16, body: &impl Serialize) -> Answered {
        let body = serde_json::to_string(body).map_err(|error| fault(&error))?;
        Ok(Self { status, body })
    }
}

impl HttpAnswer {
    pub(crate) fn of(answered: Answered, takes_gzip: bool) -> Self {
        match answered {
            Ok(done) => Self::of_body(done.status, done.body, takes_gzip),
            Err(error) => Self::of_error(error),
        }
    }

    fn of_error(error: ApiError) -> Self {
        let status = error.code.status();
        // A code and two texts are always JSON.
        let body = serde_json::to_string(&ErrorBody { error }).unwrap_or_default();
        Self::plain(status, body)
    }

    fn of_body(status: u16, body: String, takes_gzip: bool) -> Self {
        let answer = match compressed(&body).filter(|_| takes_gzip) {
            Some(body) => Self {
                body,
                is_base64_encoded: true,
                ..Self::plain(status, String::new())
            }
            .with_header("content-encoding", "gzip"),
            None => Self::plain(status, body),
        };
        if answer.body.len() > LARGEST {
            return Self::of_error(refusal(
                ErrorCode::AnswerTooLarge,
                "the answer is longer than API Gateway carries: send `accept-encoding: gzip`, or read the evidence that is \
                 kept of the incident",
            ));
        }
        answer
    }

    fn plain(status_code: u16, body: String) -> Self {
        Self {
            status_code,
            headers: BTreeMap::from([
                ("cache-control", "no-store"),
                ("content-type", "application/json"),
                ("x-content-type-options", "nosniff"),
            ]),
            body,
            is_base64_encoded: false,
        }
    }

    fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// Base64, as API Gateway takes bytes; none where it isn't worth it.
fn compressed(body: &str) -> Option<String> {
    if body.len() < WORTH_COMPRESSING {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).ok()?;
    Some(aws_smithy_types::base64::encode(encoder.finish().ok()?))
}
