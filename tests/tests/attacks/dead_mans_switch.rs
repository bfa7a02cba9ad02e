//! Rules and schedule switched off: nothing arrives, and once nobody heard of it.

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
const TEMPLATE: &str = include_str!("../../../template.yaml");

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

    for alarm in ["SweepSilenceAlarm", "DeadLetterAlarm", "IntakeAgeAlarm"] {
        physical(scene, alarm).await;
    }
    // Silence is what it is about.
    let (_, silence) = TEMPLATE.split_once("\n  SweepSilenceAlarm:\n").unwrap();
    let silence = silence.split("\n\n").next().unwrap();
    for line in [
        "TreatMissingData: breaching",
        "MetricName: Invocations",
        "AlarmActions: [!Ref AlertsTopic]",
    ] {
        assert!(silence.contains(line), "{silence}");
    }
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
            "an alarm on silence that treats missing data as breaching",
        ),
    ]
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
