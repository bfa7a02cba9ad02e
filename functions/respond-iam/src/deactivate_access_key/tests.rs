#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
use aws_sdk_iam::{
    Client,
    operation::update_access_key::{UpdateAccessKeyError, UpdateAccessKeyOutput},
    types::StatusType,
};
use aws_smithy_mocks::mock;
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::{ErrorName, Resource, Risk, UndoOutcome, kind};
use backstop_runtime::{Action, StepError};

use super::DeactivateAccessKey;
use crate::{
    iam,
    testing::{KEY, access_key, keys, no_keys, no_user, owner, permit, step_request, user},
};

#[tokio::test]
async fn plans_the_exact_change_by_reading_only() {
    let iam = iam!(owner("alice"), user("alice"), keys("alice", StatusType::Active));
    let plan = DeactivateAccessKey::new(iam)
        .plan(&step_request(access_key(Some("alice"))))
        .await
        .unwrap();
    let [change] = plan.changes.as_slice() else {
        panic!("{plan:?}")
    };
    assert_eq!(
        (change.now.as_str(), change.after.as_str()),
        ("Active", "Inactive")
    );
    assert_eq!(plan.principal, "arn:aws:iam::123456789012:user/alice");
    // Another step may have ended them: what this one doesn't do is said of it alone.
    assert!(
        plan.limits[0].contains("doesn't end sessions made from it before"),
        "{:?}",
        plan.limits
    );
    assert!(
        plan.blast_radius[0].contains("for s3 in eu-west-1"),
        "{:?}",
        plan.blast_radius
    );
}

#[tokio::test]
async fn the_owner_is_whom_iam_names_not_whom_the_finding_names() {
    let iam = iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        user("mallory"),
        no_keys("mallory")
    );
    let plan = DeactivateAccessKey::new(iam)
        .plan(&step_request(access_key(Some("mallory"))))
        .await
        .unwrap();
    assert!(
        plan.changes[0].what.ends_with("of user alice"),
        "{}",
        plan.changes[0].what
    );
    let iam = iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        no_user("gone"),
        no_keys("gone")
    );
    DeactivateAccessKey::new(iam)
        .plan(&step_request(access_key(Some("gone"))))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_inactive_key_needs_no_change_and_a_missing_one_is_gone() {
    let iam = iam!(owner("alice"), user("alice"), keys("alice", StatusType::Inactive));
    let plan = DeactivateAccessKey::new(iam)
        .plan(&step_request(access_key(None)))
        .await
        .unwrap();
    assert!(plan.changes.is_empty());
    let iam = iam!(owner("alice"), user("alice"), no_keys("alice"));
    let error = DeactivateAccessKey::new(iam)
        .plan(&step_request(access_key(None)))
        .await
        .unwrap_err();
    assert_eq!(error.name(), ErrorName::TargetGone);
}

/// The session's user may have such keys, whatever the finding names.
#[tokio::test]
async fn a_session_is_no_key_which_says_nothing_of_its_users_keys() {
    let session = Resource::UserSession(kind::UserSession {
        key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        user_name: "alice".into(),
        user_id: "AIDAALICE".into(),
    });
    let iam = iam!(user("alice"), keys("alice", StatusType::Active));
    let plan = DeactivateAccessKey::new(iam).plan(&step_request(session)).await;
    let error = plan.unwrap_err();
    assert!(matches!(error, StepError::NotApplicable { .. }), "{error}");
    let said = error.to_string();
    assert!(
        said.contains("is no long-term access key, so this step has none"),
        "{said}"
    );
}

#[tokio::test]
async fn root_and_federated_users_are_refused_without_a_call() {
    let root = Resource::Root(kind::Root { key_id: None });
    let federated = Resource::FederatedUser(kind::FederatedUser {
        key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        name: "bob".into(),
    });
    for resource in [root, federated] {
        let error = DeactivateAccessKey::new(iam!())
            .plan(&step_request(resource))
            .await
            .unwrap_err();
        assert!(matches!(error, StepError::Refused { .. }), "{error}");
    }
}

