//! In which order a finding's answers are given, and which of them are given together. An attack sequence may name
//! hundreds of resources: what acts is an incident each, credentials first; what would only tell is one incident.

use backstop_core::{Finding, Mode, Target, case};

use crate::{catalog::Match, playbook::Playbook};

/// One incident to open or join.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathered<'a> {
    /// What answers its target.
    pub by: Match<'a>,
    /// What it tells of besides; nothing where it acts.
    pub also: Vec<&'a Target>,
}

impl Gathered<'_> {
    /// The target that its incident has: where it only tells, an object is told by its bucket.
    pub fn target(&self) -> Target {
        if only_tells(self.by.playbook) {
            case::subject_of(self.by.target)
        } else {
            self.by.target.clone()
        }
    }
}

/// Whether nothing is planned or done, whatever the settings say.
pub fn only_tells(playbook: &Playbook) -> bool {
    playbook.mode == Mode::Observe && playbook.step_refs().is_empty()
}

/// The answers as they are given: credentials, then instances, then the rest. Those that only tell are gathered, for
/// each playbook, in the first of them, which also tells of what the finding relates to.
pub fn gather<'a>(finding: &'a Finding, mut answers: Vec<Match<'a>>) -> Vec<Gathered<'a>> {
    answers.sort_by_key(|answer| (only_tells(answer.playbook), case::rank(answer.target)));
    let mut gathered: Vec<Gathered<'a>> = Vec::new();
    for by in answers {
        let same = gathered
            .iter_mut()
            .find(|one| only_tells(by.playbook) && one.by.playbook.name == by.playbook.name);
        match same {
            Some(first) => first.also.push(by.target),
            None => gathered.push(Gathered { by, also: Vec::new() }),
        }
    }
    if let Some(telling) = gathered.iter_mut().find(|one| only_tells(one.by.playbook)) {
        telling.also.extend(&finding.related);
    }
    gathered
}

#[cfg(test)]
mod tests;
