//! One finding by every route is one finding: the same key, type and targets, whatever wraps it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod fixture;

use backstop_core::finding::{ParseError, parse};
use fixture::{error, finding, parsed};

/// The one leaked key of the fixtures, by each route it may take.
const ROUTES: [&str; 13] = [
    "guardduty-access-key",
    "guardduty-envelope-of-admin-account",
    "guardduty-drill",
    "guardduty-bare-detail",
    "guardduty-api-one",
    "asff-guardduty",
    "asff-guardduty-broken-arn",
    "asff-drill",
    "ocsf-guardduty-access-key",
    "ocsf-guardduty-renamed-type",
    "ocsf-drill",
    "sns-record",
    "sns-notification-in-sqs-body",
];

#[test]
fn every_route_gives_the_same_key_type_account_and_target() {
    let first = finding(ROUTES[0]);
    for route in ROUTES {
        let other = finding(route);
        assert_eq!(other.key(), first.key(), "{route}");
        assert_eq!(other.finding_type, first.finding_type, "{route}");
        assert_eq!(other.product, first.product, "{route}");
        assert_eq!(other.severity.label, first.severity.label, "{route}");
        assert_eq!(other.targets[0].key(), first.targets[0].key(), "{route}");
        assert_eq!(other.targets[0].resource, first.targets[0].resource, "{route}");
        assert_eq!(other.targets.len(), 1, "{route}");
    }
}

#[test]
fn asff_and_ocsf_copies_of_a_control_are_one_finding() {
    let (asff, ocsf) = (finding("asff-control"), finding("ocsf-compliance-failed"));
    assert_eq!(asff.key(), ocsf.key());
    assert_eq!(asff.finding_type, ocsf.finding_type);
    assert_eq!(asff.control, ocsf.control);
    assert_eq!(asff.targets[0].key(), ocsf.targets[0].key());
}

#[test]
fn drills_are_marked_on_every_route() {
    for name in ["guardduty-drill", "asff-drill", "ocsf-drill"] {
        assert!(parsed(name).envelope.is_drill, "{name}");
    }
    for name in ROUTES.iter().filter(|name| !name.contains("drill")) {
        assert!(!parsed(name).envelope.is_drill, "{name}");
    }
}

#[test]
fn one_unreadable_record_doesnt_lose_the_others() {
    let parsed = parsed("sqs-records");
    assert_eq!(parsed.findings.len(), 2);
    assert_eq!((parsed.refused.len(), parsed.refused[0].index), (1, 1));
    assert_eq!(
        parsed.refused[0].error.to_string(),
        "reading `$.Records[1].body` as JSON"
    );
}

#[test]
fn a_drill_record_can_hide_no_real_one_nor_the_other_way() {
    let parsed = parsed("sqs-records-drill-and-real");
    assert_eq!(parsed.findings.len(), 1);
    assert_eq!(parsed.refused[0].error.name(), "MixedDrill");
}

#[test]
fn a_plain_list_is_read_item_by_item() {
    assert_eq!(parsed("guardduty-array-of-bare").findings.len(), 2);
}

#[test]
fn what_isnt_a_finding_is_refused_by_name() {
    for (name, expected) in [
        ("kinesis-record", "KinesisRecord"),
        ("s3-record", "WrongShape"),
        ("no-records", "NoRecords"),
        ("wrapped-too-often", "TooManyWrappers"),
        ("event-without-detail", "NoDetail"),
        ("event-detail-is-text", "WrongShape"),
        ("event-of-another-service", "UnknownSource"),
        ("event-of-unknown-detail-type", "UnknownDetailType"),
        ("event-without-detail-type", "MissingField"),
        ("drill-with-unknown-detail-type", "UnknownDetailType"),
        ("sns-subscription-confirmation", "UnknownShape"),
        ("empty-object", "UnknownShape"),
        ("number", "UnknownShape"),
    ] {
        assert_eq!(error(name).name(), expected, "{name}");
    }
}

#[test]
fn names_from_the_payload_are_harmless_in_messages() {
    let message = error("event-of-unknown-detail-type").to_string();
    assert!(message.contains("GuardDuty Weather Report"), "{message}");
    assert!(!message.contains('\u{1b}'), "{message}");
}

#[test]
fn bytes_that_arent_json_are_refused_and_a_byte_order_mark_isnt_in_the_way() {
    assert!(matches!(parse(b"{\"detail\":"), Err(ParseError::NotJson { .. })));
    assert!(matches!(parse(b"\xff\xfe"), Err(ParseError::NotJson { .. })));
    assert!(matches!(parse(b""), Err(ParseError::NotJson { .. })));
    let deep = "[".repeat(100_000);
    assert!(matches!(parse(deep.as_bytes()), Err(ParseError::NotJson { .. })));
    let mut marked = b"\xEF\xBB\xBF".to_vec();
    marked.extend(fixture::bytes("guardduty-access-key"));
    assert_eq!(parse(&marked).unwrap().findings.len(), 1);
}

#[test]
fn a_finding_of_300_kb_is_read_and_its_text_is_bounded() {
    let mut event: serde_json::Value =
        serde_json::from_slice(&fixture::bytes("guardduty-access-key")).unwrap();
    let Some(detail) = event.get_mut("detail") else {
        panic!("no detail")
    };
    detail["title"] = "é".repeat(100_000).into();
    detail["description"] = "x".repeat(200_000).into();
    let parsed = parse(&serde_json::to_vec(&event).unwrap()).unwrap();
    let title = &parsed.findings[0].title;
    assert_eq!((title.chars().count(), title.chars().last()), (1_024, Some('…')));
    assert_eq!(parsed.findings[0].description.chars().count(), 8_192);
    assert_eq!(
        parsed.findings[0].targets,
        finding("guardduty-access-key").targets
    );
}
