//! `ec2.remove-public-addresses`.

use backstop_core::{TargetKind, log::Phase};

use crate::{ActionSpec, Grants, Impact, permissions::ec2};

/// Its contract.
pub static SPEC: ActionSpec = ActionSpec {
    id: "ec2.remove-public-addresses",
    function: "respond-ec2",
    sentence: "Takes the instance's public IPv4 addresses away, which cuts open connections through an internet gateway",
    by_hand: &[
        "disassociate the Elastic IP addresses of the instance, and take away the one that EC2 assigned",
    ],
    phases: &[Phase::Contain],
    targets: &[TargetKind::Instance],
    // Where EC2 assigned the address, or the instance isn't isolated, the plan asks.
    impact: Impact::Principal,
    options: &[],
    grants: Grants {
        plan: &[ec2::DESCRIBE_ADDRESSES, ec2::DESCRIBE_INSTANCES],
        act: &[
            ec2::DESCRIBE_ADDRESSES,
            ec2::DESCRIBE_INSTANCES,
            ec2::DISASSOCIATE_ADDRESS,
            ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
            ec2::TAG_INSTANCES,
        ],
        verify: &[ec2::DESCRIBE_ADDRESSES, ec2::DESCRIBE_INSTANCES],
        undo: &[
            ec2::ASSOCIATE_ADDRESS,
            ec2::DELETE_TAGS,
            ec2::DESCRIBE_ADDRESSES,
            ec2::DESCRIBE_INSTANCES,
            ec2::MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
        ],
    },
    waits_for_a_day: false,
};
