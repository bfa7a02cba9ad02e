#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aws_sdk_guardduty::operation::{list_detectors::ListDetectorsOutput, list_findings::ListFindingsOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::{client::orchestrator::HttpResponse, http::StatusCode};
use aws_smithy_types::body::SdkBody;

use super::*;

const SINCE: &str = "2026-05-01T08:00:00Z";

fn since() -> Timestamp {
    SINCE.parse().unwrap()
}

fn answer(status: u16, body: &'static str) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body))
}

/// Lists two ids on the first page and one on the second.
fn listed() -> [Rule; 2] {
    let first = mock!(Client::list_findings)
        .match_requests(|request| {
            let criterion = request.finding_criteria().unwrap().criterion().unwrap();
            request.next_token().is_none()
                && criterion["updatedAt"].greater_than_or_equal() == Some(since().as_millisecond())
                && criterion["service.archived"].equals() == ["false"]
                && request.sort_criteria().unwrap().order_by() == Some(&OrderBy::Asc)
        })
        .then_output(|| {
            ListFindingsOutput::builder()
                .finding_ids("a")
                .finding_ids("b")
                .next_token("more")
                .build()
        });
    let second = mock!(Client::list_findings)
        .match_requests(|request| request.next_token() == Some("more"))
        .then_output(|| {
            ListFindingsOutput::builder()
                .finding_ids("c")
                .next_token("")
                .build()
        });
    [first, second]
}

#[tokio::test]
async fn pages_follow_their_token_and_keep_what_the_sdk_does_not_know() {
    let [first, second] = listed();
    let of_first = mock!(Client::get_findings)
        .match_requests(|request| request.finding_ids() == ["a", "b"])
        .then_http_response(|| answer(200, r#"{"findings":[{"id":"a","brandNew":{"x":1}},{"id":"b"}]}"#));
    let of_second = mock!(Client::get_findings)
        .match_requests(|request| request.finding_ids() == ["c"])
        .then_http_response(|| answer(200, r#"{"findings":[{"id":"c"}]}"#));
    let client = mock_client!(
        aws_sdk_guardduty,
        RuleMode::MatchAny,
        [&first, &second, &of_first, &of_second]
    );
    let one = page(&client, "d", since(), None).await.unwrap();
    assert_eq!(one.findings.len(), 2);
    assert_eq!(one.findings[0]["brandNew"]["x"], 1);
    let two = page(&client, "d", since(), one.next).await.unwrap();
    assert_eq!(two.findings[0]["id"], "c");
    assert_eq!(two.next, None, "an empty token ends the list");
}

#[tokio::test]
async fn a_page_without_ids_asks_for_no_findings() {
    let none = mock!(Client::list_findings).then_output(|| ListFindingsOutput::builder().build());
    let client = mock_client!(aws_sdk_guardduty, RuleMode::MatchAny, [&none]);
    let page = page(&client, "d", since(), None).await.unwrap();
    assert!(page.findings.is_empty() && page.next.is_none());
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
        let refused = mock!(Client::list_findings).then_http_response(move || answer(status, code));
        let client = mock_client!(aws_sdk_guardduty, RuleMode::MatchAny, [&refused]);
        let error = page(&client, "d", since(), None).await.unwrap_err();
        assert_eq!(error.is_throttled(), is_throttled, "{error}");
    }
}

#[tokio::test]
async fn without_a_detector_guardduty_is_off() {
    let none = mock!(Client::list_detectors).then_output(|| {
        ListDetectorsOutput::builder()
            .set_detector_ids(Some(vec![]))
            .build()
    });
    let client = mock_client!(aws_sdk_guardduty, RuleMode::MatchAny, [&none]);
    assert!(matches!(
        detectors(&client).await,
        Err(ReadError::Off("GuardDuty"))
    ));
}
