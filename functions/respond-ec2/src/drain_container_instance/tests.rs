#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use std::sync::Mutex;

use backstop_aws::answering;
use backstop_runtime::testing::forged::FakeAccount;
use serde_json::{Value, json};

use super::*;
use crate::testing::{INSTANCE, fake_account, permit, planted, step_request};

const OWN: &str = "container instance main/own";
const TAG: &str = "tag backstop:before-drain-container-instance of i-0123456789abcdef0";

/// Our instance, isolated, is a container instance of the cluster `main`, with this status.
fn account(status: &str) -> FakeAccount {
    let mut states = planted();
    states.insert("groups of eni-1".into(), json!(["sg-isolation"]));
    states.insert(OWN.into(), json!({ "instance": INSTANCE, "status": status }));
    Arc::new(Mutex::new(states))
}

fn action(account: &FakeAccount) -> DrainContainerInstance {
    DrainContainerInstance::new(fake_account(account))
}

async fn plan(account: &FakeAccount) -> Result<Plan, StepError> {
    action(account).plan(&step_request()).await
}

async fn act(account: &FakeAccount, receipt: &Receipt) {
    let acted = action(account).act(&permit(), &step_request(), receipt).await;
    acted.unwrap();
}

async fn undo(account: &FakeAccount, receipt: &Receipt) -> Result<UndoOutcome, StepError> {
    action(account).undo(&permit(), &step_request(), receipt).await
}

fn state(account: &FakeAccount, name: &str) -> Option<Value> {
    account.lock().unwrap().get(name).cloned()
}

fn set(account: &FakeAccount, name: &str, value: Value) {
    account.lock().unwrap().insert(name.to_owned(), value);
}

#[tokio::test]
async fn drains_this_container_instance_only_and_undo_makes_it_active_again() {
    let account = account("ACTIVE");
    let before = account.lock().unwrap().clone();
    let planned = plan(&account).await.unwrap();
    assert_eq!(*account.lock().unwrap(), before, "planning changes nothing");
    let [change] = planned.changes.as_slice() else {
        unreachable!("{:?}", planned.changes)
    };
    assert_eq!(
        (change.now.as_str(), change.after.as_str()),
        ("ACTIVE", "DRAINING")
    );
    assert_eq!(planned.needs_approval, None);
    assert!(
        planned.blast_radius[0].starts_with("3 task(s) run on it and 1 are pending"),
        "{:?}",
        planned.blast_radius
    );
    assert_eq!(
        planned.manual_undo[0],
        "aws ecs update-container-instances-state --region eu-west-1 --cluster \
         arn:aws:ecs:eu-west-1:123456789012:cluster/main --container-instances \
         arn:aws:ecs:eu-west-1:123456789012:container-instance/main/own --status ACTIVE"
    );

    act(&account, &planned.receipt).await;
    let after = account.lock().unwrap().clone();
    assert_eq!(after[OWN]["status"], "DRAINING");
    assert!(after.contains_key(TAG));
    act(&account, &planned.receipt).await;
    assert_eq!(*account.lock().unwrap(), after, "twice is harmless");
    for receipt in [Some(&planned.receipt), None] {
        let verified = action(&account).verify(&step_request(), receipt).await.unwrap();
        assert!(verified.holds, "{}", verified.observed);
    }

    let undone = undo(&account, &planned.receipt).await.unwrap();
    assert!(matches!(undone, UndoOutcome::Restored { .. }), "{undone:?}");
    assert_eq!(*account.lock().unwrap(), before);
    let verified = action(&account)
        .verify(&step_request(), Some(&planned.receipt))
        .await
        .unwrap();
    assert!(!verified.holds, "{}", verified.observed);
}

#[tokio::test]
async fn what_is_not_isolated_yet_is_drained_only_by_a_person() {
    let account = account("ACTIVE");
    set(&account, "groups of eni-1", json!(["sg-1"]));
    let why = plan(&account).await.unwrap().needs_approval.unwrap();
    assert!(
        why.starts_with("draining stops the tasks of services, and network interface eni-1"),
        "{why}"
    );
}

#[tokio::test]
async fn what_somebody_drained_before_stays_drained_after_undo() {
    let account = account("DRAINING");
    let planned = plan(&account).await.unwrap();
    assert_eq!((planned.changes.len(), planned.needs_approval), (0, None));
    assert_eq!(planned.manual_undo, Vec::<String>::new());
    act(&account, &planned.receipt).await;
    let undone = undo(&account, &planned.receipt).await.unwrap();
    assert!(matches!(undone, UndoOutcome::NothingToUndo { .. }), "{undone:?}");
    assert_eq!(state(&account, OWN).unwrap()["status"], "DRAINING");
    assert_eq!(state(&account, TAG), None);
}