#[tokio::test]
async fn acts_proves_and_never_brings_the_key_back() {
    let update = mock!(Client::update_access_key)
        .match_requests(|request| {
            request.user_name() == Some("alice")
                && request.access_key_id() == Some(KEY)
                && request.status() == Some(&StatusType::Inactive)
        })
        .then_output(|| UpdateAccessKeyOutput::builder().build());
    let action = DeactivateAccessKey::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        update
    ));
    let request = step_request(access_key(Some("alice")));
    let receipt = action.plan(&request).await.unwrap().receipt;
    action.act(&permit(), &request, &receipt).await.unwrap();
    action.act(&permit(), &request, &receipt).await.unwrap();
    assert_eq!(update.num_calls(), 2, "twice is harmless");
    assert!(
        !action.verify(&request, Some(&receipt)).await.unwrap().holds,
        "IAM still says Active"
    );

    let off = DeactivateAccessKey::new(iam!(keys("alice", StatusType::Inactive)));
    assert!(matches!(
        off.undo(&permit(), &request, &receipt).await.unwrap(),
        UndoOutcome::KeptOff { .. }
    ));
}

/// AWS Health names no user: the plan asked IAM whose the key is, and acting doesn't ask again.
#[tokio::test]
async fn acting_asks_nobody_whose_the_key_is() {
    let request = step_request(access_key(None));
    let planning = iam!(owner("alice"), user("alice"), keys("alice", StatusType::Active));
    let plan = DeactivateAccessKey::new(planning).plan(&request).await.unwrap();
    let update = mock!(Client::update_access_key)
        .match_requests(|request| request.user_name() == Some("alice"))
        .then_output(|| UpdateAccessKeyOutput::builder().build());
    DeactivateAccessKey::new(iam!(update))
        .act(&permit(), &request, &plan.receipt)
        .await
        .unwrap();
    assert_eq!(update.num_calls(), 1);
}

/// Switching it off failed, say: undo must not tell people that it is off.
#[tokio::test]
async fn a_key_that_works_is_never_called_kept_off() {
    let request = step_request(access_key(Some("alice")));
    let action = DeactivateAccessKey::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active)
    ));
    let receipt = action.plan(&request).await.unwrap().receipt;
    let outcome = action.undo(&permit(), &request, &receipt).await.unwrap();
    let UndoOutcome::NothingToUndo { reason } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reason.contains("is ACTIVE"), "{reason}");
}

/// Only the runner puts an accepted risk into a step request, and only for an incident that no finding opened.
#[tokio::test]
async fn a_person_may_ask_for_a_key_that_no_finding_calls_leaked() {
    let update = mock!(Client::update_access_key)
        .match_requests(|request| {
            request.access_key_id() == Some(KEY) && request.status() == Some(&StatusType::Active)
        })
        .then_output(|| UpdateAccessKeyOutput::builder().build());
    let mut request = step_request(access_key(Some("alice")));
    let was_active = DeactivateAccessKey::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active)
    ));
    let receipt = was_active.plan(&request).await.unwrap().receipt;
    let was_inactive = DeactivateAccessKey::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Inactive)
    ));
    let inactive_before = was_inactive.plan(&request).await.unwrap().receipt;
    request.accepted = vec![Risk::ReactivateKey];

    let action = DeactivateAccessKey::new(iam!(keys("alice", StatusType::Inactive), update));
    let outcome = action.undo(&permit(), &request, &receipt).await.unwrap();
    assert!(matches!(outcome, UndoOutcome::Restored { .. }), "{outcome:?}");
    let outcome = action.undo(&permit(), &request, &inactive_before).await.unwrap();
    assert!(matches!(outcome, UndoOutcome::KeptOff { .. }), "{outcome:?}");
    assert_eq!(update.num_calls(), 1);
}

#[tokio::test]
async fn a_denied_call_is_named() {
    let denied = mock!(Client::update_access_key).then_error(|| {
        UpdateAccessKeyError::generic(
            ErrorMetadata::builder()
                .code("AccessDenied")
                .message("no")
                .build(),
        )
    });
    let action = DeactivateAccessKey::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        denied
    ));
    let request = step_request(access_key(Some("alice")));
    let receipt = action.plan(&request).await.unwrap().receipt;
    let error = action.act(&permit(), &request, &receipt).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::AccessDenied);
    assert!(error.to_string().contains("iam:UpdateAccessKey"), "{error}");
}
