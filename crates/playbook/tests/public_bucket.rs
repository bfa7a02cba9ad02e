//! Which findings reach the playbook `public-bucket`, and with which buckets. Findings that nobody of this project
//! wrote are replayed where they lie beside the checkout at `../shared/findings`; their licences differ, so that
//! they aren't part of the repository.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests; the counts are what this one is run for"
)]

mod real;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use backstop_core::{
    Finding, Mode,
    finding::{SeverityLabel, parse},
    kind,
};
use backstop_playbook::{Catalog, known, load_dir};
use serde_json::{Value, json};

const NAME: &str = "public-bucket";
const TYPES: [&str; 3] = [
    "Policy:S3/BucketAnonymousAccessGranted",
    "Policy:S3/BucketBlockPublicAccessDisabled",
    "Policy:S3/BucketPublicAccessGranted",
];
const CONTROLS: [&str; 3] = ["S3.2", "S3.3", "S3.8"];

fn catalog() -> Catalog {
    load_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks")).unwrap()
}

/// The buckets for which the playbook answers a finding.
fn answered(catalog: &Catalog, finding: &Finding) -> BTreeSet<String> {
    let ours = catalog.answers(finding).into_iter();
    ours.filter(|answer| answer.playbook.name.as_str() == NAME)
        .filter_map(|answer| kind::Bucket::of(&answer.target.resource))
        .map(|bucket| bucket.name.clone())
        .collect()
}

fn buckets(finding: &Finding) -> BTreeSet<String> {
    let targets = finding.targets.iter();
    targets
        .filter_map(|target| kind::Bucket::of(&target.resource))
        .map(|bucket| bucket.name.clone())
        .collect()
}

fn own_finding() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks/public-bucket/finding.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn parsed(event: &Value) -> Finding {
    let parsed = parse(event.to_string().as_bytes()).unwrap();
    parsed.findings.into_iter().next().unwrap()
}

#[test]
fn every_bucket_of_a_finding_is_answered_not_the_first_only() {
    let mut event = own_finding();
    let list = event.pointer_mut("/detail/resource/s3BucketDetails").unwrap();
    let mut second = list.get(0).unwrap().clone();
    *second.get_mut("name").unwrap() = "second-bucket".into();
    *second.get_mut("arn").unwrap() = "arn:aws:s3:::second-bucket".into();
    list.as_array_mut().unwrap().push(second);
    let expected = ["example-customer-exports", "second-bucket"].map(str::to_owned);
    assert_eq!(answered(&catalog(), &parsed(&event)), BTreeSet::from(expected));
}

#[test]
fn a_credential_that_reads_or_deletes_is_not_answered_by_closing_the_bucket() {
    let catalog = catalog();
    for known in known::matching("*:S3/*") {
        let mut event = own_finding();
        *event.pointer_mut("/detail/type").unwrap() = known.name.into();
        let Ok(parsed) = parse(event.to_string().as_bytes()) else {
            continue;
        };
        let is_answered = parsed
            .findings
            .iter()
            .any(|finding| !answered(&catalog, finding).is_empty());
        assert_eq!(is_answered, TYPES.contains(&known.name), "{}", known.name);
    }
}

#[test]
fn real_findings_of_opened_buckets_reach_it_with_all_their_buckets() {
    let Some(events) = real::events() else { return };
    let catalog = catalog();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut reached = 0;
    for (name, bytes) in events {
        let Ok(parsed) = parse(&bytes) else { continue };
        for finding in parsed.findings {
            let control = finding.control.as_deref().unwrap_or_default();
            let found = answered(&catalog, &finding);
            // A control that passed is informational, below the playbook's floor.
            let is_ours = finding.severity.label > SeverityLabel::Informational
                && (TYPES.contains(&finding.finding_type.as_str()) || CONTROLS.contains(&control));
            let expected = if is_ours {
                buckets(&finding)
            } else {
                BTreeSet::new()
            };
            assert_eq!(found, expected, "{name}");
            reached += usize::from(!found.is_empty());
            if finding.finding_type.contains(":S3/") || control.starts_with("S3.") {
                let what = if control.is_empty() {
                    &finding.finding_type
                } else {
                    control
                };
                let line = format!("{what:45} answered for {} bucket(s)", found.len());
                *counts.entry(line).or_default() += 1;
            }
        }
    }
    for (line, number) in &counts {
        println!("{number:4} | {line}");
    }
    assert!(reached > 0, "none of the real findings reached the playbook");
}

