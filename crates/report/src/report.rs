//! What the report says, as data. Attackers choose names that end up in it: every text passes [`clean`] or [`command`]
//! before it is in here, and is escaped again for the page or the document.

use backstop_core::{
    IncidentId, Playbooks,
    evidence::Entry,
    incident::{IllegalTransition, Incident, Status},
    log::{self, Origin, Record},
    notice::what_next,
    times::{Times, length},
    words,
};
use serde::Serialize;

use crate::{
    activity::{self, Activity},
    cost::{self, Cost},
    harmless::clean,
    questions,
    steps::{self, Step},
    summary,
    timeline::{self, Timeline, Tone},
    unknown,
};

/// The report on one incident.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The incident.
    pub incident: String,
    /// What it is about, in a line.
    pub title: String,
    /// Where it stands.
    pub status: Status,
    /// The same as a sentence.
    pub standing: String,
    /// Whether it is a drill.
    pub is_drill: bool,
    /// Which log it was made from.
    pub made_from: String,
    /// What happened, a sentence each.
    pub summary: Vec<String>,
    /// The incident's main facts.
    pub facts: Vec<Fact>,
    /// How long things took.
    pub durations: Vec<Fact>,
    /// What came when.
    pub timeline: Timeline,
    /// What was done, in the playbook's order.
    pub steps: Vec<Step>,
    /// What was done with the credential; none if no step looked into it.
    pub activity: Option<Activity>,
    /// What may break, or would.
    pub impact: Vec<String>,
    /// What the log can't say.
    pub unknown: Vec<String>,
    /// What to do next.
    pub next: Vec<String>,
    /// What is kept, with its hashes.
    pub evidence: Vec<EvidenceLine>,
    /// What answering cost, estimated.
    pub cost: Cost,
    /// What to ask afterwards.
    pub questions: Vec<String>,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What.
    pub label: &'static str,
    /// Which.
    pub value: String,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceLine {
    /// Its name below the incident's folder.
    pub name: String,
    /// SHA-256 of what it holds.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// When it came to be.
    pub at: String,
}

impl Report {
    /// Makes the report from a log, whose chain was checked, and from the evidence that is kept; the playbooks are
    /// those that people can run.
    pub fn of(
        id: &IncidentId,
        log: &[Record],
        evidence: &[Entry],
        playbooks: &Playbooks,
    ) -> Result<Self, IllegalTransition> {
        let incident = Incident::replay(log)?;
        let last = log.last().ok_or(IllegalTransition::Empty)?;
        let times = Times::of(log, &incident);
        let opened = &incident.opened;
        let status = incident.status();
        Ok(Self {
            incident: clean(id.as_str()),
            title: clean(&opened.target.to_string()),
            status,
            standing: clean(&words::standing(&incident, status)),
            is_drill: opened.origin == Origin::Drill,
            made_from: made_from(log, last),
            summary: summary::summary(log, &incident, &times),
            facts: facts(id, &incident),
            durations: durations(&times),
            timeline: timeline::timeline(log, &incident, &times),
            steps: steps::steps(id, &incident),
            activity: activity::activity(&incident),
            impact: impact(&incident),
            unknown: unknown::unknown(log, &incident, &times),
            next: what_next(id, &incident, status, playbooks)
                .iter()
                .map(|point| clean(&point.raw()))
                .collect(),
            evidence: evidence.iter().map(evidence_line).collect(),
            cost: cost::cost(log, &incident, evidence.len()),
            questions: questions::questions(&incident, &times),
        })
    }
}

impl Report {
    /// How the status is drawn.
    pub const fn tone(&self) -> Tone {
        match self.status {
            Status::Contained | Status::Confirmed | Status::Undone => Tone::Good,
            Status::PartiallyContained
            | Status::Reopened
            | Status::Failed
            | Status::Stuck
            | Status::Expired
            | Status::Unreached
            | Status::Denied => Tone::Bad,
            Status::AwaitingApproval | Status::Containing | Status::Undoing | Status::Open => Tone::Wait,
            Status::Refused | Status::Observed | Status::Reported | Status::Released => Tone::Plain,
        }
    }

