//! Which findings reach the playbook `public-account`, and that its target is the account and never who switched the
//! setting off. Findings that nobody of this project wrote are replayed where they lie beside the checkout at
//! `../shared/findings`; their licences differ, so that they aren't part of the repository.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests; the counts are what this one is run for"
)]

mod real;

use std::{collections::BTreeMap, fs, path::Path};

use backstop_core::{Finding, Mode, TargetKind, finding::SeverityLabel, finding::parse, kind};
use backstop_playbook::{Catalog, known, load_dir};
use serde_json::Value;

const NAME: &str = "public-account";
const TYPE: &str = "Policy:S3/AccountBlockPublicAccessDisabled";
const CONTROL: &str = "S3.1";

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn catalog() -> Catalog {
    load_dir(&here().join("../../playbooks")).unwrap()
}

fn own(file: &str) -> Value {
    let path = here().join("../../playbooks/public-account").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn parsed(event: &Value) -> Finding {
    let parsed = parse(event.to_string().as_bytes()).unwrap();
    parsed.findings.into_iter().next().unwrap()
}

/// Which playbook answers which kind of target.
fn answers(catalog: &Catalog, finding: &Finding) -> Vec<(String, TargetKind)> {
    let answers = catalog.answers(finding).into_iter();
    answers
        .map(|answer| (answer.playbook.name.to_string(), answer.target.resource.kind()))
        .collect()
}

#[test]
fn the_account_is_answered_and_whoever_switched_it_off_is_not() {
    let catalog = catalog();
    let only_the_account = [(NAME.to_owned(), TargetKind::Account)];
    for file in ["finding.json", "control.json"] {
        let mut event = own(file);
        assert_eq!(answers(&catalog, &parsed(&event)), only_the_account, "{file}");
        if file == "finding.json" {
            // A role's session instead of a user's key changes nothing.
            let who = event.pointer_mut("/detail/resource/accessKeyDetails").unwrap();
            *who = serde_json::json!({
                "accessKeyId": "ASIAEXAMPLEPLATFORM1", "principalId": "AROAEXAMPLEROLEID0001:ops",
                "userType": "AssumedRole", "userName": "platform",
            });
            let finding = parsed(&event);
            assert_eq!(answers(&catalog, &finding), only_the_account);
            let related = finding.related.first().unwrap();
            assert!(kind::RoleSession::of(&related.resource).is_some(), "{related}");
        }
    }
}

#[test]
fn nothing_else_reaches_the_account() {
    let catalog = catalog();
    for known in known::finding_types() {
        let mut event = own("finding.json");
        *event.pointer_mut("/detail/type").unwrap() = known.name.into();
        let Ok(parsed) = parse(event.to_string().as_bytes()) else {
            continue;
        };
        let answers = parsed
            .findings
            .iter()
            .flat_map(|finding| answers(&catalog, finding));
        let is_answered = answers.into_iter().any(|(playbook, _)| playbook == NAME);
        assert_eq!(is_answered, known.name == TYPE, "{}", known.name);
    }
}

#[test]
fn it_goes_no_further_than_asking_and_cannot_be_made_to() {
    let catalog = catalog();
    let playbook = catalog.get(&NAME.into()).unwrap();
    assert_eq!(playbook.mode, Mode::Approve);
    let (_, step) = playbook.steps().next().unwrap();
    assert_eq!(step.known_action().unwrap().impact.maximum_mode(), Mode::Approve);
}

#[test]
fn real_findings_of_open_accounts_reach_it_with_the_account() {
    let Some(events) = real::events() else { return };
    let catalog = catalog();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (name, bytes) in events {
        let Ok(parsed) = parse(&bytes) else { continue };
        for finding in parsed.findings {
            // A control that passed is informational, below the playbook's floor.
            let is_ours = finding.severity.label > SeverityLabel::Informational
                && (finding.finding_type == TYPE || finding.control.as_deref() == Some(CONTROL));
            let found = answers(&catalog, &finding);
            let is_answered = found.iter().any(|(playbook, _)| playbook == NAME);
            assert_eq!(is_answered, is_ours, "{name}: {found:?}");
            if is_ours {
                assert_eq!(found, [(NAME.to_owned(), TargetKind::Account)], "{name}");
                *counts.entry(finding.finding_type).or_default() += 1;
            }
        }
    }
    for (line, number) in &counts {
        println!("{number:4} | {line}");
    }
    assert!(
        !counts.is_empty(),
        "none of the real findings reached the playbook"
    );
}
