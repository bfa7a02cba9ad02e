//! What people are told: a value, made once, of which each channel makes its own text.
//!
//! What came from outside is marked in it as such ([`Outside`]) and made harmless by the renderer for its sink, never
//! here: [`mail`] is the one there is.

mod activity;
mod attention;
mod broken_lock;
mod confirmation;
mod digest;
mod execution_died;
mod gathered;
mod guards;
mod integrity;
mod ledger_down;
mod limit;
mod line;
mod mail;
mod many;
mod next;
mod not_yet;
mod nothing_done;
mod outcome;
mod overdue;
mod proposals;
mod question;
mod reminder;
mod section;
mod undone;
mod watch;
mod what_happened;

pub use activity::{another_finding, goes_on, graver};
pub use attention::{Found, NeedsPerson, attention};
pub use broken_lock::broken_lock;
pub use confirmation::confirmation;
pub use digest::digest;
pub use execution_died::execution_died;
pub use guards::{GuardChanges, guards_in_force};
pub use integrity::integrity;
pub use ledger_down::ledger_down;
pub use limit::limit_reached;
pub use line::{Command, Line, Outside, Piece, Point};
pub(crate) use line::{line, outside};
pub use mail::{Mail, mail};
pub use next::{run_command, what_next};
pub use not_yet::{ByHand, not_contained_yet};
pub use nothing_done::nothing_done;
pub use outcome::{missing, outcome, outcome_looked_at_again};
pub use overdue::{over_since, overdue};
pub use proposals::proposals;
pub use question::{how_to_undo, question};
pub use reminder::reminder;
pub use section::{Change, Entry, Section};
use serde::{Deserialize, Serialize};
pub use undone::undone;
pub use watch::{Watched, watch_blind, watch_ended};
pub use what_happened::title_of;

use crate::{
    about::About,
    finding::SeverityLabel,
    ids::{IncidentId, NoticeKey},
    incident::Incident,
    log::Origin,
    plan::Plan,
    task::NoticeRef,
};

/// Whether somebody must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Somebody must act: decide, finish what is only partly done, look.
    Page,
    /// Nobody needs to do anything now.
    Tell,
}

/// One message to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub about: About,
    /// Whether somebody must act.
    pub class: Class,
    /// How bad what it is about is.
    pub severity: SeverityLabel,
    /// One line, the most important words first.
    pub title: Line,
    /// The first lines.
    pub lead: Vec<Line>,
    /// Everything else, in order.
    pub sections: Vec<Section>,
    /// What to do next, with what to type.
    pub next: Vec<Point>,
    /// The same for the same thing to say; receivers tell copies by it.
    pub key: NoticeKey,
    /// The incident, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// What it is one thread with: the first incident of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<IncidentId>,
}

impl Notice {
    /// Where it is kept.
    pub fn reference(&self) -> NoticeRef {
        NoticeRef {
            incident: self.incident.clone(),
            key: self.key.clone(),
        }
    }
}

/// What makes a notice about one incident, but for its content.
struct Kind {
    about: About,
    class: Class,
    key: NoticeKey,
    word: Line,
}

impl Kind {
    fn of(self, id: &IncidentId, incident: &Incident) -> Notice {
        Notice {
            about: self.about,
            class: self.class,
            severity: incident.opened.finding.severity.label,
            title: title(incident, self.word),
            lead: Vec::new(),
            sections: Vec::new(),
            next: Vec::new(),
            key: self.key,
            incident: Some(id.clone()),
            case: Some(incident.opened.case.id(id).clone()),
        }
    }
}

/// "CONTAINED: access key … (123456789012)".
fn title(incident: &Incident, word: Line) -> Line {
    let target = &incident.opened.target;
    let is_drill = incident.opened.origin == Origin::Drill;
    let drill: Line = if is_drill {
        "DRILL ".into()
    } else {
        Line::default()
    };
    let on = outside(target.with_account());
    drill.join(word).and([": ".into(), on])
}

/// What may break by what was done, or would by what is planned.
fn what_may_break(incident: &Incident, is_over: bool) -> Vec<Line> {
    let lines = incident.what_may_break(is_over).into_iter();
    lines.map(|line| line![outside(line)]).collect()
}

/// The lines of all plans, each once.
fn collected(incident: &Incident, lines: impl Fn(&Plan) -> &Vec<String>) -> Vec<Line> {
    let mut found: Vec<&String> = Vec::new();
    let plans = incident.steps.iter().filter_map(|state| state.plan.as_ref());
    for line in plans.flat_map(lines) {
        if !found.contains(&line) {
            found.push(line);
        }
    }
    found.into_iter().map(|line| line![outside(line)]).collect()
}
