//! `investigate.instance-activity`.

use backstop_core::{TargetKind, log::Phase};

use super::credential_activity::HOURS;
use crate::{
    ActionSpec, Grants, Impact, OptionSpec,
    permissions::{cloudtrail, ec2, guardduty},
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "investigate.instance-activity",
    function: "investigate",
    sentence: "Reads who reached the instance, what its role did, and where else the finding's remote addresses were seen; \
               changes nothing",
    by_hand: &[],
    phases: &[Phase::Investigate],
    targets: &[TargetKind::Instance],
    impact: Impact::Nobody,
    options: &[OptionSpec::Number(HOURS)],
    grants: Grants::reading(&[
        cloudtrail::LOOKUP_EVENTS,
        ec2::DESCRIBE_INSTANCES,
        guardduty::GET_FINDINGS,
        guardduty::LIST_DETECTORS,
        guardduty::LIST_FINDINGS,
    ]),
    waits_for_a_day: false,
};
