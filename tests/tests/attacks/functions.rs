//! What somebody can do who has stolen the credentials of one function: no more than `docs/threat-model.md` says.

use std::collections::{BTreeMap, BTreeSet};

use backstop_actions::{functions::FUNCTIONS, is_reading};
use backstop_tests::{Role, Scene, in_template, stolen};

use crate::{
    power::physical,
    powers::{NEVER, POWERS, kinds},
    thief::Thief,
    tried::{Ended, Tried},
};

/// Where what is found here stands for people.
const DOCUMENT: &str = include_str!("../../../docs/threat-model.md");
const TEMPLATE: &str = include_str!("../../../template.yaml");
/// What every function does: its own log and trace. `Query` and `FilterLogEvents` read, and who writes the table is told by
/// the items.
const EVERYDAY: [&str; 8] = [
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "logs:CreateLogStream",
    "logs:FilterLogEvents",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

pub(crate) async fn attacks(scene: &Scene) -> Vec<Tried> {
    let mut items = vec!["| function | writes items of |\n| --- | --- |".to_owned()];
    let mut who: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let (mut tried, mut in_no_power) = (Vec::new(), Vec::new());
    for function in FUNCTIONS {
        let granted = granted(function.name);
        // Of a responder only what was taken out of the function itself is worth something: see `outside`.
        let credentials = if function.outside.is_empty() {
            let role = Role::of(&scene.environment, function.name).await;
            role.session(&scene.environment).await
        } else {
            let name = physical(scene, &(in_template(function.name) + "Function")).await;
            stolen(&scene.environment, &name).await
        };
        let thief = Thief::new(scene, credentials).await;
        items.push(format!("| `{}` | {} |", function.name, kinds(&thief).await));
        let mut in_table = BTreeSet::new();
        for power in POWERS {
            let is_granted = power.calls.iter().any(|call| granted.contains(*call));
            let can = match power.attempt {
                Some(attempt) => attempt(&thief).await,
                None => is_granted,
            };
            if can && !is_granted {
                in_no_power.push(format!("{} {}, which isn't granted", function.name, power.name));
            }
            if can {
                in_table.extend(power.calls.iter().map(|call| (*call).to_owned()));
                who.entry(power.name)
                    .or_default()
                    .push(format!("`{}`", function.name));
            }
        }
        let beyond = granted.difference(&in_table);
        in_no_power.extend(beyond.map(|action| format!("{} {action}", function.name)));
        for (what, attempt) in NEVER {
            assert!(!attempt(&thief).await, "{} can {what}", function.name);
        }
        let attack = format!("what the credentials of {} could do more", function.name);
        let never: Vec<_> = NEVER.iter().map(|(what, _)| *what).collect();
        tried.push(Tried::new(
            attack,
            "its credentials",
            Ended::Refused,
            never.join(", "),
        ));
    }
    let row = |power: &crate::powers::Power| {
        let who = who.get(power.name).map_or("–".to_owned(), |who| who.join(", "));
        let how = if power.attempt.is_some() {
            "tried"
        } else {
            "by the template"
        };
        format!(
            "| {} | `{}` | {who} | {how} |",
            power.name,
            power.calls.join("`, `")
        )
    };
    let rows: Vec<String> = POWERS.iter().map(row).collect();
    let powers = format!(
        "| power | by | functions | shown |\n| --- | --- | --- | --- |\n{}",
        rows.join("\n")
    );
    let items = items.join("\n");
    assert!(
        DOCUMENT.contains(&items) && DOCUMENT.contains(&powers) && in_no_power.is_empty(),
        "docs/threat-model.md says otherwise of what functions can do; it is\n{items}\n\n{powers}\n\n\
         and no power has {in_no_power:#?}"
    );
    tried
}

/// The changes that the template allows a function's role, also those that a parameter brings.
fn granted(function: &str) -> BTreeSet<String> {
    let (_, role) = TEMPLATE
        .split_once(&format!("\n  {}Role:\n", in_template(function)))
        .unwrap();
    let mut granted = BTreeSet::new();
    let (mut allows, mut names) = (false, false);
    let lines = role
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("    "));
    for line in lines {
        let text = line.trim().trim_start_matches("- ");
        if let Some(effect) = text.strip_prefix("Effect: ") {
            allows = effect == "Allow";
        }
        let actions = text.strip_prefix("Action:");
        names = actions.is_some() || (names && line.trim().starts_with("- "));
        if allows && names {
            let words = actions.unwrap_or(text).split([' ', ',', '[', ']']);
            granted.extend(words.filter(|word| word.contains(':')).map(str::to_owned));
        }
    }
    granted.retain(|action| !is_reading(action) && action != "sts:AssumeRole");
    for action in EVERYDAY {
        granted.remove(action);
    }
    granted
}

#[test]
fn what_a_parameter_brings_is_granted_too() {
    let of_ec2 = granted("respond-ec2");
    for action in ["iam:PassRole", "ec2:ModifySnapshotAttribute", "kms:ReEncryptTo"] {
        assert!(of_ec2.contains(action), "{of_ec2:?}");
    }
    assert!(!of_ec2.contains("s3:GetObject"), "{of_ec2:?}");
    assert_eq!(granted("investigate"), BTreeSet::new());
}
