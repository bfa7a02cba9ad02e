//! What differs between two templates, and what of it finds less.
#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_detections::change::{Weakening, changes, without_ended};
use jiff::civil::date;
use serde_json::{Value, json};

fn template(kind: &str, properties: &Value) -> Value {
    json!({ "Resources": { "It": { "Type": format!("AWS::{kind}"), "Properties": properties } } })
}

fn weakenings(now: &Value, after: &Value) -> Vec<Option<Weakening>> {
    changes(now, after).iter().map(|it| it.weakening).collect()
}

#[test]
fn what_finds_less_is_named_and_its_put_back_isn_t() {
    let detector = |enable: bool, frequency: &str, s3: &str| {
        json!({ "Enable": enable, "FindingPublishingFrequency": frequency, "Features": [
            { "Name": "S3_DATA_EVENTS", "Status": s3 }, { "Name": "EKS_AUDIT_LOGS", "Status": "ENABLED" } ] })
    };
    let on = detector(true, "FIFTEEN_MINUTES", "ENABLED");
    let filter = |action: &str, types: &[&str]| json!({ "Action": action, "FindingCriteria": { "Criterion": { "type": { "Equals": types } } } });
    let rule = |status: &str| json!({ "Actions": [{ "FindingFieldsUpdate": { "Workflow": { "Status": status } } }] });
    let rule_v2 = |id: u8| json!({ "Actions": [{ "FindingFieldsUpdate": { "StatusId": id } }] });
    let event = |state: &str, call: &str| json!({ "State": state, "EventPattern": { "detail": { "eventName": [call] } } });
    for (kind, now, after, expected) in [
        (
            "GuardDuty::Detector",
            on.clone(),
            detector(false, "FIFTEEN_MINUTES", "ENABLED"),
            Weakening::Detector,
        ),
        (
            "GuardDuty::Detector",
            on.clone(),
            detector(true, "SIX_HOURS", "ENABLED"),
            Weakening::Publishing,
        ),
        (
            "GuardDuty::Detector",
            on.clone(),
            detector(true, "FIFTEEN_MINUTES", "DISABLED"),
            Weakening::Plan,
        ),
        (
            "GuardDuty::Detector",
            on,
            json!({ "Enable": true, "FindingPublishingFrequency": "FIFTEEN_MINUTES",
            "Features": [{ "Name": "S3_DATA_EVENTS", "Status": "ENABLED" }] }),
            Weakening::Plan,
        ),
        (
            "GuardDuty::Filter",
            filter("NOOP", &["a"]),
            filter("ARCHIVE", &["a"]),
            Weakening::Suppression,
        ),
        (
            "GuardDuty::Filter",
            filter("ARCHIVE", &["a"]),
            filter("ARCHIVE", &["a", "b"]),
            Weakening::Suppression,
        ),
        (
            "GuardDuty::IPSet",
            json!({ "Location": "s3://b/a" }),
            json!({ "Location": "s3://b/b" }),
            Weakening::TrustedList,
        ),
        (
            "GuardDuty::ThreatEntitySet",
            json!({ "Location": "s3://b/a" }),
            json!({ "Location": "s3://b/b" }),
            Weakening::ThreatList,
        ),
        (
            "GuardDuty::CustomDetectionRuleAssociation",
            json!({ "Mode": "LIVE" }),
            json!({ "Mode": "DRY_RUN" }),
            Weakening::Detection,
        ),
        (
            "SecurityHub::AutomationRule",
            rule("NOTIFIED"),
            rule("SUPPRESSED"),
            Weakening::AutomationRule,
        ),
        (
            "SecurityHub::AutomationRuleV2",
            rule_v2(1),
            rule_v2(4),
            Weakening::AutomationRule,
        ),
        (
            "SecurityHub::FindingAggregator",
            json!({ "RegionLinkingMode": "ALL_REGIONS" }),
            json!({ "RegionLinkingMode": "SPECIFIED_REGIONS" }),
            Weakening::Gathering,
        ),
        (
            "Events::Rule",
            event("ENABLED", "StopLogging"),
            event("DISABLED", "StopLogging"),
            Weakening::Detection,
        ),
        (
            "Events::Rule",
            event("ENABLED", "StopLogging"),
            event("ENABLED", "StartLogging"),
            Weakening::Detection,
        ),
    ] {
        let (now, after) = (template(kind, &now), template(kind, &after));
        let found = weakenings(&now, &after);
        assert_eq!(found, [Some(expected)], "{kind}: {now} → {after}");
        assert_eq!(weakenings(&now, &now), []);
    }
    let back = weakenings(
        &template("GuardDuty::Detector", &detector(false, "SIX_HOURS", "DISABLED")),
        &template(
            "GuardDuty::Detector",
            &detector(true, "FIFTEEN_MINUTES", "ENABLED"),
        ),
    );
    assert_eq!(back, [None; 3]);
}

