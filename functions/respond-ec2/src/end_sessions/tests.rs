#![expect(clippy::unwrap_used, reason = "tests")]
use aws_sdk_ssm::{
    Client,
    operation::{
        describe_sessions::{DescribeSessionsError, DescribeSessionsOutput},
        terminate_session::{TerminateSessionError, TerminateSessionOutput},
    },
    types::{Session, SessionFilterKey, SessionState},
};
use aws_smithy_mocks::{Rule, mock};
use backstop_core::{ErrorName, UndoOutcome};
use backstop_runtime::Action;

use super::EndSessions;
use crate::{
    accounts,
    testing::{INSTANCE, described, error, instance, permit, step_request},
};

/// Two pages, one session each, for whoever asks for the active ones of our instance.
fn sessions(ids: &'static [&'static str]) -> Rule {
    mock!(Client::describe_sessions)
        .match_requests(|request| {
            request.state() == Some(&SessionState::Active)
                && request
                    .filters()
                    .iter()
                    .any(|filter| filter.key() == &SessionFilterKey::TargetId && filter.value() == INSTANCE)
        })
        .then_compute_output(|request| {
            let page: usize = request.next_token().unwrap_or("0").parse().unwrap();
            let session = ids.get(page).map(|id| {
                Session::builder()
                    .session_id(*id)
                    .owner("arn:aws:iam::123456789012:user/mallory")
                    .build()
            });
            DescribeSessionsOutput::builder()
                .set_sessions(Some(session.into_iter().collect()))
                .set_next_token((page + 1 < ids.len()).then(|| (page + 1).to_string()))
                .build()
        })
}

fn end(id: &'static str) -> Rule {
    mock!(Client::terminate_session)
        .match_requests(move |request| request.session_id() == Some(id))
        .then_output(|| TerminateSessionOutput::builder().build())
}

fn end_fails(id: &'static str, code: &'static str) -> Rule {
    mock!(Client::terminate_session)
        .match_requests(move |request| request.session_id() == Some(id))
        .then_error(move || TerminateSessionError::generic(error(code)))
}

#[tokio::test]
async fn ends_every_session_even_if_one_refuses() {
    let accounts = accounts!(ec2: [described(instance())], ssm: [sessions(&["first", "second"])]);
    let action = EndSessions::new(accounts);
    let plan = action.plan(&step_request()).await.unwrap();
    assert_eq!(plan.changes.len(), 2, "both pages");
    assert!(plan.blast_radius.iter().all(|line| line.contains("user/mallory")));
    assert!(!action.verify(&step_request(), None).await.unwrap().holds);

    let (first, second) = (end("first"), end("second"));
    EndSessions::new(accounts!(ssm: [sessions(&["first", "second"]), first, second]))
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert_eq!((first.num_calls(), second.num_calls()), (1, 1));

    let (ended, second) = (end_fails("first", "DoesNotExistException"), end("second"));
    EndSessions::new(accounts!(ssm: [sessions(&["first", "second"]), ended, second]))
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();

    let (denied, second) = (end_fails("first", "AccessDeniedException"), end("second"));
    let failed = EndSessions::new(accounts!(ssm: [sessions(&["first", "second"]), denied, second]))
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap_err();
    assert_eq!(failed.name(), ErrorName::AccessDenied);
    assert_eq!(second.num_calls(), 1, "the other one is ended all the same");

    // The receipt names a session on another instance: only what is live on this one is ended.
    let second = end("second");
    EndSessions::new(accounts!(ssm: [sessions(&["second", "later"]), second]))
        .act(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert_eq!(second.num_calls(), 1);

    let undone = EndSessions::new(accounts!())
        .undo(&permit(), &step_request(), &plan.receipt)
        .await
        .unwrap();
    assert!(matches!(undone, UndoOutcome::NothingToUndo { .. }));
}

#[tokio::test]
async fn no_session_is_nothing_to_do_but_no_permission_is_a_failure() {
    let accounts = accounts!(ec2: [described(instance())], ssm: [sessions(&[])]);
    let action = EndSessions::new(accounts);
    let plan = action.plan(&step_request()).await.unwrap();
    assert!(plan.changes.is_empty());
    assert!(
        plan.limits
            .iter()
            .any(|line| line.starts_with("no live Session Manager session"))
    );
    let verified = action.verify(&step_request(), None).await.unwrap();
    assert_eq!(
        (verified.holds, verified.observed.as_str()),
        (
            true,
            "no live Session Manager session on instance i-0123456789abcdef0"
        )
    );

    let denied = mock!(Client::describe_sessions)
        .then_error(|| DescribeSessionsError::generic(error("AccessDeniedException")));
    let accounts = accounts!(ec2: [described(instance())], ssm: [denied]);
    let failed = EndSessions::new(accounts)
        .plan(&step_request())
        .await
        .unwrap_err();
    assert_eq!(failed.name(), ErrorName::AccessDenied);
}
