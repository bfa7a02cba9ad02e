//! Rules that must be refused, each for its reason, and rules that must pass.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod bad;
mod good;
mod others;

use std::{path::Path, sync::LazyLock};

use backstop_detections::{
    lint::{LintReport, lint},
    load::{Source, Sources},
};
use backstop_playbook::{Catalog, load_dir};
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 27);
const HEAD: &str = "title: Scans of our own\nowner: security\nreason: they are ours\nexpires: 2027-03-31\n";

static PLAYBOOKS: LazyLock<Catalog> =
    LazyLock::new(|| load_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbooks"))).unwrap());

fn source(name: &str, text: &str) -> Source {
    Source {
        name: name.to_owned(),
        label: format!("{name}.yaml"),
        text: text.to_owned(),
    }
}

fn lint_rules(rules: &[(&str, String)]) -> LintReport {
    let sources = Sources {
        suppressions: rules.iter().map(|(name, text)| source(name, text)).collect(),
        ..Sources::default()
    };
    lint(&sources, TODAY, &PLAYBOOKS)
}

fn lint_lists(lists: &[(&str, String)]) -> LintReport {
    let sources = Sources {
        address_lists: lists.iter().map(|(name, text)| source(name, text)).collect(),
        ..Sources::default()
    };
    lint(&sources, TODAY, &PLAYBOOKS)
}

/// A rule with these criteria, one on a line: `field op [values]`.
fn rule(criteria: &str) -> String {
    let mut text = format!("{HEAD}criteria:\n");
    for line in criteria.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (field, asked) = line.split_once(' ').unwrap();
        text.push_str(&format!("  - field: {field}\n    {asked}\n"));
    }
    text
}

fn codes(report: &LintReport) -> Vec<&'static str> {
    report
        .refused
        .iter()
        .flat_map(|file| file.problems.iter().map(|problem| problem.code))
        .collect()
}

const SCAN: &str = "type equals: [Recon:EC2/Portscan]";