/// As Security Hub passes on what Macie and IAM Access Analyzer find (ASFF).
fn imported(product: &str, types: &str, other: &Value) -> Finding {
    let finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": format!("arn:aws:{product}:eu-west-1:123456789012:finding/0123456789abcdef"),
        "ProductArn": format!("arn:aws:securityhub:eu-west-1::product/aws/{product}"),
        "GeneratorId": format!("aws/{product}"),
        "AwsAccountId": "123456789012",
        "Types": [types],
        "CreatedAt": "2026-03-01T11:00:00Z",
        "UpdatedAt": "2026-03-01T11:00:00Z",
        "Severity": { "Label": "HIGH" },
        "Title": "a bucket", "Description": "a bucket",
        "Resources": [{ "Type": "AwsS3Bucket", "Id": "arn:aws:s3:::holiday-pictures", "Region": "eu-west-1",
            "Details": { "Other": other } }],
        "Workflow": { "Status": "NEW" }, "RecordState": "ACTIVE",
    });
    let event = json!({ "version": "0", "id": "01234567-89ab-cdef-0123-456789abcdef", "source": "aws.securityhub",
        "detail-type": "Security Hub Findings - Imported", "account": "123456789012", "region": "eu-west-1",
        "time": "2026-03-01T11:00:00Z", "resources": [], "detail": { "findings": [finding] } });
    parse(event.to_string().as_bytes()).unwrap().findings.remove(0)
}

#[test]
fn macies_and_access_analyzers_findings_of_open_buckets_reach_it_and_ask() {
    const PRACTICE: &str = "Software and Configuration Checks/AWS Security Best Practices";
    let catalog = catalog();
    let none = json!({});
    let everybody = json!({ "External Principal Type": "AWS", "External Principal": "*" });
    for finding in [
        imported(
            "macie",
            &format!("{PRACTICE}/Policy:IAMUser-S3BucketPublic"),
            &none,
        ),
        imported(
            "macie",
            &format!("{PRACTICE}/Policy:IAMUser-S3BlockPublicAccessDisabled"),
            &none,
        ),
        imported(
            "access-analyzer",
            &format!("{PRACTICE}/External Access Granted"),
            &everybody,
        ),
    ] {
        let answers = catalog.answers(&finding);
        let [answer] = answers.as_slice() else {
            unreachable!("{}: {answers:?}", finding.finding_type)
        };
        assert_eq!(answer.playbook.name, NAME.into(), "{}", finding.finding_type);
        assert_eq!(answer.mode, Mode::Approve, "{}", finding.finding_type);
    }
    // What is in the bucket, one named account, and another product that says so.
    let one = json!({ "External Principal Type": "AWS", "External Principal": "444455556666" });
    for finding in [
        imported(
            "macie",
            "Sensitive Data Identifications/PII/SensitiveData:S3Object-Personal",
            &none,
        ),
        imported(
            "access-analyzer",
            &format!("{PRACTICE}/External Access Granted"),
            &one,
        ),
        imported(
            "inspector",
            &format!("{PRACTICE}/Policy:IAMUser-S3BucketPublic"),
            &everybody,
        ),
    ] {
        let is_it = catalog
            .answers(&finding)
            .iter()
            .any(|answer| answer.playbook.name == NAME.into());
        assert!(!is_it, "{} of {}", finding.finding_type, finding.product);
    }
}

