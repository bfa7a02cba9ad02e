//! `backstop detections test`: what each suppression rule hides.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use backstop_core::{text::for_terminal, words::count};
use backstop_detections::{
    page::{PageError, page},
    saved::{Collection, collect},
    trial::{Hidden, Trial, trial},
    truth::Truth,
};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use crate::{
    command::{CliError, CommandError, CommandOutput},
    new_file::write,
    playbook::catalog,
};

/// Findings and attacks that are listed of one rule; the JSON has all.
const LISTED: usize = 12;

/// Options of `backstop detections test`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A file or folder with findings: events, GuardDuty's exports, or what its API answered
    #[arg(long, value_name = "PATH")]
    findings: Vec<PathBuf>,
    /// A file or folder with findings for which an incident was contained: a rule that hides one fails
    #[arg(long, value_name = "PATH")]
    contained: Vec<PathBuf>,
    /// The share of the findings that one rule may hide, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 20, value_parser = clap::value_parser!(u8).range(0..=100))]
    most: u8,
    /// Write what is found as a page too
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

impl CommandError for PageError {}

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Tried {
    trial: Trial,
    #[serde(skip)]
    page: Option<PathBuf>,
}

impl CommandOutput for Tried {
    fn exit(&self) -> Exit {
        if self.trial.is_passed() {
            Exit::Done
        } else {
            Exit::Invalid
        }
    }
}

pub(super) fn run(project: &Path, arguments: &Arguments) -> Result<Tried, CliError> {
    let report = super::linted(project)?;
    if !report.is_clean() {
        return Err(super::NotInOrder(report.summary()).into());
    }
    let mut saved = Collection::default();
    for (paths, contained) in [(&arguments.findings, false), (&arguments.contained, true)] {
        for path in paths {
            collect(path, contained, &mut saved)?;
        }
    }
    let playbooks = catalog(project)?;
    let trial = trial(&report.suppressions, &saved, &playbooks, arguments.most);
    if let Some(path) = &arguments.page {
        write(path, &page(&trial, &report.suppressions, super::today())?)?;
    }
    Ok(Tried {
        trial,
        page: arguments.page.clone(),
    })
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trial = &self.trial;
        for rule in &trial.rules {
            show(rule, trial, f)?;
        }
        if trial.findings == 0 {
            writeln!(
                f,
                "No finding was looked at: name some by --findings, such as those of the last 90 days."
            )?;
        }
        if !trial.left.is_empty() {
            writeln!(
                f,
                "{} without a finding of GuardDuty's.",
                counted(trial.left.len(), "file")
            )?;
        }
        for playbook in &trial.lost_playbooks {
            writeln!(f, "FAILS: no finding would reach playbook `{playbook}` any more.")?;
        }
        if let Some(page) = &self.page {
            writeln!(f, "Wrote it as a page: {}", page.display())?;
        }
        let failed = trial.rules.iter().filter(|rule| rule.is_too_much).count() + trial.lost_playbooks.len();
        write!(
            f,
            "{}, {}: {}",
            counted(trial.rules.len(), "rule"),
            counted(trial.findings, "finding"),
            if failed == 0 {
                "nothing fails".to_owned()
            } else {
                format!("{failed} failed")
            }
        )
    }
}

fn show(rule: &Hidden, trial: &Trial, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{}", rule.rule)?;
    let percent = match trial.findings {
        0 => String::new(),
        _ => format!(", {} % of {}", rule.percent, trial.findings),
    };
    writeln!(f, "  hides {}{percent}", counted(rule.findings.len(), "finding"))?;
    for finding in rule.findings.iter().take(LISTED) {
        let perhaps = if finding.hidden == Truth::Perhaps {
            " (perhaps: AWS doesn't say)"
        } else {
            ""
        };
        let contained = if finding.contained {
            "FAILS: an incident was contained for it: "
        } else {
            ""
        };
        let (kind, place) = (for_terminal(&finding.finding_type), for_terminal(&finding.place));
        writeln!(f, "    {contained}{kind} in {place}{perhaps}")?;
    }
    more(rule.findings.len(), f)?;
    if rule.percent > usize::from(trial.most_percent) {
        writeln!(
            f,
            "    FAILS: more than {} %; name what is meant more closely",
            trial.most_percent
        )?;
    }
    match rule.attacks.len() {
        0 => writeln!(f, "  can hide no finding that only an intruder brings about")?,
        types => writeln!(
            f,
            "  can hide {} that only an intruder brings about:",
            counted(types, "type")
        )?,
    }
    for attack in rule.attacks.iter().take(LISTED) {
        writeln!(f, "    {attack}")?;
    }
    more(rule.attacks.len(), f)?;
    writeln!(f)
}

/// So many of something.
pub(super) fn counted(number: usize, noun: &str) -> String {
    count(u32::try_from(number).unwrap_or(u32::MAX), noun)
}

fn more(count: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match count.checked_sub(LISTED) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(f, "    and {more} more: --output json"),
    }
}
