//! `ec2.end-sessions`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact,
    permissions::{ec2, ssm},
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.end-sessions",
    function: "respond-ec2",
    sentence: "Ends the live Session Manager sessions on the instance",
    by_hand: &["end the live sessions on the instance in the Session Manager console"],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[ec2::DESCRIBE_INSTANCES, ssm::DESCRIBE_SESSIONS],
        act: &[ssm::DESCRIBE_SESSIONS, ssm::TERMINATE_SESSION],
        verify: &[ssm::DESCRIBE_SESSIONS],
        undo: &[],
    },
    waits_for_a_day: false,
};
