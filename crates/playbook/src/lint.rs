//! Checks of playbooks together with the files around them.

use std::{fmt, fs, path::Path};

use backstop_core::{Finding, PlaybookName, log::Phase};
use serde::Serialize;
use serde_saphyr::Location;

use crate::{
    asl::check_machine,
    catalog::Catalog,
    check::{self, is_kebab_case},
    compile::{UNDO, compile},
    drill::{self, Drill},
    file::PlaybookFile,
    load::{self, LoadError},
    parse,
    playbook::{Playbook, Test},
    problem::{InvalidFile, Problem},
};

/// What a lint of all playbooks found.
#[derive(Clone, Debug, Serialize)]
pub struct LintReport {
    /// The playbooks looked at.
    pub playbooks: Vec<PlaybookName>,
    /// The files with mistakes; none if all is well.
    pub invalid: Vec<InvalidFile>,
    /// The playbooks that only people run and that no drill proves: a warning, no mistake.
    pub undrilled: Vec<PlaybookName>,
}

impl LintReport {
    /// Whether all is well.
    pub fn is_clean(&self) -> bool {
        self.invalid.is_empty()
    }
}

impl fmt::Display for LintReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.invalid {
            for problem in &file.problems {
                write!(f, "{}: {problem}", file.place(problem))?;
                match &problem.help {
                    Some(help) => writeln!(f, " ({help})")?,
                    None => writeln!(f)?,
                }
            }
        }
        for playbook in &self.undrilled {
            writeln!(
                f,
                "warning: playbook `{playbook}` is run by hand only, and no drill proves it: write its `{}` with \
                 `manual_run:`",
                drill::FILE
            )?;
        }
        let problems: usize = self.invalid.iter().map(|file| file.problems.len()).sum();
        match problems {
            0 => match self.playbooks.len() {
                1 => writeln!(f, "1 playbook is in order"),
                many => writeln!(f, "{many} playbooks are in order"),
            },
            _ => {
                let problems = count(problems, "problem");
                writeln!(f, "{problems} in {}", count(self.playbooks.len(), "playbook"))
            }
        }
    }
}

/// "1 problem", "2 problems".
fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// A playbook that is in order by itself, and where its parts stand.
struct Linted {
    playbook: Playbook,
    label: String,
    text: String,
    tests: Vec<Location>,
    finding_types: Vec<Location>,
}

/// Lints every playbook below a folder: the files by themselves, their drills and sample findings, their
/// compiled machines, and the playbooks against one another.
pub fn lint(playbooks: &Path) -> Result<LintReport, LoadError> {
    let mut sound = Vec::new();
    let mut report = LintReport {
        playbooks: Vec::new(),
        invalid: Vec::new(),
        undrilled: Vec::new(),
    };
    let mut drill_files = Vec::new();
    for folder in load::folders(playbooks)? {
        let name = folder_name(&folder);
        report.playbooks.push(name.clone());
        match drill::read_file(&folder) {
            Ok(file) => drill_files.extend(file),
            Err(LoadError::Invalid(files)) => report.invalid.extend(files),
            Err(error) => return Err(error),
        }
        let path = folder.join(load::FILE);
        match read(&name, &path.to_string_lossy(), load::read(&path)?) {
            Ok(linted) => sound.push((folder, linted)),
            Err(invalid) => report.invalid.push(invalid),
        }
    }
    report.invalid.extend(drill::check_twins(&drill_files));
    let catalog = Catalog::new(sound.iter().map(|(_, linted)| linted.playbook.clone()).collect());
    for (folder, linted) in &sound {
        let problems: Vec<Problem> = [
            check_folder(folder, linted),
            check_tests(folder, linted, &catalog),
            check_rivals(linted, &catalog),
            check_compiled(linted),
        ]
        .concat();
        if !problems.is_empty() {
            report
                .invalid
                .push(InvalidFile::new(&linted.label, &linted.text, problems));
        }
        let playbook = &linted.playbook;
        if playbook.triggers.manual && !folder.join(drill::FILE).is_file() {
            report.undrilled.push(playbook.name.clone());
        }
    }
    for file in &drill_files {
        let playbook = catalog.get(&file.playbook);
        let mut problems = playbook
            .map(|playbook| drill::fits_playbook(&file.drills, playbook))
            .unwrap_or_default();
        problems.extend(file.drills.iter().filter_map(missing_sample));
        if !problems.is_empty() {
            report
                .invalid
                .push(InvalidFile::new(&file.label, &file.text, problems));
        }
    }
    Ok(report)
}

fn folder_name(folder: &Path) -> PlaybookName {
    PlaybookName::new(
        folder
            .file_name()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default(),
    )
}

fn read(name: &PlaybookName, label: &str, text: String) -> Result<Linted, InvalidFile> {
    let file: PlaybookFile = parse::shape(label, &text)?;
    let tests = file
        .tests
        .value
        .iter()
        .map(|test| test.finding.referenced)
        .collect();
    let in_grounds = file
        .triggers
        .grounds
        .iter()
        .flat_map(|it| &it.value.finding_types);
    let finding_types = file
        .triggers
        .finding_types
        .iter()
        .chain(in_grounds)
        .map(|text| text.referenced)
        .collect();
    match check::check(name, file) {
        Ok(playbook) => Ok(Linted {
            playbook,
            label: label.to_owned(),
            text,
            tests,
            finding_types,
        }),
        Err(problems) => Err(InvalidFile::new(label, &text, problems)),
    }
}

