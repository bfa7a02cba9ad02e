#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aws_smithy_mocks::{RuleMode, mock, mock_client};
use aws_smithy_runtime_api::{client::orchestrator::HttpResponse, http::StatusCode};
use aws_smithy_types::body::SdkBody;

use super::*;

fn at(time: &str) -> Timestamp {
    format!("2026-05-01T{time}:00Z").parse().unwrap()
}

fn answer(status: u16, body: &'static str) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body))
}

fn values(filters: &[StringFilter]) -> Vec<&str> {
    filters.iter().filter_map(StringFilter::value).collect()
}

#[test]
fn only_products_that_a_playbook_answers_are_read() {
    let catalog = Catalog::from_json(crate::CATALOG).unwrap();
    let products: Vec<String> = products(&catalog).into_iter().collect();
    assert_eq!(products, ["GuardDuty", "Macie", "Security Hub"]);
}

#[tokio::test]
async fn open_findings_are_asked_for_page_by_page() {
    let first = mock!(Client::get_findings)
        .match_requests(|request| {
            let filters = request.filters().unwrap();
            let [updated] = filters.updated_at() else {
                return false;
            };
            request.next_token().is_none()
                && values(filters.record_state()) == ["ACTIVE"]
                && values(filters.workflow_status()) == ["NEW", "NOTIFIED"]
                && values(filters.product_name()) == ["Security Hub"]
                && values(filters.compliance_status()) == ["FAILED"]
                && updated.start() == Some("2026-05-01T08:00:00Z")
                && updated.end() == Some("2026-05-01T10:00:00Z")
        })
        .then_http_response(|| {
            answer(
                200,
                r#"{"Findings":[{"Id":"a","BrandNew":1}],"NextToken":"more"}"#,
            )
        });
    let second = mock!(Client::get_findings)
        .match_requests(|request| request.next_token() == Some("more"))
        .then_http_response(|| answer(200, r#"{"Findings":[]}"#));
    let client = mock_client!(aws_sdk_securityhub, RuleMode::MatchAny, [&first, &second]);
    let one = page(&client, CONTROLS, at("08:00"), at("09:00"), None)
        .await
        .unwrap();
    assert_eq!(one.findings[0]["BrandNew"], 1);
    let two = page(&client, CONTROLS, at("08:00"), at("09:00"), one.next)
        .await
        .unwrap();
    assert!(two.findings.is_empty() && two.next.is_none());
}

#[tokio::test]
async fn a_security_hub_that_is_off_is_no_failure_and_a_missing_permission_is() {
    let outcome = |body: &'static str| async move {
        let refused = mock!(Client::get_findings).then_http_response(move || answer(401, body));
        let client = mock_client!(aws_sdk_securityhub, RuleMode::MatchAny, [&refused]);
        page(&client, "GuardDuty", at("08:00"), at("09:00"), None)
            .await
            .unwrap_err()
    };
    let off = outcome(r#"{"__type":"InvalidAccessException","Message":"not subscribed"}"#).await;
    assert!(matches!(off, ReadError::Off("Security Hub")), "{off}");
    let denied = outcome(r#"{"__type":"AccessDeniedException","Message":"no"}"#).await;
    assert!(matches!(denied, ReadError::Call(_)), "{denied}");
    let throttled = outcome(r#"{"__type":"LimitExceededException","Message":"slow"}"#).await;
    assert!(throttled.is_throttled(), "{throttled}");
}
