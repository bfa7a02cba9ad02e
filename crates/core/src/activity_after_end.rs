//! What happens when a target whose incident has ended is heard of again. GuardDuty reports what goes on by updating the
//! finding that it made, so that a known finding says nothing about whether it is over.

mod activity;
mod history;
mod table;

use crate::{
    incident::{Incident, Undo},
    mode::Mode,
    status::Status,
};

pub use activity::{Earlier, NewActivity};
pub use history::{DAY, History, is_unconfirmed, reopened_before};
pub use table::to_markdown;

/// Linked incidents of one target within a day. More would be a war that nobody wins: people are told.
pub const MOST_REOPENED: u32 = 5;

/// How an incident ended, as far as new activity cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Every containing step was proven.
    Contained,
    /// Some were, others weren't.
    PartiallyContained,
    /// None was.
    Failed,
    /// A guardrail refused.
    Refused,
    /// Planned and told only.
    Observed,
    /// Told: its playbook contains nothing.
    Reported,
    /// It was contained, and a person released it: nobody looks any more whether it holds.
    Released,
    /// A person refused the plan.
    Denied,
    /// Nobody decided in time.
    Expired,
    /// Nobody could decide: the question reached nobody.
    Unreached,
    /// A person had it undone, or is having it undone.
    Undone,
    /// A person must finish it.
    Stuck,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It is written to the log that is closed, and nobody is disturbed.
    Note,
    /// People are told, at most once a day.
    Tell,
    /// What was done is read back. If it holds, people are told at most once a day what is still tried; if it doesn't, a
    /// linked incident is opened that goes no further than this.
    VerifyAgain {
        /// The furthest mode of the incident that is opened if it doesn't hold.
        at_most: Mode,
    },
    /// A linked incident is opened that goes no further than this; guardrails decide anew.
    Open {
        /// The furthest mode.
        at_most: Mode,
    },
}

/// What has happened to the target since, besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// Linked incidents that were opened within the last day.
    pub reopened: u32,
    /// Linked incidents that were opened since what the one before did was changed back, however long ago.
    pub reverted: u32,
    /// Whether people were told of this target within the last day.
    pub told: bool,
    /// The mode that an incident would be opened with now.
    pub mode: Mode,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 12] = [
        Self::Contained,
        Self::PartiallyContained,
        Self::Failed,
        Self::Refused,
        Self::Observed,
        Self::Reported,
        Self::Released,
        Self::Denied,
        Self::Expired,
        Self::Unreached,
        Self::Undone,
        Self::Stuck,
    ];

    /// How this incident ended; `None` while it is open, or closed in a way that isn't an end.
    pub fn of(incident: &Incident) -> Option<Self> {
        let (closed_as, _) = incident.closed?;
        if incident.undo != Undo::NotAsked {
            let is_stuck = incident.stuck.is_some();
            return Some(if is_stuck { Self::Stuck } else { Self::Undone });
        }
        let status = match incident.status() {
            since @ (Status::Reopened | Status::Released) => since,
            _ => closed_as,
        };
        Self::of_status(status)
    }

    const fn of_status(status: Status) -> Option<Self> {
        Some(match status {
            Status::Contained | Status::Confirmed => Self::Contained,
            // What is open again isn't contained any more.
            Status::Reopened | Status::PartiallyContained => Self::PartiallyContained,
            Status::Failed => Self::Failed,
            Status::Refused => Self::Refused,
            Status::Observed => Self::Observed,
            Status::Reported => Self::Reported,
            Status::Denied => Self::Denied,
            Status::Expired => Self::Expired,
            Status::Unreached => Self::Unreached,
            Status::Released => Self::Released,
            Status::Undoing | Status::Undone => Self::Undone,
            Status::Stuck => Self::Stuck,
            Status::Open | Status::AwaitingApproval | Status::Containing => return None,
        })
    }

    /// What happens at this activity, were nothing told or opened since.
    pub const fn reaction(self, activity: NewActivity) -> Reaction {
        use NewActivity::{AnotherFinding, Continued, ModeRaised, Nothing, Reset, Worse};
        let (auto, approve) = (
            Reaction::Open { at_most: Mode::Auto },
            Reaction::Open {
                at_most: Mode::Approve,
            },
        );
        match (self, activity) {
            (_, Nothing) => Reaction::Note,
            // What was contained, or was a person's word, isn't changed by a setting.
            (
                Self::Contained | Self::Released | Self::Denied | Self::Undone | Self::Stuck | Self::Reported,
                ModeRaised,
            ) => Reaction::Note,
            (Self::Contained, Continued | Worse | Reset) => Reaction::VerifyAgain { at_most: Mode::Auto },
            (Self::Contained, AnotherFinding) => auto,
            // Whoever released it may have changed it back: what is new asks.
            (Self::Released, Continued | Worse | Reset) => Reaction::VerifyAgain {
                at_most: Mode::Approve,
            },
            (Self::Released, AnotherFinding) => approve,
            // A person who said no, or had it undone, isn't overruled by a machine.
            (Self::Denied, Continued | Reset) => Reaction::Tell,
            (Self::Denied, Worse | AnotherFinding) => approve,
            (Self::Undone | Self::Stuck, _) => approve,
            // Nothing was to contain it, and nothing is now.
            (Self::Reported, Continued | Reset) => Reaction::Tell,
            (Self::Reported, Worse | AnotherFinding) => auto,
            (
                Self::PartiallyContained
                | Self::Failed
                | Self::Refused
                | Self::Observed
                | Self::Expired
                | Self::Unreached,
                Continued | Worse | Reset | ModeRaised | AnotherFinding,
            ) => auto,
        }
    }

    /// What happens when what was done was changed back; `None` where that isn't looked for: nothing of ours stands there, or a
    /// person wants it undone or doesn't want it watched. What was contained and is open again was changed back, or is being.
    pub const fn when_changed_back(self) -> Option<Reaction> {
        match self {
            Self::Contained | Self::PartiallyContained => Some(Reaction::Open { at_most: Mode::Auto }),
            Self::Failed
            | Self::Refused
            | Self::Observed
            | Self::Reported
            | Self::Released
            | Self::Denied
            | Self::Expired
            | Self::Unreached
            | Self::Undone
            | Self::Stuck => None,
        }
    }
}

