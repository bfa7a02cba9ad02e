#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod several_incidents;

use aws_sdk_iam::{
    Client,
    operation::{
        attach_user_policy::AttachUserPolicyOutput,
        delete_user_policy::{DeleteUserPolicyError, DeleteUserPolicyOutput},
        get_user_policy::{GetUserPolicyError, GetUserPolicyOutput},
        list_attached_user_policies::ListAttachedUserPoliciesOutput,
        put_user_policy::{PutUserPolicyError, PutUserPolicyOutput},
    },
    types::{
        AttachedPolicy, StatusType,
        error::{LimitExceededException, NoSuchEntityException},
    },
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::{Resource, Risk, UndoOutcome, kind};
use backstop_runtime::{
    Action, StepError,
    action::write_receipt,
    inline_policy::{PolicyReceipt, deny_all},
};

use super::DenyUser;
use crate::{
    iam,
    testing::{
        INCIDENT, access_key, attached, inline_policies, is_end_of_sessions, is_narrowed_now, keys, no_keys,
        no_mfa, owner, password, permit, step_request, user,
    },
};

/// IAM where no other incident denies the user.
macro_rules! alone {
    ($($rule:expr),*) => {
        iam!($($rule),*, inline_policies(&[]), attached(false), user("alice"))
    };
}

fn policy(document: Option<String>) -> Rule {
    let rule = mock!(Client::get_user_policy)
        .match_requests(|request| request.policy_name() == Some(&format!("BackstopDeny-{INCIDENT}")));
    match document {
        Some(document) => rule.then_output(move || {
            GetUserPolicyOutput::builder()
                .user_name("alice")
                .policy_name(format!("BackstopDeny-{INCIDENT}"))
                .policy_document(&document)
                .build()
                .unwrap()
        }),
        None => rule.then_error(|| {
            let meta = ErrorMetadata::builder().code("NoSuchEntity").build();
            GetUserPolicyError::NoSuchEntityException(NoSuchEntityException::builder().meta(meta).build())
        }),
    }
}

#[tokio::test]
async fn plans_one_policy_and_says_what_else_stops() {
    let iam = iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        policy(None),
        password(false),
        no_mfa(),
        attached(false)
    );
    let plan = DenyUser::new(iam)
        .plan(&step_request(access_key(Some("alice"))))
        .await
        .unwrap();
    assert_eq!(plan.changes.len(), 1);
    assert!(
        plan.blast_radius
            .iter()
            .any(|line| line.starts_with("1 other active access key"))
    );
}

/// AWS's own quarantine denies some calls only, and the plan mustn't read as if all was done.
/// Keys are others only beside the one that the finding names.
#[tokio::test]
async fn of_a_session_every_key_of_its_user_is_counted() {
    let iam = iam!(
        user("alice"),
        keys("alice", StatusType::Active),
        policy(None),
        password(false),
        no_mfa(),
        attached(false)
    );
    let session = Resource::UserSession(kind::UserSession {
        key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        user_name: "alice".into(),
        user_id: "AIDAALICE".into(),
    });
    let plan = DenyUser::new(iam).plan(&step_request(session)).await.unwrap();
    let counted = "2 active access key(s) of this user stop working".to_owned();
    assert!(plan.blast_radius.contains(&counted), "{:?}", plan.blast_radius);
}

#[tokio::test]
async fn a_user_whom_aws_has_put_into_quarantine_is_told_and_denied_all_the_same() {
    let quarantined = mock!(Client::list_attached_user_policies).then_output(|| {
        let attached = |arn: &str| AttachedPolicy::builder().policy_arn(arn).build();
        ListAttachedUserPoliciesOutput::builder()
            .attached_policies(attached("arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"))
            .attached_policies(attached(
                "arn:aws:iam::123456789012:policy/AWSCompromisedKeyQuarantineV9",
            ))
            .is_truncated(false)
            .build()
    });
    let iam = iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        policy(None),
        password(false),
        no_mfa(),
        quarantined
    );
    let plan = DenyUser::new(iam)
        .plan(&step_request(access_key(Some("alice"))))
        .await
        .unwrap();
    assert_eq!(plan.changes.len(), 1);
    let limits = plan.limits.join("\n");
    assert!(
        limits.contains("AWS has attached AWSCompromisedKeyQuarantineV3 to user alice")
            && !limits.contains("V9"),
        "{limits}"
    );
}

