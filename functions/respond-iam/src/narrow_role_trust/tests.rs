#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_iam::{Client, operation::update_assume_role_policy::UpdateAssumeRolePolicyOutput};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::UndoOutcome;
use backstop_runtime::{Action, StepError};
use serde_json::Value;

use super::{NarrowRoleTrust, TrustReceipt};
use crate::{
    iam,
    testing::{permit, role_session, role_trusting, step_request},
};

const BEFORE: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}}"#;

fn role(trust: &'static str) -> Rule {
    role_trusting("AROAEXAMPLE", trust)
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn update() -> Rule {
    mock!(Client::update_assume_role_policy).then_output(|| UpdateAssumeRolePolicyOutput::builder().build())
}

#[tokio::test]
async fn adds_a_deny_and_keeps_every_statement() {
    let request = step_request(role_session("AROAEXAMPLE"));
    let update = update();
    let action = NarrowRoleTrust::new(iam!(role(BEFORE), update));
    let plan = action.plan(&request).await.unwrap();
    action.act(&permit(), &request, &plan.receipt).await.unwrap();
    assert_eq!(update.num_calls(), 1);
    let receipt: TrustReceipt = serde_json::from_value(plan.receipt.0.clone()).unwrap();
    assert_eq!(receipt.before, BEFORE, "undo is exact");
    let narrowed: Value = serde_json::from_str(&receipt.narrowed).unwrap();
    let all = narrowed.get("Statement").unwrap().as_array().unwrap();
    assert_eq!(all.len(), 2);
    assert!(!action.verify(&request, Some(&plan.receipt)).await.unwrap().holds);

    let text = leaked(receipt.narrowed);
    let there = NarrowRoleTrust::new(iam!(role(text)));
    assert!(there.verify(&request, Some(&plan.receipt)).await.unwrap().holds);
    assert!(
        there.plan(&request).await.unwrap().changes.is_empty(),
        "twice is once"
    );
}

#[tokio::test]
async fn undo_puts_the_exact_text_back_and_refuses_on_drift() {
    let request = step_request(role_session("AROAEXAMPLE"));
    let action = NarrowRoleTrust::new(iam!(role(BEFORE)));
    let receipt = action.plan(&request).await.unwrap().receipt;
    let unchanged = action.undo(&permit(), &request, &receipt).await.unwrap();
    assert!(matches!(unchanged, UndoOutcome::NothingToUndo { .. }));

    let narrowed = leaked(
        serde_json::from_value::<TrustReceipt>(receipt.0.clone())
            .unwrap()
            .narrowed,
    );
    let back = mock!(Client::update_assume_role_policy)
        .match_requests(|request| request.policy_document() == Some(BEFORE))
        .then_output(|| UpdateAssumeRolePolicyOutput::builder().build());
    let outcome = NarrowRoleTrust::new(iam!(role(narrowed), back))
        .undo(&permit(), &request, &receipt)
        .await
        .unwrap();
    assert!(matches!(outcome, UndoOutcome::Restored { .. }), "{outcome:?}");
    assert_eq!(back.num_calls(), 1);

    let outcome = NarrowRoleTrust::new(iam!(role(r#"{"Statement":[]}"#)))
        .undo(&permit(), &request, &receipt)
        .await
        .unwrap();
    assert!(matches!(outcome, UndoOutcome::Drifted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_trust_policy_that_would_get_too_long_is_refused_before_any_change() {
    let long = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111122223333:root"}},"Action":"sts:AssumeRole","Sid":"{}"}}]}}"#,
        "x".repeat(4000)
    );
    let error = NarrowRoleTrust::new(iam!(role(leaked(long))))
        .plan(&step_request(role_session("AROAEXAMPLE")))
        .await
        .unwrap_err();
    assert!(matches!(error, StepError::Mismatch { .. }), "{error}");
}
