//! What is wrong with the files below `detections/`.

use std::{collections::BTreeMap, fmt};

use backstop_playbook::{Catalog, InvalidFile, Problem, yaml};
use jiff::civil::Date;
use serde::Serialize;
use serde_saphyr::Location;

use crate::{
    address_list::{self, AddressList, AddressListFile},
    automation_rule::{self, AutomationRule, AutomationRuleFile},
    check::{self, Context, ENDS_SOON, EXPIRED},
    event_rule::{self, EventRule, EventRuleFile},
    load::{Source, Sources},
    settings::{self, Settings, SettingsFile},
    shadow::is_covered,
    suppression::{Suppression, SuppressionFile},
};

/// The command that writes a rule to start from.
pub const BEGIN: &str = "backstop detections new";

/// What a lint found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LintReport {
    /// The suppression rules that nothing stops, by name.
    pub suppressions: Vec<Suppression>,
    /// The lists that nothing stops, without what has ended.
    pub address_lists: Vec<AddressList>,
    /// The automation rules that nothing stops, by name.
    pub automation_rules: Vec<AutomationRule>,
    /// The detections over CloudTrail that nothing stops, by name.
    pub event_rules: Vec<EventRule>,
    /// The settings, if they are there and nothing stops them.
    pub settings: Option<Settings>,
    /// The files that were looked at.
    pub files: usize,
    /// Files with what stops them.
    pub refused: Vec<InvalidFile>,
    /// Files with what somebody should think about.
    pub warned: Vec<InvalidFile>,
    /// What lies there and is nothing that is read.
    pub strays: Vec<String>,
}

impl LintReport {
    /// Whether nothing is refused.
    pub fn is_clean(&self) -> bool {
        self.refused.is_empty() && self.strays.is_empty()
    }

    /// Whether all that is refused is what has ended: compiling leaves that out.
    pub fn is_compilable(&self) -> bool {
        let mut problems = self.refused.iter().flat_map(|file| &file.problems);
        self.strays.is_empty() && problems.all(|problem| problem.code == EXPIRED)
    }

    /// What has ended, with its place.
    pub fn expired(&self) -> Vec<String> {
        named(&self.refused, EXPIRED)
    }

    /// What ends within two weeks, with its place.
    pub fn ends_soon(&self) -> Vec<String> {
        named(&self.warned, ENDS_SOON)
    }

    /// How much there is of each, in a line.
    pub fn summary(&self) -> String {
        let count = |files: &[InvalidFile]| files.iter().map(|file| file.problems.len()).sum::<usize>();
        let (refused, warned) = (count(&self.refused) + self.strays.len(), count(&self.warned));
        match refused + warned {
            0 => format!("{} in order", files(self.files)),
            _ => format!(
                "{}: {refused} refused, {warned} to think about",
                files(self.files)
            ),
        }
    }
}

/// Lints all files, by themselves and against one another, as of a day.
pub fn lint(sources: &Sources, today: Date, playbooks: &Catalog) -> LintReport {
    let context = Context { today, playbooks };
    let mut report = LintReport {
        files: [
            &sources.suppressions,
            &sources.address_lists,
            &sources.automation_rules,
            &sources.event_rules,
        ]
        .iter()
        .map(|sources| sources.len())
        .sum::<usize>()
            + usize::from(sources.settings.is_some()),
        strays: sources
            .strays
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        ..LintReport::default()
    };
    let mut sound: Vec<(&Source, Location, Suppression)> = Vec::new();
    for source in &sources.suppressions {
        let file: SuppressionFile = match yaml(&source.label, &source.text, BEGIN) {
            Ok(file) => file,
            Err(invalid) => {
                report.refused.push(invalid);
                continue;
            }
        };
        let (rule, judged) = check::check(&source.name, &file, context);
        report.add(source, judged.refusals, judged.warnings);
        sound.extend(rule.map(|rule| (source, file.criteria.referenced, rule)));
    }
    check_shadows(&sound, &mut report);
    check_number(&sources.suppressions, "filters", &mut report);
    check_number(&sources.automation_rules, "automation rules", &mut report);
    report.suppressions = sound.into_iter().map(|(_, _, rule)| rule).collect();
    lint_address_lists(&sources.address_lists, today, &mut report);
    lint_automation_rules(&sources.automation_rules, today, &mut report);
    lint_event_rules(&sources.event_rules, today, &mut report);
    if let Some(source) = &sources.settings {
        lint_settings(source, today, &mut report);
    }
    report
}

/// The problems of some kind, as `place: what`.
fn named(files: &[InvalidFile], code: &str) -> Vec<String> {
    let of_file = |file: &InvalidFile| {
        let problems = file.problems.iter().filter(|problem| problem.code == code);
        problems
            .map(|problem| format!("{}: {problem}", file.place(problem)))
            .collect::<Vec<_>>()
    };
    files.iter().flat_map(of_file).collect()
}

