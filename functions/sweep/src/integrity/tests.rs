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
    let rules = Rule::read_all("a|arn:x,b|arn:y").unwrap();
    let rules: Vec<(&str, &str)> = rules
        .iter()
        .map(|it| (it.name.as_str(), it.target.as_str()))
        .collect();
    assert_eq!(rules, [("a", "arn:x"), ("b", "arn:y")]);
    for text in ["", "a", "a|", "|arn:x", "a|b,"] {
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
