//! `ec2.deny-remote-address`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::ec2};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.deny-remote-address",
    function: "respond-ec2",
    sentence: "Denies the finding's remote address in the network ACLs of the instance's own subnets, which cuts open connections with it",
    by_hand: &[
        "deny the finding's remote address, in and out, in the network ACLs of the instance's subnets",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    impact: Impact::OneAddress,
    options: &[],
    grants: Grants {
        plan: &[
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_ACLS,
            ec2::DESCRIBE_ROUTE_TABLES,
        ],
        act: &[
            ec2::CREATE_NETWORK_ACL_ENTRY,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_ACLS,
            ec2::TAG_INSTANCES,
        ],
        // Where others' rules did it, it is planned anew.
        verify: &[
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_ACLS,
            ec2::DESCRIBE_ROUTE_TABLES,
        ],
        undo: &[
            ec2::DELETE_NETWORK_ACL_ENTRY,
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_ACLS,
        ],
    },
    waits_for_a_day: false,
};
