//! A folder of saved events: a line for each finding, and totals.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use backstop_core::text::{bounded, for_terminal};
use backstop_playbook::Catalog;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::{
    Message, ReplayError, input,
    reading::{Done, Reading, Verdict},
};

/// Longer texts are cut in the table; a single file shows them whole.
const WIDEST: usize = 60;

/// Every file of a folder.
#[derive(Debug, Serialize)]
pub(crate) struct Folder {
    totals: BTreeMap<String, usize>,
    files: Vec<Message>,
}

/// Replays every saved file in the folder and below, in the order of their names.
pub(super) fn replay(folder: &Path, catalog: &Catalog) -> Result<Folder, ReplayError> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    if paths.is_empty() {
        return Err(ReplayError::NoFiles(folder.to_owned()));
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        files.push(Message::read(name, &input::file(&path)?, catalog));
    }
    let totals = totals(&files);
    Ok(Folder { totals, files })
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), ReplayError> {
    let unreadable = |source| ReplayError::File {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // A linked folder isn't followed: it may lead back here.
        let is_folder = entry.file_type().map_err(unreadable)?.is_dir();
        let path = entry.path();
        if is_folder {
            collect(&path, paths)?;
        } else if input::is_saved(&path) {
            paths.push(path);
        }
    }
    Ok(())
}

fn totals(files: &[Message]) -> BTreeMap<String, usize> {
    let mut totals = BTreeMap::new();
    let lines = files.iter().flat_map(lines);
    for line in lines {
        *totals.entry(line.total).or_default() += 1;
    }
    totals
}

/// One line of the table.
struct Line {
    finding_type: String,
    target: String,
    answer: String,
    total: String,
}

impl Line {
    fn without_finding(answer: String, total: &str) -> Self {
        Self {
            finding_type: "-".to_owned(),
            target: "-".to_owned(),
            answer,
            total: total.to_owned(),
        }
    }
}

fn lines(message: &Message) -> Vec<Line> {
    let unreadable =
        |reason: &str| Line::without_finding(format!("can't be read: {reason}"), "can't be read");
    match &message.reading {
        Reading::Unreadable(unread) => vec![unreadable(&unread.reason)],
        Reading::Read(content) => {
            let findings = content.findings.iter().flat_map(lines_of);
            let others = content
                .not_findings
                .iter()
                .map(|item| Line::without_finding(item.reason.clone(), "not a finding"));
            let refused = content.unreadable.iter().map(|item| unreadable(&item.reason));
            findings.chain(others).chain(refused).collect()
        }
    }
}

fn lines_of(verdict: &Verdict) -> Vec<Line> {
    let line = |target: &str, answer: String, total: &str| Line {
        finding_type: verdict.finding_type.clone(),
        target: target.to_owned(),
        answer,
        total: total.to_owned(),
    };
    match &verdict.done {
        Done::Answered => verdict
            .answers
            .iter()
            .map(|response| {
                let answer = format!("{} ({})", response.playbook, response.mode);
                let total = format!("answered by {}", response.playbook);
                line(&response.target.resource.to_string(), answer, &total)
            })
            .collect(),
        Done::Inactive { reason } => {
            let playbooks: BTreeSet<&str> = verdict.answers.iter().map(|it| it.playbook.as_str()).collect();
            let playbooks: Vec<&str> = playbooks.into_iter().collect();
            let answer = if playbooks.is_empty() {
                format!("nothing: {reason}")
            } else {
                format!("nothing: {reason}; active: {}", playbooks.join(", "))
            };
            vec![line("-", answer, "not active")]
        }
        Done::Unanswered { reason } => vec![line("-", format!("nothing: {reason}"), "no playbook")],
    }
}

impl Folder {
    pub(super) fn messages(&self) -> &[Message] {
        &self.files
    }
}

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(["FILE", "FINDING", "TARGET", "ANSWER"]);
        let cell = |text: &str| bounded(&for_terminal(text), WIDEST);
        for message in &self.files {
            for line in lines(message) {
                table.add_row([
                    cell(&message.file),
                    cell(&line.finding_type),
                    cell(&line.target),
                    for_terminal(&line.answer),
                ]);
            }
        }
        writeln!(f, "{}", table.trim_fmt())?;
        writeln!(f, "\n{} files", self.files.len())?;
        for (total, count) in &self.totals {
            writeln!(f, "{count:6}  {total}")?;
        }
        Ok(())
    }
}
