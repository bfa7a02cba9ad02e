//! `iam.revoke-role-sessions`.

use backstop_core::{TargetKind, log::Phase};

use crate::{
    ActionSpec, Grants, Impact, OptionSpec, Switch,
    permissions::{cloudtrail, ec2, ecs, iam, lambda},
};

/// The option `unasked`.
pub const UNASKED: Switch = Switch {
    name: "unasked",
    default: false,
    sentence: "Asks nobody in auto mode, though others that use the role lose their sessions too",
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "iam.revoke-role-sessions",
    function: "respond-iam",
    sentence: "Adds an inline policy that denies every session of the role issued before a minute after the write; later ones work",
    by_hand: &[
        r#"use "Revoke active sessions" of the role in the IAM console, which denies every session issued until half a minute later"#,
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::RoleSession, TargetKind::Role],
    impact: Impact::SharedAsking,
    options: &[OptionSpec::Switch(UNASKED)],
    grants: Grants {
        plan: &[
            cloudtrail::LOOKUP_EVENTS,
            ec2::DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS,
            ecs::DESCRIBE_TASK_DEFINITION,
            ecs::DESCRIBE_TASKS,
            ecs::LIST_CLUSTERS,
            ecs::LIST_TASKS,
            iam::GET_ROLE,
            iam::GET_ROLE_POLICY,
            iam::LIST_INSTANCE_PROFILES_FOR_ROLE,
            lambda::LIST_FUNCTIONS,
        ],
        act: &[
            iam::ATTACH_ROLE_POLICY,
            iam::GET_ROLE,
            iam::PUT_ROLE_PERMISSIONS_BOUNDARY,
            iam::PUT_ROLE_POLICY,
        ],
        verify: &[
            iam::GET_ROLE,
            iam::GET_ROLE_POLICY,
            iam::LIST_ATTACHED_ROLE_POLICIES,
        ],
        undo: &[
            iam::DELETE_ROLE_POLICY,
            iam::GET_ROLE,
            iam::GET_ROLE_POLICY,
            iam::LIST_ATTACHED_ROLE_POLICIES,
            iam::PUT_ROLE_POLICY,
        ],
    },
    waits_for_a_day: false,
};
