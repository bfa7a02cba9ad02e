//! What a filter means of a finding, case by case; each with the AWS document that its right value comes from.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod fixture;

use std::collections::BTreeMap;

use backstop_detections::{condition::Condition, finding::Finding, suppression::Suppression, truth::Truth};
use serde_json::{Value, json};

/// "Filtering findings in GuardDuty" (GuardDuty User Guide).
const FILTERING: &str = "Filtering findings in GuardDuty";
/// "Condition" (GuardDuty API Reference).
const CONDITION: &str = "API Condition";
/// "Creating suppression rules in GuardDuty" and "Suppression rules in GuardDuty" (GuardDuty User Guide).
const SUPPRESSION: &str = "Suppression rules in GuardDuty";
/// Not documented: the careful answer.
const OPEN: &str = "not documented";

fn texts(value: &Value) -> Vec<String> {
    let listed = value.as_array().cloned().unwrap_or_default();
    listed
        .iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn rule(criteria: &Value) -> Suppression {
    let condition = |asked: &Value| Condition {
        equals: texts(&asked["equals"]),
        not_equals: texts(&asked["not_equals"]),
        matches: texts(&asked["matches"]),
        not_matches: texts(&asked["not_matches"]),
        greater_than: asked["greater_than"].as_i64(),
        greater_than_or_equal: asked["greater_than_or_equal"].as_i64(),
        less_than: asked["less_than"].as_i64(),
        less_than_or_equal: asked["less_than_or_equal"].as_i64(),
    };
    let asked = criteria.as_object().unwrap();
    let criteria: BTreeMap<String, Condition> = asked
        .iter()
        .map(|(field, it)| (field.clone(), condition(it)))
        .collect();
    fixture::rule(criteria)
}

fn finding() -> Value {
    json!({
        "schemaVersion": "2.0", "accountId": "111122223333", "region": "eu-west-1", "partition": "aws", "id": "f1",
        "type": "Recon:EC2/PortProbeUnprotectedPort", "severity": 2, "confidence": 7.5,
        "createdAt": "2026-11-01T10:00:00.000Z", "updatedAt": "2026-11-02T10:00:00.000Z",
        "resource": {
            "resourceType": "Instance",
            "instanceDetails": {
                "instanceId": "i-99999999", "imageId": "ami-99999999", "platform": null,
                "launchTime": "2026-08-02T02:05:06.000Z",
                "tags": [{ "key": "devops", "value": "bastion" }, { "key": "Name", "value": "edge" }],
                "networkInterfaces": [
                    { "privateIpAddress": "10.0.0.1", "securityGroups": [{ "groupId": "sg-1" }, { "groupId": "sg-2" }] },
                    { "privateIpAddress": "10.0.1.1", "securityGroups": [] },
                ],
            },
            "eksClusterDetails": { "createdAt": 1_636_625_755.218_f64 },
        },
        "service": {
            "serviceName": "guardduty", "archived": false, "count": 17, "resourceRole": "TARGET",
            "action": { "actionType": "PORT_PROBE", "portProbeAction": { "blocked": false, "portProbeDetails": [
                { "localPortDetails": { "port": 22.0, "portName": "SSH" }, "remoteIpDetails": { "ipAddressV4": "198.51.100.7" } },
                { "localPortDetails": { "port": 443, "portName": "HTTPS" }, "remoteIpDetails": { "ipAddressV4": "203.0.113.9" } },
            ] } },
        },
    })
}

const PROBE_ADDRESS: &str = "service.action.portProbeAction.portProbeDetails.remoteIpDetails.ipAddressV4";
const PROBE_PORT: &str = "service.action.portProbeAction.portProbeDetails.localPortDetails.port";
const GROUP: &str = "resource.instanceDetails.networkInterfaces.securityGroups.groupId";

#[test]
fn every_case_has_its_right_value() {
    use Truth::{No, Perhaps, Yes};
    let milliseconds = 1_793_527_200_000_i64; // 2026-11-01T10:00:00Z
    let cases: Vec<(&str, &str, Value, Truth)> = vec![
        (
            FILTERING,
            "a type is equal",
            json!({ "type": { "equals": ["Recon:EC2/PortProbeUnprotectedPort"] } }),
            Yes,
        ),
        (
            FILTERING,
            "a type is another",
            json!({ "type": { "equals": ["Recon:EC2/Portscan"] } }),
            No,
        ),
        (
            FILTERING,
            "one of several values is enough",
            json!({ "type": { "equals": ["Recon:EC2/Portscan", "Recon:EC2/PortProbeUnprotectedPort"] } }),
            Yes,
        ),
        (
            FILTERING,
            "all fields must hold",
            json!({ "type": { "equals": ["Recon:EC2/PortProbeUnprotectedPort"] }, "region": { "equals": ["us-east-1"] } }),
            No,
        ),
        (
            FILTERING,
            "all fields hold",
            json!({ "type": { "equals": ["Recon:EC2/PortProbeUnprotectedPort"] }, "region": { "equals": ["eu-west-1"] } }),
            Yes,
        ),
        (
            FILTERING,
            "not equal, and it is",
            json!({ "accountId": { "not_equals": ["111122223333"] } }),
            No,
        ),
        (
            FILTERING,
            "not equal, and it is another",
            json!({ "accountId": { "not_equals": ["444455556666"] } }),
            Yes,
        ),
        (
            FILTERING,
            "none of several, and it is one",
            json!({ "accountId": { "not_equals": ["444455556666", "111122223333"] } }),
            No,
        ),
        (
            FILTERING,
            "a severity by its number",
            json!({ "severity": { "equals": ["2"] } }),
            Yes,
        ),
        (
            FILTERING,
            "a severity by another number",
            json!({ "severity": { "equals": ["8"] } }),
            No,
        ),
        (
            FILTERING,
            "a severity written with a fraction",
            json!({ "severity": { "equals": ["2.0"] } }),
            Yes,
        ),
        (
            FILTERING,
            "a number with a fraction in the finding",
            json!({ (PROBE_PORT): { "equals": ["22"] } }),
            Yes,
        ),
        (
            FILTERING,
            "a flag",
            json!({ "service.archived": { "equals": ["false"] } }),
            Yes,
        ),
        (
            FILTERING,
            "a flag, the other way",
            json!({ "service.archived": { "equals": ["true"] } }),
            No,
        ),
        (
            FILTERING,
            "created after a moment in milliseconds",
            json!({ "createdAt": { "greater_than": milliseconds - 1 } }),
            Yes,
        ),
        (
            FILTERING,
            "created after just that moment",
            json!({ "createdAt": { "greater_than": milliseconds } }),
            No,
        ),
        (
            CONDITION,
            "greater or equal at the bound",
            json!({ "createdAt": { "greater_than_or_equal": milliseconds } }),
            Yes,
        ),
        (
            CONDITION,
            "less at the bound",
            json!({ "createdAt": { "less_than": milliseconds } }),
            No,
        ),
        (
            CONDITION,
            "less or equal at the bound",
            json!({ "createdAt": { "less_than_or_equal": milliseconds } }),
            Yes,
        ),
        (
            CONDITION,
            "between two bounds",
            json!({ "service.count": { "greater_than": 16, "less_than": 18 } }),
            Yes,
        ),
        (
            CONDITION,
            "outside of two bounds",
            json!({ "service.count": { "greater_than": 1, "less_than": 17 } }),
            No,
        ),
        (
            CONDITION,
            "severity above",
            json!({ "severity": { "greater_than_or_equal": 4 } }),
            No,
        ),
        (
            CONDITION,
            "severity below",
            json!({ "severity": { "less_than": 4 } }),
            Yes,
        ),
        (
            CONDITION,
            "a bound on a number with a fraction",
            json!({ "confidence": { "greater_than": 7 } }),
            Yes,
        ),
        (
            CONDITION,
            "equal and not another at once",
            json!({ "region": { "equals": ["eu-west-1"], "not_equals": ["us-east-1"] } }),
            Yes,
        ),
        (
            CONDITION,
            "equal and not that at once",
            json!({ "region": { "equals": ["eu-west-1"], "not_equals": ["eu-west-1"] } }),
            No,
        ),
        (
            SUPPRESSION,
            "a pattern",
            json!({ "type": { "matches": ["Recon:EC2/PortProbe*"] } }),
            Yes,
        ),
        (
            SUPPRESSION,
            "a pattern that doesn't fit",
            json!({ "type": { "matches": ["Recon:IAMUser/*"] } }),
            No,
        ),
        (
            SUPPRESSION,
            "a pattern fits as a whole, not a part",
            json!({ "type": { "matches": ["PortProbe*"] } }),
            No,
        ),
        (
            SUPPRESSION,
            "one of several patterns",
            json!({ "type": { "matches": ["X*", "*Unprotected*"] } }),
            Yes,
        ),
        (
            SUPPRESSION,
            "not like a pattern, and it is",
            json!({ "type": { "not_matches": ["Recon:*"] } }),
            No,
        ),
        (
            SUPPRESSION,
            "not like a pattern, and it isn't",
            json!({ "type": { "not_matches": ["Impact:*"] } }),
            Yes,
        ),
        (
            SUPPRESSION,
            "one letter",
            json!({ "region": { "matches": ["eu-west-?"] } }),
            Yes,
        ),
        (
            SUPPRESSION,
            "one letter is not none",
            json!({ "region": { "matches": ["eu-west-1?"] } }),
            No,
        ),
        (
            SUPPRESSION,
            "a star under equals is a star",
            json!({ "type": { "equals": ["Recon:*"] } }),
            No,
        ),
        (
            SUPPRESSION,
            "an image, as AWS's own example",
            json!({ "type": { "equals": ["Recon:EC2/PortProbeUnprotectedPort"] }, "resource.instanceDetails.imageId": { "equals": ["ami-99999999"] } }),
            Yes,
        ),
        (
            SUPPRESSION,
            "a tag's value, as AWS's own example",
            json!({ "resource.instanceDetails.tags.value": { "equals": ["bastion"] } }),
            Yes,
        ),
        (
            SUPPRESSION,
            "an address in a range",
            json!({ (PROBE_ADDRESS): { "equals": ["198.51.100.0/24"] } }),
            Yes,
        ),
        (
            SUPPRESSION,
            "no address in a range",
            json!({ (PROBE_ADDRESS): { "equals": ["192.0.2.0/24"] } }),
            No,
        ),
        (
            SUPPRESSION,
            "an address itself",
            json!({ (PROBE_ADDRESS): { "equals": ["203.0.113.9"] } }),
            Yes,
        ),
        (
            OPEN,
            "any element of a list, in a list",
            json!({ (GROUP): { "equals": ["sg-2"] } }),
            Yes,
        ),
        (
            OPEN,
            "no element of a list",
            json!({ (GROUP): { "equals": ["sg-3"] } }),
            No,
        ),
        (
            OPEN,
            "not equal to one of a list's elements",
            json!({ (GROUP): { "not_equals": ["sg-2"] } }),
            Perhaps,
        ),
        (
            OPEN,
            "not equal to any of a list's elements",
            json!({ (GROUP): { "not_equals": ["sg-3"] } }),
            Yes,
        ),
        (
            OPEN,
            "not equal to all of a list's elements",
            json!({ (GROUP): { "not_equals": ["sg-1", "sg-2"] } }),
            No,
        ),
        (
            OPEN,
            "a field that isn't there equals nothing",
            json!({ "resource.s3BucketDetails.name": { "equals": ["b"] } }),
            No,
        ),
        (
            OPEN,
            "a field that isn't there isn't equal to anything",
            json!({ "resource.s3BucketDetails.name": { "not_equals": ["b"] } }),
            Yes,
        ),
        (
            OPEN,
            "null is not there",
            json!({ "resource.instanceDetails.platform": { "not_equals": ["windows"] } }),
            Yes,
        ),
        (
            OPEN,
            "a field that isn't there is like nothing",
            json!({ "resource.s3BucketDetails.name": { "matches": ["*"] } }),
            No,
        ),
        (
            OPEN,
            "a field that isn't there is not more",
            json!({ "service.detection.sequence.endpoints.port": { "greater_than": 0 } }),
            No,
        ),
        (
            OPEN,
            "case differs",
            json!({ "region": { "equals": ["EU-WEST-1"] } }),
            Perhaps,
        ),
        (
            OPEN,
            "case differs in a pattern",
            json!({ "type": { "matches": ["recon:ec2/*"] } }),
            Perhaps,
        ),
        (
            OPEN,
            "seconds since 1970 in the finding",
            json!({ "resource.eksClusterDetails.createdAt": { "less_than": 1_636_625_756_000_i64, "greater_than": 1_636_625_755_000_i64 } }),
            Yes,
        ),
        (OPEN, "nothing is asked", json!({}), No),
    ];
    let finding = Finding::whole(finding());
    let mut wrong = Vec::new();
    for (source, what, criteria, right) in &cases {
        let found = rule(criteria).hides(&finding);
        if found != *right {
            wrong.push(format!("{source}: {what}: {found:?}, not {right:?}"));
        }
    }
    let documented = cases.iter().filter(|(source, ..)| *source != OPEN).count();
    println!(
        "{} of {} cases right, {documented} of them documented",
        cases.len() - wrong.len(),
        cases.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(documented >= 40);
}

#[test]
fn of_a_sketch_all_that_is_unknown_may_be_hidden() {
    let sketch = Finding::sketch(json!({ "type": "Recon:EC2/Portscan" }));
    let hides = |criteria: Value| rule(&criteria).hides(&sketch);
    assert_eq!(
        hides(json!({ "type": { "equals": ["Recon:EC2/Portscan"] } })),
        Truth::Yes
    );
    assert_eq!(
        hides(json!({ "type": { "equals": ["Impact:EC2/PortSweep"] } })),
        Truth::No
    );
    let narrow =
        json!({ "type": { "equals": ["Recon:EC2/Portscan"] }, "region": { "equals": ["eu-west-1"] } });
    assert_eq!(hides(narrow), Truth::Perhaps);
}
