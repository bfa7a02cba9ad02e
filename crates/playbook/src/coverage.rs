//! Which playbook answers what: every known GuardDuty finding type and Security Hub control, on each kind of
//! target that it can name. Asked of the catalog itself, with a made-up finding of each.

mod markdown;
mod sample;

use std::fmt;

use backstop_core::{Finding, Mode, PlaybookName, TargetKind, finding::ResourceRole};
use serde::Serialize;

use crate::{
    catalog::Catalog,
    known::{self, Provoker},
};

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
    /// Who can bring it about; of a control nobody in particular.
    pub provoked_by: Provoker,
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
    /// How far it goes by itself on these grounds.
    pub mode: Mode,
    /// Why no further.
    pub because: Option<String>,
    /// Whether it contains, or only tells people.
    pub contains: bool,
    /// The kinds of target on which it answers.
    pub targets: Vec<TargetKind>,
    /// Whether it answers only where the resource attacks.
    pub as_actor: bool,
}

impl RowAnswer {
    /// What is left of it beside the answers that don't ask who attacks.
    fn only_as_actor(mut self, plain: &[Self]) -> Option<Self> {
        let is_same = |other: &&Self| {
            (&other.playbook, other.mode, &other.because) == (&self.playbook, self.mode, &self.because)
        };
        let known: Vec<TargetKind> = plain
            .iter()
            .filter(is_same)
            .flat_map(|other| other.targets.iter().copied())
            .collect();
        self.targets.retain(|kind| !known.contains(kind));
        self.as_actor = true;
        (!self.targets.is_empty()).then_some(self)
    }
}

/// Asks the catalog about everything that is known.
pub fn coverage(catalog: &Catalog) -> Coverage {
    let types = known::finding_types().map(|known| {
        let kinds = sample::kinds_of(known.name, known.resource);
        let finding = sample::of_type(known.name, sample::lowest(known.severity), &kinds);
        let mut answers = row_answers(catalog, &finding);
        let attacking = Finding {
            resource_role: Some(ResourceRole::Actor),
            ..finding
        };
        let as_actor = row_answers(catalog, &attacking);
        answers.extend(
            as_actor
                .into_iter()
                .filter_map(|answer| answer.only_as_actor(&answers))
                .collect::<Vec<_>>(),
        );
        Row {
            name: known.name,
            kind: RowKind::FindingType,
            severity: severity(known.severity),
            retired: known.retired,
            provoked_by: known.provoked_by,
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
            provoked_by: Provoker::State,
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
        let because = answer.because.map(str::to_owned);
        match found.iter_mut().find(|known| {
            known.playbook == answer.playbook.name && known.mode == answer.mode && known.because == because
        }) {
            Some(known) => known.targets.push(kind),
            None => found.push(RowAnswer {
                playbook: answer.playbook.name.clone(),
                mode: answer.mode,
                because,
                contains: answer.playbook.contains(),
                targets: vec![kind],
                as_actor: false,
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
    /// Each answer: playbook, mode, targets, why; a row without one says so.
    fn lines(&self) -> Vec<[String; 4]> {
        let list = |kinds: &[TargetKind]| {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            names.join(", ")
        };
        let mut lines: Vec<[String; 4]> = self
            .answers
            .iter()
            .map(|answer| {
                let attacking = if answer.as_actor { " that attacks" } else { "" };
                [
                    answer.playbook.to_string(),
                    answer.mode.to_string(),
                    format!("{}{attacking}", list(&answer.targets)),
                    answer.because.clone().unwrap_or_default(),
                ]
            })
            .collect();
        if !self.unanswered.is_empty() {
            lines.push([
                "NOBODY".to_owned(),
                "-".to_owned(),
                list(&self.unanswered),
                String::new(),
            ]);
        }
        lines
    }
}

/// A line for each answer, in columns.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        for row in &self.rows {
            for [playbook, mode, targets, _] in row.lines() {
                writeln!(f, "{:widest$}  {playbook:<18} {mode:<7}  {targets}", row.name)?;
            }
        }
        writeln!(f)?;
        writeln!(f, "{}", self.totals())
    }
}
