#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_iam::{
    Client,
    operation::{
        get_role_policy::{GetRolePolicyError, GetRolePolicyOutput},
        list_instance_profiles_for_role::ListInstanceProfilesForRoleOutput,
        put_role_policy::PutRolePolicyOutput,
    },
    types::{InstanceProfile, error::NoSuchEntityException},
};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::UndoOutcome;
use backstop_runtime::{Action, StepError};

use super::DenyInstanceSessions;
use crate::{
    iam,
    testing::{INCIDENT, at, instance_role, instance_session, permit, role, role_session, step_request},
};

const DENY: &str = r#""Condition":{"ArnLike":{"ec2:SourceInstanceARN":"arn:aws:ec2:*:123456789012:instance/i-0123456789abcdef0"}}"#;

fn policy(document: Option<String>) -> Rule {
    let rule = mock!(Client::get_role_policy).match_requests(|request| request.role_name() == Some("ci"));
    match document {
        Some(document) => rule.then_output(move || {
            GetRolePolicyOutput::builder()
                .role_name("ci")
                .policy_name(format!("BackstopDeny-{INCIDENT}"))
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

/// The role is in as many instance profiles.
fn profiles(count: usize) -> Rule {
    mock!(Client::list_instance_profiles_for_role).then_output(move || {
        let profile = || {
            InstanceProfile::builder()
                .path("/")
                .instance_profile_name("ci")
                .instance_profile_id("AIPAEXAMPLE")
                .arn("arn:aws:iam::123456789012:instance-profile/ci")
                .create_date(at())
                .set_roles(Some(Vec::new()))
                .build()
                .unwrap()
        };
        ListInstanceProfilesForRoleOutput::builder()
            .set_instance_profiles(Some((0..count).map(|_| profile()).collect()))
            .build()
            .unwrap()
    })
}

#[tokio::test]
async fn denies_one_instance_and_leaves_the_others_of_its_role() {
    let put = mock!(Client::put_role_policy)
        .match_requests(|request| request.policy_document().unwrap_or_default().contains(DENY))
        .then_output(|| PutRolePolicyOutput::builder().build());
    let action =
        DenyInstanceSessions::new(iam!(instance_role("AROAEXAMPLE"), policy(None), profiles(1), put));
    let request = step_request(instance_session("AROAEXAMPLE"));
    let plan = action.plan(&request).await.unwrap();
    assert_eq!(plan.needs_approval, None);
    action.act(&permit(), &request, &plan.receipt).await.unwrap();
    assert_eq!(put.num_calls(), 1);

    let written = plan
        .receipt
        .0
        .get("document")
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned();
    let there = DenyInstanceSessions::new(iam!(
        instance_role("AROAEXAMPLE"),
        policy(Some(written)),
        profiles(1)
    ));
    assert!(
        there.verify(&request, None).await.unwrap().holds,
        "`already` is proven too"
    );
    assert!(there.plan(&request).await.unwrap().changes.is_empty());
}

#[tokio::test]
async fn a_session_that_others_than_ec2_may_have_named_waits_for_a_person() {
    let action = DenyInstanceSessions::new(iam!(role("AROAEXAMPLE"), policy(None), profiles(1)));
    let plan = action
        .plan(&step_request(instance_session("AROAEXAMPLE")))
        .await
        .unwrap();
    assert!(
        plan.limits
            .iter()
            .any(|line| line.contains("name their session i-"))
    );
    let why = plan.needs_approval.unwrap();
    assert!(
        why.contains("it isn't proven that the session is this instance's"),
        "{why}"
    );
}

#[tokio::test]
async fn so_does_a_session_of_a_role_that_no_instance_can_have() {
    let action = DenyInstanceSessions::new(iam!(instance_role("AROAEXAMPLE"), policy(None), profiles(0)));
    let plan = action
        .plan(&step_request(instance_session("AROAEXAMPLE")))
        .await
        .unwrap();
    let why = plan.needs_approval.unwrap();
    assert!(why.contains("in no instance profile"), "{why}");
}

#[tokio::test]
async fn a_session_that_no_instance_gave_its_name_is_not_its_matter() {
    let error = DenyInstanceSessions::new(iam!())
        .plan(&step_request(role_session("AROAEXAMPLE")))
        .await
        .unwrap_err();
    assert!(matches!(error, StepError::NotApplicable { .. }), "{error}");
}

/// The instance went on getting credentials, so that the last of them is younger than the deny by days. No rule for a delete,
/// so one would fail the test.
#[tokio::test]
async fn undo_lets_new_credentials_work_and_never_the_stolen_ones() {
    let mut request = step_request(instance_session("AROAEXAMPLE"));
    let action = DenyInstanceSessions::new(iam!(instance_role("AROAEXAMPLE"), policy(None), profiles(1)));
    let receipt = action.plan(&request).await.unwrap().receipt;
    let written = receipt.0.get("document").unwrap().as_str().unwrap().to_owned();
    let narrowed = mock!(Client::put_role_policy)
        .match_requests(|request| {
            let document = request.policy_document().unwrap_or_default();
            document.contains("ec2:SourceInstanceARN") && crate::testing::is_narrowed_after(0, Some(document))
        })
        .then_output(|| PutRolePolicyOutput::builder().build());
    request.at = "2026-03-05T13:00:00Z".parse().unwrap();
    let outcome = DenyInstanceSessions::new(iam!(policy(Some(written)), narrowed))
        .undo(&permit(), &request, &receipt)
        .await
        .unwrap();
    assert_eq!(narrowed.num_calls(), 1);
    let UndoOutcome::KeptUntil { until, what } = outcome else {
        unreachable!("{outcome:?}");
    };
    assert!(crate::testing::is_end_of_sessions_after(0, until, 12), "{until}");
    assert!(!what.contains("new sessions"), "{what}");
}
