//! Which findings reach the playbook `compromised-instance`, and what becomes of the credentials beside an instance.
//! Findings that nobody of this project wrote are replayed where they lie beside the checkout at
//! `../shared/findings`; their licences differ, so that they aren't part of the repository.
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
    Finding, TargetKind,
    finding::{ResourceRole, SeverityLabel, parse},
};
use backstop_playbook::{Catalog, known, load_dir};
use serde_json::Value;

const NAME: &str = "compromised-instance";

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn catalog() -> Catalog {
    load_dir(&here().join("../../playbooks")).unwrap()
}

fn read(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(here().join(path)).unwrap()).unwrap()
}

fn parsed(event: &Value) -> Finding {
    let parsed = parse(event.to_string().as_bytes()).unwrap();
    parsed.findings.into_iter().next().unwrap()
}

/// The playbook of each target, by kind.
fn answers(catalog: &Catalog, finding: &Finding) -> BTreeMap<TargetKind, String> {
    let answers = catalog.answers(finding).into_iter();
    answers
        .map(|answer| (answer.target.resource.kind(), answer.playbook.name.to_string()))
        .collect()
}

fn playbook_of_instance(finding_type: &str, role: &str) -> String {
    let mut event = read("../../playbooks/compromised-instance/finding.json");
    *event.pointer_mut("/detail/type").unwrap() = finding_type.into();
    *event.pointer_mut("/detail/service/resourceRole").unwrap() = role.into();
    answers(&catalog(), &parsed(&event))
        .remove(&TargetKind::Instance)
        .unwrap()
}

#[test]
fn an_instance_that_attacks_is_contained_and_one_that_is_attacked_is_reported() {
    for guessing in [
        "Impact:EC2/WinRMBruteForce",
        "Recon:EC2/Portscan",
        "UnauthorizedAccess:EC2/RDPBruteForce",
        "UnauthorizedAccess:EC2/SSHBruteForce",
    ] {
        assert_eq!(playbook_of_instance(guessing, "ACTOR"), NAME, "{guessing}");
        assert_eq!(playbook_of_instance(guessing, "TARGET"), "triage", "{guessing}");
    }
    for scanned in [
        "Recon:EC2/PortProbeUnprotectedPort",
        "Recon:EC2/PortProbeEMRUnprotectedPort",
        "Behavior:EC2/NetworkPortUnusual",
    ] {
        assert_eq!(playbook_of_instance(scanned, "TARGET"), "triage", "{scanned}");
    }
}

#[test]
fn malware_backdoors_miners_and_runtime_findings_of_an_instance_are_contained() {
    let mut counted = 0;
    for pattern in [
        "Backdoor:EC2/*",
        "CryptoCurrency:EC2/*",
        "Execution:EC2/*",
        "Trojan:EC2/*",
        "*:Runtime/*",
    ] {
        for known in known::matching(pattern) {
            assert_eq!(playbook_of_instance(known.name, "TARGET"), NAME, "{}", known.name);
            counted += 1;
        }
    }
    assert!(counted > 60, "{counted}");
}

#[test]
fn stolen_credentials_are_answered_by_the_session_and_the_instance() {
    let event = read("../../playbooks/compromised-instance/exfiltration.json");
    let expected = BTreeMap::from([
        (TargetKind::Instance, NAME.to_owned()),
        (TargetKind::RoleSession, "compromised-role".to_owned()),
    ]);
    assert_eq!(answers(&catalog(), &parsed(&event)), expected);
    // The instance is named beside the session, too, should the session have another name.
    let mut renamed = event;
    *renamed
        .pointer_mut("/detail/resource/accessKeyDetails/principalId")
        .unwrap() = "AROAEXAMPLEROLEID0001:renamed".into();
    assert_eq!(answers(&catalog(), &parsed(&renamed)), expected);
}

