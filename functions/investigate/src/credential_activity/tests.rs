#![expect(clippy::unwrap_used, reason = "tests")]
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_cloudtrail::{Client, operation::lookup_events::LookupEventsError};
use aws_smithy_mocks::mock;
use aws_smithy_types::error::ErrorMetadata;
use backstop_core::{
    Plan,
    investigation::{Investigation, Proposal},
};
use backstop_runtime::Action;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::testing::{KEY, event, page, step_request, trail, trail_of};

const NEW_KEY: &str = "AKIAI44QH8DHBEXAMPLE";

fn found(plan: &Plan) -> Investigation {
    serde_json::from_value(plan.captured.clone().unwrap()).unwrap()
}

fn made_key() -> Value {
    let made = json!({ "accessKey": { "accessKeyId": NEW_KEY, "userName": "helper" } });
    event("1", KEY, "CreateAccessKey", json!({ "userName": "helper" }), made)
}

fn denied() -> LookupEventsError {
    let code = ErrorMetadata::builder()
        .code("AccessDeniedException")
        .message("no");
    LookupEventsError::generic(code.build())
}

#[tokio::test]
async fn a_key_that_the_key_made_is_followed_and_its_doings_proposed_about() {
    let by_new_key = event(
        "2",
        NEW_KEY,
        "CreateUser",
        json!({ "userName": "second" }),
        json!({}),
    );
    let rules = [
        page(KEY, None, &[made_key()], None),
        page(NEW_KEY, None, &[by_new_key], None),
    ];
    let action = CredentialActivity::new(trail(&[&rules[0], &rules[1]]));
    let plan = action.plan(&step_request("us-east-1", 24)).await.unwrap();
    assert!(plan.changes.is_empty());
    assert_eq!(plan.principal, "arn:aws:iam::123456789012:user/ci/build-server");
    assert_eq!(plan.tags.get("team").unwrap(), "web", "guardrails look at them");
    let found = found(&plan);
    let commands: Vec<String> = found.proposals.iter().filter_map(Proposal::command).collect();
    assert_eq!(
        commands,
        [
            "backstop run leaked-access-key --target AKIAI44QH8DHBEXAMPLE --mode approve",
            "backstop run leaked-access-key --target arn:aws:iam::123456789012:user/second --mode approve",
        ]
    );
    assert_eq!(found.from.to_string(), "2026-02-28T12:30:00Z");
    assert!(
        plan.limits
            .iter()
            .any(|line| line.starts_with("no Region but us-east-1")),
        "{:?}",
        plan.limits
    );
}

#[tokio::test]
async fn the_findings_region_and_home_are_read_at_once_each_at_its_own_pace_and_not_for_ever() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, start) = (Arc::clone(&asked), Instant::now());
    let trail = trail_of(move |region| {
        let (region, seen) = (region.to_owned(), Arc::clone(&seen));
        mock!(Client::lookup_events)
            .match_requests(move |_| {
                seen.lock().unwrap().push((region.clone(), start.elapsed()));
                true
            })
            .then_output(|| {
                aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput::builder()
                    .next_token("more")
                    .build()
            })
    });
    let plan = CredentialActivity::within(trail, Duration::from_millis(1600))
        .plan(&step_request("eu-west-1", 24))
        .await
        .unwrap();
    let asked = asked.lock().unwrap();
    for region in ["eu-west-1", "us-east-1"] {
        let mut times: Vec<_> = asked
            .iter()
            .filter(|(there, _)| there == region)
            .map(|(_, at)| *at)
            .collect();
        times.dedup();
        assert_eq!(times.len(), 4, "{region}: {asked:?}");
        let took = *times.last().unwrap() - *times.first().unwrap();
        assert!(took >= Duration::from_millis(1500), "{region}: {asked:?}");
        let more = format!("the time for it was over: {region} has more events than were read");
        assert!(
            plan.limits.iter().any(|line| line.starts_with(&more)),
            "{:?}",
            plan.limits
        );
    }
    let first = |there: &str| asked.iter().position(|(region, _)| region == there).unwrap();
    let last = |there: &str| asked.iter().rposition(|(region, _)| region == there).unwrap();
    assert!(first("us-east-1") < last("eu-west-1"), "side by side: {asked:?}");
}

