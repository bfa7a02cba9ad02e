//! Rules as EventBridge describes them.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_aws::answering;

use super::*;

fn rule() -> Rule {
    Rule::read_all("backstop-GuardDutyRule-1|arn:aws:sqs:eu-west-1:123456789012:intake")
        .unwrap()
        .remove(0)
}

async fn state(answers: &[(u16, &str)]) -> Result<RuleState, CallError> {
    let (config, _) = answering("eu-west-1", answers);
    rule().state(&config).await
}

#[test]
fn the_setting_names_each_rule_with_its_target() {
    let rules = Rule::read_all("a|arn:x,b|arn:y|arn:z").unwrap();
    let rules: Vec<(&str, String)> = rules
        .iter()
        .map(|it| (it.name.as_str(), it.targets.join(" ")))
        .collect();
    assert_eq!(
        rules,
        [("a", "arn:x".to_owned()), ("b", "arn:y arn:z".to_owned())]
    );
    for text in ["", "a", "a|", "|arn:x", "a|b,", "a|b|", "a||b"] {
        assert!(Rule::read_all(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_rule_works_if_it_is_on_and_sends_where_it_should() {
    let on = (200, r#"{"State":"ENABLED"}"#);
    let target = (
        200,
        r#"{"Targets":[{"Id":"x","Arn":"arn:aws:sqs:eu-west-1:123456789012:intake"}]}"#,
    );
    let other = (
        200,
        r#"{"Targets":[{"Id":"x","Arn":"arn:aws:sqs:eu-west-1:999999999999:intake"}]}"#,
    );
    assert_eq!(state(&[on, target]).await.unwrap(), RuleState::Works);
    assert_eq!(state(&[on, other]).await.unwrap(), RuleState::NoTarget);
    assert_eq!(
        state(&[on, (200, r#"{"Targets":[]}"#)]).await.unwrap(),
        RuleState::NoTarget
    );
    assert_eq!(
        state(&[(200, r#"{"State":"DISABLED"}"#)]).await.unwrap(),
        RuleState::Disabled
    );
    let gone = (400, r#"{"__type":"ResourceNotFoundException"}"#);
    assert_eq!(state(&[gone]).await.unwrap(), RuleState::Gone);
    let denied = (400, r#"{"__type":"AccessDeniedException"}"#);
    assert!(state(&[denied]).await.is_err(), "not knowing isn't being well");
}

/// A rule with two targets that has lost one is told of once, and by one look at it.
#[tokio::test]
async fn a_rule_works_only_if_it_sends_to_each_of_its_targets() {
    let rule = Rule::read_all("failed|arn:close|arn:notify").unwrap().remove(0);
    let on = (200, r#"{"State":"ENABLED"}"#);
    for (targets, expected) in [
        (
            r#"{"Targets":[{"Arn":"arn:notify"},{"Arn":"arn:close"}]}"#,
            RuleState::Works,
        ),
        (r#"{"Targets":[{"Arn":"arn:close"}]}"#, RuleState::NoTarget),
    ] {
        let (config, requests) = answering("eu-west-1", &[on, (200, targets)]);
        assert_eq!(rule.state(&config).await.unwrap(), expected, "{targets}");
        assert_eq!(requests.all().len(), 2);
    }
}
