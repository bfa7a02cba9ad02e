//! Findings that are read back from the service that made them, and those that somebody else may have sent.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use backstop_core::{
    Finding, Target,
    finding::{ReadBack, SeverityLabel, Unconfirmed, parse},
};
use serde_json::{Value, json};

fn event(name: &str) -> Value {
    serde_json::from_slice(&fixture::bytes(name)).unwrap()
}

fn read(event: &Value) -> Finding {
    parse(event.to_string().as_bytes()).unwrap().findings.remove(0)
}

/// What the service says of the claimed finding, of which this is the detail.
fn confirm(claimed: &Finding, answer: &Value) -> Result<Target, Unconfirmed> {
    let read_back = claimed.read_back()?;
    let found = read_back.found(claimed, answer)?;
    claimed.confirmed(read_back.service(), &claimed.targets[0], &found)
}

#[test]
fn each_route_of_a_guardduty_finding_leads_to_the_same_detector() {
    for name in [
        "guardduty-access-key",
        "asff-guardduty",
        "ocsf-guardduty-access-key",
    ] {
        let finding = fixture::finding(name);
        let ReadBack::GuardDuty {
            detector,
            finding: id,
        } = finding.read_back().unwrap()
        else {
            unreachable!("{name}")
        };
        assert_eq!(id, finding.id, "{name}");
        assert_eq!(detector.len(), 32, "{name}: {detector}");
    }
}

#[test]
fn what_guardduty_has_confirms_every_route() {
    let there = json!({ "findings": [event("guardduty-access-key")["detail"]] });
    for name in [
        "guardduty-access-key",
        "asff-guardduty",
        "ocsf-guardduty-access-key",
    ] {
        let claimed = fixture::finding(name);
        let target = confirm(&claimed, &there).unwrap();
        assert_eq!(target.key(), claimed.targets[0].key(), "{name}");
    }
}

#[test]
fn what_the_service_has_otherwise_or_not_at_all_is_told() {
    let claimed = read(&event("guardduty-access-key"));
    let none = json!({ "findings": [] });
    assert_eq!(confirm(&claimed, &none), Err(Unconfirmed::NotThere("GuardDuty")));
    let differs = |pointer: &str, value: Value| {
        let mut there = event("guardduty-access-key")["detail"].clone();
        *there.pointer_mut(pointer).unwrap() = value;
        match confirm(&claimed, &json!({ "findings": [there] })) {
            Err(Unconfirmed::Differs { what, .. }) => what,
            Err(Unconfirmed::Inactive { .. }) => "standing",
            other => unreachable!("{pointer}: {other:?}"),
        }
    };
    assert_eq!(differs("/type", json!("Recon:IAMUser/MaliciousIPCaller")), "type");
    assert_eq!(differs("/severity", json!(1.0)), "severity");
    assert_eq!(
        differs(
            "/resource/accessKeyDetails/accessKeyId",
            json!("AKIAIOSFODNN7EXAMPL2")
        ),
        "resource"
    );
    assert_eq!(differs("/service/archived", json!(true)), "standing");
}

/// The names beside the id that a forger chose aren't acted on: those that the service has are.
#[test]
fn the_target_is_the_services_own() {
    let mut claimed = read(&event("guardduty-access-key"));
    let there = json!({ "findings": [event("guardduty-access-key")["detail"]] });
    let real = claimed.targets[0].clone();
    let mut forged = serde_json::to_value(&real).unwrap();
    forged["resource"]["user_name"] = json!("somebody-else");
    claimed.targets[0] = serde_json::from_value(forged).unwrap();
    assert_eq!(confirm(&claimed, &there).unwrap(), real);
}

#[test]
fn a_severity_that_rose_since_confirms() {
    let mut claimed = read(&event("guardduty-access-key"));
    claimed.severity = backstop_core::finding::Severity::of_label(SeverityLabel::Low);
    let there = json!({ "findings": [event("guardduty-access-key")["detail"]] });
    assert!(confirm(&claimed, &there).is_ok());
}

