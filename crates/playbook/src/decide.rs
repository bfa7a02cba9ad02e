//! What is done with a finding: one decision, for the function that answers and for `backstop replay`.

use backstop_core::{
    Finding,
    finding::Standing,
    text::{bounded, sanitize},
};

use crate::{
    catalog::{Catalog, Match},
    known,
};

/// What is done with one finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Decided<'a> {
    /// Each of its targets that a playbook answers gets an incident, or joins one.
    Answered(Vec<Match<'a>>),
    /// It isn't active: nothing is done, whatever the playbooks say.
    Inactive {
        /// For people.
        reason: &'a str,
    },
    /// No playbook's triggers want it.
    Unanswered {
        /// For people.
        reason: String,
    },
}

impl Catalog {
    /// Decides on one finding, before any guardrail.
    pub fn decide<'a>(&'a self, finding: &'a Finding) -> Decided<'a> {
        if let Standing::Inactive { reason } = &finding.standing {
            return Decided::Inactive { reason };
        }
        let answers = self.answers(finding);
        if answers.is_empty() {
            return Decided::Unanswered {
                reason: unanswered(finding),
            };
        }
        Decided::Answered(answers)
    }
}

/// Whether GuardDuty has a type that this version doesn't know: it is answered all the same, and worth a
/// warning.
pub fn is_new_type(finding: &Finding) -> bool {
    finding.is_guardduty() && known::finding_type(&finding.finding_type).is_none()
}

fn unanswered(finding: &Finding) -> String {
    let shown = |text: &str| bounded(&sanitize(text), 128);
    let product = shown(&finding.product);
    let finding_type = shown(&finding.finding_type);
    match &finding.control {
        Some(control) => format!("no playbook or triage rule for control `{}`", shown(control)),
        None if finding.is_guardduty() => {
            let severity = finding.severity.label;
            format!(
                "no playbook or triage rule for type `{finding_type}` of severity {severity} on its target"
            )
        }
        None => format!("no playbook or triage rule for findings of {product} (`{finding_type}`)"),
    }
}