/// The same in OCSF. Nobody has published one of IAM Access Analyzer's, so that this is how Security Hub is seen to turn
/// ASFF into it: `Details` in `data`, as an object or as JSON text, flat or in a block of its own.
fn in_ocsf(class: u16, product: &str, data: &Value) -> Finding {
    let finding = json!({
        "class_uid": class, "activity_id": 1, "status_id": 1, "severity_id": 4,
        "cloud": { "account": { "uid": "123456789012" }, "region": "eu-west-1" },
        "metadata": { "uid": "0a1b", "version": "1.6.0",
            "product": { "name": "a product", "vendor_name": "AWS", "uid": product } },
        "finding_info": { "title": "a bucket", "types": ["External Access Granted"],
            "uid": "arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/one/0123456789abcdef" },
        "resources": [{ "type": "AWS::S3::Bucket", "uid": "arn:aws:s3:::holiday-pictures", "region": "eu-west-1", "data": data }],
    });
    let event = json!({ "version": "0", "id": "01234567-89ab-cdef-0123-456789abcdef", "source": "aws.securityhub",
        "detail-type": "Findings Imported V2", "account": "123456789012", "region": "eu-west-1",
        "time": "2026-03-01T11:00:00Z", "resources": [], "detail": { "findings": [finding] } });
    parsed(&event)
}

fn is_asked(catalog: &Catalog, finding: &Finding) -> bool {
    let answers = catalog.answers(finding);
    let ours = answers
        .iter()
        .find(|answer| answer.playbook.name.as_str() == NAME);
    ours.is_some_and(|answer| answer.mode == Mode::Approve)
}

#[test]
fn access_analyzers_findings_reach_it_by_ocsf_too() {
    const ANALYZER: &str = "arn:aws:securityhub:eu-west-1::productv2/aws/access-analyzer";
    let catalog = catalog();
    let everybody = json!({ "External Principal Type": "AWS", "External Principal": "*" });
    let in_block = json!({ "Other": everybody });
    for data in [
        everybody.clone(),
        in_block.clone(),
        Value::from(in_block.to_string()),
        json!({ "external_principal_type": "AWS", "external_principal": "*" }),
    ] {
        for class in [2003, 2004] {
            let finding = in_ocsf(class, ANALYZER, &data);
            assert!(
                is_asked(&catalog, &finding),
                "{class} {data}: {}",
                finding.finding_type
            );
        }
    }
    // One named account, nobody named, and a product that only says so.
    let one = json!({ "Other": { "External Principal Type": "AWS", "External Principal": "444455556666" } });
    for (product, data) in [
        (ANALYZER, &one),
        (ANALYZER, &Value::Null),
        (
            "arn:aws:securityhub:eu-west-1::productv2/aws/inspector",
            &in_block,
        ),
        (
            "arn:aws:securityhub:eu-west-1::product/me/access-analyzer",
            &in_block,
        ),
    ] {
        let finding = in_ocsf(2004, product, data);
        assert!(answered(&catalog, &finding).is_empty(), "{product} {data}");
    }
}

/// The one real finding names an account; with everybody in its place, it is what this playbook is for.
#[test]
fn the_real_finding_of_access_analyzer_reaches_it_once_everybody_is_let_in() {
    let Some(events) = real::events() else { return };
    let catalog = catalog();
    let of_analyzer = events.iter().filter(|(name, _)| name.contains("access-analyzer"));
    let mut seen = 0;
    for (name, bytes) in of_analyzer {
        let mut finding: Value = serde_json::from_slice(bytes).unwrap();
        let event = |finding: &Value| {
            json!({ "version": "0", "id": "01234567-89ab-cdef-0123-456789abcdef", "source": "aws.securityhub",
                "detail-type": "Security Hub Findings - Imported", "account": "111122223333", "region": "us-west-2",
                "time": "2026-03-01T11:00:00Z", "resources": [], "detail": { "findings": [finding] } })
        };
        assert!(answered(&catalog, &parsed(&event(&finding))).is_empty(), "{name}");
        let principal = finding.pointer_mut("/Resources/0/Details/Other/External Principal");
        *principal.unwrap() = "*".into();
        assert!(is_asked(&catalog, &parsed(&event(&finding))), "{name}");
        seen += 1;
    }
    println!("{seen} real finding(s) of IAM Access Analyzer");
    assert!(seen > 0, "none of the real findings is IAM Access Analyzer's");
}
