#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
use std::sync::{Arc, Mutex};

use aws_sdk_cloudtrail::{operation::lookup_events::LookupEventsOutput, types::Event};
use aws_sdk_iam::{
    Client,
    operation::{
        attach_role_policy::{AttachRolePolicyError, AttachRolePolicyOutput},
        get_role_policy::{GetRolePolicyError, GetRolePolicyOutput},
        list_instance_profiles_for_role::{
            ListInstanceProfilesForRoleError, ListInstanceProfilesForRoleOutput,
        },
        put_role_permissions_boundary::PutRolePermissionsBoundaryOutput,
        put_role_policy::{PutRolePolicyError, PutRolePolicyOutput},
    },
    types::error::{LimitExceededException, NoSuchEntityException},
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use backstop_aws::Accounts;
use backstop_core::{ErrorName, UndoOutcome};
use backstop_runtime::{Action, StepError, client, inline_policy::deny_older_sessions};
use jiff::{SignedDuration, Timestamp};

use super::RevokeRoleSessions;
use crate::{
    iam,
    services::CloudTrail,
    testing::{attached_to_role, instance_role, instance_session, permit, role, role_session, step_request},
};

fn no_policy() -> Rule {
    mock!(Client::get_role_policy).then_error(|| {
        let meta = ErrorMetadata::builder().code("NoSuchEntity").build();
        GetRolePolicyError::NoSuchEntityException(NoSuchEntityException::builder().meta(meta).build())
    })
}

fn no_profiles() -> Rule {
    mock!(Client::list_instance_profiles_for_role).then_output(|| {
        ListInstanceProfilesForRoleOutput::builder()
            .set_instance_profiles(Some(vec![]))
            .build()
            .unwrap()
    })
}

/// CloudTrail knows one session of the role, named by an attacker.
fn revoke(iam: Arc<Accounts>) -> RevokeRoleSessions {
    let events = mock!(aws_sdk_cloudtrail::Client::lookup_events).then_output(|| {
        let event = |name: &str, by: &str| Event::builder().event_name(name).username(by).build();
        LookupEventsOutput::builder()
            .events(event("AssumeRole", "deploy\u{1b}[31m-bot"))
            .events(event("GetRole", "auditor"))
            .build()
    });
    let trail = client!(aws_sdk_cloudtrail: [events]);
    let accounts = Arc::into_inner(iam).unwrap().mock::<CloudTrail>(trail);
    RevokeRoleSessions::new(Arc::new(accounts))
}

/// What is written denies until a minute after the write: also by a retry, whose receipt is hours old.
#[tokio::test]
async fn cuts_off_a_minute_after_each_write() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&written);
    let put = mock!(Client::put_role_policy)
        .match_requests(move |request| {
            let document = request.policy_document().unwrap_or_default().to_owned();
            seen.lock().unwrap().push(document);
            true
        })
        .then_output(|| PutRolePolicyOutput::builder().build());
    let action = revoke(iam!(role("AROAEXAMPLE"), no_profiles(), no_policy(), put));
    let request = step_request(role_session("AROAEXAMPLE"));
    let plan = action.plan(&request).await.unwrap();
    let before = Timestamp::now();
    action.act(&permit(), &request, &plan.receipt).await.unwrap();
    let between = Timestamp::now();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    action.act(&permit(), &request, &plan.receipt).await.unwrap();
    assert_eq!(put.num_calls(), 2);
    let cut_offs: Vec<Timestamp> = written
        .lock()
        .unwrap()
        .iter()
        .map(|text| cut_off_of(text))
        .collect();
    let millisecond = SignedDuration::from_millis(1);
    assert!(cut_offs[0] >= before + SignedDuration::from_secs(60) - millisecond);
    assert!(cut_offs[0] <= between + SignedDuration::from_secs(60));
    assert!(cut_offs.last().unwrap() > &(between + SignedDuration::from_secs(60)));
    assert!(plan.blast_radius[1].contains("first 60 seconds"));
    assert!(plan.blast_radius[2].contains("7200 seconds"));
    assert!(plan.changes[0].after.contains("in the 60 seconds after it"));
}

fn cut_off_of(document: &str) -> Timestamp {
    let document: serde_json::Value = serde_json::from_str(document).unwrap();
    let cut_off = document.pointer("/Statement/0/Condition/DateLessThan/aws:TokenIssueTime");
    cut_off.unwrap().as_str().unwrap().parse().unwrap()
}

