//! Everything that follows from the playbooks and from the contracts of actions and functions: machines, the template's
//! blocks, the schema, the references, the table of what is answered.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use backstop_core::activity_after_end;
use serde::Serialize;

use crate::{
    catalog::Catalog,
    compile::{UNDO, compile, compile_undo},
    coverage::coverage,
    drill,
    load::{self, LoadError},
    reference, schema, template,
};

/// Which playbook contains what: what functions and the program tell people to run.
const CONTAINING: &str = "playbooks/containing.tsv";

const TEMPLATE: &str = "template.yaml";
const MEMBER: &str = "member.yaml";

/// A file as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Below the project's folder.
    pub path: PathBuf,
    /// What it should hold.
    pub text: String,
}

/// Why the outputs can't be made.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum OutputError {
    /// The playbooks, or a file to compare with, can't be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Load(#[from] LoadError),
    /// A template lacks its markers.
    #[error("putting what is compiled into `{file}`")]
    Template {
        /// Which.
        file: &'static str,
        /// What it lacks.
        source: template::NoSuchBlock,
    },
    /// A machine can't be written as JSON.
    #[error("writing a machine as JSON")]
    Json(#[from] serde_json::Error),
    /// A file can't be written.
    #[error("writing `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Which outputs differed from what they are compiled from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compiled {
    /// How many files are compiled.
    pub files: usize,
    /// Those that differ (after a check) or differed (after writing).
    pub changed: Vec<PathBuf>,
}

impl fmt::Display for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changed.is_empty() {
            return writeln!(f, "{} compiled files are up to date", self.files);
        }
        writeln!(
            f,
            "{} of {} compiled files differ from what they are compiled from:",
            self.changed.len(),
            self.files
        )?;
        for path in &self.changed {
            writeln!(f, "  {}", path.display())?;
        }
        Ok(())
    }
}

/// Every compiled file of the project in `root`.
pub fn outputs(root: &Path) -> Result<Vec<Output>, OutputError> {
    let catalog = load::load_dir(&root.join("playbooks"))?;
    let template = load::read(&root.join(TEMPLATE))?;
    let member = load::read(&root.join(MEMBER))?;
    let without = |file| move |source| OutputError::Template { file, source };
    let mut outputs = machines(&catalog)?;
    outputs.push(Output {
        path: "playbooks/playbook.schema.json".into(),
        text: schema::schema_text()?,
    });
    outputs.push(Output {
        path: CONTAINING.into(),
        text: catalog.containing().to_table(),
    });
    outputs.push(Output {
        path: "playbooks/drill.schema.json".into(),
        text: drill::schema_text()?,
    });
    outputs.push(Output {
        path: "docs/coverage.md".into(),
        text: coverage(&catalog).to_markdown(),
    });
    outputs.push(Output {
        path: "docs/activity-after-the-end.md".into(),
        text: activity_after_end::to_markdown(),
    });
    outputs.push(Output {
        path: "docs/reference/actions.md".into(),
        text: reference::actions(),
    });
    outputs.push(Output {
        path: "docs/reference/permissions.md".into(),
        text: reference::permissions(),
    });
    outputs.push(Output {
        path: "docs/reference/playbooks.md".into(),
        text: reference::playbooks(&catalog),
    });
    outputs.push(Output {
        path: TEMPLATE.into(),
        text: template::replace_block(&template, &catalog).map_err(without(TEMPLATE))?,
    });
    outputs.push(Output {
        path: MEMBER.into(),
        text: template::replace_member_block(&member).map_err(without(MEMBER))?,
    });
    Ok(outputs)
}

/// Which of them differ from what is there; writes nothing.
pub fn check_outputs(root: &Path) -> Result<Compiled, OutputError> {
    let outputs = outputs(root)?;
    Ok(Compiled {
        files: outputs.len(),
        changed: stale(root, &outputs).map(|output| output.path.clone()).collect(),
    })
}

/// Writes those that differ.
pub fn write_outputs(root: &Path) -> Result<Compiled, OutputError> {
    let outputs = outputs(root)?;
    let mut changed = Vec::new();
    for output in stale(root, &outputs) {
        let path = root.join(&output.path);
        write(&path, &output.text).map_err(|source| OutputError::Write { path, source })?;
        changed.push(output.path.clone());
    }
    Ok(Compiled {
        files: outputs.len(),
        changed,
    })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn machines(catalog: &Catalog) -> Result<Vec<Output>, serde_json::Error> {
    let of_playbooks = catalog
        .iter()
        .map(|playbook| (playbook.name.as_str(), compile(playbook)));
    of_playbooks
        .chain([(UNDO, compile_undo())])
        .map(|(name, machine)| {
            Ok(Output {
                path: format!("statemachines/{name}.asl.json").into(),
                text: machine.to_json()?,
            })
        })
        .collect()
}

/// A file that can't be read differs.
fn stale<'a>(root: &Path, outputs: &'a [Output]) -> impl Iterator<Item = &'a Output> {
    outputs.iter().filter(move |output| {
        fs::read_to_string(root.join(&output.path)).map_or(true, |found| found != output.text)
    })
}
