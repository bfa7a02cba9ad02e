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
        .flat_map(|function| function.statements.iter().map(|statement| statement.scope));
    for scope in of_actions.chain(own) {
        assert!(scope.sid.bytes().all(|b| b.is_ascii_alphanumeric()) && !scope.sid.is_empty());
        assert!(scope.why.is_empty() || scope.why.ends_with('.'), "{}", scope.sid);
        assert_eq!(*known.entry(scope.sid).or_insert(scope), scope, "{}", scope.sid);
    }
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
