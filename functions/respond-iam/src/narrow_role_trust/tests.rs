#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
use aws_sdk_iam::{Client, operation::update_assume_role_policy::UpdateAssumeRolePolicyOutput};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::UndoOutcome;
use backstop_runtime::{
    Action, StepError,
    action::{read_receipt, write_receipt},
};
use serde_json::Value;

use super::{Document, NarrowRoleTrust, TrustReceipt};
use crate::{
    iam,
    testing::{INCIDENT, permit, role_session, role_trusting, step_request},
};

const BEFORE: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}}"#;

fn role(trust: &'static str) -> Rule {
    role_trusting("AROAEXAMPLE", trust)
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// What the action writes on this policy.
fn narrowed(trust: &str) -> String {
    let document = Document::read(trust).unwrap();
    document.narrowed(&INCIDENT.into()).to_string()
}

/// Takes only a text that means this, whole.
fn writes(expected: &'static str) -> Rule {
    mock!(Client::update_assume_role_policy)
        .match_requests(move |request| {
            let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            read(request.policy_document().unwrap()) == read(expected)
        })
        .then_output(|| UpdateAssumeRolePolicyOutput::builder().build())
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
    let written = narrowed(BEFORE);
    let document: Value = serde_json::from_str(&written).unwrap();
    let all = document.get("Statement").unwrap().as_array().unwrap();
    assert_eq!(all.len(), 2);
    assert!(!action.verify(&request, Some(&plan.receipt)).await.unwrap().holds);

    let text = leaked(written);
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

    let narrow = leaked(narrowed(BEFORE));
    let back = writes(BEFORE);
    let outcome = NarrowRoleTrust::new(iam!(role(narrow), back))
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

/// IAM answers a text that names who is gone with `MalformedPolicyDocument`; no rule takes one.
#[tokio::test]
async fn deleted_principals_are_left_out_named_and_kept_in_the_receipt() {
    const WITH_GONE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","AROAGONEGONEGONE0001"]},"Action":"sts:AssumeRole"}]}"#;
    const LEFT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root"]},"Action":"sts:AssumeRole"}]}"#;
    let request = step_request(role_session("AROAEXAMPLE"));
    let narrow = writes(leaked(narrowed(LEFT)));
    let action = NarrowRoleTrust::new(iam!(role(WITH_GONE), narrow));
    let plan = action.plan(&request).await.unwrap();
    assert!(
        plan.limits[1].contains("AROAGONEGONEGONE0001"),
        "{:?}",
        plan.limits
    );
    assert!(
        !plan.manual_undo[0].contains("AROAGONE"),
        "{:?}",
        plan.manual_undo
    );
    let kept: TrustReceipt = read_receipt(&plan.receipt).unwrap();
    assert_eq!(kept.before, WITH_GONE);
    action.act(&permit(), &request, &plan.receipt).await.unwrap();
    assert_eq!(narrow.num_calls(), 1);

    let back = writes(LEFT);
    let outcome = NarrowRoleTrust::new(iam!(role(leaked(narrowed(LEFT))), back))
        .undo(&permit(), &request, &plan.receipt)
        .await
        .unwrap();
    let UndoOutcome::Restored { what } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(what.contains("taken out since"), "{what}");
    assert_eq!(back.num_calls(), 1);
}

/// The receipt says that a foreign account was trusted; no rule takes such a text.
#[tokio::test]
async fn what_a_forged_receipt_trusts_is_never_written() {
    let request = step_request(role_session("AROAEXAMPLE"));
    let action = NarrowRoleTrust::new(iam!(role(BEFORE)));
    let receipt = action.plan(&request).await.unwrap().receipt;
    let mut forged: TrustReceipt = read_receipt(&receipt).unwrap();
    forged.before = BEFORE.replace("111122223333", "999999999999");
    let forged = write_receipt(&forged).unwrap();

    let narrow = writes(leaked(narrowed(BEFORE)));
    NarrowRoleTrust::new(iam!(role(BEFORE), narrow))
        .act(&permit(), &request, &forged)
        .await
        .unwrap();
    assert_eq!(narrow.num_calls(), 1, "what IAM has is narrowed");

    let there = leaked(narrowed(BEFORE));
    let outcome = NarrowRoleTrust::new(iam!(role(there)))
        .undo(&permit(), &request, &forged)
        .await
        .unwrap();
    assert!(matches!(outcome, UndoOutcome::Drifted { .. }), "{outcome:?}");

    let mut other: TrustReceipt = read_receipt(&receipt).unwrap();
    other.role_name = "OrgAdmin".into();
    let other = write_receipt(&other).unwrap();
    let action = NarrowRoleTrust::new(iam!());
    for refused in [
        action.act(&permit(), &request, &other).await.unwrap_err(),
        action.undo(&permit(), &request, &other).await.unwrap_err(),
    ] {
        assert!(
            matches!(&refused, StepError::Refused { guardrail, .. } if guardrail == "receipt"),
            "{refused}"
        );
    }
}