#[test]
fn an_arn_of_another_finding_account_or_form_leads_nowhere() {
    for arn in [
        "arn:aws:guardduty:eu-west-1:999999999999:detector/d0d0cafe/finding/0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "arn:aws:guardduty:eu-west-1:123456789012:detector/d0d0cafe/finding/another",
        "arn:aws:guardduty:eu-west-1:123456789012:detector/../../x/finding/0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "arn:aws:guardduty:eu-west-1:123456789012:filter/d0d0cafe",
        "x",
    ] {
        let mut claimed = read(&event("guardduty-access-key"));
        claimed.arn = Some(arn.to_owned());
        assert!(
            matches!(claimed.read_back(), Err(Unconfirmed::Nowhere(_))),
            "{arn}"
        );
    }
}

#[test]
fn controls_are_read_back_from_security_hub_in_their_own_format() {
    let claimed = fixture::finding("asff-control");
    assert!(matches!(claimed.read_back(), Ok(ReadBack::SecurityHub(_))));
    let there = json!({ "Findings": [event("asff-control")["detail"]["findings"][0]] });
    assert!(confirm(&claimed, &there).is_ok());
    assert_eq!(
        confirm(&claimed, &json!({ "Findings": [] })),
        Err(Unconfirmed::NotThere("Security Hub"))
    );
}

#[test]
fn a_leak_that_health_tells_needs_the_key_in_that_event() {
    let mut claimed = fixture::finding("health-credentials-exposed");
    let Ok(ReadBack::Health { event }) = claimed.read_back() else {
        unreachable!("{:?}", claimed.read_back())
    };
    let key = claimed.targets[0].resource.id();
    let entity = |event: &str, key: &str| json!({ "entities": [{ "eventArn": event, "entityValue": key }] });
    assert!(confirm(&claimed, &entity(&event, &key)).is_ok());
    for answer in [
        entity(&event, "AKIAIOSFODNN7EXAMPL2"),
        entity("arn:aws:health:us-east-1::event/RISK/X/X_1", &key),
        json!({ "entities": [] }),
    ] {
        assert_eq!(
            confirm(&claimed, &answer),
            Err(Unconfirmed::NotThere("AWS Health"))
        );
    }
    claimed.finding_type = "AWS_RISK_OTHER".to_owned();
    assert!(matches!(claimed.read_back(), Err(Unconfirmed::Nowhere(_))));
}

#[test]
fn an_answer_that_is_none_is_no_proof() {
    let claimed = read(&event("guardduty-access-key"));
    for answer in [json!({}), json!({ "findings": "x" }), json!({ "findings": [{}] })] {
        assert!(
            matches!(confirm(&claimed, &answer), Err(Unconfirmed::Unreadable { .. })),
            "{answer}"
        );
    }
}

/// A true finding under a false address would have the address of somebody's choice denied.
#[test]
fn the_address_it_talked_with_is_the_services() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events/instance-c2.json");
    let there: Value = serde_json::from_str(&std::fs::read_to_string(folder).unwrap()).unwrap();
    let answer = json!({ "findings": [there["detail"]] });
    confirm(&read(&there), &answer).unwrap();
    let remote = "/detail/service/action/networkConnectionAction/remoteIpDetails";
    let mut forged = there.clone();
    *forged.pointer_mut(&format!("{remote}/ipAddressV4")).unwrap() = json!("198.51.100.9");
    let refused = confirm(&read(&forged), &answer).unwrap_err();
    assert!(
        matches!(&refused, Unconfirmed::Differs { what: "remote address", there, .. } if there == "203.0.113.66"),
        "{refused}"
    );
    let mut amazons = there["detail"].clone();
    *amazons
        .pointer_mut("/service/action/networkConnectionAction/remoteIpDetails/organization/asn")
        .unwrap() = json!("16509");
    confirm(&read(&there), &json!({ "findings": [amazons] })).unwrap_err();
}