impl LintReport {
    fn add(&mut self, source: &Source, refusals: Vec<Problem>, warnings: Vec<Problem>) {
        let of = |problems| InvalidFile::new(&source.label, &source.text, problems);
        if !refusals.is_empty() {
            self.refused.push(of(refusals));
        }
        if !warnings.is_empty() {
            self.warned.push(of(warnings));
        }
    }
}

/// What a Region takes of filters, whose rank ends there as well, and of automation rules (GuardDuty quotas, Security Hub
/// quotas).
const MOST_RULES: usize = 100;

fn check_number(sources: &[Source], what: &str, report: &mut LintReport) {
    for source in sources.iter().skip(MOST_RULES) {
        let message = format!("AWS takes {MOST_RULES} {what} in a Region; this is one more");
        let help = "put what is alike into one, and remove what nobody needs any more";
        let problem = Problem::of_file("too-many-rules", message).help(help);
        report.add(source, vec![problem], Vec::new());
    }
}

/// A rule that another makes needless outlives its own end: both are named, and the one that hides less is refused.
fn check_shadows(rules: &[(&Source, Location, Suppression)], report: &mut LintReport) {
    for (index, (source, place, rule)) in rules.iter().enumerate() {
        let covering = rules.iter().enumerate().find(|(other, (_, _, by))| {
            // Of two that are alike the first by name stays.
            *other != index && is_covered(rule, by) && (*other < index || !is_covered(by, rule))
        });
        if let Some((_, (_, _, by))) = covering {
            let (code, what) = match is_covered(by, rule) {
                true => ("duplicate", "hides the same"),
                false => ("shadowed", "hides all of this and more"),
            };
            let message = format!("rule `{}` {what}, until {}", by.name, by.expires);
            let help =
                "remove one of them: this one would go on hiding after its end, or hide nothing before it";
            report.add(
                source,
                vec![Problem::at(*place, code, message).help(help)],
                Vec::new(),
            );
        }
    }
}

fn lint_address_lists(sources: &[Source], today: Date, report: &mut LintReport) {
    let mut lists = Vec::new();
    for source in sources {
        match yaml::<AddressListFile>(&source.label, &source.text, BEGIN) {
            Ok(file) => lists.push((source.label.clone(), file)),
            Err(invalid) => report.refused.push(invalid),
        }
    }
    let mut together: BTreeMap<String, Vec<Problem>> = address_list::check_together(&lists);
    for (label, file) in &lists {
        let Some(source) = sources.iter().find(|source| source.label == *label) else {
            continue;
        };
        let mut judged = address_list::check(&source.name, file, today);
        judged.refusals.extend(together.remove(label).unwrap_or_default());
        if judged.is_only_expired() {
            report.address_lists.push(file.list(&source.name, today));
        }
        report.add(source, judged.refusals, judged.warnings);
    }
}

fn lint_automation_rules(sources: &[Source], today: Date, report: &mut LintReport) {
    let mut rules = Vec::new();
    for source in sources {
        match yaml::<AutomationRuleFile>(&source.label, &source.text, BEGIN) {
            Ok(file) => rules.push((source.label.clone(), file)),
            Err(invalid) => report.refused.push(invalid),
        }
    }
    let mut together: BTreeMap<String, Vec<Problem>> = automation_rule::check_together(&rules);
    for (label, file) in &rules {
        let Some(source) = sources.iter().find(|source| source.label == *label) else {
            continue;
        };
        let (rule, mut judged) = automation_rule::check(&source.name, file, today);
        judged.warnings.extend(together.remove(label).unwrap_or_default());
        report.automation_rules.extend(rule);
        report.add(source, judged.refusals, judged.warnings);
    }
}

fn lint_event_rules(sources: &[Source], today: Date, report: &mut LintReport) {
    for source in sources {
        match yaml::<EventRuleFile>(&source.label, &source.text, BEGIN) {
            Ok(file) => {
                let (rule, judged) = event_rule::check(&source.name, &file, today);
                report.event_rules.extend(rule);
                report.add(source, judged.refusals, judged.warnings);
            }
            Err(invalid) => report.refused.push(invalid),
        }
    }
}

fn lint_settings(source: &Source, today: Date, report: &mut LintReport) {
    match yaml::<SettingsFile>(&source.label, &source.text, BEGIN) {
        Ok(file) => {
            let (settings, judged) = settings::check(&file, today);
            report.settings = settings;
            report.add(source, judged.refusals, judged.warnings);
        }
        Err(invalid) => report.refused.push(invalid),
    }
}

impl fmt::Display for LintReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (word, files) in [("refused", &self.refused), ("warning", &self.warned)] {
            for file in files {
                for problem in &file.problems {
                    write!(f, "{word}: {}: {}: {problem}", file.place(problem), problem.code)?;
                    match &problem.help {
                        Some(help) => writeln!(f, " ({help})")?,
                        None => writeln!(f)?,
                    }
                }
            }
        }
        for stray in &self.strays {
            writeln!(
                f,
                "refused: {stray}: stray-file: nothing reads it (suppression rules are `suppressions/<name>.yaml`)"
            )?;
        }
        f.write_str(&self.summary())
    }
}

fn files(count: usize) -> String {
    match count {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    }
}
