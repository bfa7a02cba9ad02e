#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use backstop_aws::answering;

use super::*;

fn at(time: &str) -> Timestamp {
    format!("2026-05-01T{time}:00Z").parse().unwrap()
}

#[test]
fn only_products_that_a_playbook_answers_are_read() {
    let catalog = Catalog::from_json(crate::CATALOG).unwrap();
    let products: Vec<String> = products(&catalog).into_iter().collect();
    assert_eq!(products, ["GuardDuty", "Macie", "Security Hub"]);
}

#[tokio::test]
async fn open_findings_are_asked_for_page_by_page() {
    let (config, requests) = answering(
        "eu-west-1",
        &[
            (
                200,
                r#"{"Findings":[{"Id":"a","BrandNew":1}],"NextToken":"more"}"#,
            ),
            (200, r#"{"Findings":[]}"#),
        ],
    );
    let one = page(&config, CONTROLS, at("08:00"), at("09:00"), None)
        .await
        .unwrap();
    assert_eq!(one.findings[0]["BrandNew"], 1);
    let two = page(&config, CONTROLS, at("08:00"), at("09:00"), one.next)
        .await
        .unwrap();
    assert!(two.findings.is_empty() && two.next.is_none());
    let asked = requests.all();
    assert_eq!(
        asked[0].line,
        "POST https://securityhub.eu-west-1.amazonaws.com/findings"
    );
    let [first, second]: [Value; 2] = [0, 1].map(|at: usize| serde_json::from_str(&asked[at].body).unwrap());
    let filters = &first["Filters"];
    assert_eq!(filters["RecordState"], json!([equals("ACTIVE")]));
    assert_eq!(
        filters["WorkflowStatus"],
        json!([equals("NEW"), equals("NOTIFIED")])
    );
    assert_eq!(filters["ProductName"], json!([equals("Security Hub")]));
    assert_eq!(filters["ComplianceStatus"], json!([equals("FAILED")]));
    assert_eq!(
        filters["UpdatedAt"],
        json!([{ "Start": "2026-05-01T08:00:00Z", "End": "2026-05-01T10:00:00Z" }])
    );
    assert_eq!(first.get("NextToken"), None, "an empty one is refused");
    assert_eq!(second["NextToken"], "more");
}

#[tokio::test]
async fn a_security_hub_that_is_off_is_no_failure_and_a_missing_permission_is() {
    let outcome = |body: &'static str| async move {
        let (config, _) = answering("eu-west-1", &[(401, body)]);
        page(&config, "GuardDuty", at("08:00"), at("09:00"), None)
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
