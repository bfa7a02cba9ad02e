//! `investigate.credential-activity`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact, Number, OptionSpec,
    permissions::{cloudtrail, iam},
};

/// The option `hours`; CloudTrail's event history goes back 90 days.
pub const HOURS: Number = Number {
    name: "hours",
    default: 24,
    least: 1,
    most: 24 * 90,
    sentence: "How many hours back the activity is read",
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "investigate.credential-activity",
    function: "investigate",
    sentence: "Reads in CloudTrail what the credential did and left behind, and proposes what to do; changes nothing",
    by_hand: &[],
    phases: &[Phase::Investigate],
    targets: &[
        TargetKind::AccessKey,
        TargetKind::UserSession,
        TargetKind::User,
        TargetKind::RoleSession,
        TargetKind::Role,
        TargetKind::FederatedUser,
    ],
    impact: Impact::Nobody,
    options: &[OptionSpec::Number(HOURS)],
    grants: Grants::reading(&[
        cloudtrail::LOOKUP_EVENTS,
        iam::GET_ACCESS_KEY_LAST_USED,
        iam::GET_ROLE,
        iam::GET_USER,
    ]),
    waits_for_a_day: false,
};
