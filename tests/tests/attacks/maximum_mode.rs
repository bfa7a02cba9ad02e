//! A log that says `auto`, by whoever may write the table, in a deployment that asks people or only observes: responders
//! once took the mode from the log.

use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus};
use aws_sdk_lambda::primitives::Blob;
use backstop_core::{
    IncidentId, Mode, Resource, Target, kind,
    log::{Origin, Phase, StepRef},
    task::{RespondTask, StepTask},
};
use backstop_tests::{Case, Leaked, Scene};
use serde_json::Value;
use tokio::time::{Duration, Instant, sleep};

use crate::{
    PATIENCE, attacker,
    power::physical,
    receipts::WRITES,
    tried::{Ended, Tried},
};

const RIGHT: &str = "break-glass on the table, `lambda:InvokeFunction`";
const STEP: &str = "deny-user";
const ACTION: &str = "iam.deny-user";

/// The same forged log three times. Where the deployment is `auto`, it does what a real one does.
pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let (leaked, _, answer) = forged(scene).await;
    assert_eq!(
        scene.state(&leaked).await,
        (true, true),
        "it isn't acted on: {answer}"
    );
    let mut tried = Vec::new();
    for (mode, attack, why) in [
        (
            Mode::Approve,
            "a forged log that says `auto`, where the deployment asks people first",
            "this deployment's maximum mode is approve",
        ),
        (
            Mode::Observe,
            "a forged log that says `auto`, where the deployment only observes",
            "in observe mode nothing is changed",
        ),
    ] {
        deploy(scene, mode).await;
        let (leaked, id, answer) = forged(scene).await;
        assert_eq!(scene.state(&leaked).await, (true, false), "{mode}: {answer}");
        let log = scene.environment.ledger().log(&id).await.unwrap();
        let events = log
            .records()
            .iter()
            .map(|record| serde_json::to_string(&record.event).unwrap());
        let events: String = events.collect();
        assert!(events.contains(why), "{answer}, {events}");
        tried.push(Tried::new(
            attack,
            RIGHT,
            Ended::Refused,
            format!("by the function's own environment: {why}"),
        ));
    }
    tried
}

/// An incident about somebody new, and the order to act on it. Gives what the responder answers.
async fn forged(scene: &Scene) -> (Leaked, IncidentId, String) {
    let leaked = scene.leak(true).await;
    let account = scene.environment.account();
    let ledger = scene
        .environment
        .ledger_as(attacker::break_glass(scene, &WRITES).await);
    let target = Target {
        account: account.account_id().into(),
        region: account.region().into(),
        partition: "aws".to_owned(),
        resource: Resource::AccessKey(kind::AccessKey {
            key_id: leaked.key_id.clone(),
            user_name: Some(leaked.user.clone()),
            user_id: None,
        }),
    };
    let case = Case {
        playbook: "leaked-access-key".into(),
        target: target.clone(),
        mode: Mode::Auto,
        steps: vec![StepRef {
            step: STEP.into(),
            action: ACTION.into(),
            title: "Deny the user".to_owned(),
            phase: Phase::Contain,
            high_impact: false,
            with: serde_json::Map::new(),
        }],
        origin: Origin::Drill,
    };
    let id = case.open(&ledger).await;
    let task = RespondTask::Act(StepTask {
        incident: id.clone(),
        target,
        step: STEP.into(),
        action: ACTION.into(),
        with: serde_json::Map::new(),
    });
    let caller = attacker::break_glass(scene, &["lambda:InvokeFunction"]).await;
    let invoke = aws_sdk_lambda::Client::new(&account.sdk_config(caller)).invoke();
    let invoke = invoke.function_name(physical(scene, "RespondIamFunction").await);
    let order = serde_json::to_string(&task).unwrap();
    let answer = invoke.payload(Blob::new(order)).send().await.unwrap();
    let said: Value = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
    (leaked, id, said.to_string())
}

/// The same deployment with another `MaximumMode`, as whoever deploys sets it.
async fn deploy(scene: &Scene, mode: Mode) {
    let account = scene.environment.account();
    let cloudformation = aws_sdk_cloudformation::Client::new(&account.sdk_config(account.root()));
    let name = scene.environment.stack().name();
    let described = cloudformation
        .describe_stacks()
        .stack_name(name)
        .send()
        .await
        .unwrap();
    let parameters = described.stacks()[0].parameters().iter().map(|one| {
        let key = one.parameter_key().unwrap();
        let parameter = Parameter::builder().parameter_key(key);
        if key == "MaximumMode" {
            parameter.parameter_value(mode.to_string()).build()
        } else {
            parameter.use_previous_value(true).build()
        }
    });
    let update = cloudformation
        .update_stack()
        .stack_name(name)
        .use_previous_template(true);
    let update = update
        .capabilities(Capability::CapabilityNamedIam)
        .capabilities(Capability::CapabilityAutoExpand)
        .set_parameters(Some(parameters.collect()));
    update.send().await.unwrap();
    let until = Instant::now() + PATIENCE;
    loop {
        let described = cloudformation
            .describe_stacks()
            .stack_name(name)
            .send()
            .await
            .unwrap();
        match described.stacks()[0].stack_status() {
            Some(StackStatus::UpdateComplete) => return,
            Some(StackStatus::UpdateInProgress | StackStatus::UpdateCompleteCleanupInProgress) => {}
            other => panic!(
                "the update ended as {other:?}: {:?}",
                described.stacks()[0].stack_status_reason()
            ),
        }
        assert!(Instant::now() < until, "the stack isn't updated");
        sleep(Duration::from_millis(200)).await;
    }
}