/// What the user of the wrong name has must not pass for the owner's.
#[tokio::test]
async fn a_wrong_name_in_the_finding_costs_a_call_and_nothing_else() {
    let already_denied = mock!(Client::get_user_policy)
        .match_requests(|request| request.user_name() == Some("mallory"))
        .then_output(|| {
            GetUserPolicyOutput::builder()
                .user_name("mallory")
                .policy_name(format!("BackstopDeny-{INCIDENT}"))
                .policy_document(deny_all().to_string())
                .build()
                .unwrap()
        });
    let iam = iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        user("mallory"),
        no_keys("mallory"),
        already_denied,
        policy(None),
        password(false),
        no_mfa(),
        attached(false)
    );
    let plan = DenyUser::new(iam)
        .plan(&step_request(access_key(Some("mallory"))))
        .await
        .unwrap();
    assert_eq!(plan.principal, "arn:aws:iam::123456789012:user/alice");
    let [change] = plan.changes.as_slice() else {
        panic!("alice isn't denied yet: {:?}", plan.changes);
    };
    assert!(change.what.ends_with("of user alice"), "{}", change.what);
}

#[tokio::test]
async fn a_session_user_must_have_the_findings_unique_id() {
    let session = |user_id: &str| {
        step_request(Resource::UserSession(kind::UserSession {
            key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            user_name: "alice".into(),
            user_id: user_id.into(),
        }))
    };
    let client = || {
        iam!(
            user("alice"),
            no_keys("alice"),
            policy(None),
            password(false),
            no_mfa(),
            attached(false)
        )
    };
    DenyUser::new(client()).plan(&session("AIDAALICE")).await.unwrap();
    let error = DenyUser::new(client())
        .plan(&session("AIDAOTHER"))
        .await
        .unwrap_err();
    assert!(matches!(error, StepError::Mismatch { .. }), "{error}");
}

#[tokio::test]
async fn acts_and_undoes_only_its_own_text() {
    let put = mock!(Client::put_user_policy)
        .match_requests(|request| request.policy_document() == Some(&deny_all().to_string()))
        .then_output(|| PutUserPolicyOutput::builder().build());
    let action = DenyUser::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        policy(None),
        password(false),
        no_mfa(),
        attached(false),
        put
    ));
    let request = step_request(access_key(Some("alice")));
    let receipt = action.plan(&request).await.unwrap().receipt;
    action.act(&permit(), &request, &receipt).await.unwrap();
    assert_eq!(put.num_calls(), 1);
    assert!(
        !action.verify(&request, Some(&receipt)).await.unwrap().holds,
        "the policy isn't there yet"
    );

    let there = || policy(Some(deny_all().to_string()));
    assert!(
        DenyUser::new(iam!(there()))
            .verify(&request, Some(&receipt))
            .await
            .unwrap()
            .holds
    );
    let mut accepting = request.clone();
    accepting.accepted = vec![Risk::ReviveSessions];
    let delete = mock!(Client::delete_user_policy).then_output(|| DeleteUserPolicyOutput::builder().build());
    let undone = DenyUser::new(alone!(there(), delete))
        .undo(&permit(), &accepting, &receipt)
        .await
        .unwrap();
    assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
    assert_eq!(delete.num_calls(), 1);

    // Drift and absence: no rule for a delete, so a call to it would fail the test.
    let drifted = DenyUser::new(iam!(policy(Some("{}".into()))))
        .undo(&permit(), &request, &receipt)
        .await
        .unwrap();
    assert!(matches!(drifted, UndoOutcome::Drifted { .. }));
    let gone = DenyUser::new(alone!(policy(None)))
        .undo(&permit(), &request, &receipt)
        .await
        .unwrap();
    assert!(matches!(gone, UndoOutcome::NothingToUndo { .. }));
}

