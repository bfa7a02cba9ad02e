#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use aws_sdk_cloudtrail::{Client, operation::lookup_events::LookupEventsError};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use backstop_aws::answering;
use backstop_core::{
    Plan,
    finding::Peer,
    investigation::{Investigation, Proposal},
    kind,
};
use backstop_runtime::{Action, testing};
use serde_json::{Value, json};

use super::*;
use crate::testing::{INSTANCE, history, instance_accounts, instance_accounts_with, ledger};

fn request(peers: &[&str]) -> StepRequest {
    let instance = kind::Instance {
        instance_id: INSTANCE.to_owned(),
    };
    let mut request = testing::step_request(instance.into());
    request.peers = peers
        .iter()
        .map(|address| Peer {
            address: address.parse().unwrap(),
            is_amazons: false,
        })
        .collect();
    request
}

/// A call of a session of this name of the role `web`.
fn by_session(id: &str, session: &str, name: &str, asked: Value) -> Value {
    json!({
        "eventID": id, "eventTime": "2026-03-01T11:00:00Z", "eventSource": "iam.amazonaws.com", "eventName": name,
        "awsRegion": "us-east-1", "sourceIPAddress": "203.0.113.9", "requestParameters": asked,
        "userIdentity": {
            "type": "AssumedRole", "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "arn": format!("arn:aws:sts::123456789012:assumed-role/web/{session}"),
            "sessionContext": { "sessionIssuer": { "userName": "web", "arn": "arn:aws:iam::123456789012:role/web" } },
        },
    })
}

fn opened_a_session() -> Value {
    json!({
        "eventID": "s", "eventTime": "2026-03-01T10:00:00Z", "eventSource": "ssm.amazonaws.com",
        "eventName": "StartSession", "sourceIPAddress": "198.51.100.7", "requestParameters": { "target": INSTANCE },
        "userIdentity": { "type": "IAMUser", "userName": "bob", "arn": "arn:aws:iam::123456789012:user/bob" },
    })
}

fn found(plan: &Plan) -> Investigation {
    serde_json::from_value(plan.captured.clone().unwrap()).unwrap()
}

#[tokio::test]
async fn who_reached_it_what_its_role_did_and_which_incidents_name_the_address_are_kept() {
    // GuardDuty refuses.
    let (refused, _) = answering("eu-west-1", &[(403, r#"{ "__type": "AccessDeniedException" }"#)]);
    let accounts = instance_accounts_with(refused, |region| match region {
        "eu-west-1" => history(vec![("StartSession", opened_a_session())]),
        _ => history(vec![
            (
                INSTANCE,
                by_session("1", INSTANCE, "CreateUser", json!({ "userName": "helper" })),
            ),
            // Found by the same name, and of another's.
            (
                INSTANCE,
                by_session(
                    "2",
                    "i-0fedcba9876543210",
                    "CreateUser",
                    json!({ "userName": "other" }),
                ),
            ),
        ]),
    });
    let own: &[&str] = &[testing::INCIDENT, "01KOTHER"];
    let action = InstanceActivity::new(accounts, ledger(own));
    let request = request(&["203.0.113.9"]);
    let plan = action.plan(&request).await.unwrap();
    assert!(plan.changes.is_empty());
    assert_eq!(
        plan.principal,
        format!("arn:aws:ec2:eu-west-1:123456789012:instance/{INSTANCE}")
    );
    assert_eq!(plan.tags["team"], "web", "guardrails look at them");
    let found = found(&plan);
    assert_eq!(
        found.contacts,
        [
            "the finding names 203.0.113.9 as the other end",
            "the finding of incident 01KOTHER (role ci, contained) names 203.0.113.9, too",
            "1 call with the instance's credentials came from 203.0.113.9 itself (CloudTrail)",
            "2026-03-01T10:00:00Z arn:aws:iam::123456789012:user/bob opened a session on it, from 198.51.100.7 (StartSession)",
        ]
    );
    assert_eq!(found.calls, 1, "{:?}", found.timeline);
    let commands: Vec<String> = found.proposals.iter().filter_map(Proposal::command).collect();
    assert_eq!(
        commands,
        ["backstop run leaked-access-key --target arn:aws:iam::123456789012:user/helper --mode approve"]
    );
    // What can't be read makes it partial, and is named.
    let [missing] = found.incomplete.as_slice() else {
        unreachable!("{:?}", found.incomplete)
    };
    assert!(
        missing.starts_with("GuardDuty's other findings that name 203.0.113.9 weren't read: "),
        "{missing}"
    );
    let error = action
        .act(&testing::permit(), &request, &plan.receipt)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("only a part was kept: GuardDuty's other findings"),
        "{error}"
    );
}

#[tokio::test]
async fn without_an_address_nothing_is_looked_for_elsewhere_and_it_is_done() {
    let action = InstanceActivity::new(instance_accounts(|_| history(vec![])), ledger(&["01KOTHER"]));
    let request = request(&[]);
    let plan = action.plan(&request).await.unwrap();
    assert_eq!(found(&plan).contacts, Vec::<String>::new());
    assert!(
        plan.limits.iter().any(|line| line.contains("names no address")),
        "{:?}",
        plan.limits
    );
    action
        .act(&testing::permit(), &request, &plan.receipt)
        .await
        .unwrap();
}

#[tokio::test]
async fn whoever_refuses_the_event_history_is_named_and_the_rest_is_kept() {
    let denied = || {
        let code = ErrorMetadata::builder()
            .code("AccessDeniedException")
            .message("no");
        LookupEventsError::generic(code.build())
    };
    let accounts = instance_accounts(move |_| {
        let refused = mock!(Client::lookup_events).then_error(denied);
        mock_client!(aws_sdk_cloudtrail, RuleMode::MatchAny, &[&refused])
    });
    let plan = InstanceActivity::new(accounts, ledger(&["01KOTHER"]))
        .plan(&request(&["203.0.113.9"]))
        .await
        .unwrap();
    let found = found(&plan);
    assert_eq!(found.contacts.len(), 2, "{:?}", found.contacts);
    let named = |start: &str| {
        found
            .incomplete
            .iter()
            .filter(|line| line.starts_with(start))
            .count()
    };
    assert_eq!(
        named("who called `GetPasswordData` on it wasn't read"),
        1,
        "{:?}",
        found.incomplete
    );
    assert_eq!(named("who called"), 1, "the others would be refused, too");
    assert_eq!(
        named("what its role did wasn't read"),
        1,
        "{:?}",
        found.incomplete
    );
}

/// A long history of one name leaves time for what the role did.
#[tokio::test]
async fn it_has_a_deadline_of_its_own_and_says_what_there_was_no_time_for() {
    let accounts = instance_accounts(|_| {
        let endless = mock!(Client::lookup_events).then_output(|| {
            aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput::builder()
                .next_token("more")
                .build()
        });
        mock_client!(aws_sdk_cloudtrail, RuleMode::MatchAny, &[&endless])
    });
    let start = Instant::now();
    let action = InstanceActivity::within(accounts, ledger(&[]), Duration::from_millis(1500));
    let plan = action.plan(&request(&[])).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    let missing = found(&plan).incomplete;
    assert!(
        missing
            .iter()
            .any(|line| line.contains("who called `StartSession` on it wasn't read")),
        "{missing:?}"
    );
    let role = "the time for it was over: us-east-1 has more events than were read";
    assert!(missing.iter().any(|line| line.starts_with(role)), "{missing:?}");
}
