//! What each rule hides: of findings that somebody saved, and of the attacks that GuardDuty knows.

use std::collections::BTreeSet;

use backstop_playbook::{
    Catalog,
    known::{self, Provoker},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    finding::Finding, reach::lost_playbooks, saved::Collection, suppression::Suppression, truth::Truth,
};

/// What rules hide.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// The findings that were looked at.
    pub findings: usize,
    /// Files with none of GuardDuty's.
    pub left: Vec<String>,
    /// Rule by rule.
    pub rules: Vec<Hidden>,
    /// The playbooks that no finding could reach any more, with all rules together.
    pub lost_playbooks: Vec<String>,
    /// A rule may hide this share of the findings, in percent.
    pub most_percent: u8,
}

/// What one rule hides.
#[derive(Clone, Debug, Serialize)]
pub struct Hidden {
    /// The rule.
    pub rule: String,
    /// The findings it hides or perhaps hides.
    pub findings: Vec<HiddenFinding>,
    /// Their share, in percent, rounded up.
    pub percent: usize,
    /// The types that only an intruder brings about and of which it can hide some.
    pub attacks: Vec<&'static str>,
    /// Whether that is too much: the share, or a finding for which an incident was contained.
    pub is_too_much: bool,
}

/// A finding that a rule hides.
#[derive(Clone, Debug, Serialize)]
pub struct HiddenFinding {
    /// Where it is.
    pub place: String,
    /// Its type.
    pub finding_type: String,
    /// Whether it surely does.
    pub hidden: Truth,
    /// Whether an incident was contained for it.
    pub contained: bool,
}

impl Trial {
    /// Whether no rule hides too much, and each playbook can still be reached.
    pub fn is_passed(&self) -> bool {
        self.lost_playbooks.is_empty() && !self.rules.iter().any(|rule| rule.is_too_much)
    }
}

/// Tries every rule.
pub fn trial(rules: &[Suppression], saved: &Collection, playbooks: &Catalog, most_percent: u8) -> Trial {
    let hidden = |rule: &Suppression| hidden(rule, saved, most_percent);
    // Gone is what some rule surely hides, whatever else stands in the finding.
    let gone: BTreeSet<&str> = known::finding_types()
        .filter(|known| {
            rules
                .iter()
                .any(|rule| rule.hides(&sketch(known.name)) == Truth::Yes)
        })
        .map(|known| known.name)
        .collect();
    Trial {
        findings: saved.findings.len(),
        left: saved.left.clone(),
        rules: rules.iter().map(hidden).collect(),
        lost_playbooks: lost_playbooks(playbooks, |name| gone.contains(name)),
        most_percent,
    }
}

fn hidden(rule: &Suppression, saved: &Collection, most_percent: u8) -> Hidden {
    let found = saved.findings.iter().filter_map(|saved| {
        let hidden = rule.hides(&saved.finding);
        hidden.is_possible().then(|| HiddenFinding {
            place: saved.place.clone(),
            finding_type: saved.finding.text("type").unwrap_or_default().to_owned(),
            hidden,
            contained: saved.contained,
        })
    });
    let findings: Vec<HiddenFinding> = found.collect();
    let percent = (findings.len() * 100).div_ceil(saved.findings.len().max(1));
    let attacks = known::finding_types()
        .filter(|known| !known.retired && known.provoked_by == Provoker::Intruder)
        .filter(|known| rule.hides(&sketch(known.name)).is_possible())
        .map(|known| known.name)
        .collect();
    Hidden {
        rule: rule.name.clone(),
        percent,
        attacks,
        is_too_much: percent > usize::from(most_percent) || findings.iter().any(|it| it.contained),
        findings,
    }
}

/// All that is known of a finding of some type.
fn sketch(name: &str) -> Finding {
    Finding::sketch(json!({ "type": name, "service": { "serviceName": "guardduty", "archived": false } }))
}