/// The role's policy denies what was issued before that.
fn denies_before(cut_off: Timestamp) -> Rule {
    mock!(Client::get_role_policy).then_output(move || {
        GetRolePolicyOutput::builder()
            .role_name("ci")
            .policy_name("BackstopDeny")
            .policy_document(deny_older_sessions(cut_off).to_string())
            .build()
            .unwrap()
    })
}

#[tokio::test]
async fn is_proven_by_a_cut_off_after_the_write_and_by_none_before() {
    let action = revoke(iam!(role("AROAEXAMPLE"), no_profiles(), no_policy()));
    let mut request = step_request(role_session("AROAEXAMPLE"));
    let receipt = action.plan(&request).await.unwrap().receipt;
    // It was tried again for four hours before it took effect.
    let ended: Timestamp = "2026-03-01T16:00:00Z".parse().unwrap();
    request.ended_at = Some(ended);
    request.at = ended + SignedDuration::from_secs(5);
    for (cut_off, holds) in [
        (ended + SignedDuration::from_secs(59), true),
        (ended - SignedDuration::from_secs(1), false),
    ] {
        let read = revoke(iam!(
            denies_before(cut_off),
            role("AROAEXAMPLE"),
            attached_to_role(false)
        ))
        .verify(&request, Some(&receipt))
        .await
        .unwrap();
        assert_eq!(read.holds, holds, "{}", read.observed);
        assert!(read.observed.contains(&cut_off.to_string()), "{}", read.observed);
    }
    let read = revoke(iam!(no_policy(), role("AROAEXAMPLE"), attached_to_role(false)))
        .verify(&request, Some(&receipt))
        .await
        .unwrap();
    assert!(!read.holds);
}

/// No rule for a delete, so one would fail the test.
#[tokio::test]
async fn undo_waits_for_the_sessions_before_the_cut_off_and_says_until_when_new_ones_fail() {
    let action = revoke(iam!(role("AROAEXAMPLE"), no_profiles(), no_policy()));
    let mut request = step_request(role_session("AROAEXAMPLE"));
    let receipt = action.plan(&request).await.unwrap().receipt;
    let cut_off: Timestamp = "2026-03-01T16:00:59Z".parse().unwrap();
    request.ended_at = Some("2026-03-01T16:00:00Z".parse().unwrap());
    request.at = "2026-03-01T16:00:30Z".parse().unwrap();
    let undone = revoke(iam!(denies_before(cut_off)))
        .undo(&permit(), &request, &receipt)
        .await
        .unwrap();
    let UndoOutcome::KeptUntil { until, what } = undone else {
        panic!("{undone:?}");
    };
    assert_eq!(until, "2026-03-02T04:00:59Z".parse().unwrap());
    assert!(
        what.contains("until 2026-03-01T16:00:59Z that goes for new sessions too"),
        "{what}"
    );
}

#[tokio::test]
async fn the_plans_hash_does_not_move_with_the_clock() {
    let action = revoke(iam!(role("AROAEXAMPLE"), no_profiles(), no_policy()));
    let now = step_request(role_session("AROAEXAMPLE"));
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
    let action = revoke(iam!(role("AROANEW"), no_profiles(), no_policy()));
    let error = action
        .plan(&step_request(role_session("AROAOLD")))
        .await
        .unwrap_err();
    assert!(matches!(error, StepError::Mismatch { .. }), "{error}");
}

