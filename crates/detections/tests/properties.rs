//! What must hold of every rule and every finding.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fixture;

use std::collections::BTreeMap;

use backstop_detections::{condition::Condition, finding::Finding, truth::Truth};
use fixture::rule;
use proptest::prelude::*;
use serde_json::{Value, json};

const FIELDS: [&str; 5] = [
    "type",
    "region",
    "severity",
    "resource.instanceDetails.tags.value",
    "updatedAt",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]{1,2}",
        Just("1".to_owned()),
        Just("a*".to_owned()),
        Just("?".to_owned())
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let words = || prop::collection::vec(word(), 0..3);
    let bound = || prop::option::of(-2..3_i64);
    (words(), words(), words(), words(), bound(), bound()).prop_map(
        |(equals, not_equals, matches, not_matches, greater_than, less_than)| Condition {
            equals,
            not_equals,
            matches,
            not_matches,
            greater_than,
            less_than,
            ..Condition::default()
        },
    )
}

fn criteria() -> impl Strategy<Value = BTreeMap<String, Condition>> {
    prop::collection::btree_map(
        prop::sample::select(FIELDS.as_slice()).prop_map(str::to_owned),
        condition(),
        0..4,
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        word().prop_map(Value::from),
        (-2..3_i64).prop_map(Value::from)
    ]
}

fn finding() -> impl Strategy<Value = Finding> {
    (
        value(),
        value(),
        value(),
        prop::collection::vec(value(), 0..3),
        any::<bool>(),
    )
        .prop_map(|(kind, region, severity, tags, is_whole)| {
            let tags: Vec<Value> = tags.into_iter().map(|value| json!({ "value": value })).collect();
            let json = json!({
                "type": kind, "region": region, "severity": severity,
                "resource": { "instanceDetails": { "tags": tags } },
            });
            if is_whole {
                Finding::whole(json)
            } else {
                Finding::sketch(json)
            }
        })
}

proptest! {
    #[test]
    fn a_rule_that_asks_for_what_never_is_hides_nothing(criteria in criteria(), finding in finding()) {
        let mut criteria = criteria;
        let never = Condition { equals: vec!["never".to_owned()], ..Condition::default() };
        criteria.insert("partition".to_owned(), never);
        if finding.is_whole() {
            prop_assert_eq!(rule(criteria).hides(&finding), Truth::No);
        } else {
            prop_assert!(rule(criteria).hides(&finding) <= Truth::Perhaps);
        }
    }

    #[test]
    fn asking_for_more_never_hides_more(
        criteria in criteria(), field in prop::sample::select(FIELDS.as_slice()), more in condition(), finding in finding(),
    ) {
        // A field that was asked already isn't asked for more, but for something else.
        prop_assume!(!criteria.contains_key(field) && criteria.values().any(|it| !it.is_empty()));
        let before = rule(criteria.clone()).hides(&finding);
        let mut longer = criteria;
        longer.insert(field.to_owned(), more);
        prop_assert!(rule(longer).hides(&finding) <= before);
    }

    #[test]
    fn more_values_never_hide_less(field in prop::sample::select(FIELDS.as_slice()), more in word(), few in condition(), finding in finding()) {
        prop_assume!(!few.equals.is_empty());
        let mut many = few.clone();
        many.equals.push(more);
        let hides = |condition: Condition| rule(BTreeMap::from([(field.to_owned(), condition)])).hides(&finding);
        prop_assert!(hides(many) >= hides(few));
    }

    #[test]
    fn what_is_unknown_is_never_surely_hidden_or_left(condition in condition()) {
        prop_assume!(!condition.is_empty());
        let nothing = Finding::sketch(json!({}));
        let rule = rule(BTreeMap::from([("region".to_owned(), condition)]));
        prop_assert_eq!(rule.hides(&nothing), Truth::Perhaps);
    }
}

#[test]
fn the_order_of_rules_and_their_ranks_decide_nothing() {
    let finding = Finding::whole(json!({ "type": "a", "region": "b" }));
    let equals = |text: &str| Condition {
        equals: vec![text.to_owned()],
        ..Condition::default()
    };
    let rules = [
        rule(BTreeMap::from([("type".to_owned(), equals("a"))])),
        rule(BTreeMap::from([("region".to_owned(), equals("c"))])),
    ];
    let any = |order: &[usize]| {
        order
            .iter()
            .map(|index| rules.get(*index).unwrap().hides(&finding))
            .max()
    };
    assert_eq!(any(&[0, 1]), any(&[1, 0]));
    assert_eq!(any(&[0, 1]), Some(Truth::Yes));
}
