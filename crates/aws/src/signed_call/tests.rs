//! What goes over the wire, and what is made of the answer.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::answering;

fn call(target: Option<&'static str>) -> SignedCall {
    SignedCall {
        call: "guardduty:GetFindings",
        on: "detector `d`".to_owned(),
        service: "guardduty",
        path: "/detector/d/findings/get".to_owned(),
        target,
        body: json!({ "findingIds": ["f"] }),
    }
}

#[tokio::test]
async fn it_is_signed_for_its_service_and_region() {
    let (config, requests) = answering("eu-west-1", &[(200, r#"{"findings":[]}"#)]);
    let answer = call(None).send(&config).await.unwrap();
    assert_eq!(answer, json!({ "findings": [] }));
    let asked = requests.all().remove(0);
    assert_eq!(
        asked.line,
        "POST https://guardduty.eu-west-1.amazonaws.com/detector/d/findings/get"
    );
    assert_eq!(asked.body, r#"{"findingIds":["f"]}"#);
    let header = |name: &str| {
        let mut headers = asked.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    let signature = header("authorization").unwrap();
    assert!(
        signature.contains("/eu-west-1/guardduty/aws4_request"),
        "{signature}"
    );
    assert!(
        signature.contains("SignedHeaders=content-type;host;"),
        "{signature}"
    );
    assert_eq!(header("content-type"), Some("application/json"));
    assert_eq!(header("x-amz-security-token"), Some("token"));
    assert_eq!(header("x-amz-target"), None);
}

#[tokio::test]
async fn a_target_is_signed_and_partitions_have_their_own_hosts() {
    let (config, requests) = answering("cn-north-1", &[(200, "{}")]);
    call(Some("AWSEvents.DescribeRule")).send(&config).await.unwrap();
    let asked = requests.all().remove(0);
    let host = "POST https://guardduty.cn-north-1.amazonaws.com.cn/";
    assert!(asked.line.starts_with(host), "{}", asked.line);
    let target = ("x-amz-target".to_owned(), "AWSEvents.DescribeRule".to_owned());
    assert!(asked.headers.contains(&target));
}

#[tokio::test]
async fn no_region_leads_to_another_host() {
    for region in ["evil.example/", "x.y", "", "EU"] {
        let (config, requests) = answering(region, &[(200, "{}")]);
        let error = call(None).send(&config).await.unwrap_err();
        assert_eq!(error.name, ErrorName::Internal, "{region}");
        assert!(requests.all().is_empty(), "{region}");
    }
}

#[tokio::test]
async fn a_refusal_has_its_name_and_is_final() {
    let body = r#"{"__type":"com.amazonaws.guardduty#AccessDeniedException:x","message":"no"}"#;
    let (config, requests) = answering("eu-west-1", &[(403, body)]);
    let error = call(None).send(&config).await.unwrap_err();
    assert_eq!(error.name, ErrorName::AccessDenied);
    assert_eq!(
        error.to_string(),
        "`guardduty:GetFindings` on detector `d`: AccessDeniedException: no"
    );
    assert_eq!(requests.all().len(), 1);
}

#[tokio::test]
async fn what_passes_by_waiting_is_tried_again() {
    let throttled = (
        429,
        r#"{"code":"TooManyRequestsException","Message":"slow down"}"#,
    );
    let (config, requests) = answering("eu-west-1", &[throttled, (503, ""), (200, "{}")]);
    call(None).send(&config).await.unwrap();
    assert_eq!(requests.all().len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_none() {
    let (config, _) = answering("eu-west-1", &[(200, "<html>")]);
    let error = call(None).send(&config).await.unwrap_err();
    assert_eq!(error.name, ErrorName::Unavailable);
}