/// Closing a bucket doesn't stop a credential, so its bucket is people's. An instance is contained by a sequence about
/// instances or clusters; one about credentials or buckets only says that it was at risk.
#[test]
fn each_part_of_an_attack_sequence_goes_to_its_own_playbook() {
    let mut event = read("../core/tests/fixtures/guardduty-attack-sequence.json");
    let credentials = [
        (TargetKind::AccessKey, "leaked-access-key"),
        (TargetKind::RoleSession, "compromised-role"),
        (TargetKind::Bucket, "triage"),
    ];
    for (finding_type, instance) in [
        ("AttackSequence:S3/CompromisedData", None),
        ("AttackSequence:IAM/CompromisedCredentials", None),
        ("AttackSequence:EC2/CompromisedInstanceGroup", Some(NAME)),
        ("AttackSequence:ECS/CompromisedCluster", Some(NAME)),
        ("AttackSequence:EKS/CompromisedCluster", Some(NAME)),
        // Of tomorrow: told to people until somebody has thought about it.
        ("AttackSequence:Bedrock/CompromisedModel", None),
    ] {
        *event.pointer_mut("/detail/type").unwrap() = finding_type.into();
        let expected: BTreeMap<TargetKind, String> = credentials
            .into_iter()
            .chain(instance.map(|name| (TargetKind::Instance, name)))
            .map(|(kind, name)| (kind, name.to_owned()))
            .collect();
        assert_eq!(answers(&catalog(), &parsed(&event)), expected, "{finding_type}");
    }
}

/// Whatever else it names besides: alone, it is told to people, and nothing is done to it.
#[test]
fn an_instance_that_a_sequence_about_credentials_names_is_left_running() {
    let mut event = read("../core/tests/fixtures/guardduty-attack-sequence.json");
    let sequence = event.pointer_mut("/detail/service/detection/sequence").unwrap();
    let instance = sequence.pointer("/resources/1").unwrap().clone();
    *sequence.pointer_mut("/resources").unwrap() = serde_json::json!([instance]);
    *sequence.pointer_mut("/actors").unwrap() = serde_json::json!([]);
    let expected = BTreeMap::from([(TargetKind::Instance, "triage".to_owned())]);
    assert_eq!(answers(&catalog(), &parsed(&event)), expected);
}

/// Whether the documented meaning of a finding is that somebody is on the instance, or uses it.
fn is_ours(finding: &Finding) -> bool {
    let (purpose, rest) = finding.finding_type.split_once(':').unwrap_or_default();
    let is_actor = finding.resource_role == Some(ResourceRole::Actor);
    let is_intrusion = match rest.split('/').next().unwrap_or_default() {
        "EC2" => match purpose {
            "Backdoor" | "CryptoCurrency" | "Execution" | "Trojan" => true,
            "Impact" => !rest.contains("BruteForce") || is_actor,
            "Recon" => rest.contains("Portscan") && is_actor,
            "UnauthorizedAccess" => {
                rest.contains("Metadata")
                    || rest.contains("TorClient")
                    || rest.contains("TorRelay")
                    || rest.contains("MaliciousIPCaller")
                    || (rest.contains("BruteForce") && is_actor)
            }
            _ => false,
        },
        "Runtime" => true,
        "IAMUser" => rest.contains("InstanceCredentialExfiltration"),
        _ => purpose == "AttackSequence",
    };
    is_intrusion && finding.is_guardduty() && finding.severity.label >= SeverityLabel::Medium
}

#[test]
fn real_findings_of_intruders_reach_it_with_the_instances_they_name() {
    let Some(events) = real::events() else { return };
    let catalog = catalog();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut reached = BTreeSet::new();
    for (name, bytes) in events {
        let Ok(parsed) = parse(&bytes) else { continue };
        for finding in parsed.findings {
            let instances = |only_ours: bool| -> BTreeSet<String> {
                let answers = catalog.answers(&finding).into_iter();
                answers
                    .filter(|answer| answer.target.resource.kind() == TargetKind::Instance)
                    .filter(|answer| !only_ours || answer.playbook.name.as_str() == NAME)
                    .map(|answer| answer.target.resource.id())
                    .collect()
            };
            let (all, ours) = (instances(false), instances(true));
            let expected = if is_ours(&finding) {
                all.clone()
            } else {
                BTreeSet::new()
            };
            assert_eq!(ours, expected, "{name}: {}", finding.finding_type);
            // What the finding names in its text is what is contained.
            let text = String::from_utf8_lossy(&bytes);
            assert!(ours.iter().all(|id| text.contains(id)), "{name}");
            if !ours.is_empty() {
                reached.insert(finding.finding_type.clone());
            }
            if !all.is_empty() {
                let word = if ours.is_empty() {
                    "told to people"
                } else {
                    "contained"
                };
                let line = format!("{:52} {word}: {} instance(s)", finding.finding_type, all.len());
                *counts.entry(line).or_default() += 1;
            }
        }
    }
    for (line, number) in &counts {
        println!("{number:4} | {line}");
    }
    assert!(reached.len() >= 15, "{reached:?}");
}
