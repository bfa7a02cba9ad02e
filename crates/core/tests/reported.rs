//! Incidents of a playbook that contains nothing: people are told, and that is how they end.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use backstop_core::{
    Mode, Playbooks, Resource, Target,
    finding::{Route, Severity},
    guardrail::{Decision, Effect},
    incident::{Incident, Status},
    kind,
    log::{Event, FindingRef, Opened, Origin, Record},
    notice::{self, mail},
};

fn incident(mode: Mode, guardrails: Vec<Decision>, finding_type: &str) -> Incident {
    let opened = Opened {
        playbook: "triage".into(),
        target: Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::Instance(kind::Instance {
                instance_id: "i-0123456789abcdef0".into(),
            }),
        },
        mode,
        steps: Vec::new(),
        origin: Origin::Finding,
        finding: FindingRef {
            key: "123456789012/eu-west-1/5ec0ffee".into(),
            finding_type: finding_type.into(),
            route: Route::GuardDutyEvent,
            severity: Severity::of_score(8.0),
            count: 3,
            first_seen: None,
            last_seen: None,
            created_at: None,
            updated_at: None,
            message: None,
            facts: Vec::new(),
            peers: Vec::new(),
            hub: None,
        },
        title: "Bitcoin-related domain name queried by EC2 instance".into(),
        linked: None,
        case: backstop_core::case::Case::default(),
        guardrails,
    };
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    let record = Record::next(None, at, "1".into(), Event::Opened(Box::new(opened))).unwrap();
    Incident::replay(&[record]).unwrap()
}

#[test]
fn without_containing_steps_an_incident_is_reported_whatever_its_mode_and_guardrails() {
    for mode in [Mode::Observe, Mode::Approve, Mode::Auto] {
        assert_eq!(
            incident(mode, vec![], "Recon:EC2/Portscan").conclusion(),
            Status::Reported
        );
    }
    let refused = Decision {
        guardrail: "pause".into(),
        effect: Effect::Refuse,
        detail: "everything is paused".into(),
    };
    let paused = incident(Mode::Observe, vec![refused], "Recon:EC2/Portscan");
    assert_eq!(paused.conclusion(), Status::Reported);
}

#[test]
fn what_the_finding_says_is_told_in_lines_that_do_no_harm() {
    let event = serde_json::json!({
        "source": "aws.guardduty", "detail-type": "GuardDuty Finding",
        "detail": {
            "id": "1", "type": "Recon:EC2/Portscan", "accountId": "123456789012", "region": "eu-west-1",
            "severity": 8, "title": "t",
            "resource": { "resourceType": "Instance", "instanceDetails": {
                "instanceId": "i-0123456789abcdef0",
                "tags": [{ "key": "team", "value": "\u{1b}[31mpayments\nSubject: x" }] } },
            "service": { "action": { "awsApiCallAction": {
                "api": "DescribeInstances", "serviceName": "ec2.amazonaws.com",
                "userAgent": "https://evil.example/".repeat(100),
                "remoteIpDetails": { "ipAddressV4": "203.0.113.7", "country": { "countryName": "Iceland" },
                                     "organization": { "asnOrg": "Example Net" } } } } },
        },
    });
    let parsed = backstop_core::finding::parse(event.to_string().as_bytes()).unwrap();
    let finding = &parsed.findings[0];
    let mut incident = incident(Mode::Observe, vec![], "Recon:EC2/Portscan");
    incident.opened.finding = FindingRef::of(finding, None);
    let notice = mail(&notice::outcome(
        &"01JDXQ6T8R7M5V9N2K4H3G1FZB".into(),
        &incident,
        &Playbooks::default(),
    ))
    .body;
    for line in [
        "  call: DescribeInstances of ec2.amazonaws.com",
        "  from: 203.0.113.7 (Iceland, Example Net)",
        "  tag: team=payments Subject: x",
    ] {
        assert!(
            notice.lines().any(|it| it == line),
            "{line} is missing in {notice}"
        );
    }
    assert!(
        !notice.contains("https") && !notice.contains('\u{1b}'),
        "{notice}"
    );
    assert!(notice.lines().all(|line| line.chars().count() <= 400), "{notice}");
}

#[test]
fn records_without_facts_keep_the_hash_they_had_before_there_were_any() {
    let incident = incident(Mode::Observe, vec![], "Recon:EC2/Portscan");
    let written = serde_json::to_value(&incident.opened.finding).unwrap();
    assert!(written.get("facts").is_none(), "{written}");
}

#[test]
fn the_notice_says_that_nothing_was_done_and_what_people_should_do() {
    let incident = incident(Mode::Observe, vec![], "CryptoCurrency:EC2/BitcoinTool.B!DNS");
    let notice = mail(&notice::outcome(
        &"01JDXQ6T8R7M5V9N2K4H3G1FZB".into(),
        &incident,
        &Playbooks::default(),
    ));
    insta::assert_snapshot!(format!("{}\n\n{}", notice.subject, notice.body));
}
