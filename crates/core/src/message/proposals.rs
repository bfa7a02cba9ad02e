//! The notice after investigating: what the attacker left, and what a person may want to do about it.

use super::{Message, section, subject};
use crate::{
    ids::IncidentId,
    incident::Incident,
    investigation::{Investigation, Proposal},
    text,
};

/// A message isn't the log: the newest are enough to act on.
const MOST_LINES: usize = 20;

/// The notice, if the investigation proposes anything.
pub fn proposals(id: &IncidentId, incident: &Incident) -> Option<Message> {
    let found = Investigation::in_incident(incident).filter(|found| !found.proposals.is_empty())?;
    let show = format!("backstop incidents show {id}");
    let notable = found.notable.len().saturating_sub(MOST_LINES);
    let mut notable: Vec<String> = found
        .notable
        .iter()
        .skip(notable)
        .map(|line| plain(line))
        .collect();
    if found.notable.len() > MOST_LINES {
        notable.push(format!(
            "and {} more before these: {show}",
            found.notable.len() - MOST_LINES
        ));
    }
    let proposals: Vec<String> = found.proposals.iter().map(|it| proposal(it, &show)).collect();
    let mut body = format!(
        "Whoever used {} left things behind.\nincident {id}\n\n  {}\n\n",
        plain(&incident.opened.target.to_string()),
        plain(&found.in_short())
    );
    body.push_str(&section("What they did", &notable));
    body.push_str(&section(
        "What to do (nothing of this was done; each asks before it acts)",
        &proposals,
    ));
    body.push_str(&section("What is not known", &found.incomplete));
    body.push_str(&section("What to do next", &[format!("see everything: {show}")]));
    let word = format!("LOOK, {} more to contain", found.proposals.len());
    Some(Message {
        subject: subject(incident, &word),
        body,
    })
}

fn plain(line: &str) -> String {
    text::for_plain_email(line)
}

/// A name with a host in it would become a link to wherever the attacker likes; made harmless, it couldn't be typed.
fn proposal(proposal: &Proposal, show: &str) -> String {
    let line = proposal.line();
    if proposal.command().is_none() {
        plain(&line)
    } else if plain(&line) == line {
        line
    } else {
        format!("{}: for the command, {show}", plain(&proposal.what))
    }
}
