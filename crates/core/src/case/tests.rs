#![expect(clippy::unwrap_used, reason = "tests")]
use super::*;
use crate::target::Resource;

fn other(resource_type: &str, id: &str) -> Target {
    Target {
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".to_owned(),
        resource: Resource::Other(kind::Other {
            resource_type: resource_type.to_owned(),
            id: id.to_owned(),
        }),
    }
}

#[test]
fn twenty_objects_are_told_by_one_bucket() {
    let told: std::collections::BTreeSet<String> = (0..20)
        .map(|number| subject_of(&other(OBJECT, &format!("arn:aws:s3:::uploads/in/{number}.exe"))).key())
        .collect();
    assert_eq!(told.len(), 1);
    assert!(told.first().unwrap().ends_with("bucket/uploads"), "{told:?}");
}

#[test]
fn what_names_no_bucket_surely_is_told_by_itself() {
    for id in [
        "in/people.csv",
        "arn:aws:s3:::",
        "arn:aws:s3:::$(reboot)/a",
        "arn:aws:s3:::uploads",
    ] {
        let object = other(OBJECT, id);
        assert_eq!(subject_of(&object), object, "{id}");
    }
    let image = other("AWS::EC2::Image", "arn:aws:s3:::uploads/in/1");
    assert_eq!(subject_of(&image), image);
}

#[test]
fn each_is_named_once_and_what_doesnt_fit_is_counted() {
    let vpc = |number: usize| other("AWS::EC2::VPC", &format!("vpc-{number}"));
    let all: Vec<Target> = (0..1_000).map(vpc).collect();
    let case = Case::telling_of(&vpc(0), all.iter().chain(&all));
    assert_eq!((case.named.len(), case.more, case.others()), (500, 499, 999));
    let long = |number: usize| other("AWS::S3::Object", &format!("{number:04}{}", "x".repeat(1_100)));
    let all: Vec<Target> = (0..500).map(long).collect();
    let case = Case::telling_of(&vpc(0), &all);
    assert_eq!(case.others(), 500);
    let size = serde_json::to_string(&case).unwrap().len();
    assert!(size < 300_000, "a record holds it: {size} bytes");
}

#[test]
fn a_log_without_a_case_reads_and_is_written_as_before() {
    let case: Case = serde_json::from_str("{}").unwrap();
    assert!(case.is_empty());
    assert_eq!(serde_json::to_string(&case).unwrap(), "{}");
    let first = IncidentId::new("01A");
    let second = IncidentId::new("01B");
    assert_eq!(case.id(&first), &first);
    let later = Case {
        first: Some(first.clone()),
        ..Case::default()
    };
    assert_eq!(later.id(&second), &first);
}
