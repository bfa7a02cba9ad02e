//! The HTTP answer, as API Gateway takes it.

use std::{collections::BTreeMap, io::Write as _};

use backstop_core::api::{ApiError, ErrorBody, ErrorCode};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;

use crate::refusal::{fault, refusal};

/// Lambda's answers have at most 6 MB (Lambda Developer Guide, "Quotas"), in which the body is a text of JSON with its
/// escapes; headers need some of it.
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
        let answer = match takes_gzip.then(|| compressed(&body)).flatten() {
            Some(body) => Self {
                body,
                is_base64_encoded: true,
                ..Self::plain(status, String::new())
            }
            .with_header("content-encoding", "gzip"),
            None => Self::plain(status, body),
        };
        if !fits(&answer.body) {
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

/// A body of JSON is mostly quotes to escape: it grows in the answer.
fn fits(body: &str) -> bool {
    let escapes = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..0x20 => 5,
        _ => 0,
    };
    body.len() + body.bytes().map(escapes).sum::<usize>() <= LARGEST
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn answered(body: &str, takes_gzip: bool) -> HttpAnswer {
        HttpAnswer::of(Done::ok(&body), takes_gzip)
    }

    #[test]
    fn what_is_carried_is_measured_with_its_escapes() {
        // Each quote is four characters of the answer's text: it is escaped in the body, and both of that in the answer.
        let most = LARGEST / 4 - 1;
        assert_eq!(answered(&"\"".repeat(most), false).status_code, 200);
        let refused = answered(&"\"".repeat(LARGEST / 3), false);
        assert_eq!(refused.status_code, 501);
        let text = "x\u{1}\"\\\n é".repeat(50_000);
        for body in [text.as_str(), &"x".repeat(LARGEST - 4)] {
            let answer = answered(body, false);
            let whole = serde_json::to_string(&answer).unwrap();
            assert_eq!(answer.status_code, 200);
            assert!(whole.len() < 6_000_000, "{}", whole.len());
        }
        assert_eq!(answered(&"x".repeat(LARGEST), false).status_code, 501);
    }

    #[test]
    fn only_who_takes_gzip_gets_it_and_only_where_it_is_worth_it() {
        let long = "x".repeat(WORTH_COMPRESSING);
        for (body, takes_gzip, expected) in [
            (long.as_str(), true, true),
            (long.as_str(), false, false),
            ("x", true, false),
        ] {
            let answer = answered(body, takes_gzip);
            assert_eq!(answer.is_base64_encoded, expected);
            assert_eq!(answer.headers.contains_key("content-encoding"), expected);
        }
        let large = "x".repeat(2 * LARGEST);
        assert_eq!(answered(&large, true).status_code, 200, "compressed, it fits");
    }
}
