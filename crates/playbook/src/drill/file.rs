//! The file's shape, and what starts a drill.

use std::path::PathBuf;

use backstop_core::PlaybookName;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Access, AttackersCall, Check, Expected, Placed, Plant, Probe, rules};
use crate::{parse as yaml, problem::InvalidFile};

/// The drills of a playbook: each leads to its incident in the disposable account, and proves how it ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Backstop drills")]
pub(crate) struct DrillFile {
    /// One or more; `cargo drill PLAYBOOK` runs the first.
    #[schemars(length(min = 1))]
    pub(super) drills: Placed<Vec<Drill>>,
}

/// One drill.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// What `cargo drill` is given, kebab-case.
    pub name: Placed<String>,
    /// One line for people.
    pub title: String,
    /// The story, for people.
    pub summary: String,
    /// What is made in the account before anything else, in this order.
    pub plant: Vec<Plant>,
    /// The credential, bucket or instance that the finding is about, by its name in `plant`; `account` for the
    /// account itself.
    #[serde(default)]
    pub finding_about: Option<Placed<String>>,
    /// The sample in the playbook's folder that is sent, made to be about it; `finding.json` if none is named.
    #[serde(default)]
    pub finding: Option<Placed<String>>,
    /// Where no finding starts the playbook: what a person runs it on.
    #[serde(default)]
    pub manual_run: Option<ManualRun>,
    /// The calls whose outcome is the proof.
    #[serde(default)]
    pub probes: Vec<Probe>,
    /// States that no call can try.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What an attacker does once it is contained and was read back, before it is read a second time. Probes and checks look
    /// after both.
    #[serde(default)]
    pub between_readings: Vec<AttackersCall>,
    /// What the second reading must come to.
    #[serde(default)]
    pub expected: Option<Expected>,
    /// What the incident must propose to people: this and nothing else.
    #[serde(default)]
    pub proposals: Vec<Proposed>,
    /// The step that can't be proven, since something that it can't reach goes on: the incident must end partially
    /// contained, and what was read back must name the branch interfaces of the instance that it is about.
    #[serde(default)]
    pub unproven: Option<Placed<String>>,
    /// Where a person must be asked, also in `auto` mode: the steps that may change something before.
    #[serde(default)]
    pub before_asking: Option<Vec<Placed<String>>>,
    /// The playbook in whose folder the drill is; not part of the file.
    #[serde(skip)]
    pub playbook: String,
    /// That folder.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// A person runs the playbook, as by `backstop run`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManualRun {
    /// The bucket, instance, role, user or access key, by its name in `plant`; `account` for the account itself.
    pub target: Placed<String>,
    /// The person's words.
    pub reason: String,
}

/// What starts a drill's playbook.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// The playbook's finding, about this.
    Finding(&'a Placed<String>),
    /// A person.
    ManualRun(&'a ManualRun),
}

/// What an investigation must propose.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Proposed {
    /// To deny this planted user everything.
    DenyUser(Placed<String>),
    /// To deactivate this planted key.
    DeactivateKey(Placed<String>),
}

impl Proposed {
    /// The user or key, by its name in `plant`.
    pub(crate) const fn of(&self) -> &Placed<String> {
        match self {
            Self::DenyUser(name) | Self::DeactivateKey(name) => name,
        }
    }
}

/// Parses and checks a file's text: one of the wrong shape is reported at its first mistake, one of the right shape
/// with all its mistakes at once. `file` is what messages call it.
pub fn parse(playbook: &PlaybookName, file: &str, text: &str) -> Result<Vec<Drill>, InvalidFile> {
    let shape: DrillFile = yaml::shape_of(file, text)?;
    let problems = rules::problems(&shape);
    if !problems.is_empty() {
        return Err(InvalidFile::new(file, text, problems));
    }
    let mut drills = shape.drills.into_value();
    for drill in &mut drills {
        drill.playbook = playbook.to_string();
    }
    Ok(drills)
}

impl Drill {
    /// What starts it; `None` unless exactly one thing does.
    pub fn start(&self) -> Option<Start<'_>> {
        match (&self.finding_about, &self.manual_run) {
            (Some(about), None) => Some(Start::Finding(about)),
            (None, Some(run)) => Some(Start::ManualRun(run)),
            _ => None,
        }
    }

    /// The file in the playbook's folder that is sent, made to be about what was planted.
    pub fn sample(&self) -> &str {
        self.finding.as_ref().map_or("finding.json", |file| file)
    }

    /// By its name in `plant`, what the playbook is to contain.
    pub fn about(&self) -> &str {
        match self.start() {
            Some(Start::Finding(about)) => about,
            Some(Start::ManualRun(run)) => &run.target,
            None => "",
        }
    }

    /// Whether the attacker has anything to lose: a probe that is to end denied, or a state that is to change.
    pub(crate) fn ends_something(&self) -> bool {
        let mut probes = self.probes.iter();
        let mut checks = self.checks.iter();
        probes.any(|probe| probe.before == Access::Allowed && probe.after == Access::Denied)
            || checks.any(|check| *check.before != *check.after)
    }
}
