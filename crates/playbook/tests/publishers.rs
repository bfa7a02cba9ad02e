//! Who may publish to the alerts topic. EventBridge allows no condition in a topic's policy (EventBridge User Guide, "Amazon SNS
//! permissions"), and without one every rule of the account could: so it isn't among the publishers, and no rule sends there.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

fn template() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join("template.yaml")).unwrap()
}

/// A resource of the template, from its name to the next.
fn resource<'a>(template: &'a str, name: &str) -> &'a str {
    let from = template.split_once(&format!("\n  {name}:\n")).unwrap().1;
    from.split("\n\n  ").next().unwrap()
}

#[test]
fn the_topics_policy_names_no_eventbridge_and_denies_whoever_is_a_principal_of_iam() {
    let template = template();
    let policy = resource(&template, "AlertsTopicPolicy");
    assert!(!policy.contains("events.amazonaws.com"), "{policy}");
    let deny = policy.split_once("Sid: NobodyElsePublishes").unwrap().1;
    for line in [
        "Effect: Deny",
        "\"Null\":",
        "aws:PrincipalArn: \"false\"",
        "ArnNotEquals:",
    ] {
        assert!(deny.contains(line), "{line}: {deny}");
    }
}

#[test]
fn no_rule_sends_to_the_topic() {
    let template = template();
    let rules = template.split("    Type: AWS::Events::Rule\n").skip(1);
    let mut count = 0;
    for rule in rules {
        let rule = rule.split("\n\n  ").next().unwrap();
        assert!(!rule.contains("AlertsTopic"), "{rule}");
        count += 1;
    }
    assert!(count >= 4, "{count} rules");
}