impl Reaction {
    /// What is left of it for a finding that no incident of the target knows. It is news: where nothing but telling is to
    /// be done, its incident tells it, and no war is fought by that.
    #[must_use]
    pub fn after_another(self, since: Since) -> Self {
        match self {
            Self::Open { at_most } if since.mode == Mode::Observe => Self::Open { at_most },
            other => other.after(since),
        }
    }

    /// What is left of it after what has happened since: the first incident that follows may go as far as the ending
    /// allows, those after it ask, and there aren't more than [`MOST_REOPENED`] a day.
    #[must_use]
    pub fn after(self, since: Since) -> Self {
        let tell = if since.told { Self::Note } else { Self::Tell };
        let at_most = |at_most: Mode| match since.reopened {
            0 => at_most,
            _ => at_most.min(Mode::Approve),
        };
        match self {
            Self::Note => Self::Note,
            Self::Tell => tell,
            // What only observes tells, and has told.
            Self::Open { .. } if since.reopened >= MOST_REOPENED || since.mode == Mode::Observe => tell,
            Self::Open { at_most: furthest } => Self::Open {
                at_most: at_most(furthest),
            },
            Self::VerifyAgain { .. } if since.reopened >= MOST_REOPENED => tell,
            Self::VerifyAgain { at_most: furthest } => Self::VerifyAgain {
                at_most: at_most(furthest),
            },
        }
    }

    /// What follows once what was done was read back.
    #[must_use]
    pub fn once_read(self, holds: bool, since: Since) -> Self {
        match self {
            Self::VerifyAgain { .. } if holds => Self::Tell.after(since),
            Self::VerifyAgain { at_most } => Self::Open { at_most }.after_reverted(since),
            other => other,
        }
    }

    /// What is left of it where what was done was changed back: it is done again by itself once, however long ago that was,
    /// and then people are asked.
    #[must_use]
    pub fn after_reverted(self, since: Since) -> Self {
        match self.after(since) {
            Self::Open { at_most } if since.reverted > 0 => Self::Open {
                at_most: at_most.min(Mode::Approve),
            },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
