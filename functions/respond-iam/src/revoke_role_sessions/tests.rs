#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use aws_sdk_iam::{
    Client,
    operation::{
        get_role_policy::{GetRolePolicyError, GetRolePolicyOutput},
        put_role_policy::PutRolePolicyOutput,
    },
    types::error::NoSuchEntityException,
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::UndoOutcome;
use backstop_runtime::{Action, StepError};

use super::RevokeRoleSessions;
use crate::{
    iam,
    testing::{order, permit, role, role_session},
};

fn no_policy() -> Rule {
    mock!(Client::get_role_policy).then_error(|| {
        let meta = ErrorMetadata::builder().code("NoSuchEntity").build();
        GetRolePolicyError::NoSuchEntityException(NoSuchEntityException::builder().meta(meta).build())
    })
}

#[tokio::test]
async fn cuts_off_at_the_time_of_the_order() {
    let put = mock!(Client::put_role_policy)
        .match_requests(|request| {
            let document = request.policy_document().unwrap_or_default();
            document.contains(r#""DateLessThan":{"aws:TokenIssueTime":"2026-03-01T12:00:00Z"}"#)
        })
        .then_output(|| PutRolePolicyOutput::builder().build());
    let action = RevokeRoleSessions::new(iam!(role("AROAEXAMPLE"), no_policy(), put));
    let order = order(role_session("AROAEXAMPLE"));
    let plan = action.plan(&order).await.unwrap();
    action.act(&permit(), &order, &plan.receipt).await.unwrap();
    assert_eq!(put.num_calls(), 1);
    assert!(plan.blast_radius[1].contains("7200 seconds"));
}

#[tokio::test]
async fn the_plans_hash_does_not_move_with_the_clock() {
    let action = RevokeRoleSessions::new(iam!(role("AROAEXAMPLE"), no_policy()));
    let now = order(role_session("AROAEXAMPLE"));
    let mut later = now.clone();
    later.at = "2026-03-01T13:00:00Z".parse().unwrap();
    let (now, later) = (
        action.plan(&now).await.unwrap(),
        action.plan(&later).await.unwrap(),
    );
    assert_eq!(now.hash().unwrap(), later.hash().unwrap());
    assert_ne!(now.receipt, later.receipt);
}

#[tokio::test]
async fn a_role_made_anew_under_the_old_name_is_another_role() {
    let action = RevokeRoleSessions::new(iam!(role("AROANEW"), no_policy()));
    let error = action.plan(&order(role_session("AROAOLD"))).await.unwrap_err();
    assert!(matches!(error, StepError::Mismatch { .. }), "{error}");
}

#[tokio::test]
async fn undo_refuses_on_drift() {
    let action = RevokeRoleSessions::new(iam!(role("AROAEXAMPLE"), no_policy()));
    let order = order(role_session("AROAEXAMPLE"));
    let receipt = action.plan(&order).await.unwrap().receipt;
    let altered = mock!(Client::get_role_policy).then_output(|| {
        GetRolePolicyOutput::builder()
            .role_name("ci")
            .policy_name("BackstopDeny")
            .policy_document("{\"Version\":\"2012-10-17\",\"Statement\":[]}")
            .build()
            .unwrap()
    });
    let outcome = RevokeRoleSessions::new(iam!(altered))
        .undo(&permit(), &order, &receipt)
        .await
        .unwrap();
    assert!(matches!(outcome, UndoOutcome::Drifted { .. }), "{outcome:?}");
}
