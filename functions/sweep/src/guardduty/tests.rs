#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use backstop_aws::{Requests, answering};

use super::*;

const SINCE: &str = "2026-05-01T08:00:00Z";

fn since() -> Timestamp {
    SINCE.parse().unwrap()
}

fn bodies(requests: &Requests) -> Vec<(String, Value)> {
    let asked = requests.all().into_iter();
    asked
        .map(|asked| (asked.line, serde_json::from_str(&asked.body).unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn pages_follow_their_token_and_keep_what_nobody_knows_yet() {
    let (config, requests) = answering(
        "eu-west-1",
        &[
            (200, r#"{"findingIds":["a","b"],"nextToken":"more"}"#),
            (200, r#"{"findings":[{"id":"a","brandNew":{"x":1}},{"id":"b"}]}"#),
            (200, r#"{"findingIds":["c"],"nextToken":""}"#),
            (200, r#"{"findings":[{"id":"c"}]}"#),
        ],
    );
    let one = page(&config, "d", since(), None).await.unwrap();
    assert_eq!(one.findings.len(), 2);
    assert_eq!(one.findings[0]["brandNew"]["x"], 1);
    let two = page(&config, "d", since(), one.next).await.unwrap();
    assert_eq!(two.findings[0]["id"], "c");
    assert_eq!(two.next, None, "an empty token ends the list");
    let asked = bodies(&requests);
    let (line, first) = &asked[0];
    assert_eq!(
        line,
        "POST https://guardduty.eu-west-1.amazonaws.com/detector/d/findings"
    );
    let criterion = &first["findingCriteria"]["criterion"];
    assert_eq!(
        criterion["updatedAt"]["greaterThanOrEqual"],
        since().as_millisecond()
    );
    assert_eq!(criterion["service.archived"]["equals"], json!(["false"]));
    assert_eq!(first["sortCriteria"]["orderBy"], "ASC");
    assert_eq!(first.get("nextToken"), None, "there is none yet");
    assert!(asked[1].0.ends_with("/detector/d/findings/get"), "{}", asked[1].0);
    assert_eq!(asked[1].1, json!({ "findingIds": ["a", "b"] }));
    assert_eq!(asked[2].1["nextToken"], "more");
    assert_eq!(asked[3].1, json!({ "findingIds": ["c"] }));
}

#[tokio::test]
async fn a_page_without_ids_asks_for_no_findings() {
    let (config, requests) = answering("eu-west-1", &[(200, r#"{"findingIds":[],"nextToken":""}"#)]);
    let page = page(&config, "d", since(), None).await.unwrap();
    assert!(page.findings.is_empty() && page.next.is_none());
    assert_eq!(requests.all().len(), 1);
}

#[tokio::test]
async fn throttling_is_told_from_what_fails() {
    for (status, code, is_throttled) in [
        (
            429,
            r#"{"__type":"TooManyRequestsException","message":"slow down"}"#,
            true,
        ),
        (403, r#"{"__type":"AccessDeniedException","message":"no"}"#, false),
    ] {
        let (config, _) = answering("eu-west-1", &[(status, code)]);
        let error = page(&config, "d", since(), None).await.unwrap_err();
        assert_eq!(error.is_throttled(), is_throttled, "{error}");
    }
}

#[tokio::test]
async fn without_a_detector_guardduty_is_off() {
    for none in [r#"{"detectorIds":[]}"#, r#"{"detectorIds":["../x"]}"#] {
        let (config, requests) = answering("eu-west-1", &[(200, none)]);
        let off = detectors(&config).await;
        assert!(matches!(off, Err(ReadError::Off("GuardDuty"))), "{none}");
        let line = requests.all().remove(0).line;
        assert_eq!(line, "GET https://guardduty.eu-west-1.amazonaws.com/detector");
    }
}