/// A drill that sends a file which isn't there.
fn missing_sample(drill: &Drill) -> Option<Problem> {
    let sample = drill.finding.as_ref()?;
    (!drill.folder.join(sample.as_str()).is_file()).then(|| {
        Problem::at(
            sample.place(),
            "finding-missing",
            format!("`{sample}` isn't there"),
        )
        .help("put it into the playbook's folder, or leave `finding` out: then it is `finding.json`")
    })
}

fn check_folder(folder: &Path, linted: &Linted) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = linted.playbook.name.as_str();
    if !is_kebab_case(name) || name.len() > LONGEST_PLAYBOOK_NAME || name == UNDO {
        problems.push(
            Problem::of_file(
                "playbook-name",
                format!("`{name}` is no name for a playbook's folder"),
            )
            .help(format!(
                "write lower-case words joined by `-`, {LONGEST_PLAYBOOK_NAME} characters at most, and not `{UNDO}`"
            )),
        );
    }
    // A drill begins with a finding, and none starts what only people run.
    let wants_drill = linted.playbook.contains() && !linted.playbook.triggers.manual;
    if wants_drill && !folder.join(drill::FILE).is_file() {
        problems.push(
            Problem::of_file("drill-missing", format!("`{}` is missing", drill::FILE)).help(
                "a playbook without a drill is a guess: `backstop playbook new` writes one to start from",
            ),
        );
    }
    problems
}

/// A machine's name is the stack's, an underscore and the playbook's, 80 characters in all (Step Functions quotas).
const LONGEST_PLAYBOOK_NAME: usize = 40;

fn check_tests(folder: &Path, linted: &Linted, catalog: &Catalog) -> Vec<Problem> {
    linted
        .playbook
        .tests
        .iter()
        .zip(&linted.tests)
        .filter_map(|(test, place)| check_test(folder, &linted.playbook, test, *place, catalog))
        .collect()
}

fn check_test(
    folder: &Path,
    playbook: &Playbook,
    test: &Test,
    place: Location,
    catalog: &Catalog,
) -> Option<Problem> {
    let problem = |message: String| Problem::at(place, "test-finding", message);
    let Ok(bytes) = fs::read(folder.join(&test.finding)) else {
        return Some(
            Problem::at(
                place,
                "finding-missing",
                format!("`{}` can't be read", test.finding),
            )
            .help("put a sample event into the playbook's folder, as EventBridge sends it"),
        );
    };
    let findings = match backstop_core::finding::parse(&bytes) {
        Ok(parsed) => parsed.findings,
        Err(error) => return Some(problem(format!("`{}` is no finding: {error}", test.finding))),
    };
    if !findings
        .iter()
        .any(|finding| is_answered(finding, playbook, test, catalog))
    {
        let message = format!(
            "`{}` yields no `{}` that this playbook answers",
            test.finding, test.target
        );
        return Some(
            problem(message).help("compare its type, severity and resource with `triggers` and `targets`"),
        );
    }
    let mut fitting: Vec<&str> = playbook
        .steps_of(Phase::Contain)
        .into_iter()
        .filter(|step| step.known_action().is_some_and(|action| action.fits(test.target)))
        .map(|step| step.step.as_str())
        .collect();
    let mut expected: Vec<&str> = test.steps.iter().map(|step| step.as_str()).collect();
    fitting.sort_unstable();
    expected.sort_unstable();
    (fitting != expected).then(|| {
        problem(format!(
            "the steps that fit `{}` are `{}`",
            test.target,
            fitting.join("`, `")
        ))
        .help("write these under `steps`, or change the playbook's steps")
    })
}

fn is_answered(finding: &Finding, playbook: &Playbook, test: &Test, catalog: &Catalog) -> bool {
    catalog
        .answers(finding)
        .iter()
        .any(|answer| answer.playbook.name == playbook.name && answer.target.resource.kind() == test.target)
}

/// Two playbooks with the same trigger and target: only the first by name would ever run.
fn check_rivals(linted: &Linted, catalog: &Catalog) -> Vec<Problem> {
    let own = &linted.playbook;
    let mut problems = Vec::new();
    for rival in catalog.iter().filter(|other| other.name < own.name) {
        if !rival.targets.iter().any(|kind| own.targets.contains(kind)) {
            continue;
        }
        for (pattern, place) in own.triggers.finding_types().zip(&linted.finding_types) {
            if rival.triggers.finding_types().any(|it| it == pattern) {
                problems.push(
                    Problem::at(
                        *place,
                        "same-trigger",
                        format!("playbook `{}` has the same trigger and target", rival.name),
                    )
                    .help("name the finding types of one of them more closely"),
                );
            }
        }
    }
    problems
}

fn check_compiled(linted: &Linted) -> Vec<Problem> {
    let faults = match serde_json::to_value(compile(&linted.playbook)) {
        Ok(machine) => check_machine(&machine),
        Err(error) => return vec![Problem::of_file("machine", error.to_string())],
    };
    faults
        .into_iter()
        .map(|fault| Problem::of_file("machine", format!("its compiled machine has a fault: {fault}")))
        .collect()
}
