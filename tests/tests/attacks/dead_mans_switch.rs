//! Rules and schedule switched off: nothing arrives, and once nobody heard of it.

use backstop_tests::{People, Scene, lambda};

use crate::{
    attacker,
    power::physical,
    told,
    tried::{Ended, Tried},
};

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
            "the sweep's own schedule that is switched off",
            right,
            Ended::Noticed,
            "an alarm on silence that treats missing data as breaching",
        ),
    ]
}
