//! What belongs together is one case: an attack sequence, controls of one resource, infected objects of one bucket, and what
//! several playbooks answer on one resource. People get a notice or three for it, not one for each resource.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests, which print their figures"
)]

mod heard;
mod sequence;

use std::{collections::BTreeSet, time::Duration};

use backstop_core::{
    IncidentId, Mode,
    finding::{GUARDDUTY_FINDING, SECURITY_HUB_IMPORTED},
    incident::{Incident, Status},
    kind,
};
use backstop_drill::run::finding_about;
use backstop_tests::{People, Planted, Scene, drill};
use serde_json::{Value, json};
use ulid::Ulid;

use heard::{Heard, heard_of, in_table};
use sequence::Sequence;

const CONTROL: &str = include_str!("../../../crates/core/tests/fixtures/asff-control.json");
const OBJECT: &str = include_str!("../../../crates/core/tests/fixtures/guardduty-s3-object-malware.json");
const OBJECTS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_together_is_one_case() {
    let scene = Scene::start(Mode::Auto, &[("ConfirmAfterSeconds", "5")]).await;
    let people = People::of(&scene.environment).await;
    for (finding_type, resources) in [
        ("AttackSequence:S3/CompromisedData", 100),
        ("AttackSequence:IAM/CompromisedCredentials", 400),
    ] {
        an_attack_sequence_is_one_case(&scene, &people, finding_type, resources).await;
    }
    controls_of_one_security_group_are_one_incident(&scene, &people).await;
    infected_objects_of_one_bucket_are_one_and_of_one_case_with_its_opening(&scene, &people).await;
    assert!(scene.environment.dead_letters().await.unwrap().is_empty());
    scene.end().await;
}

/// The credential's incident and one that tells of the rest; the credential as fast as alone.
async fn an_attack_sequence_is_one_case(
    scene: &Scene,
    people: &People,
    finding_type: &str,
    resources: usize,
) {
    let leaked = scene.leak(true).await;
    let before = in_table(scene).await;
    let sequence = Sequence::of(scene, &leaked, finding_type, resources);
    let began_us = sequence.send(scene).await;
    let is_confirmed = |incident: &Incident| incident.status() == Status::Confirmed;
    let (first, contained) = scene.until(sequence.id(), is_confirmed).await;
    let is_reported = |incident: &Incident| incident.status() == Status::Reported;
    let (rest, told) = scene.until(sequence.id(), is_reported).await;
    assert_eq!(scene.state(&leaked).await, (false, true));

    let opened: BTreeSet<IncidentId> = in_table(scene).await.difference(&before).cloned().collect();
    assert_eq!(
        opened,
        [first.clone(), rest.clone()].into(),
        "nothing else is opened"
    );
    assert!(first < rest, "the credential comes first");
    assert_eq!(contained.opened.case.first, None);
    assert_eq!(told.opened.case.first.as_ref(), Some(&first), "one case");
    let expected = u64::try_from(sequence.told()).unwrap();
    assert_eq!(
        1 + told.opened.case.others(),
        expected,
        "every resource is told of"
    );

    let notices = heard_of(scene, people, &[&first, &rest]).await;
    let figures = sequence.figures(scene, began_us).await;
    println!(
        "{finding_type}, {resources} resources: 1 case, {} incidents, {} notices, {figures}",
        opened.len(),
        notices.len()
    );
    assert!(notices.len() <= 3, "{notices:#?}");
    figures.assert_as_for_a_lone_finding();
}

async fn controls_of_one_security_group_are_one_incident(scene: &Scene, people: &People) {
    let before = in_table(scene).await;
    let group = format!("sg-{:017x}", 0x5ec_u32);
    let account = scene.environment.account();
    let id = |number: usize| {
        format!(
            "arn:aws:securityhub:{}:{}:security-control/EC2.{number}/finding/{}",
            account.region(),
            account.account_id(),
            uuid()
        )
    };
    let mut ids = Vec::new();
    for number in [13, 14, 18, 19] {
        let text = here(scene, CONTROL).replace("S3.2", &format!("EC2.{number}"));
        let mut event: Value = serde_json::from_str(&text).unwrap();
        let finding = &mut event["detail"]["findings"][0];
        ids.push(id(number));
        finding["Id"] = json!(ids.last());
        finding["Severity"] = json!({ "Label": "HIGH", "Normalized": 70 });
        finding["Resources"] = json!([{
            "Type": "AwsEc2SecurityGroup",
            "Id": format!("arn:aws:ec2:{}:{}:security-group/{group}", account.region(), account.account_id()),
            "Partition": "aws",
            "Region": account.region(),
        }]);
        let detail = event["detail"].take();
        scene
            .environment
            .put_event(SECURITY_HUB_IMPORTED, &detail)
            .await
            .unwrap();
    }
    let (incident, heard) = one_incident_of(scene, people, &before, &ids).await;
    assert!(incident.opened.target.resource.id().contains(&group));
    assert_eq!(heard.len(), 1, "{heard:#?}");
}

