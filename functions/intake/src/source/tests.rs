//! What is asked of which service, and what is made of the answer.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::finding::parse;

use super::*;

fn finding(fixture: &[u8]) -> Finding {
    parse(fixture).unwrap().findings.remove(0)
}

fn leak() -> (Finding, Value) {
    let event = include_bytes!("../../../../crates/core/tests/events/leaked-access-key.json");
    let detail: Value = serde_json::from_slice(event).unwrap();
    (finding(event), detail.get("detail").unwrap().clone())
}

#[test]
fn each_service_is_asked_for_one_finding_by_its_id() {
    let (guardduty, _) = leak();
    let asked = call(&guardduty.read_back().unwrap());
    assert_eq!(
        (asked.call, asked.path.as_str()),
        (
            "guardduty:GetFindings",
            "/detector/d0d0cafed0d0cafed0d0cafed0d0cafe/findings/get"
        )
    );
    assert_eq!(asked.body, json!({ "findingIds": [guardduty.id] }));

    let control = finding(include_bytes!(
        "../../../../crates/core/tests/fixtures/asff-control.json"
    ));
    let asked = call(&control.read_back().unwrap());
    assert_eq!(
        (asked.call, asked.path.as_str()),
        ("securityhub:GetFindings", "/findings")
    );
    assert_eq!(
        asked.body.pointer("/Filters/Id/0/Value"),
        Some(&json!(control.hub.unwrap().id))
    );

    let v2 = finding(include_bytes!(
        "../../../../crates/core/tests/fixtures/ocsf-compliance-failed.json"
    ));
    let asked = call(&v2.read_back().unwrap());
    assert_eq!(
        (asked.call, asked.path.as_str()),
        ("securityhub:GetFindings", "/findingsv2")
    );

    let health = finding(include_bytes!(
        "../../../../crates/core/tests/events/leaked-access-key-health.json"
    ));
    let read_back = health.read_back().unwrap();
    assert_eq!(region(&health, &read_back).as_str(), "us-east-1");
    let in_china = Finding {
        region: "cn-north-1".into(),
        ..health.clone()
    };
    assert_eq!(region(&in_china, &read_back).as_str(), "cn-northwest-1");
    let asked = call(&read_back);
    assert_eq!(asked.target, Some("AWSHealth_20160804.DescribeAffectedEntities"));
    assert_eq!(
        asked.body.pointer("/filter/eventArns/0"),
        Some(&json!(health.arn))
    );
}

#[test]
fn what_isnt_confirmed_is_left_to_people_and_says_why() {
    let (claimed, _) = leak();
    let target = claimed.targets.first().unwrap();
    let source = Source::Service("GuardDuty", Ok(Vec::new()));
    let decision = source.confirm(&claimed, target).unwrap_err();
    assert_eq!(decision.guardrail, UNCONFIRMED);
    assert_eq!(decision.effect, Effect::LowerTo(Mode::Approve));
    assert!(
        decision.detail.contains("GuardDuty has no such finding"),
        "{}",
        decision.detail
    );
}