/// A session made from the leaked key lives up to 36 hours; no rule for a delete, so one would fail the test.
#[tokio::test]
async fn undo_leaves_sessions_from_before_denied_until_they_have_expired() {
    let request = step_request(access_key(Some("alice")));
    let plan = DenyUser::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        policy(None),
        password(false),
        no_mfa(),
        attached(false)
    ))
    .plan(&request)
    .await
    .unwrap();
    let mut hours_later = request.clone();
    hours_later.at = "2026-03-01T15:00:00Z".parse().unwrap();
    let narrowed = mock!(Client::put_user_policy)
        .match_requests(|request| is_narrowed_now(request.policy_document()))
        .then_output(|| PutUserPolicyOutput::builder().build());
    let outcome = DenyUser::new(alone!(policy(Some(deny_all().to_string())), narrowed))
        .undo(&permit(), &hours_later, &plan.receipt)
        .await
        .unwrap();
    assert_eq!(narrowed.num_calls(), 1);
    let UndoOutcome::KeptUntil { until, what } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(is_end_of_sessions(until, 36), "{until}");
    assert!(what.contains("that goes for new sessions too"), "{what}");

    // Asked again too early, nothing changes.
    let text = PolicyReceipt::new("alice", &INCIDENT.into(), &deny_all())
        .narrowed(hours_later.at)
        .unwrap()
        .document;
    let again = DenyUser::new(alone!(policy(Some(text))))
        .undo(&permit(), &hours_later, &plan.receipt)
        .await
        .unwrap();
    assert!(matches!(again, UndoOutcome::KeptUntil { .. }), "{again:?}");
}

