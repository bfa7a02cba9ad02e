//! How far the shipped playbooks go by themselves is what each finding's evidence deserves.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeSet, path::Path};

use backstop_core::{
    Finding, Mode, TargetKind,
    finding::{SeverityLabel, parse},
    guardrail::{Guardrails, OpeningSubject, Protection},
};
use backstop_playbook::{Catalog, RowKind, coverage, known, load_dir};
use serde_json::{Value, json};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shipped() -> Catalog {
    load_dir(&here().join("../../playbooks")).unwrap()
}

/// The sample of a playbook, with another type.
fn of_type(playbook: &str, finding_type: &str) -> Value {
    let path = here().join(format!("../../playbooks/{playbook}/finding.json"));
    let mut event: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    *event.pointer_mut("/detail/type").unwrap() = finding_type.into();
    event
}

fn parsed(event: &Value) -> Finding {
    parse(event.to_string().as_bytes()).unwrap().findings.remove(0)
}

/// Playbook and furthest mode of each target.
fn answers(catalog: &Catalog, finding: &Finding) -> Vec<(String, Mode)> {
    let answers = catalog.answers(finding).into_iter();
    answers
        .map(|answer| (answer.playbook.name.to_string(), answer.mode))
        .collect()
}

#[test]
fn nothing_that_outsiders_or_administrators_can_provoke_is_answered_unasked() {
    let coverage = coverage(&shipped());
    let unasked: BTreeSet<&str> = coverage
        .rows_of(RowKind::FindingType)
        .filter(|row| row.answers.iter().any(|answer| answer.mode == Mode::Auto))
        .map(|row| {
            assert!(
                row.provoked_by.deserves_auto(),
                "{} by {:?}",
                row.name,
                row.provoked_by
            );
            row.name
        })
        .collect();
    // What proves an intruder, or is itself the harm, and has a playbook that contains it.
    for expected in [
        "AttackSequence:IAM/CompromisedCredentials",
        "CredentialAccess:IAMUser/CompromisedCredentials",
        "CryptoCurrency:EC2/BitcoinTool.B",
        "Policy:S3/BucketAnonymousAccessGranted",
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
    ] {
        assert!(unasked.contains(expected), "{expected}");
    }
}

#[test]
fn every_type_is_reviewed_and_every_answer_says_why() {
    let coverage = coverage(&shipped());
    assert_eq!(coverage.rows_of(RowKind::FindingType).count(), 253);
    for row in &coverage.rows {
        for answer in &row.answers {
            let because = answer.because.as_deref().unwrap_or_default();
            assert!(because.len() > 20, "{} by {}", row.name, answer.playbook);
        }
    }
    let document = coverage.to_markdown();
    for known in known::finding_types() {
        let line = document
            .lines()
            .find(|line| line.starts_with(&format!("| `{}`", known.name)));
        assert!(
            line.unwrap().contains(known.provoked_by.as_str()),
            "{}",
            known.name
        );
    }
}

#[test]
fn behaviour_and_models_visitors_wait_for_a_person() {
    let catalog = shipped();
    for finding_type in [
        "Impact:IAMUser/PromptInjection.Direct",
        "Impact:IAMUser/AnomalousModelInvocation",
        "Impact:IAMUser/CostHarvesting",
        "Discovery:IAMUser/AnomalousBehavior",
        "Exfiltration:IAMUser/AnomalousBehavior",
        "Stealth:IAMUser/PasswordPolicyChange",
        "Stealth:IAMUser/CloudTrailLoggingDisabled",
        "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
        "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
        "PenTest:IAMUser/KaliLinux",
    ] {
        let key = parsed(&of_type("leaked-access-key", finding_type));
        let session = parsed(&of_type("compromised-role", finding_type));
        let expected = |playbook: &str| vec![(playbook.to_owned(), Mode::Approve)];
        assert_eq!(
            answers(&catalog, &key),
            expected("leaked-access-key"),
            "{finding_type}"
        );
        // The instance beside it is triage's, or its own playbook's.
        let of_session = answers(&catalog, &session)
            .into_iter()
            .take(1)
            .collect::<Vec<_>>();
        assert_eq!(of_session, expected("compromised-role"), "{finding_type}");
    }
    for finding_type in [
        "Backdoor:EC2/C&CActivity.B!DNS",
        "Backdoor:EC2/DenialOfService.Dns",
        "Backdoor:EC2/Spambot",
        "DefenseEvasion:Runtime/KernelModuleLoaded",
        "Execution:EC2/MaliciousFile",
        "Execution:Runtime/MaliciousFileExecuted.Custom",
        "Impact:EC2/PortSweep",
        "UnauthorizedAccess:EC2/MetadataDNSRebind",
    ] {
        let instance = parsed(&of_type("compromised-instance", finding_type));
        let expected = [("compromised-instance".to_owned(), Mode::Approve)];
        assert_eq!(answers(&catalog, &instance), expected, "{finding_type}");
    }
}

