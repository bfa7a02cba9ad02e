//! Which playbook answers what: every known GuardDuty finding type and Security Hub control, on each kind of
//! target that it can name. Asked of the catalog itself, with a made-up finding of each.

mod markdown;
mod sample;

use std::fmt;

use backstop_core::{Finding, Mode, PlaybookName, TargetKind};
use serde::Serialize;

use crate::{catalog::Catalog, known};

/// What the playbooks answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// How many known types and controls an answer contains, on at least one kind of target.
    pub contained: usize,
    /// How many are only told to people.
    pub told: usize,
    /// How many have no answer on some kind of target; none, or the playbooks have a hole.
    pub unanswered: usize,
    /// Each known type and control.
    pub rows: Vec<Row>,
}

/// One known type or control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The finding type, or the control's id.
    pub name: &'static str,
    /// Which of them.
    pub kind: RowKind,
    /// The documented severity.
    pub severity: String,
    /// AWS makes no new findings of it.
    pub retired: bool,
    /// Who answers, by playbook.
    pub answers: Vec<RowAnswer>,
    /// Kinds of target that nobody answers.
    pub unanswered: Vec<TargetKind>,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKind {
    /// A GuardDuty finding type.
    FindingType,
    /// A Security Hub control.
    Control,
}

/// One playbook's answer to a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowAnswer {
    /// The playbook.
    pub playbook: PlaybookName,
    /// Its own mode.
    pub mode: Mode,
    /// Whether it contains, or only tells people.
    pub contains: bool,
    /// The kinds of target on which it answers.
    pub targets: Vec<TargetKind>,
}

/// Asks the catalog about everything that is known.
pub fn coverage(catalog: &Catalog) -> Coverage {
    let types = known::finding_types().map(|known| {
        let kinds = sample::kinds_of(known.name, known.resource);
        let finding = sample::of_type(known.name, sample::lowest(known.severity), &kinds);
        let answers = row_answers(catalog, &finding);
        Row {
            name: known.name,
            kind: RowKind::FindingType,
            severity: severity(known.severity),
            retired: known.retired,
            unanswered: left_over(&kinds, &answers),
            answers,
        }
    });
    let controls = known::controls().map(|known| {
        let kinds = &[known.target];
        let finding = sample::of_control(known.id, sample::lowest(known.severity), kinds);
        let answers = row_answers(catalog, &finding);
        Row {
            name: known.id,
            kind: RowKind::Control,
            severity: severity(known.severity),
            retired: false,
            unanswered: left_over(kinds, &answers),
            answers,
        }
    });
    Coverage::of(types.chain(controls).collect())
}

fn severity(documented: &str) -> String {
    documented.to_ascii_lowercase().replace('|', " or ")
}

fn row_answers(catalog: &Catalog, finding: &Finding) -> Vec<RowAnswer> {
    let mut found: Vec<RowAnswer> = Vec::new();
    for answer in catalog.answers(finding) {
        let kind = answer.target.resource.kind();
        match found
            .iter_mut()
            .find(|known| known.playbook == answer.playbook.name)
        {
            Some(known) => known.targets.push(kind),
            None => found.push(RowAnswer {
                playbook: answer.playbook.name.clone(),
                mode: answer.mode,
                contains: answer.playbook.contains(),
                targets: vec![kind],
            }),
        }
    }
    // Who contains stands first.
    found.sort_by_key(|answer| !answer.contains);
    found
}

fn left_over(kinds: &[TargetKind], answers: &[RowAnswer]) -> Vec<TargetKind> {
    let is_answered = |kind: &TargetKind| answers.iter().any(|answer| answer.targets.contains(kind));
    kinds.iter().copied().filter(|kind| !is_answered(kind)).collect()
}

impl Coverage {
    fn of(rows: Vec<Row>) -> Self {
        let count = |wanted: fn(&Row) -> bool| rows.iter().filter(|row| wanted(row)).count();
        Self {
            contained: count(|row| row.answers.iter().any(|answer| answer.contains)),
            told: count(|row| !row.answers.is_empty() && row.answers.iter().all(|answer| !answer.contains)),
            unanswered: count(|row| !row.unanswered.is_empty()),
            rows,
        }
    }

    /// The rows of one kind.
    pub fn rows_of(&self, kind: RowKind) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }

    /// The totals as a sentence.
    pub fn totals(&self) -> String {
        format!(
            "{} GuardDuty finding types and {} Security Hub controls: {} contained by a playbook, {} told to \
             people, {} without an answer",
            self.rows_of(RowKind::FindingType).count(),
            self.rows_of(RowKind::Control).count(),
            self.contained,
            self.told,
            self.unanswered
        )
    }
}

impl Row {
    /// Each answer: playbook, mode, targets; a row without one says so.
    fn lines(&self) -> Vec<[String; 3]> {
        let list = |kinds: &[TargetKind]| {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            names.join(", ")
        };
        let mut lines: Vec<[String; 3]> = self
            .answers
            .iter()
            .map(|answer| {
                [
                    answer.playbook.to_string(),
                    answer.mode.to_string(),
                    list(&answer.targets),
                ]
            })
            .collect();
        if !self.unanswered.is_empty() {
            lines.push(["NOBODY".to_owned(), "-".to_owned(), list(&self.unanswered)]);
        }
        lines
    }
}

/// A line for each answer, in columns.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        for row in &self.rows {
            for [playbook, mode, targets] in row.lines() {
                writeln!(f, "{:widest$}  {playbook:<18} {mode:<7}  {targets}", row.name)?;
            }
        }
        writeln!(f)?;
        writeln!(f, "{}", self.totals())
    }
}
