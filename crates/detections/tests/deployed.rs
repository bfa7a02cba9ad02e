//! What is deployed against what the files say. The answers are in the shapes of AWS's API references.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{path::Path, sync::LazyLock};

use backstop_detections::{
    address_list::{ListForm, ListKind},
    change::Weakening,
    compile::{Compiled, compile},
    deployed::{Answers, Difference, differences},
    lint::lint,
    load::load,
};
use backstop_playbook::Catalog;
use jiff::civil::date;
use serde_json::{Value, json};

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let playbooks: Catalog = backstop_playbook::load_dir(&root.join("../../playbooks")).unwrap();
    let sources = load(&root.join("tests/full/detections")).unwrap();
    compile(&lint(&sources, date(2026, 11, 27), &playbooks)).unwrap()
});

fn resource(id: &str) -> &'static Value {
    &COMPILED.template["Resources"][id]["Properties"]
}

fn location(id: &str) -> String {
    let text = resource(id)["Location"]["Fn::Sub"].as_str().unwrap();
    text.replace("${ListBucket}", "our-lists")
}

/// What AWS answers where all is as the files say.
fn answers() -> Answers {
    let list = |id: &str, name: &str, location: String| json!({ "name": name, "format": "TXT", "location": location, "status": "ACTIVE", "id": id });
    let https =
        |id: &str| location(id).replace("s3://our-lists/", "https://our-lists.s3.eu-west-1.amazonaws.com/");
    let older = |id: &str| location(id).replace("s3://", "https://s3.amazonaws.com/");
    let mut rules: Vec<Value> = ["AutomationTestBuckets", "AutomationCrownJewels"]
        .map(|id| resource(id).clone())
        .into();
    rules[0]["RuleOrder"] = json!(100.0);
    rules[0]["RuleArn"] = json!("arn:aws:securityhub:eu-west-1:111122223333:automation-rule/a");
    Answers {
        detector: Some(json!({
            "createdAt": "2026-01-01T00:00:00Z",
            "findingPublishingFrequency": "ONE_HOUR",
            "status": "ENABLED",
            "features": [
                { "name": "CLOUD_TRAIL", "status": "ENABLED" },
                { "name": "DNS_LOGS", "status": "ENABLED" },
                { "name": "FLOW_LOGS", "status": "ENABLED" },
                { "name": "S3_DATA_EVENTS", "status": "ENABLED", "updatedAt": 1.7 },
                { "name": "EKS_AUDIT_LOGS", "status": "ENABLED" },
                { "name": "EBS_MALWARE_PROTECTION", "status": "ENABLED" },
                { "name": "RDS_LOGIN_EVENTS", "status": "ENABLED" },
                { "name": "EKS_RUNTIME_MONITORING", "status": "DISABLED", "additionalConfiguration": [
                    { "name": "EKS_ADDON_MANAGEMENT", "status": "DISABLED" } ] },
                { "name": "LAMBDA_NETWORK_LOGS", "status": "ENABLED" },
                { "name": "RUNTIME_MONITORING", "status": "ENABLED", "additionalConfiguration": [
                    { "name": "EC2_AGENT_MANAGEMENT", "status": "ENABLED" },
                    { "name": "ECS_FARGATE_AGENT_MANAGEMENT", "status": "DISABLED" },
                    { "name": "EKS_ADDON_MANAGEMENT", "status": "ENABLED" } ] },
                { "name": "AI_PROTECTION", "status": "ENABLED" },
                { "name": "AI_ANALYST", "status": "DISABLED" },
            ],
        })),
        filters: vec![
            json!({ "name": "office-scanner", "action": "ARCHIVE", "rank": 7, "findingCriteria": { "criterion": {
                "type": { "equals": ["Impact:EC2/PortSweep", "Recon:EC2/Portscan"], "eq": ["Impact:EC2/PortSweep", "Recon:EC2/Portscan"], "neq": [] },
                "severity": { "lt": 5, "lessThan": 5 },
                "resource.instanceDetails.imageId": { "equals": ["ami-0123456789abcdef0"] },
                "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4": { "neq": ["198.51.100.0/24"] },
            } } }),
            // A view that somebody saved hides nothing.
            json!({ "name": "my-view", "action": "NOOP", "findingCriteria": { "criterion": {} } }),
        ],
        lists: vec![
            (
                ListForm::Entities,
                ListKind::Trusted,
                list("1", "our-scanners", location("ListOurScanners")),
            ),
            (
                ListForm::Entities,
                ListKind::Threat,
                list("2", "known-hosts", https("ListKnownHosts")),
            ),
            (
                ListForm::Addresses,
                ListKind::Trusted,
                list("3", "our-proxies", older("ListOurProxies")),
            ),
            (
                ListForm::Addresses,
                ListKind::Threat,
                list("4", "known-networks", location("ListKnownNetworks")),
            ),
        ],
        hub: Some(json!({
            "HubArn": "arn:aws:securityhub:eu-west-1:111122223333:hub/default",
            "AutoEnableControls": true, "ControlFindingGenerator": "SECURITY_CONTROL",
        })),
        automation_rules: rules,
        event_rules: vec![json!({
            "Name": "backstop-detection-root-reads", "State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
            "EventPattern": resource("EventRootReads")["EventPattern"].to_string(),
        })],
    }
}

