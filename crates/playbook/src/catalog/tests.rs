#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::{
    Resource, Target, TargetKind,
    finding::{ResourceRole, Route, Severity, SeverityLabel, Standing},
};

use super::*;

fn shipped() -> Catalog {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../playbooks");
    crate::load_dir(&folder).unwrap()
}

fn target(resource: Resource) -> Target {
    Target {
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        partition: "aws".to_owned(),
        resource,
    }
}

fn finding(finding_type: &str, targets: Vec<Target>) -> Finding {
    Finding {
        id: "5ec0ffee".to_owned(),
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        product: "GuardDuty".to_owned(),
        route: Route::GuardDutyEvent,
        finding_type: finding_type.to_owned(),
        control: None,
        severity: Severity {
            score: 5.0,
            label: SeverityLabel::Medium,
        },
        title: String::new(),
        description: String::new(),
        standing: Standing::Active,
        resource_role: Some(ResourceRole::Target),
        targets,
        related: Vec::new(),
        count: 1,
        first_seen: None,
        last_seen: None,
        created_at: None,
        updated_at: None,
    }
}

fn every_iam_target() -> Vec<Target> {
    let key_id = "ASIAEXAMPLE".to_owned();
    let name = "someone".to_owned();
    [
        Resource::AccessKey {
            key_id: key_id.clone(),
            user_name: None,
        },
        Resource::UserSession {
            key_id: key_id.clone(),
            user_name: name.clone(),
            user_id: "AIDAEXAMPLE".to_owned(),
        },
        Resource::User {
            user_name: name.clone(),
        },
        Resource::Root { key_id: None },
        Resource::FederatedUser {
            key_id: key_id.clone(),
            name: name.clone(),
        },
        Resource::RoleSession {
            key_id,
            role_name: name.clone(),
            role_id: "AROAEXAMPLE".to_owned(),
            session_name: name.clone(),
        },
        Resource::Role { role_name: name },
    ]
    .map(target)
    .into()
}

#[test]
fn every_iam_finding_type_and_every_iam_target_reaches_a_playbook() {
    let catalog = shipped();
    for known in crate::known::matching("*:IAMUser/*") {
        let finding = finding(known.name, every_iam_target());
        let answers = catalog.answers(&finding);
        let names: Vec<&str> = answers
            .iter()
            .map(|answer| answer.playbook.name.as_str())
            .collect();
        let expected = [["leaked-access-key"; 5].as_slice(), &["compromised-role"; 2]].concat();
        assert_eq!(names, expected, "{}", known.name);
    }
}

#[test]
fn the_answer_says_why() {
    let catalog = shipped();
    let finding = finding("Recon:IAMUser/TorIPCaller", every_iam_target());
    let answers = catalog.answers(&finding);
    assert_eq!(
        answers.first().unwrap().why,
        "finding type `Recon:IAMUser/TorIPCaller` matches `*:IAMUser/*`"
    );
    assert_eq!(answers.first().unwrap().mode, Mode::Auto);
    assert_eq!(answers.last().unwrap().mode, Mode::Approve);
}

#[test]
fn other_families_targets_and_mild_findings_are_left_alone() {
    let catalog = shipped();
    let bucket = target(Resource::Bucket {
        name: "data".to_owned(),
    });
    let of_bucket = finding("Recon:IAMUser/TorIPCaller", vec![bucket]);
    assert!(catalog.answers(&of_bucket).is_empty());
    let of_s3 = finding("Discovery:S3/TorIPCaller", every_iam_target());
    assert!(catalog.answers(&of_s3).is_empty());
    let mut mild = finding("Recon:IAMUser/TorIPCaller", every_iam_target());
    mild.severity.label = SeverityLabel::Informational;
    assert!(catalog.answers(&mild).is_empty());
}

#[test]
fn the_closest_trigger_wins_whatever_the_names() {
    let base = shipped().get(&"leaked-access-key".into()).unwrap().clone();
    let with = |name: &str, finding_types: &[&str], controls: &[&str]| {
        let mut playbook = base.clone();
        playbook.name = name.into();
        playbook.targets = vec![TargetKind::AccessKey];
        playbook.triggers.finding_types = finding_types.iter().map(|text| (*text).to_owned()).collect();
        playbook.triggers.controls = controls.iter().map(|text| (*text).to_owned()).collect();
        playbook
    };
    let catalog = Catalog::new(vec![
        with("b-broad", &["*:IAMUser/*"], &[]),
        with("a-broad", &["*:IAMUser/*"], &[]),
        with("c-narrow", &["Recon:IAMUser/*"], &[]),
        with("d-exact", &["Recon:IAMUser/TorIPCaller"], &[]),
        with("e-control", &[], &["IAM.3"]),
    ]);
    let answer = |finding: &Finding| {
        catalog
            .answers(finding)
            .first()
            .unwrap()
            .playbook
            .name
            .to_string()
    };
    let key = || every_iam_target().into_iter().take(1).collect::<Vec<_>>();
    assert_eq!(answer(&finding("Recon:IAMUser/TorIPCaller", key())), "d-exact");
    assert_eq!(
        answer(&finding("Recon:IAMUser/MaliciousIPCaller", key())),
        "c-narrow"
    );
    assert_eq!(answer(&finding("PenTest:IAMUser/KaliLinux", key())), "a-broad");
    let mut of_control = finding("PenTest:IAMUser/KaliLinux", key());
    of_control.control = Some("IAM.3".to_owned());
    assert_eq!(answer(&of_control), "e-control");
}

#[test]
fn the_role_of_the_resource_can_be_asked_for() {
    let mut playbook = shipped().get(&"leaked-access-key".into()).unwrap().clone();
    playbook.triggers.resource_role = Some(ResourceRole::Actor);
    let catalog = Catalog::new(vec![playbook]);
    let mut asked = finding("Recon:IAMUser/TorIPCaller", every_iam_target());
    assert!(catalog.answers(&asked).is_empty());
    asked.resource_role = Some(ResourceRole::Actor);
    assert_eq!(catalog.answers(&asked).len(), 5);
}

#[test]
fn json_keeps_everything() {
    let catalog = shipped();
    assert_eq!(Catalog::from_json(&catalog.to_json().unwrap()).unwrap(), catalog);
}
