//! The lists are complete and in order.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use crate::{ActionSpec, Impact, Part, Scope, actions, find, function, functions::FUNCTIONS};

#[test]
fn the_lists_are_sorted_and_complete() {
    let all: Vec<&ActionSpec> = actions().collect();
    assert!(all.is_sorted_by(|a, b| a.id < b.id));
    for action in &all {
        assert_eq!(find(action.id), Some(*action));
        assert!(function(action.function).is_some(), "{}", action.id);
        assert!(
            !action.targets.is_empty() && !action.phases.is_empty(),
            "{}",
            action.id
        );
        for part in [Part::Plan, Part::Act, Part::Verify] {
            let may_be_none = action.impact == Impact::Nobody && part != Part::Plan;
            assert!(
                may_be_none || !action.grants.of(part).is_empty(),
                "{}: {part}",
                action.id
            );
        }
    }
    let functions: BTreeSet<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    assert_eq!(functions.len(), FUNCTIONS.len());
}

#[test]
fn planning_and_verifying_only_read() {
    for action in actions() {
        for grant in [action.grants.plan, action.grants.verify].concat() {
            assert!(grant.only_reads(), "{}: {}", action.id, grant.action);
        }
    }
}

#[test]
fn no_part_names_a_grant_twice() {
    for action in actions() {
        for part in Part::ALL {
            let grants = action.grants.of(part);
            for (at, grant) in grants.iter().enumerate() {
                let is_new = grants.iter().skip(at + 1).all(|other| other != grant);
                assert!(is_new, "{}: {part}: {}", action.id, grant.action);
            }
        }
    }
}

/// IAM takes letters and digits in a `Sid`, and refuses a policy in which one stands twice.
#[test]
fn each_sid_is_one_scope() {
    let mut known: BTreeMap<&str, Scope> = BTreeMap::new();
    let of_actions = actions().flat_map(|action| action.grants.all().map(|grant| *grant.scope));
    let own = FUNCTIONS
        .iter()
        .flat_map(|function| function.statements.iter().chain(function.in_members))
        .map(|statement| statement.scope);
    for scope in of_actions.chain(own) {
        assert!(scope.sid.bytes().all(|b| b.is_ascii_alphanumeric()) && !scope.sid.is_empty());
        assert!(scope.why.is_empty() || scope.why.ends_with('.'), "{}", scope.sid);
        assert_eq!(*known.entry(scope.sid).or_insert(scope), scope, "{}", scope.sid);
    }
}

/// `ForAllValues` holds where the request has no value at all: `DeleteTags` without a key deletes every tag.
#[test]
fn for_all_values_wants_one_value_at_least() {
    let mut seen = 0;
    for scope in actions().flat_map(|action| action.grants.all().map(|grant| *grant.scope)) {
        for condition in scope.conditions {
            if condition.operator.starts_with("ForAllValues:") {
                let is_needed = |other: &crate::Condition| {
                    (other.operator, other.key, other.values) == ("Null", condition.key, &["false"])
                };
                assert!(scope.conditions.iter().any(is_needed), "{}", scope.sid);
                seen += 1;
            }
        }
    }
    assert!(seen > 0);
}

/// What runs when an instance starts, and its groups, type and kernel, are nobody's to change here.
#[test]
fn an_instances_attributes_are_only_those_that_keep_it() {
    let modify = crate::permissions::ec2::MODIFY_INSTANCE_ATTRIBUTE.scope;
    let of = |key: &str| {
        modify
            .conditions
            .iter()
            .find(|condition| condition.key == key)
            .unwrap()
    };
    assert!(
        of("ec2:Attribute").operator.ends_with("IfExists"),
        "calls about a volume have none"
    );
    let allowed = |name: &str| {
        of("ec2:Attribute").values.iter().any(|pattern| {
            let begins = pattern.trim_start_matches('?').trim_end_matches('*');
            name.get(1..).is_some_and(|rest| rest.starts_with(begins))
        })
    };
    for name in [
        "disableApiTermination",
        "DisableApiStop",
        "InstanceInitiatedShutdownBehavior",
        "blockDeviceMapping",
    ] {
        assert!(allowed(name), "{name}");
    }
    for name in [
        "userData",
        "UserData",
        "instanceType",
        "groupSet",
        "sourceDestCheck",
        "kernel",
        "enclaveOptions",
    ] {
        assert!(!allowed(name), "{name}");
    }
    let user_data = of("ec2:Attribute/UserData");
    assert_eq!(
        (user_data.operator, user_data.values),
        ("Null", ["true"].as_slice())
    );
}

#[test]
fn roles_are_passed_to_ec2_in_every_partition() {
    let passed = crate::permissions::iam::PASS_ROLE.scope.conditions;
    let [condition] = passed else {
        unreachable!("{passed:?}")
    };
    assert_eq!(condition.key, "iam:PassedToService");
    assert_eq!(condition.values, ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"]);
}

#[test]
fn what_is_meant_for_hours_says_for_how_many() {
    let step = |action: &str, with: serde_json::Value| {
        let step = serde_json::json!({
            "step": "a", "action": action, "title": "A", "phase": "contain", "with": with,
        });
        crate::hours_to_stand(&serde_json::from_value(step).unwrap())
    };
    let none = serde_json::json!({});
    assert_eq!(step("ec2.deny-subnet-traffic", none.clone()), Some(24));
    assert_eq!(
        step("ec2.deny-subnet-traffic", serde_json::json!({ "hours": 2 })),
        Some(2)
    );
    assert_eq!(step("ec2.isolate-instance", none.clone()), None);
    assert_eq!(
        step("investigate.credential-activity", none.clone()),
        None,
        "it makes nothing"
    );
    assert_eq!(step("ec2.of-a-later-version", none), None);
}

#[test]
fn the_defaults_of_options_are_values_they_may_have() {
    let options = actions().flat_map(|action| action.options.iter().map(move |option| (action, option)));
    let mut seen = 0;
    for (action, option) in options {
        option.check(&option.default()).unwrap();
        assert_eq!(action.option(option.name()), Some(option));
        seen += 1;
    }
    assert!(seen >= 4, "{seen}");
}

/// The threat model says what stolen credentials of a function could do; for a change that no function could make before,
/// a person has to think of that. The suite of attacks tries each power with each role.
#[test]
fn each_change_is_part_of_a_power_of_the_threat_model() {
    let read = |path: &str| {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        std::fs::read_to_string(root.join(path)).unwrap()
    };
    let (powers, model) = (
        read("tests/tests/attacks/powers.rs"),
        read("docs/threat-model.md"),
    );
    let mut missing = BTreeSet::new();
    for action in actions() {
        let changes = action.grants.all().filter(|grant| !grant.only_reads());
        for call in changes.map(|grant| grant.action) {
            let is_row = |line: &str| line.starts_with("| ") && line.contains(&format!("`{call}`"));
            if !powers.contains(&format!("\"{call}\"")) || !model.lines().any(is_row) {
                missing.insert(format!("{}: {call}", action.id));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "no function could do this before; think over what a thief of its credentials could do by it, and write a power in \
         tests/tests/attacks/powers.rs and its row in docs/threat-model.md: {missing:#?}"
    );
}
