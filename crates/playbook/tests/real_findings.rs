//! What the shipped playbooks do with findings that nobody of this project wrote, where they lie beside the
//! checkout at `../shared/findings`; they aren't part of the repository because their licences differ.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests; the table is what this one is run for"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use backstop_core::finding::{Parsed, parse};
use backstop_playbook::{Catalog, Decided, is_new_type, load_dir};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every real file, or none, said so.
fn files() -> Vec<PathBuf> {
    let directory = here().join("../../../shared/findings/events");
    if !directory.is_dir() {
        eprintln!("SKIPPED: no real findings at {}", directory.display());
        return Vec::new();
    }
    let mut found: Vec<PathBuf> = ["guardduty", "securityhub"]
        .iter()
        .flat_map(|folder| fs::read_dir(directory.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

#[derive(Default)]
struct Table {
    files: BTreeMap<&'static str, usize>,
    answers: BTreeMap<String, usize>,
    left: BTreeMap<String, usize>,
    new_types: BTreeMap<String, usize>,
}

fn add(counts: &mut BTreeMap<String, usize>, line: String) {
    *counts.entry(line).or_default() += 1;
}

impl Table {
    fn file(&mut self, catalog: &Catalog, parsed: &Parsed) {
        let kind = match (parsed.findings.is_empty(), parsed.refused.is_empty()) {
            (_, false) => "refused in part",
            (true, true) => "not a finding",
            (false, true) => "parsed",
        };
        *self.files.entry(kind).or_default() += 1;
        for finding in &parsed.findings {
            if is_new_type(finding) {
                add(&mut self.new_types, finding.finding_type.clone());
            }
            match catalog.decide(finding) {
                Decided::Answered(answers) => {
                    // A GuardDuty finding or a listed control, on all of its targets.
                    assert_eq!(answers.len(), finding.targets.len(), "{}", finding.key());
                    for answer in answers {
                        add(&mut self.answers, answer.playbook.name.to_string());
                    }
                }
                Decided::Inactive { reason } => add(&mut self.left, format!("inactive: {reason}")),
                Decided::Unanswered { reason } => {
                    assert!(!finding.is_guardduty(), "{}: {reason}", finding.key());
                    add(
                        &mut self.left,
                        reason.split(" (`").next().unwrap_or_default().to_owned(),
                    );
                }
            }
        }
        for left in &parsed.left {
            add(&mut self.left, left.reason.clone());
        }
    }

    fn print(&self) {
        println!("\nfiles");
        for (kind, count) in &self.files {
            println!("{count:5} | {kind}");
        }
        for (title, counts) in [
            ("targets answered, by playbook", &self.answers),
            ("left", &self.left),
            ("GuardDuty types that aren't known here", &self.new_types),
        ] {
            println!("\n{title}");
            for (line, count) in counts {
                println!("{count:5} | {line}");
            }
        }
    }
}

#[test]
fn every_real_finding_is_answered_or_left_for_a_stated_reason() {
    let catalog = load_dir(&here().join("../../playbooks")).unwrap();
    let mut table = Table::default();
    for path in files() {
        match parse(&fs::read(&path).unwrap()) {
            Ok(parsed) => table.file(&catalog, &parsed),
            Err(error) => {
                *table.files.entry("refused").or_default() += 1;
                println!("refused: {}: {error}", path.display());
            }
        }
    }
    table.print();
}

/// Most real findings are samples and therefore inactive: this asks what their active twins would meet.
#[test]
fn real_samples_would_be_answered_were_they_active() {
    let catalog = load_dir(&here().join("../../playbooks")).unwrap();
    let mut answers = BTreeMap::new();
    for path in files() {
        let Ok(parsed) = parse(&fs::read(&path).unwrap()) else {
            continue;
        };
        for finding in parsed.findings.iter().filter(|finding| finding.is_guardduty()) {
            let found = catalog.answers(finding);
            assert_eq!(found.len(), finding.targets.len(), "{}", path.display());
            for answer in found {
                add(&mut answers, answer.playbook.name.to_string());
            }
        }
    }
    println!("\nGuardDuty targets, were all findings active: {answers:?}");
}
