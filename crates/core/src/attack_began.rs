//! Since when a credential that appears is the attacker's until a person says otherwise: undo brings none of those back.

use jiff::{SignedDuration, Timestamp};

use crate::{incident::Incident, log::Record, times::Times};

/// The first activity that a product saw isn't the attacker's first. Who came in the day before and made a credential to
/// come back by must not get it back by an undo; the owner of one who did so by chance gets a command instead.
pub const MARGIN: SignedDuration = SignedDuration::from_hours(24);

/// GuardDuty keeps a finding for 90 days (GuardDuty User Guide, "Managing GuardDuty findings"), so that no first activity
/// is earlier: what is older than that is nobody's but the owner's, even where only the incident's opening is known.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 91);

/// The first activity that any finding of the incident names, or its opening if none does, less the margin.
pub fn at_the_earliest(log: &[Record], incident: &Incident) -> Timestamp {
    let first_seen = Times::of(log, incident).first_seen;
    let began = first_seen.map_or(incident.opened_at, |seen| seen.min(incident.opened_at));
    before(began, MARGIN)
}

/// So much earlier.
pub fn before(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_sub(span).unwrap_or(Timestamp::MIN)
}