    /// What to type to get the evidence.
    pub fn fetch(&self) -> String {
        format!("backstop evidence fetch {}", self.incident)
    }
}

fn facts(id: &IncidentId, incident: &Incident) -> Vec<Fact> {
    let opened = &incident.opened;
    let finding = &opened.finding;
    let fact = |label, value: String| Fact {
        label,
        value: clean(&value),
    };
    let mut facts = vec![
        fact("Incident", id.to_string()),
        fact("Target", opened.target.to_string()),
        fact("Region", opened.target.region.to_string()),
        fact("Finding", finding.finding_type.clone()),
        fact(
            "Severity",
            format!(
                "{} ({:.1}), by {}",
                finding.severity.label, finding.severity.score, finding.route
            ),
        ),
        fact("Finding's key", finding.key.clone()),
        fact(
            "Playbook",
            format!("{}, in {} mode", opened.playbook, opened.mode),
        ),
    ];
    if let Some((by, reason)) = opened.origin.person() {
        let reason = reason.unwrap_or("no reason given");
        facts.push(fact("Started by", format!("{by}: {reason}")));
    }
    if !incident.approvals.is_empty() {
        facts.push(fact("Approved by", incident.approvals.join(", ")));
    }
    if let Some(linked) = &opened.linked {
        facts.push(fact("Answered before", linked.to_string()));
    }
    if let Some(first) = &opened.case.first {
        facts.push(fact("One case with", first.to_string()));
    }
    for named in &opened.case.named {
        facts.push(fact("Also names", named.to_string()));
    }
    if opened.case.more > 0 {
        facts.push(fact(
            "Also names, in the raw finding",
            opened.case.more.to_string(),
        ));
    }
    facts
}

fn durations(times: &Times) -> Vec<Fact> {
    let known = |milliseconds: Option<i64>, otherwise: &str| {
        milliseconds.map_or_else(|| otherwise.to_owned(), length)
    };
    let mut durations = vec![
        Fact {
            label: "To detect (first activity to finding)",
            value: known(times.to_detect_ms, "not known"),
        },
        Fact {
            label: "To respond (finding to incident)",
            value: known(times.to_open_ms, "not known"),
        },
        Fact {
            label: "To the first containing change",
            value: known(times.to_first_change_ms, "nothing was changed"),
        },
        Fact {
            label: "To contain (incident to proof)",
            value: known(times.to_contain_ms, "not contained"),
        },
    ];
    if times.undo_asked.is_some() {
        durations.push(Fact {
            label: "To recover (undo asked for to ended)",
            value: known(times.to_recover_ms, "not ended"),
        });
    }
    durations
}

/// Names the log so that no other can be taken for it.
fn made_from(log: &[Record], last: &Record) -> String {
    let head = log::head(log);
    if head.lanes.is_empty() {
        return format!(
            "the log's records 1 to {}, the last of {} with hash {}",
            last.seq, last.at, last.hash
        );
    }
    let lanes = head.lanes.iter();
    let steps: Vec<String> = lanes
        .map(|(step, head)| format!("{} with {}…", clean(step.as_str()), head.hash.short()))
        .collect();
    format!(
        "the log's {} records, the last of {}; the incident's own chain ends with hash {}, those of its steps: {}",
        head.records,
        last.at,
        head.head,
        steps.join(", ")
    )
}

fn impact(incident: &Incident) -> Vec<String> {
    let lines = incident.what_may_break(incident.closed.is_some()).into_iter();
    lines.map(|line| clean(line)).collect()
}

fn evidence_line(entry: &Entry) -> EvidenceLine {
    EvidenceLine {
        name: clean(&entry.name),
        sha256: entry.sha256.to_string(),
        size: entry.size,
        at: entry.at.to_string(),
    }
}
