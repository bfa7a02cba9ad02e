//! `drill.yaml`: what is planted, what is probed, and what is expected, as people read and review it.

mod check;
mod plant;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{
    check::Check,
    probe::{Outcome, Probe},
};
pub use plant::{
    Assumed, Backdoor, Bucket, Credential, Instance, KeySession, Plant, Role, RoleSession, SessionName,
    Subnet, User,
};

/// The file's name in a playbook's folder.
pub const FILE: &str = "drill.yaml";

/// One drill.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// What `cargo drill` is given.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The story, for people.
    pub summary: String,
    /// What is made in the account before anything else, in this order.
    pub plant: Vec<Plant>,
    /// The credential, bucket or instance that the finding is about, by its name in `plant`; `account` for the
    /// account itself.
    #[serde(default)]
    pub finding_about: Option<String>,
    /// The sample in the playbook's folder that is sent, made to be about it.
    #[serde(default = "finding_file")]
    pub finding: String,
    /// Where no finding starts the playbook: what a person runs it on.
    #[serde(default)]
    pub run_by_hand: Option<RunByHand>,
    /// The calls whose outcome is the proof.
    #[serde(default)]
    pub probes: Vec<Probe>,
    /// States that no call can try.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What the incident must propose to people: this and nothing else.
    #[serde(default)]
    pub proposals: Vec<Proposed>,
    /// The playbook in whose folder the drill is; not part of the file.
    #[serde(skip)]
    pub playbook: String,
    /// That folder.
    #[serde(skip)]
    pub folder: PathBuf,
}

fn finding_file() -> String {
    "finding.json".to_owned()
}

/// A person runs the playbook, as by `backstop run`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunByHand {
    /// The bucket, instance, role, user or access key, by its name in `plant`.
    pub target: String,
    /// The person's words.
    pub reason: String,
}

/// What starts a drill's playbook.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// The playbook's finding, about this.
    Finding(&'a str),
    /// A person.
    ByHand(&'a RunByHand),
}

/// What an investigation must propose.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proposed {
    /// To deny this planted user everything.
    DenyUser(String),
    /// To deactivate this planted key.
    DeactivateKey(String),
}

/// Every drill of every playbook.
#[derive(Clone, Debug, Default)]
pub struct Drills(Vec<Drill>);

/// A drill's file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DrillFileError {
    /// A file or folder can't be read.
    #[error("reading `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It has the wrong shape.
    #[error("`{}` is no drill file: {detail}", path.display())]
    Shape {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        detail: String,
    },
    /// It has the right shape but can't work.
    #[error("drill `{drill}` in `{}`: {problem}", path.display())]
    Senseless {
        /// Which file.
        path: PathBuf,
        /// Which drill.
        drill: String,
        /// What is wrong.
        problem: String,
    },
    /// There is none of that name.
    #[error("there is no drill `{wanted}`; there are {known}")]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DrillFile {
    drills: Vec<Drill>,
}

impl Drills {
    /// Reads the `drill.yaml` of every folder below `playbooks`, in the order of their names.
    pub fn read(playbooks: &Path) -> Result<Self, DrillFileError> {
        let unreadable = |source| DrillFileError::Read {
            path: playbooks.to_owned(),
            source,
        };
        let mut folders = Vec::new();
        for entry in fs::read_dir(playbooks).map_err(unreadable)? {
            let folder = entry.map_err(unreadable)?.path();
            if folder.join(FILE).is_file() {
                folders.push(folder);
            }
        }
        folders.sort();
        let mut drills: Vec<Drill> = Vec::new();
        for folder in folders {
            drills.extend(read_file(&folder)?);
        }
        check::names(&drills)?;
        Ok(Self(drills))
    }

    /// Every drill.
    pub fn all(&self) -> &[Drill] {
        &self.0
    }

    /// The drill of this name, else the first of the playbook of this name.
    pub fn find(&self, wanted: &str) -> Result<&Drill, DrillFileError> {
        let by_name = self.0.iter().find(|drill| drill.name == wanted);
        by_name
            .or_else(|| self.0.iter().find(|drill| drill.playbook == wanted))
            .ok_or_else(|| {
                let known = self
                    .0
                    .iter()
                    .map(|drill| format!("`{}`", drill.name))
                    .collect::<Vec<_>>()
                    .join(", ");
                DrillFileError::Unknown {
                    wanted: wanted.to_owned(),
                    known,
                }
            })
    }
}

fn read_file(folder: &Path) -> Result<Vec<Drill>, DrillFileError> {
    let path = folder.join(FILE);
    let text = fs::read_to_string(&path).map_err(|source| DrillFileError::Read {
        path: path.clone(),
        source,
    })?;
    let playbook = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut drills = parse(&path, &text)?;
    for drill in &mut drills {
        drill.playbook.clone_from(&playbook);
        folder.clone_into(&mut drill.folder);
    }
    Ok(drills)
}

/// Parses and checks a file's text; `path` is what messages call it.
pub fn parse(path: &Path, text: &str) -> Result<Vec<Drill>, DrillFileError> {
    let file: DrillFile = serde_saphyr::from_str(text).map_err(|error| DrillFileError::Shape {
        path: path.to_owned(),
        detail: error.to_string(),
    })?;
    for drill in &file.drills {
        if let Some(problem) = check::problem(drill) {
            return Err(DrillFileError::Senseless {
                path: path.to_owned(),
                drill: drill.name.clone(),
                problem,
            });
        }
    }
    Ok(file.drills)
}

impl Drill {
    /// What starts it; `None` unless exactly one thing does.
    pub fn start(&self) -> Option<Start<'_>> {
        match (&self.finding_about, &self.run_by_hand) {
            (Some(about), None) => Some(Start::Finding(about)),
            (None, Some(run)) => Some(Start::ByHand(run)),
            _ => None,
        }
    }

    /// Whether the attacker has anything to lose: a probe that is to end denied, or a state that is to change.
    fn ends_something(&self) -> bool {
        let mut probes = self.probes.iter();
        let mut checks = self.checks.iter();
        probes.any(|probe| probe.before == Outcome::Allowed && probe.after == Outcome::Denied)
            || checks.any(|check| check.before != check.after)
    }
}

#[cfg(test)]
mod tests;
