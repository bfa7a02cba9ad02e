//! All playbooks of a deployment, and which of them answer a finding.

use backstop_core::{Finding, Mode, PlaybookName, Target, guardrail::FurthestMode};
use serde::{Deserialize, Serialize};

use crate::{
    fit::{Fitting, fit},
    playbook::Playbook,
};

/// All playbooks, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalog(Vec<Playbook>);

/// One target of a finding, and the playbook that answers it best.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<'a> {
    /// The playbook.
    pub playbook: &'a Playbook,
    /// What it is to contain.
    pub target: &'a Target,
    /// How far the playbook goes by itself on what the finding proves, before guardrails.
    pub mode: Mode,
    /// Why no further than that, for people; nothing where the playbook itself goes no further.
    pub because: Option<&'a str>,
    /// Why this playbook, for people: "finding type `…` matches `*:IAMUser/*`".
    pub why: String,
}

impl<'a> Match<'a> {
    fn of(playbook: &'a Playbook, target: &'a Target, fitting: Fitting<'a>) -> Self {
        let (furthest, because) = match fitting.grounds {
            Some(grounds) => (grounds.furthest_mode, grounds.because.as_deref()),
            // Neither a product's name nor a person's click proves anything.
            None => (Mode::Approve, Some(UNPROVEN)),
        };
        Self {
            playbook,
            target,
            mode: playbook.mode.min(furthest),
            because,
            why: fitting.why,
        }
    }

    /// How far its grounds reach, as the guardrails at the opening weigh it.
    pub fn furthest(&self) -> FurthestMode<'a> {
        FurthestMode {
            mode: self.mode,
            because: self.because.unwrap_or(UNPROVEN),
        }
    }
}

/// Of a finding that is answered for its product's sake, or because a person sent it.
const UNPROVEN: &str = "nothing that this playbook names as proof was found";

impl Catalog {
    /// A catalog of these playbooks.
    pub fn new(mut playbooks: Vec<Playbook>) -> Self {
        playbooks.sort_by(|a, b| a.name.cmp(&b.name));
        Self(playbooks)
    }

    /// Every playbook, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Playbook> {
        self.0.iter()
    }

    /// The playbook of this name.
    pub fn get(&self, name: &PlaybookName) -> Option<&Playbook> {
        self.0.iter().find(|playbook| &playbook.name == name)
    }

    /// For each target of the finding, the playbook that fits it best. Targets that no playbook answers are
    /// left out, and so are resources that the finding only relates to.
    ///
    /// Whether the finding is to be acted on at all ([`backstop_core::finding::Standing`]) is looked at by
    /// [`Catalog::decide`].
    pub fn answers<'a>(&'a self, finding: &'a Finding) -> Vec<Match<'a>> {
        finding
            .targets
            .iter()
            .filter_map(|target| self.best(finding, target))
            .collect()
    }

    fn best<'a>(&'a self, finding: &'a Finding, target: &'a Target) -> Option<Match<'a>> {
        let kind = target.resource.kind();
        let mut best: Option<(&Playbook, Fitting<'a>)> = None;
        for playbook in self.0.iter().filter(|playbook| playbook.targets.contains(&kind)) {
            let Some(fitting) = fit(&playbook.triggers, finding, kind) else {
                continue;
            };
            // Of equals the first by name stays, so that the same finding always gets the same answer.
            if best.as_ref().is_none_or(|(_, other)| fitting.fit > other.fit) {
                best = Some((playbook, fitting));
            }
        }
        best.map(|(playbook, fitting)| Match::of(playbook, target, fitting))
    }

    /// The catalog as a build script embeds it.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads what [`Catalog::to_json`] wrote.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests;
