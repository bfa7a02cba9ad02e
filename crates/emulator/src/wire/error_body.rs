//! Errors as the services write them, so that the SDK takes an injected fault for a real one.

use hyper::StatusCode;
use serde_json::json;
use ulid::Ulid;

use super::{AwsRequest, Protocol, Reply};

pub(crate) fn throttled(asked: &AwsRequest) -> Reply {
    let (status, code) = match (asked.protocol, asked.service.as_str()) {
        (Protocol::S3 | Protocol::S3Control, _) => (StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        (Protocol::Ec2, _) => (StatusCode::SERVICE_UNAVAILABLE, "RequestLimitExceeded"),
        (Protocol::Query, "sns") => (StatusCode::TOO_MANY_REQUESTS, "Throttled"),
        (Protocol::Query, _) => (StatusCode::BAD_REQUEST, "Throttling"),
        (Protocol::Json, _) => (StatusCode::BAD_REQUEST, "ThrottlingException"),
        (Protocol::RestJson, _) => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
    };
    error(asked, status, code, "Rate exceeded")
}

pub(crate) fn internal(asked: &AwsRequest) -> Reply {
    let code = match (asked.protocol, asked.service.as_str()) {
        (Protocol::S3 | Protocol::S3Control | Protocol::Ec2, _) => "InternalError",
        (Protocol::Query, "iam") => "ServiceFailure",
        (Protocol::Query, _) => "InternalFailure",
        (Protocol::Json, "dynamodb") => "InternalServerError",
        (Protocol::Json, "kms") => "KMSInternalException",
        (Protocol::Json, "events") => "InternalException",
        (Protocol::Json, _) => "InternalFailure",
        (Protocol::RestJson, _) => "ServiceException",
    };
    error(
        asked,
        StatusCode::INTERNAL_SERVER_ERROR,
        code,
        "An internal error occurred",
    )
}

pub(crate) fn denied(asked: &AwsRequest, message: &str) -> Reply {
    let (status, code) = match (asked.protocol, asked.service.as_str()) {
        (Protocol::S3 | Protocol::S3Control, _) => (StatusCode::FORBIDDEN, "AccessDenied"),
        (Protocol::Ec2, _) => (StatusCode::FORBIDDEN, "UnauthorizedOperation"),
        (Protocol::Query, "sns") => (StatusCode::FORBIDDEN, "AuthorizationError"),
        (Protocol::Query, _) => (StatusCode::FORBIDDEN, "AccessDenied"),
        (Protocol::Json, _) => (StatusCode::BAD_REQUEST, "AccessDeniedException"),
        (Protocol::RestJson, _) => (StatusCode::FORBIDDEN, "AccessDeniedException"),
    };
    error(asked, status, code, message)
}

/// An error of any code in the protocol of the request.
pub(crate) fn error(asked: &AwsRequest, status: StatusCode, code: &str, message: &str) -> Reply {
    let id = Ulid::generate();
    let text = escape(message);
    let fault = if status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    };
    match asked.protocol {
        Protocol::Query | Protocol::S3Control => {
            let body = format!(
                "<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code><Message>{text}</Message></Error>\
                 <RequestId>{id}</RequestId></ErrorResponse>"
            );
            Reply::new(status, "text/xml", body)
        }
        Protocol::Ec2 => {
            let body = format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{text}</Message></Error></Errors>\
                 <RequestID>{id}</RequestID></Response>"
            );
            Reply::new(status, "text/xml", body)
        }
        Protocol::S3 => {
            let body = format!(
                "<Error><Code>{code}</Code><Message>{text}</Message><RequestId>{id}</RequestId></Error>"
            );
            Reply::new(status, "application/xml", body)
        }
        Protocol::Json => {
            let body = json!({ "__type": code, "message": message }).to_string();
            Reply::new(status, "application/x-amz-json-1.1", body)
        }
        Protocol::RestJson => {
            let body = json!({ "message": message, "Message": message }).to_string();
            Reply::new(status, "application/json", body).with_header("x-amzn-errortype", code)
        }
    }
}

/// Text as XML character data.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::asked;

    #[test]
    fn each_protocol_gets_its_own_code_and_status() {
        let expected = [
            ("iam", Protocol::Query, 400, "Throttling", "AccessDenied"),
            ("sns", Protocol::Query, 429, "Throttled", "AuthorizationError"),
            (
                "ec2",
                Protocol::Ec2,
                503,
                "RequestLimitExceeded",
                "UnauthorizedOperation",
            ),
            ("s3", Protocol::S3, 503, "SlowDown", "AccessDenied"),
            (
                "dynamodb",
                Protocol::Json,
                400,
                "ThrottlingException",
                "AccessDeniedException",
            ),
            (
                "lambda",
                Protocol::RestJson,
                429,
                "TooManyRequestsException",
                "AccessDeniedException",
            ),
        ];
        for (service, protocol, status, throttling, denial) in expected {
            let asked = asked(service, "Anything", protocol);
            let reply = throttled(&asked);
            assert_eq!(reply.status().as_u16(), status, "{service}");
            assert_eq!(reply.error_code().as_deref(), Some(throttling), "{service}");
            assert_eq!(
                denied(&asked, "no").error_code().as_deref(),
                Some(denial),
                "{service}"
            );
            assert_eq!(internal(&asked).status().as_u16(), 500, "{service}");
        }
    }

    #[test]
    fn messages_cannot_break_the_xml() {
        let reply = denied(&asked("iam", "GetUser", Protocol::Query), "<Code>&");
        assert!(String::from_utf8_lossy(reply.body()).contains("&lt;Code&gt;&amp;"));
    }
}