/// Then somebody opens the bucket to the world: another playbook answers that, and it is the same case.
async fn infected_objects_of_one_bucket_are_one_and_of_one_case_with_its_opening(
    scene: &Scene,
    people: &People,
) {
    let public = drill("public-bucket").unwrap();
    let planted = Planted::of(scene.environment.account(), &public).await;
    let bucket = &planted.expect(kind::Bucket::of).name;
    let before = in_table(scene).await;
    let mut ids = Vec::new();
    for number in 0..OBJECTS {
        let id = format!("{:032x}", u128::from(Ulid::generate()));
        let text = here(scene, OBJECT)
            .replace("0f1e2d3c4b5a69788796a5b4c3d2e1f0", &id)
            .replace("uploads/in/a.bin", &format!("uploads/in/{number}.bin"))
            .replace("uploads", bucket);
        let mut event: Value = serde_json::from_str(&text).unwrap();
        let detail = event["detail"].take();
        scene
            .environment
            .put_event(GUARDDUTY_FINDING, &detail)
            .await
            .unwrap();
        ids.push(id);
    }
    let (infected, heard) = one_incident_of(scene, people, &before, &ids).await;
    assert_eq!(
        kind::Bucket::of(&infected.opened.target.resource).map(|it| &it.name),
        Some(bucket)
    );
    assert_eq!(heard.len(), 1, "{heard:#?}");

    let first = in_table(scene).await.difference(&before).next().unwrap().clone();
    let event = finding_about(&scene.environment, &public, &planted.fixtures).unwrap();
    scene
        .environment
        .put_event(&event.detail_type, &event.detail)
        .await
        .unwrap();
    let (_, contained) = scene
        .until(&event.finding_id, |incident| incident.closed.is_some())
        .await;
    assert_eq!(contained.status(), Status::Contained);
    assert_ne!(contained.opened.playbook, infected.opened.playbook);
    assert_eq!(contained.opened.target, infected.opened.target);
    assert_eq!(
        contained.opened.case.first,
        Some(first),
        "two playbooks, one resource, one case"
    );
}

/// The one incident that has all these findings, and what people heard of it.
async fn one_incident_of(
    scene: &Scene,
    people: &People,
    before: &BTreeSet<IncidentId>,
    findings: &[String],
) -> (Incident, Vec<Heard>) {
    let is_reported = |incident: &Incident| incident.status() == Status::Reported;
    for finding in findings {
        scene.until(finding, is_reported).await;
    }
    scene.drained(Duration::from_secs(60)).await;
    let opened: Vec<IncidentId> = in_table(scene).await.difference(before).cloned().collect();
    let [id] = opened.as_slice() else {
        unreachable!("{} findings opened {opened:?}", findings.len())
    };
    let log = scene.environment.ledger().log(id).await.unwrap();
    let known: BTreeSet<&String> = log.findings().map(|finding| &finding.key).collect();
    assert_eq!(known.len(), findings.len(), "each is in its log: {known:?}");
    println!(
        "{} findings: 1 incident, {} in its log",
        findings.len(),
        known.len()
    );
    (log.incident().unwrap(), heard_of(scene, people, &[id]).await)
}

/// A fixture as if it were of this account and Region, just now.
fn here(scene: &Scene, fixture: &str) -> String {
    let account = scene.environment.account();
    fixture
        .replace("eu-west-1", account.region())
        .replace("123456789012", account.account_id())
}

fn uuid() -> String {
    let hex = format!("{:032x}", u128::from(Ulid::generate()));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
