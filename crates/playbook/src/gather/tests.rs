#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
use std::path::Path;

use backstop_core::finding::parse;
use serde_json::{Value, json};

use super::*;
use crate::{Catalog, Decided, load_dir};

fn shipped() -> Catalog {
    load_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks")).unwrap()
}

/// A sequence of this type with these resources and the actors of the fixture.
fn sequence(finding_type: &str, resources: Vec<Value>) -> Finding {
    let fixture = include_bytes!("../../../core/tests/fixtures/guardduty-attack-sequence.json");
    let mut event: Value = serde_json::from_slice(fixture).unwrap();
    event["detail"]["type"] = finding_type.into();
    event["detail"]["service"]["detection"]["sequence"]["resources"] = resources.into();
    parse(&serde_json::to_vec(&event).unwrap())
        .unwrap()
        .findings
        .remove(0)
}

fn resource(resource_type: &str, uid: String) -> Value {
    json!({ "uid": uid, "resourceType": resource_type, "accountId": "123456789012", "region": "eu-west-1" })
}

#[test]
fn credentials_then_instances_then_one_that_tells_of_all_others() {
    let mut resources: Vec<Value> = (0..397)
        .map(|number| {
            resource(
                "VPC",
                format!("arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-{number:017x}"),
            )
        })
        .collect();
    resources.push(resource("EC2_INSTANCE", "i-0abc1234def567890".to_owned()));
    resources.push(resource("S3_BUCKET", "arn:aws:s3:::open-data".to_owned()));
    let finding = sequence("AttackSequence:EC2/CompromisedInstanceGroup", resources);
    let catalog = shipped();
    let Decided::Answered(answers) = catalog.decide(&finding) else {
        panic!("it is answered");
    };
    let answers = gather(&finding, answers);
    let ranks: Vec<u8> = answers
        .iter()
        .map(|answer| case::rank(answer.by.target))
        .collect();
    assert!(ranks.is_sorted(), "{ranks:?}");
    assert_eq!(
        (ranks[0], ranks.iter().filter(|rank| **rank == 1).count()),
        (0, 1)
    );
    let telling: Vec<_> = answers.iter().filter(|one| only_tells(one.by.playbook)).collect();
    assert_eq!(telling.len(), 1);
    let last = answers.last().unwrap();
    assert!(only_tells(last.by.playbook));
    let told = case::Case::telling_of(last.by.target, last.also.iter().copied());
    assert!(told.others() >= 397, "every one is told: {}", told.others());
    for acting in answers.iter().filter(|one| !only_tells(one.by.playbook)) {
        assert_eq!(acting.also, [] as [&Target; 0], "what acts is an incident each");
    }
}

#[test]
fn what_acts_is_never_gathered_however_many_there_are() {
    let instances = (0..100)
        .map(|number| resource("EC2_INSTANCE", format!("i-{number:017x}")))
        .collect();
    let finding = sequence("AttackSequence:EC2/CompromisedInstanceGroup", instances);
    let catalog = shipped();
    let answers = gather(&finding, catalog.answers(&finding));
    let isolated = answers
        .iter()
        .filter(|one| one.by.playbook.name.as_str() == "compromised-instance");
    assert_eq!(isolated.count(), 100);
}
