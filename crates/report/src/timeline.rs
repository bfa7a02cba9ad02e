//! What came when: every record of the log in a line, and the way from opened to closed on one axis.

use backstop_core::{
    Outcome, UndoOutcome,
    guardrail::Effect,
    incident::{Incident, Status},
    log::{Event, Record},
    times::{Times, length, moments},
    words,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::harmless::clean;

/// Where the axis begins and ends, in percent of the picture: what stands at its ends isn't cut off.
const MARGIN: f64 = 2.0;
/// Copies of a finding that are told one by one; a flood is one line.
const MOST_JOINED: usize = 5;

/// The incident in time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timeline {
    /// When it was opened.
    pub opened: String,
    /// From opened to closed, in words.
    pub length: String,
    /// Stretches of the axis.
    pub segments: Vec<Segment>,
    /// Moments on the axis.
    pub dots: Vec<Dot>,
    /// The log, a line each.
    pub lines: Vec<Line>,
}

/// A stretch of the axis, in percent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Segment {
    /// What went on.
    pub what: &'static str,
    /// How it is drawn.
    pub tone: Tone,
    /// Where it begins.
    pub from: f64,
    /// How long it is.
    pub width: f64,
    /// How long it took, in words.
    pub took: String,
}

/// A moment on the axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dot {
    /// What came.
    pub what: &'static str,
    /// Where, in percent.
    pub x: f64,
    /// When, after the opening.
    pub after: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When.
    pub at: String,
    /// When, after the opening.
    pub after: String,
    /// What.
    pub what: String,
    /// How it is drawn.
    pub tone: Tone,
}

/// Whether something is good, bad, or waits for people. A mark says the same without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Waits, or was waited for.
    Wait,
    /// Neither.
    Plain,
}

impl Tone {
    /// The name of its style.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Wait => "wait",
            Self::Plain => "plain",
        }
    }

    /// Its mark.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Good => "✔",
            Self::Bad => "✘",
            Self::Wait => "…",
            Self::Plain => "·",
        }
    }
}

pub(crate) fn timeline(log: &[Record], incident: &Incident, times: &Times) -> Timeline {
    let end = times
        .closed
        .or_else(|| log.last().map(|record| record.at))
        .unwrap_or(times.opened);
    let axis = Axis {
        start: times.opened.as_millisecond(),
        length: (end.as_millisecond() - times.opened.as_millisecond()).max(1),
    };
    Timeline {
        opened: times.opened.to_string(),
        length: length(axis.length),
        segments: segments(log, times, &axis),
        dots: dots(log, incident, &axis),
        lines: lines(log, times.opened),
    }
}

struct Axis {
    start: i64,
    length: i64,
}

impl Axis {
    /// Where a moment stands, in percent with one decimal; the axis ends when the incident was closed.
    fn place(&self, at: Timestamp) -> f64 {
        let after = (at.as_millisecond() - self.start).clamp(0, self.length);
        let share = after as f64 / self.length as f64;
        ((MARGIN + share * (100.0 - 2.0 * MARGIN)) * 10.0).round() / 10.0
    }

    fn segment(&self, what: &'static str, tone: Tone, from: Timestamp, to: Timestamp) -> Segment {
        let (left, right) = (self.place(from), self.place(to));
        Segment {
            what,
            tone,
            from: left,
            // What took no time to speak of is still there to see.
            width: ((right - left).max(0.5) * 10.0).round() / 10.0,
            took: length((to.as_millisecond() - from.as_millisecond()).max(0)),
        }
    }
}