/// `GetSessionToken` needs no permission: while a key works, sessions are made under the deny, up to the undo. A key that was
/// switched off since may have made one.
#[tokio::test]
async fn undo_waits_for_the_sessions_made_up_to_it() {
    let request = step_request(access_key(Some("alice")));
    let policy_of = PolicyReceipt::new("alice", &INCIDENT.into(), &deny_all());
    let receipt = write_receipt(&policy_of).unwrap();
    let mut late = request.clone();
    late.at = "2026-03-10T12:00:00Z".parse().unwrap();
    let narrowed = mock!(Client::put_user_policy).then_output(|| PutUserPolicyOutput::builder().build());
    let outcome = DenyUser::new(alone!(policy(Some(deny_all().to_string())), narrowed))
        .undo(&permit(), &late, &receipt)
        .await
        .unwrap();
    assert_eq!(narrowed.num_calls(), 1);
    let UndoOutcome::KeptUntil { until, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(is_end_of_sessions(until, 36), "{until}");

    // Once those have expired, it goes.
    let text = policy_of.narrowed(late.at).unwrap().document;
    late.at = until;
    let delete = mock!(Client::delete_user_policy).then_output(|| DeleteUserPolicyOutput::builder().build());
    let outcome = DenyUser::new(alone!(policy(Some(text)), delete))
        .undo(&permit(), &late, &receipt)
        .await
        .unwrap();
    assert!(matches!(outcome, UndoOutcome::Restored { .. }), "{outcome:?}");
}

/// The first answer was lost, and the SDK asked again.
#[tokio::test]
async fn a_policy_that_is_gone_when_it_is_deleted_is_deleted() {
    let mut request = step_request(access_key(Some("alice")));
    request.accepted = vec![Risk::ReviveSessions];
    let receipt = write_receipt(&PolicyReceipt::new("alice", &INCIDENT.into(), &deny_all())).unwrap();
    let gone = mock!(Client::delete_user_policy).then_error(|| {
        let meta = ErrorMetadata::builder().code("NoSuchEntity").build();
        DeleteUserPolicyError::NoSuchEntityException(NoSuchEntityException::builder().meta(meta).build())
    });
    let outcome = DenyUser::new(alone!(policy(Some(deny_all().to_string())), gone))
        .undo(&permit(), &request, &receipt)
        .await
        .unwrap();
    assert!(matches!(outcome, UndoOutcome::Restored { .. }), "{outcome:?}");
}

/// Inline policies of a user have 2,048 characters in all.
#[tokio::test]
async fn without_room_for_a_policy_awss_own_deny_is_attached_and_a_person_takes_it_away() {
    let full = mock!(Client::put_user_policy).then_error(|| {
        let meta = ErrorMetadata::builder().code("LimitExceeded").build();
        PutUserPolicyError::LimitExceededException(LimitExceededException::builder().meta(meta).build())
    });
    let attach = mock!(Client::attach_user_policy)
        .match_requests(|request| request.policy_arn() == Some("arn:aws:iam::aws:policy/AWSDenyAll"))
        .then_output(|| AttachUserPolicyOutput::builder().build());
    let action = DenyUser::new(iam!(
        owner("alice"),
        user("alice"),
        keys("alice", StatusType::Active),
        policy(None),
        password(true),
        no_mfa(),
        full,
        attach,
        attached(true),
        inline_policies(&[])
    ));
    let request = step_request(access_key(Some("alice")));
    let plan = action.plan(&request).await.unwrap();
    assert!(
        plan.limits.iter().any(|line| line.contains("reset the password"))
            && plan
                .limits
                .iter()
                .any(|line| line.contains("aws signin batch-revoke-sessions")),
        "{:?}",
        plan.limits
    );
    action.act(&permit(), &request, &plan.receipt).await.unwrap();
    assert_eq!(attach.num_calls(), 1);
    assert!(action.verify(&request, Some(&plan.receipt)).await.unwrap().holds);
    let outcome = action.undo(&permit(), &request, &plan.receipt).await.unwrap();
    let UndoOutcome::KeptOff { reason } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(
        reason.contains("aws iam detach-user-policy --user-name alice")
            && reason.contains("no other incident's deny stands"),
        "{reason}"
    );
}

/// What a forged log put on user `intern`: no rule for any call that changes something, so one would fail the test.
#[tokio::test]
async fn a_forged_policy_is_refused_by_name_by_acting_and_by_undoing() {
    let request = step_request(access_key(Some("alice")));
    let allow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let allow: serde_json::Value = serde_json::from_str(allow).unwrap();
    let own = PolicyReceipt::new("alice", &INCIDENT.into(), &deny_all());
    let forged = [
        PolicyReceipt::new("alice", &INCIDENT.into(), &allow),
        PolicyReceipt::new("intern", &INCIDENT.into(), &deny_all()),
        PolicyReceipt::new("alice", &"01JOTHERINCIDENT".into(), &deny_all()),
        PolicyReceipt {
            policy_name: "AdminDeny".into(),
            ..own.clone()
        },
        // The hash of the own text over another one.
        PolicyReceipt {
            document: allow.to_string(),
            ..own
        },
    ];
    for policy in forged {
        let receipt = write_receipt(&policy).unwrap();
        let action = DenyUser::new(iam!(
            owner("alice"),
            user("alice"),
            keys("alice", StatusType::Active)
        ));
        for refused in [
            action.act(&permit(), &request, &receipt).await.unwrap_err(),
            action.undo(&permit(), &request, &receipt).await.unwrap_err(),
        ] {
            assert!(
                matches!(&refused, StepError::Refused { guardrail, .. } if guardrail == "receipt"),
                "{refused}"
            );
        }
    }
}

/// The receipt of an earlier version says that every session from before is long over, and so does the log.
#[tokio::test]
async fn a_forged_end_brings_no_session_back_to_life() {
    let mut request = step_request(access_key(Some("alice")));
    request.ended_at = Some("1970-01-01T00:00:00Z".parse().unwrap());
    let own = PolicyReceipt::new("alice", &request.incident, &deny_all());
    let mut receipt = write_receipt(&own).unwrap();
    let fields = receipt.0.as_object_mut().unwrap();
    fields.insert("sessions_end".to_owned(), "1970-01-01T00:00:00Z".into());
    let there = mock!(Client::get_user_policy).then_output(|| {
        GetUserPolicyOutput::builder()
            .user_name("alice")
            .policy_name("BackstopDeny")
            .policy_document(deny_all().to_string())
            .build()
            .unwrap()
    });
    let narrowed = mock!(Client::put_user_policy).then_output(|| PutUserPolicyOutput::builder().build());
    let outcome = DenyUser::new(alone!(there, narrowed))
        .undo(&permit(), &request, &receipt)
        .await
        .unwrap();
    assert!(matches!(outcome, UndoOutcome::KeptUntil { .. }), "{outcome:?}");
    assert_eq!(narrowed.num_calls(), 1);
}
