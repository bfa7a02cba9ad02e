//! Whether a finding that AWS still has as active is fed to intake.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Intake answers within seconds; what has no incident after this was lost again, or can't be answered.
const PATIENCE: SignedDuration = SignedDuration::from_hours(6);
/// A finding that intake can't answer isn't fed for ever; the dead-letter queue has it by then.
const MOST_TIMES: u32 = 3;

/// What is remembered of a finding that was fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fed {
    /// How often.
    pub times: u32,
    /// When last.
    pub last: Timestamp,
}

/// What is done with one finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feeding {
    /// Fed, and this is remembered.
    Feed(Fed),
    /// It has its incidents.
    Known,
    /// It was fed a short while ago and may still wait in the queue.
    Waits,
    /// It was fed so often that once more won't help.
    GivenUp,
}

/// Decides on a finding that a playbook answers.
pub fn feeding(is_known: bool, fed: Option<&Fed>, now: Timestamp) -> Feeding {
    match fed {
        _ if is_known => Feeding::Known,
        None => Feeding::Feed(Fed { times: 1, last: now }),
        Some(fed) if now.duration_since(fed.last) < PATIENCE => Feeding::Waits,
        Some(fed) if fed.times >= MOST_TIMES => Feeding::GivenUp,
        Some(fed) => Feeding::Feed(Fed {
            times: fed.times + 1,
            last: now,
        }),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-05-01T{time}:00Z").parse().unwrap()
    }

    #[test]
    fn what_has_no_incident_is_fed_at_once_then_after_hours_and_not_for_ever() {
        let first = Fed {
            times: 1,
            last: at("08:00"),
        };
        let second = Fed {
            times: 2,
            last: at("14:00"),
        };
        let third = Fed {
            times: 3,
            last: at("16:00"),
        };
        assert_eq!(feeding(false, None, at("08:00")), Feeding::Feed(first));
        assert_eq!(feeding(false, Some(&first), at("13:59")), Feeding::Waits);
        assert_eq!(feeding(false, Some(&first), at("14:00")), Feeding::Feed(second));
        assert_eq!(feeding(false, Some(&third), at("22:00")), Feeding::GivenUp);
        assert_eq!(feeding(true, None, at("08:00")), Feeding::Known);
        assert_eq!(feeding(true, Some(&third), at("08:00")), Feeding::Known);
    }
}