fn segments(log: &[Record], times: &Times, axis: &Axis) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut asked: Option<Timestamp> = None;
    for record in log {
        match &record.event {
            Event::ApprovalRequested { .. } => asked = asked.or(Some(record.at)),
            Event::Approved { .. } | Event::Denied { .. } | Event::ApprovalExpired => {
                let from = asked.take();
                segments.extend(
                    from.map(|from| axis.segment("waited for a decision", Tone::Wait, from, record.at)),
                );
            }
            _ => {}
        }
    }
    let before_closing = |record: &&Record| times.closed.is_none_or(|closed| record.at <= closed);
    let worked = |record: &&Record| matches!(record.event, Event::StepEnded { .. } | Event::Verified { .. });
    let last_work = log
        .iter()
        .filter(before_closing)
        .filter(worked)
        .map(|record| record.at)
        .max();
    if let (Some(from), Some(to)) = (times.first_change, times.contained.or(last_work)) {
        let (what, tone) = match times.contained {
            Some(_) => ("changed and proved", Tone::Good),
            None => ("tried to contain", Tone::Bad),
        };
        segments.push(axis.segment(what, tone, from, to));
    }
    segments
}

fn dots(log: &[Record], incident: &Incident, axis: &Axis) -> Vec<Dot> {
    let opened = Dot {
        what: "opened",
        x: axis.place(incident.opened_at),
        after: length(0),
    };
    let within = moments(log, incident)
        .into_iter()
        .filter(|moment| moment.after_opening_ms <= axis.length)
        .map(|moment| Dot {
            what: moment.what,
            x: axis.place(moment.at),
            after: moment.after(),
        });
    std::iter::once(opened).chain(within).collect()
}

fn lines(log: &[Record], opened: Timestamp) -> Vec<Line> {
    let is_joined = |record: &&Record| matches!(record.event, Event::FindingJoined(_));
    let joined = log.iter().filter(is_joined).count();
    let mut told = 0;
    let mut lines = Vec::new();
    for record in log {
        let mut what = words::event(&record.event);
        if is_joined(&record) {
            told += 1;
            if told > MOST_JOINED {
                continue;
            }
            if told == MOST_JOINED && joined > MOST_JOINED {
                what = format!("{what}; {} more followed", joined - MOST_JOINED);
            }
        }
        lines.push(Line {
            at: record.at.to_string(),
            after: length((record.at.as_millisecond() - opened.as_millisecond()).max(0)),
            what: clean(&what),
            tone: tone(&record.event),
        });
    }
    lines
}

fn tone(event: &Event) -> Tone {
    match event {
        Event::StepEnded { outcome, .. } => match outcome {
            Outcome::Done | Outcome::Already => Tone::Good,
            Outcome::Failed { .. } | Outcome::Refused { .. } => Tone::Bad,
            Outcome::Partial { .. } | Outcome::Skipped { .. } => Tone::Plain,
        },
        Event::Verified { verification, .. } if verification.holds => Tone::Good,
        Event::Confirmed => Tone::Good,
        Event::Verified { .. }
        | Event::Reopened { .. }
        | Event::NotReadAgain { .. }
        | Event::Stuck { .. }
        | Event::EvidenceNotKept { .. }
        | Event::Denied { .. }
        | Event::ApprovalExpired => Tone::Bad,
        Event::UndoEnded { outcome, .. } => match outcome {
            UndoOutcome::Drifted { .. } | UndoOutcome::Failed { .. } => Tone::Bad,
            UndoOutcome::Restored { .. } | UndoOutcome::NothingToUndo { .. } => Tone::Good,
            UndoOutcome::KeptOff { .. } | UndoOutcome::KeptUntil { .. } => Tone::Plain,
        },
        Event::GuardrailDecided(decision) if decision.effect == Effect::Refuse => Tone::Bad,
        Event::ApprovalRequested { .. } | Event::PlanDrifted { .. } => Tone::Wait,
        Event::Approved { .. } => Tone::Good,
        Event::Closed { status } => match status {
            Status::Contained => Tone::Good,
            Status::PartiallyContained | Status::Failed | Status::Expired | Status::Unreached => Tone::Bad,
            _ => Tone::Plain,
        },
        _ => Tone::Plain,
    }
}
