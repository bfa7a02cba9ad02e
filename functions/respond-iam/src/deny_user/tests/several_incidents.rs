//! Several incidents deny one user: each its own policy, and the user may act again after the last.

use std::sync::{Arc, Mutex};

use aws_sdk_iam::operation::list_user_policies::ListUserPoliciesError;
use backstop_core::{Receipt, UndoOutcome};
use backstop_runtime::{action::StepRequest, testing::forged::FakeAccount};

use super::*;
use crate::testing::{fake_iam, inline_policies, planted};

/// Ids as intake gives them.
const INCIDENTS: [&str; 3] = [
    "01JDXQ6T8R7M5V9N2K4H3G1FZA",
    "01JDXQ6T8R7M5V9N2K4H3G1FZB",
    "01JDXQ6T8R7M5V9N2K4H3G1FZC",
];

fn request_of(incident: &str) -> StepRequest {
    let mut request = step_request(access_key(Some("alice")));
    request.incident = incident.into();
    request
}

fn own_receipt(incident: &str) -> Receipt {
    write_receipt(&PolicyReceipt::new("alice", &incident.into(), &deny_all())).unwrap()
}

fn denies_of(account: &FakeAccount) -> Vec<String> {
    let states = account.lock().unwrap();
    let names = states.keys().filter(|name| name.contains("BackstopDeny-"));
    names.cloned().collect()
}

async fn denied_by_all() -> (FakeAccount, DenyUser) {
    let account: FakeAccount = Arc::new(Mutex::new(planted()));
    let action = DenyUser::new(fake_iam(&account));
    for incident in INCIDENTS {
        let request = request_of(incident);
        let receipt = action.plan(&request).await.unwrap().receipt;
        action.act(&permit(), &request, &receipt).await.unwrap();
    }
    (account, action)
}

