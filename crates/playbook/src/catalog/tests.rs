#![expect(clippy::unwrap_used, reason = "tests")]

use backstop_core::{
    Resource, Target, TargetKind,
    finding::{ResourceRole, Route, Severity, SeverityLabel, Standing},
    kind,
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
        hub: None,
        is_instance_by_name: false,
        arn: None,
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
        facts: Vec::new(),
        peers: Vec::new(),
    }
}

fn every_iam_target() -> Vec<Target> {
    let key_id = "ASIAEXAMPLE".to_owned();
    let name = "someone".to_owned();
    [
        Resource::AccessKey(kind::AccessKey {
            key_id: key_id.clone(),
            user_name: None,
            user_id: None,
        }),
        Resource::UserSession(kind::UserSession {
            key_id: key_id.clone(),
            user_name: name.clone(),
            user_id: "AIDAEXAMPLE".to_owned(),
        }),
        Resource::User(kind::User {
            user_name: name.clone(),
            user_id: None,
        }),
        Resource::Root(kind::Root { key_id: None }),
        Resource::FederatedUser(kind::FederatedUser {
            key_id: key_id.clone(),
            name: name.clone(),
        }),
        Resource::RoleSession(kind::RoleSession {
            key_id,
            role_name: name.clone(),
            role_id: "AROAEXAMPLE".to_owned(),
            session_name: name.clone(),
        }),
        Resource::Role(kind::Role {
            role_name: name,
            role_id: None,
        }),
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
        "finding type `Recon:IAMUser/TorIPCaller` matches `Recon:IAMUser/TorIPCaller`"
    );
    assert_eq!(answers.first().unwrap().mode, Mode::Auto);
    // The last is a role without a session, the one before it the session.
    let modes: Vec<Mode> = answers.iter().rev().map(|answer| answer.mode).take(2).collect();
    assert_eq!(modes, [Mode::Approve, Mode::Auto]);
}

fn names(catalog: &Catalog, finding: &Finding) -> Vec<String> {
    let answers = catalog.answers(finding);
    answers
        .iter()
        .map(|answer| answer.playbook.name.to_string())
        .collect()
}

fn instance() -> Target {
    target(Resource::Instance(kind::Instance {
        instance_id: "i-0123456789abcdef0".to_owned(),
    }))
}

#[test]
fn other_families_targets_and_mild_findings_reach_triage() {
    let catalog = shipped();
    let of_instance = finding("Recon:IAMUser/TorIPCaller", vec![instance()]);
    assert_eq!(names(&catalog, &of_instance), ["triage"]);
    let of_s3 = finding("Discovery:S3/TorIPCaller", every_iam_target());
    assert_eq!(names(&catalog, &of_s3), ["triage"; 7]);
    let mut mild = finding("Recon:IAMUser/TorIPCaller", every_iam_target());
    mild.severity.label = SeverityLabel::Informational;
    assert_eq!(names(&catalog, &mild), ["triage"; 7]);
    let new = finding("Purpose:Quantum/Entanglement", vec![instance()]);
    assert_eq!(names(&catalog, &new), ["triage"]);
    assert!(crate::is_new_type(&new) && !crate::is_new_type(&mild));
}

#[test]
fn only_guarddutys_findings_have_guarddutys_types() {
    let mut faked = finding("Recon:IAMUser/TorIPCaller", every_iam_target());
    faked.product = "123456789012/default".to_owned();
    assert!(shipped().answers(&faked).is_empty());
    faked.product = "GuardDuty Malware Protection".to_owned();
    assert_eq!(shipped().answers(&faked).len(), 7);
}

fn of_control(id: &str) -> Finding {
    let mut finding = finding(&format!("security-control/{id}"), vec![instance()]);
    finding.product = "Security Hub".to_owned();
    finding.control = Some(id.to_owned());
    finding
}

fn reason(catalog: &Catalog, finding: &Finding) -> String {
    match catalog.decide(finding) {
        crate::Decided::Unanswered { reason } => reason,
        other => format!("{other:?}"),
    }
}

#[test]
fn controls_about_exposure_reach_triage_in_any_case_and_others_are_left() {
    let catalog = shipped();
    for id in ["EC2.19", "ec2.19", "OpenSearch.2", "AutoScaling.5"] {
        assert_eq!(names(&catalog, &of_control(id)), ["triage"], "{id}");
    }
    assert_eq!(
        reason(&catalog, &of_control("EC2.7")),
        "no playbook or triage rule for control `EC2.7`"
    );
    let mut of_another_product = of_control("EC2.19");
    of_another_product.product = "prowler/prowler".to_owned();
    assert!(catalog.answers(&of_another_product).is_empty());
}