#[tokio::test]
async fn a_region_that_refuses_is_named_and_the_other_is_kept() {
    let trail = trail_of(move |region| match region {
        "us-east-1" => page(
            KEY,
            None,
            &[event("1", KEY, "ListUsers", json!(null), json!(null))],
            None,
        ),
        _ => mock!(Client::lookup_events).then_error(denied),
    });
    let plan = CredentialActivity::new(trail)
        .plan(&step_request("eu-west-1", 24))
        .await
        .unwrap();
    let found = found(&plan);
    assert_eq!((found.calls, found.regions), (1, vec!["us-east-1".into()]));
    let [line] = found.incomplete.as_slice() else {
        unreachable!("one")
    };
    assert!(
        line.starts_with("eu-west-1 wasn't read: `cloudtrail:LookupEvents`"),
        "{line}"
    );
}

#[tokio::test]
async fn what_can_t_be_read_at_all_is_a_failure_and_a_throttle_is_waited_out() {
    let refused = mock!(Client::lookup_events).then_error(denied);
    let error = CredentialActivity::new(trail(&[&refused]))
        .plan(&step_request("us-east-1", 24))
        .await
        .unwrap_err();
    assert_eq!(error.name().as_str(), "Backstop.AccessDenied");

    let busy = mock!(Client::lookup_events)
        .sequence()
        .error(|| LookupEventsError::generic(ErrorMetadata::builder().code("ThrottlingException").build()))
        .times(3)
        .output(|| aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput::builder().build())
        .build();
    let start = Instant::now();
    CredentialActivity::new(trail(&[&busy]))
        .plan(&step_request("us-east-1", 24))
        .await
        .unwrap();
    assert!(
        start.elapsed() >= Duration::from_millis(1500),
        "each at its turn, and longer each time"
    );
}

/// A part that nobody hears of would be taken for the whole.
#[tokio::test]
async fn a_partial_investigation_is_kept_and_is_not_done() {
    let endless = page(
        KEY,
        None,
        &[event("1", KEY, "ListUsers", json!(null), json!(null))],
        Some("more"),
    );
    let action = CredentialActivity::within(trail(&[&endless]), Duration::ZERO);
    let request = step_request("us-east-1", 24);
    let plan = action.plan(&request).await.unwrap();
    let found = found(&plan);
    assert_eq!(
        (found.calls, found.incomplete.len()),
        (1, 1),
        "{:?}",
        found.incomplete
    );
    let permit = backstop_runtime::testing::permit();
    let error = action.act(&permit, &request, &plan.receipt).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "only a part was kept: the time for it was over: us-east-1 has more events than were read, and the newest were"
    );
    let whole = page(KEY, None, &[], None);
    let action = CredentialActivity::new(trail(&[&whole]));
    let plan = action.plan(&request).await.unwrap();
    action.act(&permit, &request, &plan.receipt).await.unwrap();
}

/// Who hears that there was no time looks for it in vain.
#[tokio::test]
async fn a_page_that_fails_isnt_called_a_lack_of_time() {
    let call = event("1", KEY, "ListUsers", json!(null), json!(null));
    let first = page(KEY, None, &[call], Some("second"));
    let down = mock!(Client::lookup_events)
        .match_requests(|request| request.next_token().is_some())
        .then_error(|| LookupEventsError::generic(ErrorMetadata::builder().code("InternalFailure").build()));
    let action = CredentialActivity::new(trail(&[&first, &down]));
    let found = found(&action.plan(&step_request("us-east-1", 24)).await.unwrap());
    assert_eq!(
        (found.calls, found.incomplete),
        (
            1,
            vec![
                "CloudTrail failed before the end: us-east-1 has more events than were read, and the newest were"
                    .to_owned()
            ]
        )
    );
}

#[tokio::test]
async fn more_than_a_first_page_is_read_to_its_end() {
    let call = |id: &str| event(id, KEY, "ListUsers", json!(null), json!(null));
    let rules = [
        page(KEY, None, &[call("1")], Some("second")),
        page(KEY, Some("second"), &[call("2")], Some("third")),
        page(KEY, Some("third"), &[call("3")], None),
    ];
    let action = CredentialActivity::new(trail(&[&rules[0], &rules[1], &rules[2]]));
    let found = found(&action.plan(&step_request("us-east-1", 24)).await.unwrap());
    assert_eq!((found.calls, found.incomplete), (3, vec![]));
}

#[tokio::test]
async fn hours_beyond_the_history_are_refused() {
    for hours in [0, 90 * 24 + 1] {
        let action = CredentialActivity::new(trail(&[]));
        let error = action.plan(&step_request("us-east-1", hours)).await.unwrap_err();
        assert!(
            error.to_string().contains("a whole number from 1 to 2160"),
            "{error}"
        );
    }
}