fn said(outcome: UndoOutcome) -> String {
    match outcome {
        UndoOutcome::Restored { what } | UndoOutcome::KeptUntil { what, .. } => what,
        UndoOutcome::NothingToUndo { reason } | UndoOutcome::KeptOff { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_undo_takes_away_its_own_deny_and_says_which_others_stand_until_the_last() {
    let (account, action) = denied_by_all().await;
    assert_eq!(denies_of(&account).len(), INCIDENTS.len());
    let mut left = INCIDENTS.to_vec();
    while let Some(incident) = left.pop() {
        let mut request = request_of(incident);
        request.accepted = vec![Risk::ReviveSessions];
        let outcome = action.undo(&permit(), &request, &own_receipt(incident)).await;
        let what = said(outcome.unwrap());
        for other in &left {
            assert!(what.contains(&format!("`backstop undo {other}`")), "{what}");
            let other = request_of(other);
            let receipt = own_receipt(other.incident.as_str());
            let held = action.verify(&other, Some(&receipt)).await;
            assert!(held.unwrap().holds, "{what}");
        }
        assert_eq!(what.contains("STILL CAN'T ACT"), !left.is_empty(), "{what}");
        // Asked again, as after a lost answer.
        let again = action.undo(&permit(), &request, &own_receipt(incident)).await;
        let again = said(again.unwrap());
        assert_eq!(again.contains("STILL CAN'T ACT"), !left.is_empty(), "{again}");
    }
    assert_eq!(denies_of(&account), Vec::<String>::new());
}

/// Each narrows its own before anything is taken away, so that undoing both at once revives nothing.
#[tokio::test]
async fn undone_at_once_each_leaves_sessions_from_before_denied() {
    let (account, action) = denied_by_all().await;
    let [one, two, _] = INCIDENTS.map(request_of);
    let (own, other) = (own_receipt(INCIDENTS[0]), own_receipt(INCIDENTS[1]));
    let permit = permit();
    let (first, second) = tokio::join!(
        action.undo(&permit, &one, &own),
        action.undo(&permit, &two, &other)
    );
    for outcome in [first, second] {
        let what = said(outcome.unwrap());
        assert!(what.contains("nothing but sessions from before"), "{what}");
        assert!(
            what.contains(&format!("`backstop undo {}`", INCIDENTS[2])),
            "{what}"
        );
    }
    assert_eq!(denies_of(&account).len(), 3);
    // What is narrowed denies nothing that others would have to know of.
    let third = request_of(INCIDENTS[2]);
    let what = said(
        action
            .undo(&permit, &third, &own_receipt(INCIDENTS[2]))
            .await
            .unwrap(),
    );
    assert!(
        what.contains("no other incident's deny of user alice stands"),
        "{what}"
    );
}

/// A policy that is only named like one of ours says nothing of an incident.
#[tokio::test]
async fn a_strangers_policy_is_called_by_its_name_and_only_if_it_denies_everything() {
    let named = |name: &'static str, text: String| {
        mock!(Client::get_user_policy)
            .match_requests(move |request| request.policy_name() == Some(name))
            .then_output(move || {
                let policy = GetUserPolicyOutput::builder().user_name("alice");
                policy.policy_name(name).policy_document(&text).build().unwrap()
            })
    };
    let list = inline_policies(&[
        "Guardrail",
        "BackstopDeny-forged",
        "BackstopDeny-01JDXQ6T8R7M5V9N2K4H3G1FZB",
    ]);
    let one_service = deny_all()
        .to_string()
        .replace(r#""Action":"*""#, r#""Action":"s3:*""#);
    let delete = mock!(Client::delete_user_policy).then_output(|| DeleteUserPolicyOutput::builder().build());
    let action = DenyUser::new(iam!(
        policy(Some(deny_all().to_string())),
        delete,
        list,
        named("BackstopDeny-forged", deny_all().to_string()),
        named("BackstopDeny-01JDXQ6T8R7M5V9N2K4H3G1FZB", one_service),
        attached(true)
    ));
    let mut request = step_request(access_key(Some("alice")));
    request.accepted = vec![Risk::ReviveSessions];
    let what = said(
        action
            .undo(&permit(), &request, &own_receipt(INCIDENT))
            .await
            .unwrap(),
    );
    for told in [
        "no incident is called so",
        "aws iam delete-user-policy --user-name alice --policy-name BackstopDeny-forged",
        "aws iam detach-user-policy --user-name alice",
    ] {
        assert!(what.contains(told), "{what}");
    }
    assert!(!what.contains("01JDXQ6T8R7M5V9N2K4H3G1FZB"), "{what}");
}

#[tokio::test]
async fn what_cant_be_read_is_unknown_and_the_undo_is_done_all_the_same() {
    let refused = mock!(Client::list_user_policies)
        .then_error(|| ListUserPoliciesError::generic(ErrorMetadata::builder().code("AccessDenied").build()));
    let delete = mock!(Client::delete_user_policy).then_output(|| DeleteUserPolicyOutput::builder().build());
    let action = DenyUser::new(iam!(policy(Some(deny_all().to_string())), delete, refused));
    let mut request = step_request(access_key(Some("alice")));
    request.accepted = vec![Risk::ReviveSessions];
    let what = said(
        action
            .undo(&permit(), &request, &own_receipt(INCIDENT))
            .await
            .unwrap(),
    );
    assert_eq!(delete.num_calls(), 1);
    assert!(
        what.contains("is unknown") && what.contains("iam:ListUserPolicies"),
        "{what}"
    );
}

/// The text with a cut-off is longer, and policies of others may have taken the room since.
#[tokio::test]
async fn without_room_for_the_cut_off_the_deny_stands_and_a_person_is_told() {
    let full = mock!(Client::put_user_policy).then_error(|| {
        let meta = ErrorMetadata::builder().code("LimitExceeded").build();
        PutUserPolicyError::LimitExceededException(LimitExceededException::builder().meta(meta).build())
    });
    let action = DenyUser::new(iam!(policy(Some(deny_all().to_string())), full));
    let request = step_request(access_key(Some("alice")));
    let outcome = action
        .undo(&permit(), &request, &own_receipt(INCIDENT))
        .await
        .unwrap();
    let UndoOutcome::Failed { error, detail } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error, "Backstop.QuotaExceeded");
    assert!(
        detail.contains("of user alice stands as it was")
            && detail.contains("aws iam list-user-policies --user-name alice"),
        "{detail}"
    );
}
