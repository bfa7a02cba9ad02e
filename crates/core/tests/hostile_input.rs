//! Nothing that arrives may panic: arbitrary bytes, arbitrary JSON, and real shapes with any field nulled,
//! retyped, removed or blown up.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fixture;

use std::{collections::BTreeSet, sync::LazyLock};

use backstop_core::finding::{Parsed, parse};
use proptest::{collection, prelude::*, sample};
use serde_json::{Map, Value, json};

/// Words that parsers branch on, so that arbitrary JSON comes further than the first check.
const WORDS: [&str; 33] = [
    "source",
    "detail-type",
    "detail",
    "findings",
    "Findings",
    "Records",
    "body",
    "Sns",
    "Message",
    "Type",
    "Notification",
    "aws.guardduty",
    "aws.securityhub",
    "backstop.drill",
    "GuardDuty Finding",
    "Findings Imported V2",
    "Security Hub Findings - Imported",
    "type",
    "resource",
    "service",
    "resourceType",
    "AccessKey",
    "accessKeyDetails",
    "S3Bucket",
    "AttackSequence",
    "ProductArn",
    "Resources",
    "class_uid",
    "finding_info",
    "Id",
    "id",
    "accountId",
    "123456789012",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => sample::select(&WORDS[..]).prop_map(str::to_owned),
        1 => ".*",
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 128, 8, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            collection::vec((word(), inner), 0..8)
                .prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Every place of a document, depth first.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                places(inner, &format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                places(inner, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn replacements() -> Vec<Value> {
    vec![
        Value::Null,
        json!(-1e308),
        json!(" "),
        json!("arn:\u{202e}\u{0}\u{1b}[2J💥"),
        json!("AKIA"),
        json!([null, [], {}]),
        json!({"uid": 1, "Type": [], "name": null}),
        Value::from("ß".repeat(2_000)),
    ]
}

/// What holds for whatever was read.
fn check(parsed: &Parsed) {
    for finding in &parsed.findings {
        assert!(finding.title.chars().count() <= 1_024);
        assert!(finding.description.chars().count() <= 8_192);
        assert!((0.0..=10.0).contains(&finding.severity.score));
        assert!(!finding.id.is_empty() && finding.key().len() < 4_096);
        for target in finding.targets.iter().chain(&finding.related) {
            assert!(target.key().len() < 8_192);
        }
        serde_json::to_string(finding).unwrap();
    }
}

#[test]
fn any_field_of_any_fixture_may_be_anything() {
    let mut tried = 0_usize;
    // The fixtures are variations of a few events: what stands the same in an earlier one isn't tried again.
    let mut seen = BTreeSet::new();
    for (_, bytes) in fixture::all() {
        let original: Value = serde_json::from_slice(&bytes).unwrap();
        let mut found = Vec::new();
        places(&original, "", &mut found);
        found.retain(|place| seen.insert((place.clone(), original.pointer(place).unwrap().to_string())));
        for place in found {
            for replacement in replacements() {
                let mut changed = original.clone();
                *changed.pointer_mut(&place).unwrap() = replacement;
                if let Ok(parsed) = parse(&serde_json::to_vec(&changed).unwrap()) {
                    check(&parsed);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 10_000, "{tried}");
}

/// Read once: the property looks at thousands of cuts.
static ALL: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(fixture::all);

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in collection::vec(any::<u8>(), 0..512)) {
        if let Ok(parsed) = parse(&bytes) {
            check(&parsed);
        }
    }

    #[test]
    fn arbitrary_json_never_panics(value in any_json()) {
        if let Ok(parsed) = parse(&serde_json::to_vec(&value).unwrap()) {
            check(&parsed);
        }
    }

    #[test]
    fn a_fixture_cut_anywhere_is_refused(index in any::<sample::Index>(), cut in any::<sample::Index>()) {
        let (_, bytes) = index.get(&ALL);
        let bytes = bytes.trim_ascii_end();
        let end = cut.index(bytes.len());
        prop_assert!(end == 0 || parse(bytes.get(..end).unwrap()).is_err());
    }
}
