//! What the investigation found that the credential or the instance did, and what that calls for.

use backstop_core::{incident::Incident, investigation::Investigation};
use serde::Serialize;

use crate::harmless::{clean, command};

/// The newest of what is notable; all of it is in the log.
const MOST_LINES: usize = 20;

/// What was done with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// How much, in how long, from where.
    pub in_short: String,
    /// Of an instance: who reached it, with whom it talked, and where else that was seen.
    pub contacts: Vec<String>,
    /// The calls that a person must know of, oldest first.
    pub notable: Vec<String>,
    /// How many more of them there are, older than those.
    pub left_out: usize,
    /// What to do about it; nothing of it is done by itself.
    pub proposals: Vec<Proposed>,
}

/// Something to do about what was left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposed {
    /// What.
    pub what: String,
    /// What to type; absent where it is a person's to do by hand.
    pub command: Option<String>,
}

/// None if no step looked into it.
pub(crate) fn activity(incident: &Incident) -> Option<Activity> {
    let found = Investigation::in_incident(incident)?;
    let left_out = found.notable.len().saturating_sub(MOST_LINES);
    let proposals = found.proposals.iter().map(|proposal| Proposed {
        what: clean(&proposal.what),
        command: proposal.command().map(|line| command(&line)),
    });
    Some(Activity {
        in_short: clean(&found.in_short()),
        contacts: found.contacts.iter().map(|line| clean(line)).collect(),
        notable: found
            .notable
            .iter()
            .skip(left_out)
            .map(|line| clean(line))
            .collect(),
        left_out,
        proposals: proposals.collect(),
    })
}
