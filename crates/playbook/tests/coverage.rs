//! Every known finding type and control has an answer, and people who read it have something to do.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use backstop_core::advice;
use backstop_playbook::{Catalog, Coverage, RowKind, coverage, known, load_dir};

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn shipped() -> Catalog {
    load_dir(&root().join("playbooks")).unwrap()
}

fn names(coverage: &Coverage, wanted: impl Fn(&&backstop_playbook::Row) -> bool) -> Vec<&'static str> {
    coverage.rows.iter().filter(wanted).map(|row| row.name).collect()
}

#[test]
fn no_known_type_or_control_is_without_an_answer() {
    let coverage = coverage(&shipped());
    assert_eq!(
        names(&coverage, |row| !row.unanswered.is_empty()),
        Vec::<&str>::new()
    );
    assert_eq!(names(&coverage, |row| row.answers.is_empty()), Vec::<&str>::new());
    assert_eq!(coverage.unanswered, 0);
    assert_eq!(coverage.contained + coverage.told, coverage.rows.len());
    assert_eq!(
        coverage.rows_of(RowKind::FindingType).count(),
        known::finding_types().count()
    );
    assert_eq!(
        coverage.rows_of(RowKind::Control).count(),
        known::controls().count()
    );
}

#[test]
fn a_hole_in_the_playbooks_is_seen() {
    let without_triage = shipped()
        .iter()
        .filter(|playbook| playbook.name.as_str() != "triage")
        .cloned()
        .collect();
    let coverage = coverage(&Catalog::new(without_triage));
    let holes = names(&coverage, |row| !row.unanswered.is_empty());
    assert!(holes.contains(&"CryptoCurrency:EC2/BitcoinTool.B!DNS") && holes.contains(&"EC2.19"));
    assert!(!holes.contains(&"Recon:IAMUser/TorIPCaller"));
    assert!(coverage.to_string().contains("NOBODY"));
}

#[test]
fn credentials_and_instances_are_contained_and_weak_signs_are_told() {
    let coverage = coverage(&shipped());
    let answers = |name: &str| -> Vec<String> {
        let row = coverage.rows.iter().find(|row| row.name == name).unwrap();
        row.answers
            .iter()
            .map(|answer| format!("{} {}", answer.playbook, answer.mode))
            .collect()
    };
    assert_eq!(
        answers("Recon:IAMUser/TorIPCaller"),
        [
            "leaked-access-key auto",
            "leaked-access-key approve",
            "compromised-role auto",
            "compromised-role approve"
        ]
    );
    assert_eq!(
        answers("Trojan:EC2/DropPoint"),
        ["compromised-instance auto", "triage observe"]
    );
    assert_eq!(answers("Recon:EC2/PortProbeUnprotectedPort"), ["triage observe"]);
}

#[test]
fn whatever_is_told_to_people_comes_with_steps_of_its_own() {
    let without: Vec<&str> = known::finding_types()
        .map(|known| known.name)
        .filter(|name| !advice::is_specific(name))
        .collect();
    assert_eq!(without, ["99:EC2/Stateless.IntegTest"; 0]);
    let controls: Vec<&str> = known::controls()
        .map(|known| known.id)
        .filter(|id| !advice::is_specific(&format!("security-control/{id}")))
        .collect();
    assert_eq!(controls, Vec::<&str>::new());
}
