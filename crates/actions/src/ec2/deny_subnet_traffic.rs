//! `ec2.deny-subnet-traffic`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, Number, OptionSpec, permissions::ec2};

/// The option `hours`, by which [`crate::hours_to_stand`] knows when they are over.
pub const HOURS: Number = Number {
    name: "hours",
    default: 24,
    least: 1,
    most: 24 * 31,
    sentence: "How many hours the rules should stand; then people are paged each day until they are undone",
};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.deny-subnet-traffic",
    function: "respond-ec2",
    sentence: "Denies the instance's addresses in the network ACLs of its VPC, which ends open connections too",
    by_hand: &["deny the addresses of the instance, in and out, in the network ACLs of its subnets"],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    // The rules are in ACLs that others share, and whoever gets the address next is cut off too.
    impact: Impact::Shared,
    options: &[OptionSpec::Number(HOURS)],
    grants: Grants {
        plan: &[ec2::DESCRIBE_INSTANCES, ec2::DESCRIBE_NETWORK_ACLS],
        act: &[
            ec2::CREATE_NETWORK_ACL_ENTRY,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_ACLS,
            ec2::TAG_INSTANCES,
        ],
        verify: &[ec2::DESCRIBE_NETWORK_ACLS],
        undo: &[
            ec2::DELETE_NETWORK_ACL_ENTRY,
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_INSTANCES,
            ec2::DESCRIBE_NETWORK_ACLS,
        ],
    },
    waits_for_a_day: false,
};
