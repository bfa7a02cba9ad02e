//! All playbooks of a deployment, and which of them answer a finding.

use backstop_core::{Finding, Mode, PlaybookName, Target};
use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

use crate::playbook::{Playbook, Triggers};

/// All playbooks, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Catalog(Vec<Playbook>);

/// One target of a finding, and the playbook that answers it best.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<'a> {
    /// The playbook.
    pub playbook: &'a Playbook,
    /// What it is to contain.
    pub target: &'a Target,
    /// The playbook's own mode, before guardrails.
    pub mode: Mode,
    /// Why this playbook, for people: "finding type `…` matches `*:IAMUser/*`".
    pub why: String,
}

/// How closely a playbook's triggers fit: an exact name before a control before a pattern, and of patterns
/// the one with the most letters of its own.
type Fit = (u8, usize);

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
    /// Whether the finding is to be acted on at all ([`backstop_core::finding::Standing`]) is the caller's
    /// to decide.
    pub fn answers<'a>(&'a self, finding: &'a Finding) -> Vec<Answer<'a>> {
        finding
            .targets
            .iter()
            .filter_map(|target| self.best(finding, target))
            .collect()
    }

    fn best<'a>(&'a self, finding: &'a Finding, target: &'a Target) -> Option<Answer<'a>> {
        let kind = target.resource.kind();
        let mut best: Option<(Fit, &Playbook, String)> = None;
        for playbook in self.0.iter().filter(|playbook| playbook.targets.contains(&kind)) {
            let Some((fit, why)) = fit(&playbook.triggers, finding) else {
                continue;
            };
            // Of equals the first by name stays, so that the same finding always gets the same answer.
            if best.as_ref().is_none_or(|(other, _, _)| fit > *other) {
                best = Some((fit, playbook, why));
            }
        }
        best.map(|(_, playbook, why)| Answer {
            playbook,
            target,
            mode: playbook.mode,
            why,
        })
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

fn fit(triggers: &Triggers, finding: &Finding) -> Option<(Fit, String)> {
    let too_mild = triggers
        .severity_floor
        .is_some_and(|floor| finding.severity.label < floor);
    let other_role = triggers
        .resource_role
        .is_some_and(|role| finding.resource_role != Some(role));
    if too_mild || other_role {
        return None;
    }
    let by_type = triggers
        .finding_types
        .iter()
        .filter(|pattern| WildMatch::new(pattern).matches(&finding.finding_type))
        .map(|pattern| {
            let own = pattern.chars().filter(|c| *c != '*').count();
            let rank = if pattern.contains('*') { 0 } else { 2 };
            (
                (rank, own),
                format!("finding type `{}` matches `{pattern}`", finding.finding_type),
            )
        });
    let by_control = triggers
        .controls
        .iter()
        .filter(|control| finding.control.as_ref() == Some(control))
        .map(|control| {
            (
                (1, control.len()),
                format!("it is a finding of control `{control}`"),
            )
        });
    by_type.chain(by_control).max_by_key(|(fit, _)| *fit)
}

#[cfg(test)]
mod tests;
