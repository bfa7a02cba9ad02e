//! Lets ministack decide whether a caller may make a call that it won't answer itself.
//!
//! Ministack checks the signature, the key and the policies before it looks for the operation. So a call
//! for moto, or one that the gateway answers, is sent to ministack first: a refusal is passed back as it is,
//! and any other answer says that the caller may go on. Without this a drill with a permission taken away
//! would lie for every such call.

use crate::wire::Reply;

/// What ministack answers to a caller it turns away, in the words of each protocol.
const REFUSALS: [&str; 22] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "AuthorizationError",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnauthorizedOperation",
    "UnrecognizedClient",
    "UnrecognizedClientException",
    "UnsupportedSignature",
];

pub(super) fn is_refused(reply: &Reply) -> bool {
    let is_refusal = |code: &str| REFUSALS.contains(&code);
    // A failure of ministack itself is no permission.
    reply.status().is_server_error() || reply.error_code().as_deref().is_some_and(is_refusal)
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    #[test]
    fn only_refusals_and_failures_stop_a_call() {
        let reply = |status, body: &'static str| Reply::new(status, "text/plain", body);
        let denied =
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>";
        assert!(is_refused(&reply(StatusCode::FORBIDDEN, denied)));
        assert!(is_refused(&reply(
            StatusCode::BAD_REQUEST,
            r#"{"__type":"InvalidSignatureException"}"#
        )));
        assert!(is_refused(&reply(StatusCode::INTERNAL_SERVER_ERROR, "")));
        assert!(!is_refused(&reply(
            StatusCode::BAD_REQUEST,
            r#"{"error": "Unsupported service: ec2"}"#
        )));
        assert!(!is_refused(&reply(
            StatusCode::BAD_REQUEST,
            "<Error><Code>InvalidAction</Code></Error>"
        )));
        assert!(!is_refused(&reply(StatusCode::OK, "{}")));
    }
}
