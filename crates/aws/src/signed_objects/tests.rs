//! What goes over the wire, and what is made of S3's answers.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::ErrorName;

use super::*;
use crate::{Requests, answering};

const PUT: &str = "s3:PutObject";
const GET: &str = "s3:GetObject";

fn bucket(answers: &[(u16, &str)]) -> (SignedObjects, Requests) {
    let (config, requests) = answering("eu-west-1", answers);
    (SignedObjects::new(config, "evidence.example"), requests)
}

fn error(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>not &amp; now</Message><RequestId>x</RequestId></Error>"
    )
}

#[tokio::test]
async fn an_object_is_written_once_with_its_checksum() {
    let (objects, requests) = bucket(&[(200, "")]);
    objects.put_once(PUT, "receipts/01K/a", "abc").await.unwrap();
    let asked = requests.all().remove(0);
    assert_eq!(
        asked.line,
        "PUT https://s3.eu-west-1.amazonaws.com/evidence.example/receipts/01K/a"
    );
    assert_eq!(asked.body, "abc");
    let header = |name: &str| {
        let found = asked.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    assert_eq!(header("if-none-match"), "*");
    // NIST's example of SHA-256, FIPS 180-2, appendix B.1, in base64 and in hexadecimal.
    assert_eq!(
        header("x-amz-checksum-sha256"),
        "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
    );
    assert_eq!(
        header("x-amz-content-sha256"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let signature = header("authorization");
    assert!(signature.contains("/eu-west-1/s3/aws4_request"), "{signature}");
    for signed in [
        "if-none-match",
        "x-amz-checksum-sha256",
        "x-amz-content-sha256",
        "host",
    ] {
        assert!(signature.contains(signed), "{signed} isn't signed: {signature}");
    }
}

#[tokio::test]
async fn what_was_written_before_stays() {
    for body in [error("PreconditionFailed"), String::new()] {
        let (objects, requests) = bucket(&[(412, &body)]);
        objects.put_once(PUT, "a", "abc").await.unwrap();
        assert_eq!(requests.all().len(), 1);
    }
}

#[tokio::test]
async fn two_writers_at_once_are_tried_again() {
    let (objects, requests) = bucket(&[(409, &error("ConditionalRequestConflict")), (200, "")]);
    objects.put_once(PUT, "a", "abc").await.unwrap();
    assert_eq!(requests.all().len(), 2);
}

#[tokio::test]
async fn an_object_is_read() {
    let (objects, requests) = bucket(&[(200, "abc")]);
    assert_eq!(objects.get(GET, "receipts/01K/a").await.unwrap(), b"abc");
    assert!(
        requests
            .all()
            .remove(0)
            .line
            .starts_with("GET https://s3.eu-west-1")
    );
}

#[tokio::test]
async fn refusals_have_s3s_own_codes() {
    for (status, code, name) in [
        (403, "AccessDenied", ErrorName::AccessDenied),
        (404, "NoSuchKey", ErrorName::Rejected),
    ] {
        let (objects, _) = bucket(&[(status, &error(code))]);
        let refused = objects.get(GET, "a").await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.name), (code, name));
        assert_eq!(refused.message, "not & now");
    }
    let (objects, requests) = bucket(&[(503, &error("SlowDown"))]);
    objects.get(GET, "a").await.unwrap_err();
    assert_eq!(requests.all().len(), 3, "S3 asks for a pause");
}

#[tokio::test]
async fn no_key_leads_to_another_object() {
    let (objects, requests) = bucket(&[(200, "")]);
    objects.get(GET, "receipts/a?b#c/../d e").await.unwrap();
    assert_eq!(
        requests.all().remove(0).line,
        "GET https://s3.eu-west-1.amazonaws.com/evidence.example/receipts/a%3Fb%23c/../d%20e"
    );
}
