#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
use backstop_aws::answering;

use super::*;

const ADDRESS: &str = "203.0.113.9";

fn address() -> IpAddr {
    ADDRESS.parse().unwrap()
}

#[tokio::test]
async fn other_findings_that_name_the_address_are_told_and_those_about_the_instance_are_not() {
    let findings = json!({ "findings": [
        {
            "id": "aaa", "type": "Backdoor:EC2/C&CActivity.B",
            "resource": { "resourceType": "Instance", "instanceDetails": { "instanceId": "i-0fedcba9876543210" } },
            "service": { "eventLastSeen": "2026-03-01T11:00:00Z" },
        },
        {
            "id": "bbb", "type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller",
            "resource": { "resourceType": "AccessKey", "accessKeyDetails": { "userName": "eve\u{1b}[2J\nadmin" } },
            "service": {},
        },
        { "id": "own", "type": "t", "resource": { "instanceDetails": { "instanceId": "i-0123456789abcdef0" } } },
    ] });
    let (config, requests) = answering(
        "eu-west-1",
        &[
            (200, r#"{ "detectorIds": ["abc123"] }"#),
            (200, r#"{ "findingIds": ["aaa", "own"] }"#),
            (200, r#"{ "findingIds": ["bbb"], "nextToken": "more" }"#),
            (200, &findings.to_string()),
        ],
    );
    let seen = in_findings(&config, address(), "i-0123456789abcdef0")
        .await
        .unwrap();
    assert_eq!(
        seen.lines,
        [
            "GuardDuty names 203.0.113.9 at instance i-0fedcba9876543210, too: Backdoor:EC2/C&CActivity.B, last seen \
             2026-03-01T11:00:00Z (finding aaa)",
            "GuardDuty names 203.0.113.9 at the credentials of eve admin, too: \
             UnauthorizedAccess:IAMUser/MaliciousIPCaller, last seen an unknown time (finding bbb)",
        ]
    );
    assert_eq!(
        seen.limits,
        ["GuardDuty has more than 50 findings that name 203.0.113.9: only the newest were read"]
    );
    let all = requests.all();
    assert!(
        all[0].line.starts_with("GET ") && all[0].line.ends_with("/detector"),
        "{}",
        all[0].line
    );
    for (asked, criterion) in [&all[1], &all[2]].into_iter().zip(CRITERIA) {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        assert!(
            asked.line.ends_with("/detector/abc123/findings"),
            "{}",
            asked.line
        );
        assert_eq!(
            body["findingCriteria"]["criterion"],
            json!({ criterion: { "equals": [ADDRESS] } })
        );
    }
    let body: Value = serde_json::from_str(&all[3].body).unwrap();
    assert_eq!(body, json!({ "findingIds": ["aaa", "own", "bbb"] }));
}

#[tokio::test]
async fn where_guardduty_is_off_or_not_asked_it_is_said() {
    let (config, requests) = answering("eu-west-1", &[(200, r#"{ "detectorIds": [] }"#)]);
    let seen = in_findings(&config, address(), "i-1").await.unwrap();
    assert!(
        seen.lines.is_empty() && seen.limits[0].starts_with("GuardDuty is off"),
        "{seen:?}"
    );
    assert_eq!(requests.all().len(), 1);
    let seen = in_findings(&config, "2001:db8::1".parse().unwrap(), "i-1")
        .await
        .unwrap();
    assert!(seen.limits[0].contains("IPv4 addresses only"), "{seen:?}");
    assert_eq!(requests.all().len(), 1, "nothing more is asked");
}

#[tokio::test]
async fn a_detectors_id_that_is_none_becomes_no_path() {
    let (config, requests) = answering("eu-west-1", &[(200, r#"{ "detectorIds": ["../../x"] }"#)]);
    let seen = in_findings(&config, address(), "i-1").await.unwrap();
    assert!(seen.limits[0].starts_with("GuardDuty is off"), "{seen:?}");
    assert_eq!(requests.all().len(), 1);
}