#[test]
fn what_comes_and_goes_is_one_line() {
    let none = json!({ "Resources": {} });
    for (kind, properties, comes, goes) in [
        (
            "GuardDuty::Filter",
            json!({ "Action": "ARCHIVE" }),
            Some(Weakening::Suppression),
            None,
        ),
        ("GuardDuty::Filter", json!({ "Action": "NOOP" }), None, None),
        ("GuardDuty::Detector", json!({}), None, Some(Weakening::Detector)),
        (
            "GuardDuty::TrustedEntitySet",
            json!({}),
            Some(Weakening::TrustedList),
            None,
        ),
        (
            "GuardDuty::ThreatIntelSet",
            json!({}),
            None,
            Some(Weakening::ThreatList),
        ),
        (
            "GuardDuty::PublishingDestination",
            json!({}),
            None,
            Some(Weakening::Gathering),
        ),
        (
            "SecurityHub::AutomationRule",
            json!({ "Actions": [{ "FindingFieldsUpdate": { "Severity": { "Label": "LOW" } } }] }),
            None,
            None,
        ),
        ("Events::Rule", json!({}), None, Some(Weakening::Detection)),
        ("SNS::Topic", json!({}), None, None),
    ] {
        let there = template(kind, &properties);
        assert_eq!(weakenings(&none, &there), [comes], "{kind} comes");
        assert_eq!(weakenings(&there, &none), [goes], "{kind} goes");
    }
    // Another type under the same id is another resource.
    let found = changes(
        &template("GuardDuty::IPSet", &json!({})),
        &template("GuardDuty::ThreatIntelSet", &json!({})),
    );
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        ["- It (GuardDuty::IPSet)", "+ It (GuardDuty::ThreatIntelSet)"]
    );
}

#[test]
fn a_change_is_shown_as_now_and_after_and_order_means_nothing() {
    let filter = |types: &[&str]| {
        template(
            "GuardDuty::Filter",
            &json!({ "Action": "ARCHIVE", "FindingCriteria": { "Criterion": { "type": { "Equals": types } } } }),
        )
    };
    assert!(changes(&filter(&["a", "b"]), &filter(&["b", "a"])).is_empty());
    let found = changes(&filter(&["a"]), &filter(&["a\u{1b}[31m\nb"]));
    let shown = found.first().unwrap().to_string();
    assert_eq!(
        shown,
        r#"~ It (GuardDuty::Filter) FindingCriteria.Criterion.type.Equals: ["a"] → ["a\u001b[31m\nb"]  FINDS LESS: hides findings"#
    );
    assert!(
        changes(&Value::Null, &Value::Null).is_empty(),
        "no template has no resources"
    );
}

#[test]
fn what_has_ended_doesn_t_come_back() {
    let of = |end: &str| json!({ "Type": "AWS::GuardDuty::Filter", "Metadata": { "Backstop": { "Expires": end } } });
    let template = json!({ "Resources": { "Old": of("2026-11-26"), "Last": of("2026-11-27"), "Other": { "Type": "AWS::SNS::Topic" } } });
    let (left, ended) = without_ended(&template, date(2026, 11, 27));
    assert_eq!(ended, ["Old"]);
    let kept: Vec<&String> = left
        .get("Resources")
        .unwrap()
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(kept, ["Last", "Other"]);
}
