#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
use aws_sdk_iam::{
    Client,
    operation::{
        delete_role_policy::DeleteRolePolicyOutput,
        get_role_policy::{GetRolePolicyError, GetRolePolicyOutput},
        put_role_policy::PutRolePolicyOutput,
    },
    types::error::NoSuchEntityException,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::UndoOutcome;
use backstop_runtime::{
    Action, StepError,
    action::read_receipt,
    inline_policy::{PolicyReceipt, deny_session},
};

use super::DenySession;
use crate::{
    iam,
    testing::{INCIDENT, permit, role, role_session, role_trusting, step_request},
};

const LAMBDA: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const DENY: &str = r#""Condition":{"StringEquals":{"aws:userid":"AROAEXAMPLE:build-7"}}"#;

fn policy(document: Option<String>) -> Rule {
    let name = format!("BackstopDenySession-{INCIDENT}");
    let rule = mock!(Client::get_role_policy)
        .match_requests(move |request| request.policy_name() == Some(name.as_str()));
    match document {
        Some(document) => rule.then_output(move || {
            GetRolePolicyOutput::builder()
                .role_name("ci")
                .policy_name(format!("BackstopDenySession-{INCIDENT}"))
                .policy_document(&document)
                .build()
                .unwrap()
        }),
        None => rule.then_error(|| {
            let meta = ErrorMetadata::builder().code("NoSuchEntity").build();
            GetRolePolicyError::NoSuchEntityException(NoSuchEntityException::builder().meta(meta).build())
        }),
    }
}

#[tokio::test]
async fn denies_one_session_unasked_and_leaves_the_others_of_its_role() {
    let put = mock!(Client::put_role_policy)
        .match_requests(|request| request.policy_document().unwrap_or_default().contains(DENY))
        .then_output(|| PutRolePolicyOutput::builder().build());
    let action = DenySession::new(iam!(role_trusting("AROAEXAMPLE", LAMBDA), policy(None), put));
    let request = step_request(role_session("AROAEXAMPLE"));
    let plan = action.plan(&request).await.unwrap();
    assert_eq!(plan.needs_approval, None);
    let [change] = plan.changes.as_slice() else {
        panic!("{:?}", plan.changes);
    };
    assert!(change.after.contains("function build-7"), "{}", change.after);
    action.act(&permit(), &request, &plan.receipt).await.unwrap();
    assert_eq!(put.num_calls(), 1);
}

#[tokio::test]
async fn a_session_whose_name_people_choose_is_left_to_the_next_step() {
    let action = DenySession::new(iam!(role("AROAEXAMPLE")));
    let error = action
        .plan(&step_request(role_session("AROAEXAMPLE")))
        .await
        .unwrap_err();
    assert!(matches!(error, StepError::NotApplicable { .. }), "{error}");
}

/// Between the plan and a retry hours later somebody lets others assume the role: the name is theirs to choose then. No rule
/// for any call that changes something, so one would fail the test.
#[tokio::test]
async fn a_name_that_anybody_may_choose_by_now_isnt_denied() {
    let request = step_request(role_session("AROAEXAMPLE"));
    let receipt = DenySession::new(iam!(role_trusting("AROAEXAMPLE", LAMBDA), policy(None)))
        .plan(&request)
        .await
        .unwrap()
        .receipt;
    let act = async |now: Rule| {
        let action = DenySession::new(iam!(now));
        action.act(&permit(), &request, &receipt).await.unwrap_err()
    };
    let opened = act(role("AROAEXAMPLE")).await;
    assert!(matches!(opened, StepError::NotApplicable { .. }), "{opened}");
    let made_anew = act(role_trusting("AROAOTHER", LAMBDA)).await;
    assert!(matches!(made_anew, StepError::Mismatch { .. }), "{made_anew}");
}

/// The function got new sessions while it was denied, and an attacker may have taken one a moment before the undo.
#[tokio::test]
async fn undo_waits_for_the_sessions_made_up_to_it() {
    let mut request = step_request(role_session("AROAEXAMPLE"));
    let plan = DenySession::new(iam!(role_trusting("AROAEXAMPLE", LAMBDA), policy(None)))
        .plan(&request)
        .await
        .unwrap();
    let text = deny_session("AROAEXAMPLE:build-7").to_string();
    request.at = "2026-03-05T12:00:00Z".parse().unwrap();
    let narrowed = mock!(Client::put_role_policy)
        .match_requests(|request| {
            let text = request.policy_document().unwrap_or_default();
            crate::testing::is_narrowed_now(Some(text)) && text.contains("AROAEXAMPLE:build-7")
        })
        .then_output(|| PutRolePolicyOutput::builder().build());
    let outcome = DenySession::new(iam!(policy(Some(text)), narrowed))
        .undo(&permit(), &request, &plan.receipt)
        .await
        .unwrap();
    assert_eq!(narrowed.num_calls(), 1);
    let UndoOutcome::KeptUntil { until, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(crate::testing::is_end_of_sessions(until, 12), "{until}");

    let own: PolicyReceipt = read_receipt(&plan.receipt).unwrap();
    let text = own.narrowed(request.at).unwrap().document;
    request.at = until;
    let delete = mock!(Client::delete_role_policy).then_output(|| DeleteRolePolicyOutput::builder().build());
    let outcome = DenySession::new(iam!(policy(Some(text)), delete))
        .undo(&permit(), &request, &plan.receipt)
        .await
        .unwrap();
    assert!(matches!(outcome, UndoOutcome::Restored { .. }), "{outcome:?}");
}

/// A forged log names another session: no rule for any call that changes something, so one would fail the test.
#[tokio::test]
async fn a_forged_policy_is_refused() {
    let request = step_request(role_session("AROAEXAMPLE"));
    let other = step_request(backstop_core::Resource::RoleSession(
        backstop_core::kind::RoleSession {
            key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            role_name: "ci".into(),
            role_id: "AROAEXAMPLE".into(),
            session_name: "bystander".into(),
        },
    ));
    let forged = DenySession::new(iam!(role_trusting("AROAEXAMPLE", LAMBDA), policy(None)))
        .plan(&other)
        .await
        .unwrap()
        .receipt;
    let action = DenySession::new(iam!());
    for refused in [
        action.act(&permit(), &request, &forged).await.unwrap_err(),
        action.undo(&permit(), &request, &forged).await.unwrap_err(),
    ] {
        assert!(
            matches!(&refused, StepError::Refused { guardrail, .. } if guardrail == "receipt"),
            "{refused}"
        );
    }
}
