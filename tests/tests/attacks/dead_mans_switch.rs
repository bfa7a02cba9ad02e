//! Rules and schedule switched off: nothing arrives, and once nobody heard of it.

use std::time::Duration;

use aws_credential_types::Credentials;
use backstop_tests::{People, Scene, lambda};

use crate::{
    attacker,
    power::physical,
    told,
    tried::{Ended, Tried},
};

const MAPPINGS: [&str; 2] = [
    "lambda:ListEventSourceMappings",
    "lambda:UpdateEventSourceMapping",
];
/// The schedule that the stack of the test has.
const THREE_SWEEPS: Duration = Duration::from_mins(3 * 30);
const MINUTE: Duration = Duration::from_mins(1);

pub(crate) async fn attacks(scene: &Scene, people: &People) -> Vec<Tried> {
    let account = scene.environment.account();
    let rule = physical(scene, "GuardDutyRule").await;
    let right = "events:DisableRule";
    let thief = attacker::with(scene, &[right]).await;
    let thief = aws_sdk_eventbridge::Client::new(&account.sdk_config(thief));
    thief.disable_rule().name(&rule).send().await.unwrap();
    let sweep = scene.environment.stack().output("SweepFunctionName").unwrap();
    let report = lambda::invoke(account, sweep).await;
    assert_eq!(report["dead_rules"], 1, "{report:#}");
    let page = told(people, "is disabled").await;
    assert!(page.body.contains(rule.rsplit('/').next().unwrap()), "{page:?}");
    let root = aws_sdk_eventbridge::Client::new(&account.sdk_config(account.root()));
    root.enable_rule().name(&rule).send().await.unwrap();

    let mapping = switch_intake_off(scene).await;
    let report = lambda::invoke(account, sweep).await;
    assert_eq!(report["dead_rules"], 1, "{report:#}");
    told(people, "event source mapping of intake").await;
    set_mapping(scene, account.root(), &mapping, true).await;

    silence(scene, people, sweep).await;
    vec![
        Tried::new(
            "a rule that is switched off",
            right,
            Ended::Noticed,
            "the sweep pages the disabled rule",
        ),
        Tried::new(
            "intake's event source mapping that is switched off",
            MAPPINGS.join(", "),
            Ended::Noticed,
            "the sweep pages it",
        ),
        Tried::new(
            "the sweep's own schedule that is switched off",
            right,
            Ended::Noticed,
            "an alarm says that the sweep is silent, after three times its schedule",
        ),
    ]
}

/// Nothing runs the sweep any more: people hear of it by CloudWatch, and only then.
async fn silence(scene: &Scene, people: &People, sweep: &str) {
    let account = scene.environment.account();
    let schedule = physical(scene, "SweepFunctionSchedule").await;
    let thief = attacker::with(scene, &["events:DisableRule"]).await;
    let thief = aws_sdk_eventbridge::Client::new(&account.sdk_config(thief));
    thief.disable_rule().name(&schedule).send().await.unwrap();
    lambda::invoke(account, sweep).await;
    let alarm = physical(scene, "SweepSilenceAlarm").await;
    let says = async |ahead: Duration| account.alarms(ahead).await.unwrap()[&alarm].clone();
    assert_eq!(says(Duration::ZERO).await, "OK", "it has just run");
    assert_eq!(says(THREE_SWEEPS - MINUTE).await, "OK", "its time isn't over");
    assert_eq!(says(THREE_SWEEPS + MINUTE).await, "ALARM");
    let page = told(people, "The sweep hasn't run").await;
    assert!(page.subject.starts_with("ALARM"), "{page:?}");
    let root = aws_sdk_eventbridge::Client::new(&account.sdk_config(account.root()));
    root.enable_rule().name(&schedule).send().await.unwrap();
}

/// The id of the mapping, which hands nothing over any more.
async fn switch_intake_off(scene: &Scene) -> String {
    let thief = attacker::with(scene, &MAPPINGS).await;
    let sdk = scene.environment.account().sdk_config(thief.clone());
    let list = aws_sdk_lambda::Client::new(&sdk).list_event_source_mappings();
    let intake = physical(scene, "IntakeFunction").await;
    let found = list.function_name(intake).send().await.unwrap();
    let [mapping] = found.event_source_mappings() else {
        panic!("{found:?}");
    };
    let id = mapping.uuid().unwrap().to_owned();
    set_mapping(scene, thief, &id, false).await;
    id
}

async fn set_mapping(scene: &Scene, credentials: Credentials, id: &str, is_on: bool) {
    let sdk = scene.environment.account().sdk_config(credentials);
    let update = aws_sdk_lambda::Client::new(&sdk).update_event_source_mapping();
    update.uuid(id).enabled(is_on).send().await.unwrap();
}