#[tokio::test]
async fn undo_makes_nothing_active_that_the_instance_does_not_vouch_for_or_that_has_moved_on() {
    let account = account("ACTIVE");
    let receipt = plan(&account).await.unwrap().receipt;
    set(
        &account,
        OWN,
        json!({ "instance": INSTANCE, "status": "DRAINING" }),
    );
    let refused = undo(&account, &receipt).await.unwrap_err();
    assert!(
        matches!(&refused, StepError::Refused { guardrail, .. } if guardrail == "receipt"),
        "somebody else drained it: {refused}"
    );
    set(&account, OWN, json!({ "instance": INSTANCE, "status": "ACTIVE" }));
    act(&account, &receipt).await;
    set(
        &account,
        OWN,
        json!({ "instance": INSTANCE, "status": "DEREGISTERING" }),
    );
    let moved = undo(&account, &receipt).await.unwrap();
    assert!(
        matches!(&moved, UndoOutcome::Drifted { found } if found.contains("is DEREGISTERING now")),
        "{moved:?}"
    );
    account.lock().unwrap().remove(OWN);
    let gone = undo(&account, &receipt).await.unwrap();
    assert!(
        matches!(&gone, UndoOutcome::NothingToUndo { reason } if reason.contains("registered no more")),
        "{gone:?}"
    );
    assert_eq!(state(&account, TAG), None);
}

#[tokio::test]
async fn an_instance_in_no_cluster_is_skipped_and_one_that_leaves_has_no_place_to_drain() {
    let account = account("ACTIVE");
    let skipped = async || match plan(&account).await {
        Err(StepError::NotApplicable { reason }) => reason,
        other => unreachable!("{other:?}"),
    };
    set(
        &account,
        OWN,
        json!({ "instance": INSTANCE, "status": "INACTIVE" }),
    );
    assert!(skipped().await.ends_with("is INACTIVE: ECS places no task there"));
    account.lock().unwrap().remove(OWN);
    assert_eq!(
        skipped().await,
        "instance i-0123456789abcdef0 is no container instance of any of the 2 ECS cluster(s)"
    );
    for cluster in ["cluster main", "cluster payments"] {
        account.lock().unwrap().remove(cluster);
    }
    assert_eq!(
        skipped().await,
        "instance i-0123456789abcdef0 is no container instance: Amazon ECS has no cluster in its Region"
    );
    set(&account, "cluster main", json!("ACTIVE"));
    set(
        &account,
        OWN,
        json!({ "instance": INSTANCE, "status": "REGISTERING" }),
    );
    let soon = plan(&account).await.unwrap_err();
    assert!(soon.name().is_retryable(), "{soon}");
}

#[tokio::test]
async fn the_cluster_that_a_tag_names_is_asked_first_and_only_for_the_instance() {
    let clusters = json!({ "clusterArns": ["arn:c/a", "arn:c/b", "arn:c/web"], "nextToken": "more" });
    let rest = json!({ "clusterArns": ["arn:c/d", "arn:c/e", "arn:c/f", "arn:c/g"] });
    let none = r#"{"containerInstanceArns":[]}"#;
    let answers = [
        (200, clusters.to_string()),
        (200, rest.to_string()),
        (200, none.to_owned()),
    ];
    let answers: Vec<(u16, &str)> = answers
        .iter()
        .map(|(status, text)| (*status, text.as_str()))
        .collect();
    let (config, requests) = answering("eu-west-1", &answers);
    let found = container_instance::find(&config, INSTANCE, Some("web"))
        .await
        .unwrap();
    assert_eq!(found, Found::None { clusters: 7 });
    let asked = requests.all();
    assert_eq!(asked.len(), 2 + 7);
    let body: Value = serde_json::from_str(&asked[1].body).unwrap();
    assert_eq!(body["nextToken"], "more");
    let body: Value = serde_json::from_str(&asked[2].body).unwrap();
    assert_eq!(
        body,
        json!({ "cluster": "arn:c/web", "filter": format!("ec2InstanceId == {INSTANCE}"), "maxResults": 100 })
    );
}

/// A filter that is ignored must not lead to somebody else's container instance.
#[tokio::test]
async fn only_what_says_that_it_is_the_instance_is_it() {
    let clusters = r#"{"clusterArns":["arn:c/a"]}"#;
    let listed = r#"{"containerInstanceArns":["arn:ci/a/other"]}"#;
    let other = r#"{"containerInstances":[
        {"containerInstanceArn":"arn:ci/a/other","ec2InstanceId":"i-0fedcba9876543210","status":"ACTIVE"}]}"#;
    let (config, _) = answering("eu-west-1", &[(200, clusters), (200, listed), (200, other)]);
    let found = container_instance::find(&config, INSTANCE, None).await.unwrap();
    assert_eq!(found, Found::None { clusters: 1 });
}

#[tokio::test]
async fn what_ecs_names_as_failed_has_failed() {
    let failed =
        r#"{"containerInstances":[],"failures":[{"arn":"arn:ci/a/own","reason":"MISSING","detail":"?"}]}"#;
    let (config, _) = answering("eu-west-1", &[(200, failed)]);
    let error = container_instance::set(&config, "arn:c/a", "arn:ci/a/own", DRAINING)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.name.is_retryable()),
        ("MISSING", false)
    );
}