#[test]
fn other_products_are_left_unless_they_are_named_or_a_person_sent_it() {
    let catalog = shipped();
    let mut vulnerability = finding("AWSInspector", vec![instance()]);
    vulnerability.product = "Inspector".to_owned();
    assert_eq!(
        reason(&catalog, &vulnerability),
        "no playbook or triage rule for findings of Inspector (`AWSInspector`)"
    );
    vulnerability.route = Route::SecurityHubCustomAction;
    assert_eq!(names(&catalog, &vulnerability), ["triage"]);
    let mut sensitive = finding("aws/macie", vec![instance()]);
    sensitive.product = "Macie".to_owned();
    assert_eq!(names(&catalog, &sensitive), ["triage"]);
}

#[test]
fn inactive_findings_are_left_with_their_reason() {
    let mut sample = finding("Recon:IAMUser/TorIPCaller", every_iam_target());
    sample.standing = Standing::Inactive {
        reason: "a sample finding".to_owned(),
    };
    let reason = "a sample finding";
    assert_eq!(shipped().decide(&sample), crate::Decided::Inactive { reason });
}

fn grounds(furthest_mode: Mode, finding_types: Vec<String>, controls: Vec<String>) -> crate::Grounds {
    crate::Grounds {
        furthest_mode,
        because: Some(format!("it deserves {furthest_mode}")),
        finding_types,
        actor_finding_types: Vec::new(),
        health_events: Vec::new(),
        product_types: Vec::new(),
        controls,
        severity_floor: None,
        targets: Vec::new(),
    }
}

#[test]
fn the_closest_trigger_says_how_far_and_of_equals_the_one_that_goes_less_far() {
    let mut playbook = shipped().get(&"leaked-access-key".into()).unwrap().clone();
    let of = |mode, pattern: &str| grounds(mode, vec![pattern.to_owned()], vec![]);
    playbook.triggers.grounds = vec![
        of(Mode::Auto, "Recon:IAMUser/TorIPCaller"),
        of(Mode::Approve, "*:IAMUser/*"),
        of(Mode::Auto, "PenTest:IAMUser/KaliLinux"),
        of(Mode::Observe, "PenTest:IAMUser/KaliLinux"),
    ];
    let catalog = Catalog::new(vec![playbook]);
    let key = || every_iam_target().into_iter().take(1).collect::<Vec<_>>();
    let mode = |finding_type: &str| {
        let finding = finding(finding_type, key());
        let answers = catalog.answers(&finding);
        let answer = answers.first().unwrap();
        assert_eq!(
            answer.because,
            Some(format!("it deserves {}", answer.mode).as_str())
        );
        answer.mode
    };
    assert_eq!(mode("Recon:IAMUser/TorIPCaller"), Mode::Auto);
    assert_eq!(mode("Recon:IAMUser/MaliciousIPCaller"), Mode::Approve);
    assert_eq!(mode("PenTest:IAMUser/KaliLinux"), Mode::Observe);
}

#[test]
fn a_products_finding_proves_nothing() {
    let mut playbook = shipped().get(&"leaked-access-key".into()).unwrap().clone();
    playbook.triggers.products = vec!["Macie".to_owned()];
    let catalog = Catalog::new(vec![playbook]);
    let mut sensitive = finding("aws/macie", every_iam_target().into_iter().take(1).collect());
    sensitive.product = "Macie".to_owned();
    let answers = catalog.answers(&sensitive);
    let answer = answers.first().unwrap();
    assert_eq!((answer.mode, answer.playbook.mode), (Mode::Approve, Mode::Auto));
}

#[test]
fn the_closest_trigger_wins_whatever_the_names() {
    let base = shipped().get(&"leaked-access-key".into()).unwrap().clone();
    let with = |name: &str, finding_types: &[&str], controls: &[&str]| {
        let mut playbook = base.clone();
        playbook.name = name.into();
        playbook.targets = vec![TargetKind::AccessKey];
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        playbook.triggers.grounds = vec![grounds(Mode::Auto, owned(finding_types), owned(controls))];
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
    let mut of_control = finding("security-control/IAM.3", key());
    of_control.product = "Security Hub".to_owned();
    of_control.control = Some("iam.3".to_owned());
    assert_eq!(answer(&of_control), "e-control");
    let any_control = with("f-any-control", &[], &["*"]);
    let catalog = Catalog::new(catalog.iter().cloned().chain([any_control]).collect());
    assert_eq!(names(&catalog, &of_control), ["e-control"]);
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