#[tokio::test]
async fn undo_refuses_on_drift() {
    let action = revoke(iam!(role("AROAEXAMPLE"), no_profiles(), no_policy()));
    let request = step_request(role_session("AROAEXAMPLE"));
    let receipt = action.plan(&request).await.unwrap().receipt;
    let altered = mock!(Client::get_role_policy).then_output(|| {
        GetRolePolicyOutput::builder()
            .role_name("ci")
            .policy_name("BackstopDeny")
            .policy_document("{\"Version\":\"2012-10-17\",\"Statement\":[]}")
            .build()
            .unwrap()
    });
    let outcome = revoke(iam!(altered))
        .undo(&permit(), &request, &receipt)
        .await
        .unwrap();
    assert!(matches!(outcome, UndoOutcome::Drifted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn says_who_else_uses_the_role_and_asks_unless_told_not_to() {
    let denied = mock!(Client::list_instance_profiles_for_role).then_error(|| {
        ListInstanceProfilesForRoleError::generic(ErrorMetadata::builder().code("AccessDenied").build())
    });
    let action = revoke(iam!(role("AROAEXAMPLE"), denied, no_policy()));
    let mut request = step_request(role_session("AROAEXAMPLE"));
    let plan = action.plan(&request).await.unwrap();
    let radius = plan.blast_radius.join("\n");
    assert!(
        radius.contains("may be assumed by arn:aws:iam::111122223333:root"),
        "{radius}"
    );
    assert!(radius.contains("in eu-west-1 by deploy"), "{radius}");
    assert!(
        !radius.contains("auditor") && !radius.contains('\u{1b}'),
        "{radius}"
    );
    let limits = plan.limits.join("\n");
    assert!(
        limits.contains("which instances use this role is unknown")
            && limits.contains(
                "aws signin batch-revoke-sessions --principal-arn arn:aws:iam::123456789012:role/ci"
            ),
        "{limits}"
    );
    assert!(plan.needs_approval.is_some());

    request.with.insert("unasked".into(), true.into());
    assert_eq!(action.plan(&request).await.unwrap().needs_approval, None);
    request.with.insert("unasked".into(), "true".into());
    assert!(action.plan(&request).await.is_err(), "a text is no switch");
}

/// Anybody who may assume a role can name a session after an instance.
#[tokio::test]
async fn leaves_a_role_alone_only_where_the_instances_own_deny_is_enough() {
    let request = step_request(instance_session("AROAEXAMPLE"));
    let error = revoke(iam!(instance_role("AROAEXAMPLE")))
        .plan(&request)
        .await
        .unwrap_err();
    assert!(matches!(error, StepError::NotApplicable { .. }), "{error}");
    let plan = revoke(iam!(role("AROAEXAMPLE"), no_profiles(), no_policy()))
        .plan(&request)
        .await
        .unwrap();
    assert_eq!(plan.changes.len(), 1);
}

fn limit() -> LimitExceededException {
    let meta = ErrorMetadata::builder().code("LimitExceeded").build();
    LimitExceededException::builder().meta(meta).build()
}

/// Inline policies of a role have 10,240 characters in all.
fn no_room() -> Rule {
    mock!(Client::put_role_policy).then_error(|| PutRolePolicyError::LimitExceededException(limit()))
}

#[tokio::test]
async fn without_room_for_a_policy_awss_own_deny_is_attached_if_a_person_was_asked() {
    let attach = mock!(Client::attach_role_policy)
        .match_requests(|request| request.policy_arn() == Some("arn:aws:iam::aws:policy/AWSDenyAll"))
        .then_output(|| AttachRolePolicyOutput::builder().build());
    let action = revoke(iam!(
        role("AROAEXAMPLE"),
        no_profiles(),
        no_policy(),
        no_room(),
        attach,
        attached_to_role(true)
    ));
    let mut request = step_request(role_session("AROAEXAMPLE"));
    let plan = action.plan(&request).await.unwrap();
    assert!(
        plan.limits
            .iter()
            .any(|line| line.contains("`AWSDenyAll` is attached instead")),
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
        reason.contains("aws iam detach-role-policy --role-name ci"),
        "{reason}"
    );

    // Whoever wrote `unasked` took sessions into account, and not that the role stops.
    request.with.insert("unasked".into(), true.into());
    let plan = action.plan(&request).await.unwrap();
    assert!(
        plan.limits.iter().any(|line| line.contains("nothing is changed")),
        "{:?}",
        plan.limits
    );
    let error = action.act(&permit(), &request, &plan.receipt).await.unwrap_err();
    assert_eq!(error.name(), ErrorName::QuotaExceeded);
    assert_eq!(attach.num_calls(), 1);
}

#[tokio::test]
async fn without_room_for_either_the_boundary_is_set() {
    let full = mock!(Client::attach_role_policy)
        .then_error(|| AttachRolePolicyError::LimitExceededException(limit()));
    let bound = mock!(Client::put_role_permissions_boundary)
        .match_requests(|request| {
            request.permissions_boundary() == Some("arn:aws:iam::aws:policy/AWSDenyAll")
        })
        .then_output(|| PutRolePermissionsBoundaryOutput::builder().build());
    let action = revoke(iam!(
        role("AROAEXAMPLE"),
        no_profiles(),
        no_policy(),
        no_room(),
        full,
        bound
    ));
    let request = step_request(role_session("AROAEXAMPLE"));
    let receipt = action.plan(&request).await.unwrap().receipt;
    action.act(&permit(), &request, &receipt).await.unwrap();
    assert_eq!(bound.num_calls(), 1);
}
