//! `backstop playbook`: read, check, compile and begin playbooks. Needs no AWS.

mod lint;
mod new;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use backstop_core::{PlaybookName, text::for_terminal};
use backstop_playbook::{
    Catalog, Compiled, Listed, LoadError, OutputError, Shown, check_outputs, list, load_dir, schema, show,
    suggest, write_outputs,
};
use backstop_terminal::{Exit, Printer};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::command::{CliError, CommandError, CommandOutput, End as _};

/// The playbooks this program was built with.
const CATALOG: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));

/// Options of `backstop playbook`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder that holds `playbooks/`, `statemachines/` and `template.yaml`
    #[arg(long, global = true, default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the playbooks of the project; outside of one, those this program was built with
    List,
    /// Show what a playbook answers, does, and needs
    Show {
        /// The playbook's name
        name: String,
    },
    /// Find mistakes, each with its place and what to write instead
    Lint,
    /// Write the state machines, the schema and the template's part that follow from the playbooks
    Compile {
        /// Write nothing; fail if what is there differs
        #[arg(long)]
        check: bool,
    },
    /// Begin a playbook: a skeleton that passes lint, with a finding and a drill
    New {
        /// Its name: lower-case words joined by `-`
        name: String,
    },
    /// Print the JSON Schema of playbook.yaml, for editors
    Schema,
}

/// Playbooks can't be read or don't follow the rules.
#[derive(Debug, thiserror::Error)]
enum PlaybookError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Outputs(#[from] OutputError),
    #[error("there is no playbook `{name}`; there is {}{near}", listed(.known))]
    None {
        name: String,
        near: String,
        known: Vec<String>,
    },
    #[error("the list of playbooks in this program can't be read")]
    Catalog(#[from] serde_json::Error),
}

impl CommandError for PlaybookError {
    fn exit(&self) -> Exit {
        match self {
            Self::Load(LoadError::Invalid(_)) | Self::Outputs(OutputError::Load(LoadError::Invalid(_))) => {
                Exit::Invalid
            }
            Self::None { .. } => Exit::NotFound,
            Self::Load(_) | Self::Outputs(_) | Self::Catalog(_) => Exit::Failed,
        }
    }
}

impl CommandOutput for Listed<'_> {}

impl CommandOutput for Shown<'_> {}

/// What compiling did, or would do.
#[derive(Serialize)]
struct CompileAnswer {
    #[serde(flatten)]
    compiled: Compiled,
    #[serde(skip)]
    is_check: bool,
}

impl CommandOutput for CompileAnswer {
    fn exit(&self) -> Exit {
        if self.is_check && !self.compiled.changed.is_empty() {
            Exit::Invalid
        } else {
            Exit::Done
        }
    }
}

impl fmt::Display for CompileAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Compiled { files, changed } = &self.compiled;
        if !self.is_check && !changed.is_empty() {
            writeln!(f, "wrote {} of {files} compiled files:", changed.len())?;
            return changed
                .iter()
                .try_for_each(|path| writeln!(f, "  {}", path.display()));
        }
        write!(f, "{}", self.compiled)?;
        if self.is_check && !changed.is_empty() {
            write!(f, "write them: backstop playbook compile")?;
        }
        Ok(())
    }
}

/// The schema is JSON in either format.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Schema(serde_json::Value);

impl Schema {
    /// Of any kind of file.
    pub(crate) fn new(schema: serde_json::Value) -> Self {
        Self(schema)
    }
}

impl CommandOutput for Schema {}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

/// Runs `backstop playbook`.
pub(crate) fn run(arguments: Arguments, printer: &Printer) -> Exit {
    let project = arguments.project.as_path();
    match arguments.command {
        Command::List => match catalog(project) {
            Ok(catalog) => printer.end(Ok(list(&catalog))),
            Err(error) => printer.close(Err(error)),
        },
        Command::Show { name } => printer.close(show_one(project, &name, printer)),
        Command::Lint => printer.end(lint::lint(&project.join("playbooks"), printer.is_terminal())),
        Command::Compile { check } => printer.end(compile(project, check)),
        Command::New { name } => printer.end(new::create(&project.join("playbooks"), &name)),
        Command::Schema => printer.end(Ok(Schema(schema()))),
    }
}

/// The playbooks of the project; outside of one, those this program was built with.
pub(crate) fn catalog(project: &Path) -> Result<Catalog, CliError> {
    let playbooks = project.join("playbooks");
    if playbooks.is_dir() {
        return Ok(load_dir(&playbooks).map_err(PlaybookError::from)?);
    }
    Ok(Catalog::from_json(CATALOG).map_err(PlaybookError::from)?)
}

fn show_one(project: &Path, name: &str, printer: &Printer) -> Result<Exit, CliError> {
    let catalog = catalog(project)?;
    let playbook = catalog
        .get(&PlaybookName::new(name))
        .ok_or_else(|| PlaybookError::None {
            name: for_terminal(name),
            near: suggest::did_you_mean(name, catalog.iter().map(|playbook| playbook.name.as_str())),
            known: catalog.iter().map(|playbook| playbook.name.to_string()).collect(),
        })?;
    Ok(printer.put(&show(playbook)))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn compile(project: &Path, is_check: bool) -> Result<CompileAnswer, CliError> {
    let compiled = if is_check {
        check_outputs(project)
    } else {
        write_outputs(project)
    };
    Ok(CompileAnswer {
        compiled: compiled.map_err(PlaybookError::from)?,
        is_check,
    })
}
