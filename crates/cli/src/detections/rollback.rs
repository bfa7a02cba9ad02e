//! `backstop detections rollback`: how the version before is deployed. Reads git, and changes nothing.

use std::{
    fmt, io,
    path::Path,
    process::{Command, Output},
};

use backstop_core::text::{for_shell, for_terminal};
use backstop_detections::{
    change::{Change, NoTemplate, changes, parse, without_ended},
    outputs::{self, TEMPLATE},
};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use super::compile;
use crate::command::{CliError, CommandError, CommandOutput};

/// Options of `backstop detections rollback`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The version to go back to; without it, the last one whose template differs from what is there
    #[arg(long, value_name = "COMMIT")]
    to: Option<String>,
}

/// Why there is no version to go back to.
#[derive(Debug, thiserror::Error)]
enum RollbackError {
    #[error("starting git")]
    Start(#[source] io::Error),
    #[error("git: {0}")]
    Git(String),
    #[error("git answered what isn't text")]
    NotText(#[from] std::string::FromUtf8Error),
    #[error("no version of `{TEMPLATE}` differs from what is there")]
    NoOther,
    #[error("there is no `{TEMPLATE}`: backstop detections compile")]
    NoTemplate,
    #[error(transparent)]
    Unreadable(#[from] NoTemplate),
}

impl CommandError for RollbackError {
    fn exit(&self) -> Exit {
        match self {
            Self::NoOther | Self::NoTemplate => Exit::NotFound,
            Self::Start(_) | Self::Git(_) | Self::NotText(_) | Self::Unreadable(_) => Exit::Failed,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Answer {
    commit: String,
    day: String,
    subject: String,
    /// Resources of that version whose end is over: they don't come back.
    ended: Vec<String>,
    changes: Vec<Change>,
    commands: Vec<String>,
}

impl CommandOutput for Answer {}

pub(super) fn run(project: &Path, arguments: &Arguments) -> Result<Answer, CliError> {
    let now = outputs::read(&project.join(TEMPLATE))?.ok_or(RollbackError::NoTemplate)?;
    let version = match &arguments.to {
        Some(commit) => named(project, commit)?,
        None => before(project, &now)?,
    };
    let (former, ended) = without_ended(
        &parse(&version.template).map_err(RollbackError::from)?,
        super::today(),
    );
    let commands = commands(project, &version.commit, version.template.contains("ListBucket"));
    Ok(Answer {
        changes: changes(&parse(&now).map_err(RollbackError::from)?, &former),
        commit: version.commit,
        day: version.day,
        subject: version.subject,
        ended,
        commands,
    })
}

struct Version {
    commit: String,
    day: String,
    subject: String,
    template: String,
}

/// The last version whose template differs from what is there.
fn before(project: &Path, now: &str) -> Result<Version, RollbackError> {
    let log = git(project, &["log", "--format=%h%x09%cs%x09%s", "--", TEMPLATE])?;
    for line in log.lines() {
        let version = version(project, line)?;
        if version.template != now {
            return Ok(version);
        }
    }
    Err(RollbackError::NoOther)
}

fn named(project: &Path, commit: &str) -> Result<Version, RollbackError> {
    let line = git(
        project,
        &[
            "log",
            "--max-count=1",
            "--format=%h%x09%cs%x09%s",
            "--end-of-options",
            commit,
            "--",
        ],
    )?;
    version(project, line.trim_end())
}

fn version(project: &Path, line: &str) -> Result<Version, RollbackError> {
    let mut parts = line.splitn(3, '\t').map(str::to_owned);
    let commit = parts.next().unwrap_or_default();
    let template = git(project, &["show", &format!("{commit}:./{TEMPLATE}")])?;
    Ok(Version {
        commit,
        day: parts.next().unwrap_or_default(),
        subject: parts.next().unwrap_or_default(),
        template,
    })
}

fn git(project: &Path, arguments: &[&str]) -> Result<String, RollbackError> {
    let output: Output = Command::new("git")
        .arg("-C")
        .arg(project)
        .args(arguments)
        .output()
        .map_err(RollbackError::Start)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(RollbackError::Git(for_terminal(&said).to_string()));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// From the files of that version, so that what has ended since stays out and what is there matches what is deployed.
fn commands(project: &Path, commit: &str, has_lists: bool) -> Vec<String> {
    let folder = for_shell(&project.to_string_lossy());
    let is_here = project == Path::new(".");
    let (git, of_project) = match is_here {
        true => ("git".to_owned(), String::new()),
        false => (format!("git -C {folder}"), format!(" --project {folder}")),
    };
    let path = |name: &str| match is_here {
        true => name.to_owned(),
        false => for_shell(&project.join(name).to_string_lossy()),
    };
    let mut commands = vec![
        format!("{git} restore --source={commit} --staged --worktree -- detections"),
        format!("backstop detections{of_project} compile"),
    ];
    if has_lists {
        commands.push(format!(
            "aws s3 sync {} s3://BUCKET/detections/",
            path("detections/compiled-lists")
        ));
    }
    commands.push(format!(
        "aws cloudformation deploy --stack-name backstop-detections --template-file {}",
        path(TEMPLATE)
    ));
    commands
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "version {} of {}: {}\n",
            self.commit,
            self.day,
            for_terminal(&self.subject)
        )?;
        compile::show(&self.changes, "going back to it changes:", f)?;
        for ended in &self.ended {
            writeln!(f, "stays out, since it has ended: {}", for_terminal(ended))?;
        }
        writeln!(f, "deploy it, in each Region:")?;
        for command in &self.commands {
            writeln!(f, "  {command}")?;
        }
        write!(f, "then commit what was restored")
    }
}
