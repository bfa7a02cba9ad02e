//! One call of a service whose SDK crate would cost a function more than the call is worth: signed, sent, and answered as
//! JSON. For services that speak JSON, on paths or by `X-Amz-Target`.

use aws_config::SdkConfig;
use aws_sigv4::http_request::SigningSettings;
use backstop_core::{ErrorName, words::with_causes};
use serde_json::Value;

use crate::{
    CallError,
    signed_request::{Response, SignedRequest},
};

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
    /// The request; without one (`null`) it is a `GET`.
    pub body: Value,
}

impl SignedCall {
    /// Sends it with the credentials and to the Region of the configuration; again, if it failed in a way that passes.
    pub async fn send(&self, config: &SdkConfig) -> Result<Value, CallError> {
        let has_body = !self.body.is_null();
        let content_type = match self.target {
            Some(_) => "application/x-amz-json-1.1",
            None => "application/json",
        };
        let mut headers = Vec::new();
        if has_body {
            headers.push(("content-type", content_type.to_owned()));
        }
        headers.extend(self.target.map(|target| ("x-amz-target", target.to_owned())));
        let request = SignedRequest {
            call: self.call,
            on: &self.on,
            service: self.service,
            method: if has_body { "POST" } else { "GET" },
            path: &self.path,
            headers,
            body: if has_body {
                self.body.to_string().into_bytes()
            } else {
                Vec::new()
            },
            settings: SigningSettings::default(),
        };
        request.send(config, |answer| judged(&request, answer)).await
    }
}

fn judged(request: &SignedRequest<'_>, answer: &Response) -> Result<Value, CallError> {
    let body: Result<Value, _> = serde_json::from_slice(&answer.body);
    if answer.is_success() {
        return body.map_err(|error| request.failed(ErrorName::Unavailable, "", &with_causes(&error)));
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
    Err(request.refused(answer, code, message))
}

#[cfg(test)]
mod tests;