fn found(answers: &Answers) -> Vec<Difference> {
    differences(&COMPILED.template, "our-lists", answers)
}

#[test]
fn what_is_as_the_files_say_differs_in_nothing() {
    let found = found(&answers());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_somebody_changed_by_hand_is_drift_of_its_kind() {
    type Change = fn(&mut Answers);
    let by_hand: [(&str, Weakening, Change); 14] = [
        ("detector", Weakening::Detector, |it| {
            it.detector.as_mut().unwrap()["status"] = json!("DISABLED")
        }),
        ("detector", Weakening::Detector, |it| it.detector = None),
        ("detector", Weakening::Plan, |it| {
            it.detector.as_mut().unwrap()["features"][3]["status"] = json!("DISABLED")
        }),
        ("detector", Weakening::Publishing, |it| {
            it.detector.as_mut().unwrap()["findingPublishingFrequency"] = json!("SIX_HOURS")
        }),
        ("filter/quiet", Weakening::Suppression, |it| {
            it.filters.push(json!({ "name": "quiet", "action": "ARCHIVE",
            "findingCriteria": { "criterion": { "severity": { "gte": 1 } } } }))
        }),
        ("filter/office-scanner", Weakening::Suppression, |it| {
            it.filters[0]["findingCriteria"]["criterion"]["type"]["equals"] =
                json!(["Recon:EC2/Portscan", "Backdoor:EC2/C&CActivity.B"])
        }),
        ("trusted-entities/our-scanners", Weakening::TrustedList, |it| {
            it.lists[0].2["location"] = json!("s3://their-lists/detections/all.txt")
        }),
        ("trusted-addresses/theirs", Weakening::TrustedList, |it| {
            it.lists.push((
                ListForm::Addresses,
                ListKind::Trusted,
                json!({ "name": "theirs", "location": "s3://x/y", "status": "ACTIVE" }),
            ))
        }),
        ("threat-entities/known-hosts", Weakening::ThreatList, |it| {
            it.lists[1].2["status"] = json!("INACTIVE")
        }),
        ("automation-rule/hush", Weakening::AutomationRule, |it| {
            it.automation_rules.push(json!({ "RuleName": "hush", "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Workflow": { "Status": "RESOLVED" } } }] }))
        }),
        ("automation-rule/test-buckets", Weakening::AutomationRule, |it| {
            it.automation_rules[0]["Criteria"]
                .as_object_mut()
                .unwrap()
                .remove("AwsAccountId");
        }),
        ("hub", Weakening::Gathering, |it| it.hub = None),
        ("event-rule/root-reads", Weakening::Detection, |it| {
            it.event_rules[0]["State"] = json!("DISABLED")
        }),
        ("event-rule/root-reads", Weakening::Detection, |it| {
            it.event_rules.clear()
        }),
    ];
    for (of, drift, change) in by_hand {
        let mut answers = answers();
        change(&mut answers);
        let found = found(&answers);
        assert_eq!(found.len(), 1, "{of} {drift:?}: {found:#?}");
        assert_eq!(
            (found[0].of.as_str(), found[0].drift),
            (of, Some(drift)),
            "{found:#?}"
        );
        assert!(found[0].to_string().starts_with("DRIFT, "), "{}", found[0]);
    }
}

#[test]
fn what_finds_more_than_the_files_say_is_no_drift() {
    let mut answers = answers();
    answers.filters.clear();
    answers.lists.push((
        ListForm::Entities,
        ListKind::Threat,
        json!({ "name": "more", "location": "s3://x/y", "status": "ACTIVE" }),
    ));
    answers.detector.as_mut().unwrap()["findingPublishingFrequency"] = json!("FIFTEEN_MINUTES");
    answers.automation_rules.push(json!({ "RuleName": "louder", "Actions": [{ "FindingFieldsUpdate": { "Severity": { "Label": "CRITICAL" } } }] }));
    let found = found(&answers);
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "detector FindingPublishingFrequency: FIFTEEN_MINUTES → ONE_HOUR",
            "filter/office-scanner isn't there: a deployment makes it"
        ]
    );
}

#[test]
fn where_nothing_is_everything_is_missing() {
    let found = found(&Answers::default());
    assert!(
        found.iter().all(|it| it.now.is_none() && it.after.is_some()),
        "{found:#?}"
    );
    assert!(found.len() > 8, "{}", found.len());
}