#[test]
fn types_of_tomorrow_wait_for_a_person() {
    let catalog = shipped();
    for (playbook, finding_type) in [
        ("leaked-access-key", "Impact:IAMUser/SomethingNew"),
        ("leaked-access-key", "Impact:IAMUser/PromptInjection.Indirect"),
        ("leaked-access-key", "AttackSequence:AI/CompromisedModel"),
        (
            "compromised-role",
            "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.New",
        ),
        ("compromised-instance", "CryptoCurrency:EC2/SomethingNew"),
        ("compromised-instance", "Execution:Runtime/SomethingNew"),
    ] {
        let finding = parsed(&of_type(playbook, finding_type));
        assert!(known::finding_type(finding_type).is_none());
        let found = answers(&catalog, &finding);
        assert!(!found.is_empty());
        assert!(
            found.iter().all(|(_, mode)| *mode < Mode::Auto),
            "{finding_type}: {found:?}"
        );
    }
}

/// Whoever tries a password in the console from Tor has no credential yet, and must not be able to switch the user off.
#[test]
fn a_sign_in_without_a_key_proves_no_stolen_credential() {
    let catalog = shipped();
    let mut event = of_type("leaked-access-key", "UnauthorizedAccess:IAMUser/TorIPCaller");
    let signed = parsed(&event);
    assert_eq!(
        answers(&catalog, &signed),
        [("leaked-access-key".to_owned(), Mode::Auto)]
    );
    let who = event.pointer_mut("/detail/resource/accessKeyDetails").unwrap();
    *who = json!({"principalId": "AIDAEXAMPLEUSERID0001", "userType": "IAMUser", "userName": "build-server"});
    let tried = parsed(&event);
    assert_eq!(tried.targets.first().unwrap().resource.kind(), TargetKind::User);
    assert_eq!(
        answers(&catalog, &tried),
        [("leaked-access-key".to_owned(), Mode::Approve)]
    );
}

/// GuardDuty calls it medium where the other account belongs to the organization.
#[test]
fn credentials_used_in_an_account_of_ones_own_wait_for_a_person() {
    let catalog = shipped();
    let finding_type = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS";
    let mut finding = parsed(&of_type("compromised-role", finding_type));
    let modes = |finding: &Finding| -> BTreeSet<Mode> {
        answers(&catalog, finding)
            .into_iter()
            .map(|(_, mode)| mode)
            .collect()
    };
    assert_eq!(modes(&finding), BTreeSet::from([Mode::Auto]));
    finding.severity.label = SeverityLabel::Medium;
    assert_eq!(modes(&finding), BTreeSet::from([Mode::Approve]));
}

#[test]
fn the_lowered_mode_is_told_as_a_guardrail() {
    let catalog = shipped();
    let finding = parsed(&of_type(
        "leaked-access-key",
        "Impact:IAMUser/PromptInjection.Direct",
    ));
    let answers = catalog.answers(&finding);
    let answer = answers.first().unwrap();
    let subject = OpeningSubject {
        playbook: &answer.playbook.name,
        target: answer.target,
        wanted: answer.playbook.mode,
        furthest: Some(answer.furthest()),
        maximum: Mode::Auto,
    };
    let now = "2026-03-02T10:00:00Z".parse().unwrap();
    let (mode, decisions) = Guardrails::default().mode_at_opening(&Protection::default(), subject, now);
    assert_eq!(mode, Mode::Approve);
    let told: Vec<String> = decisions
        .iter()
        .map(|it| format!("{}: {}", it.guardrail, it.detail))
        .collect();
    assert_eq!(
        told,
        [
            "weak-evidence: Whoever talks to an application that calls a model can provoke it, and the credential is the \
             application's: no further than approve by itself"
        ]
    );
}
