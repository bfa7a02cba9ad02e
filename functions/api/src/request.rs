//! A request as API Gateway hands it over (payload format 2.0): only what is used of it. All of it but the caller's
//! identity is whatever the caller sent.

use std::collections::BTreeMap;

use backstop_core::{
    IncidentId,
    api::{ApiError, ErrorCode, is_incident},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::refusal::{bad_request, refusal};

/// More than any request needs.
const LARGEST_BODY: usize = 64 * 1024;
/// What people say of why.
const MOST_CHARS: usize = 1_000;

/// One request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    /// The route that API Gateway chose.
    pub(crate) route_key: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    query_string_parameters: Option<BTreeMap<String, String>>,
    #[serde(default)]
    path_parameters: Option<BTreeMap<String, String>>,
    request_context: Context,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    #[serde(default)]
    authorizer: Option<Authorizer>,
    #[serde(default)]
    request_id: String,
}

#[derive(Debug, Deserialize)]
struct Authorizer {
    #[serde(default)]
    iam: Option<Identity>,
}

/// Whom API Gateway proved by the signature.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    #[serde(default)]
    pub(crate) access_key: Option<String>,
    #[serde(default)]
    pub(crate) user_arn: Option<String>,
    #[serde(default)]
    pub(crate) user_id: Option<String>,
}

impl Request {
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.request_context.authorizer.as_ref()?.iam.as_ref()
    }

    pub(crate) fn id(&self) -> &str {
        &self.request_context.request_id
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query_string_parameters
            .as_ref()?
            .get(name)
            .map(String::as_str)
    }

    /// The first parameter behind the `?` that isn't one of these.
    pub(crate) fn strange_query(&self, known: &[&str]) -> Option<&str> {
        let mut names = self.query_string_parameters.iter().flatten();
        let strange = names.find(|(name, _)| !known.contains(&name.as_str()));
        strange.map(|(name, _)| name.as_str())
    }

    pub(crate) fn parameter(&self, name: &str) -> &str {
        let found = self.path_parameters.as_ref().and_then(|all| all.get(name));
        found.map(String::as_str).unwrap_or_default()
    }

    /// The incident that the path names, whole: what can't be an id is none.
    pub(crate) fn incident(&self) -> Result<IncidentId, ApiError> {
        let named = self.parameter("incident");
        if is_incident(named) {
            return Ok(IncidentId::new(named.to_ascii_uppercase()));
        }
        Err(refusal(
            ErrorCode::NoSuchIncident,
            &format!(
                "there is no incident `{}`; list them with `backstop incidents list`",
                shown(named)
            ),
        ))
    }

    /// The body; where there is none, as if it were an empty object.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body = self.body.as_deref().unwrap_or_default();
        if body.len() > LARGEST_BODY {
            let kib = LARGEST_BODY / 1024;
            let message = format!("the body has more than {kib} KiB, which no request needs");
            return Err(refusal(ErrorCode::BodyTooLarge, &message));
        }
        let decoded;
        let text = if self.is_base64_encoded {
            let bytes = aws_smithy_types::base64::decode(body)
                .map_err(|error| bad_request(&format!("the body can't be decoded: {error}")))?;
            decoded = String::from_utf8(bytes).map_err(|_error| bad_request("the body isn't UTF-8"))?;
            decoded.as_str()
        } else {
            body
        };
        let text = if text.trim().is_empty() { "{}" } else { text };
        // A list in an object's place would be read as its fields in their order.
        serde_json::from_str::<Map<String, Value>>(text)
            .and_then(|body| serde_json::from_value(Value::Object(body)))
            .map_err(|error| bad_request(&format!("the body can't be read: {}", shown(&error.to_string()))))
    }
}

/// A person's words, if they aren't too many.
pub(crate) fn words(reason: Option<String>) -> Result<Option<String>, ApiError> {
    match reason {
        Some(reason) if reason.chars().nth(MOST_CHARS).is_some() => {
            Err(bad_request("the reason has more than 1,000 characters"))
        }
        reason => Ok(reason),
    }
}

/// What was sent, as a message may show it.
pub(crate) fn shown(text: &str) -> String {
    backstop_core::text::bounded(&backstop_core::text::sanitize(text), 200).replace('`', "'")
}
