//! Permissions of EC2.

use super::NO_RESOURCE;
use crate::{Condition, Grant, Scope};

/// The target instance, read.
static INSTANCES_READ: Scope = Scope::of(
    "ReadInstances",
    &["arn:{partition}:ec2:{region}:{account}:instance/{instance_id}"],
);

/// Snapshots, read.
static SNAPSHOTS_READ: Scope = Scope::of(
    "ReadWhoHasSnapshots",
    &["arn:{partition}:ec2:{region}::snapshot/*"],
);

/// The target instance's profile, its interfaces, the groups that they are put into, their addresses, and the network ACLs of
/// their subnets: one statement, for a role's policy has no room for four.
static CUT_OFF: Scope = Scope::of(
    "CutOffInstances",
    &[
        "arn:{partition}:ec2:{region}:{account}:elastic-ip/*",
        "arn:{partition}:ec2:{region}:{account}:instance/{instance_id}",
        "arn:{partition}:ec2:{region}:{account}:network-acl/*",
        "arn:{partition}:ec2:{region}:{account}:network-interface/*",
        "arn:{partition}:ec2:{region}:{account}:security-group/*",
    ],
);

/// Security groups that are made.
static NEW_GROUPS: Scope = Scope {
    why: "In a subnet that another account shares, the VPC is that account's and the group its maker's.",
    ..Scope::of(
        "MakeItsOwnSecurityGroups",
        &[
            "arn:{partition}:ec2:{region}:{account}:security-group/*",
            "arn:{partition}:ec2:{region}:*:vpc/*",
        ],
    )
};

/// Security groups that Backstop made.
static OWN_GROUPS: Scope = Scope {
    conditions: &[Condition::new(
        "StringLike",
        "aws:ResourceTag/backstop:purpose",
        &["backstop-*"],
    )],
    why: "The rules of anybody else's group are out of reach.",
    ..Scope::of(
        "ChangeItsOwnSecurityGroups",
        &["arn:{partition}:ec2:{region}:{account}:security-group/*"],
    )
};

/// The target instance and its volumes.
static PROTECTION: Scope = Scope {
    conditions: &[
        // Services write attributes in either case, and calls about a volume have none.
        Condition::new(
            "StringLikeIfExists",
            "ec2:Attribute",
            &["?isableApi*", "?nstanceInit*", "?lockDev*"],
        ),
        Condition::new("Null", "ec2:Attribute/UserData", &["true"]),
    ],
    why: "Only what keeps an instance: neither what it runs when it starts nor its groups, type or kernel.",
    ..Scope::of(
        "ProtectInstances",
        &[
            "arn:{partition}:ec2:{region}:{account}:instance/{instance_id}",
            "arn:{partition}:ec2:{region}:{account}:volume/*",
        ],
    )
};

/// Snapshots of the target instance's volumes.
static NEW_SNAPSHOTS: Scope = Scope::of(
    "TakeSnapshots",
    &[
        "arn:{partition}:ec2:{region}:{account}:instance/{instance_id}",
        "arn:{partition}:ec2:{region}:{account}:volume/*",
        "arn:{partition}:ec2:{region}::snapshot/*",
    ],
);

/// Security groups and snapshots as they are made.
static NEW_TAGS: Scope = Scope {
    conditions: &[Condition::new(
        "StringEquals",
        "ec2:CreateAction",
        &["CopySnapshot", "CreateSecurityGroup", "CreateSnapshots"],
    )],
    ..Scope::of(
        "TagWhatItMakes",
        &[
            "arn:{partition}:ec2:{region}:{account}:security-group/*",
            "arn:{partition}:ec2:{region}::snapshot/*",
        ],
    )
};

/// Snapshots that Backstop made, for as long as the stack says.
static LOCKED_SNAPSHOTS: Scope = Scope {
    conditions: &[
        Condition::new("Null", "aws:ResourceTag/backstop:incident", &["false"]),
        Condition::new(
            "NumericLessThanEquals",
            "ec2:SnapshotLockDuration",
            &["{SnapshotLockDays}"],
        ),
    ],
    only_if: Some("HasSnapshotLock"),
    why: "Without its parameter a stack can't lock; none can unlock, unshare or delete.",
    ..Scope::of(
        "LockItsOwnSnapshots",
        &["arn:{partition}:ec2:{region}::snapshot/*"],
    )
};

/// Snapshots that Backstop made, for the account that the stack names.
static SHARED_SNAPSHOTS: Scope = Scope {
    conditions: &[
        Condition::new("Null", "aws:ResourceTag/backstop:incident", &["false"]),
        Condition::new("Null", "ec2:Add/group", &["true"]),
        Condition::new("StringEquals", "ec2:Add/userId", &["{ForensicAccountId}"]),
    ],
    only_if: Some("HasForensicAccount"),
    why: "With the one account of the parameter, and never with everybody.",
    ..Scope::of(
        "ShareItsOwnSnapshots",
        &["arn:{partition}:ec2:{region}::snapshot/*"],
    )
};

/// Copies of snapshots.
static COPIED_SNAPSHOTS: Scope = Scope {
    only_if: Some("HasSnapshotKey"),
    why: "The source of a copy is checked by nobody: EC2 looks at the copy alone.",
    ..Scope::of("CopySnapshots", &["arn:{partition}:ec2:{region}::snapshot/*"])
};

/// Backstop's own tags on the target instance.
static INSTANCE_TAGS: Scope = Scope {
    conditions: &[
        Condition::new("ForAllValues:StringLike", "aws:TagKeys", &["backstop:*"]),
        // A request without any key meets the one above, and `DeleteTags` without a key deletes every tag.
        Condition::new("Null", "aws:TagKeys", &["false"]),
    ],
    ..Scope::of(
        "TagInstances",
        &["arn:{partition}:ec2:{region}:{account}:instance/{instance_id}"],
    )
};

pub const CREATE_TAGS: &str = "ec2:CreateTags";

pub const DESCRIBE_ADDRESSES: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeAddresses");
pub const DESCRIBE_IAM_INSTANCE_PROFILE_ASSOCIATIONS: Grant =
    Grant::on(&NO_RESOURCE, "ec2:DescribeIamInstanceProfileAssociations");
/// Of the function `investigate`.
pub const DESCRIBE_FLOW_LOGS: &str = "ec2:DescribeFlowLogs";
pub const DESCRIBE_INSTANCES: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeInstances");
pub const DESCRIBE_LOCKED_SNAPSHOTS: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeLockedSnapshots");
pub const DESCRIBE_NETWORK_ACLS: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeNetworkAcls");
pub const DESCRIBE_NETWORK_INTERFACES: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeNetworkInterfaces");
pub const DESCRIBE_ROUTE_TABLES: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeRouteTables");
pub const DESCRIBE_SECURITY_GROUP_RULES: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeSecurityGroupRules");
pub const DESCRIBE_SECURITY_GROUPS: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeSecurityGroups");
pub const DESCRIBE_SNAPSHOTS: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeSnapshots");
pub const DESCRIBE_VOLUMES: Grant = Grant::on(&NO_RESOURCE, "ec2:DescribeVolumes");
pub const DESCRIBE_INSTANCE_ATTRIBUTE: Grant = Grant::on(&INSTANCES_READ, "ec2:DescribeInstanceAttribute");
pub const GET_CONSOLE_OUTPUT: Grant = Grant::on(&INSTANCES_READ, "ec2:GetConsoleOutput");
pub const DESCRIBE_SNAPSHOT_ATTRIBUTE: Grant = Grant::on(&SNAPSHOTS_READ, "ec2:DescribeSnapshotAttribute");
pub const MODIFY_NETWORK_INTERFACE_ATTRIBUTE: Grant =
    Grant::on(&CUT_OFF, "ec2:ModifyNetworkInterfaceAttribute");
pub const CREATE_SECURITY_GROUP: Grant = Grant::on(&NEW_GROUPS, "ec2:CreateSecurityGroup");
pub const TAG_NEW_GROUPS: Grant = Grant::on(&NEW_TAGS, CREATE_TAGS);
pub const AUTHORIZE_SECURITY_GROUP_EGRESS: Grant = Grant::on(&OWN_GROUPS, "ec2:AuthorizeSecurityGroupEgress");
pub const AUTHORIZE_SECURITY_GROUP_INGRESS: Grant =
    Grant::on(&OWN_GROUPS, "ec2:AuthorizeSecurityGroupIngress");
pub const DELETE_SECURITY_GROUP: Grant = Grant::on(&OWN_GROUPS, "ec2:DeleteSecurityGroup");
pub const REVOKE_SECURITY_GROUP_EGRESS: Grant = Grant::on(&OWN_GROUPS, "ec2:RevokeSecurityGroupEgress");
pub const REVOKE_SECURITY_GROUP_INGRESS: Grant = Grant::on(&OWN_GROUPS, "ec2:RevokeSecurityGroupIngress");
pub const CREATE_NETWORK_ACL_ENTRY: Grant = Grant::on(&CUT_OFF, "ec2:CreateNetworkAclEntry");
pub const DELETE_NETWORK_ACL_ENTRY: Grant = Grant::on(&CUT_OFF, "ec2:DeleteNetworkAclEntry");
pub const ASSOCIATE_ADDRESS: Grant = Grant::on(&CUT_OFF, "ec2:AssociateAddress");
pub const DISASSOCIATE_ADDRESS: Grant = Grant::on(&CUT_OFF, "ec2:DisassociateAddress");
pub const MODIFY_INSTANCE_ATTRIBUTE: Grant = Grant::on(&PROTECTION, "ec2:ModifyInstanceAttribute");
pub const CREATE_SNAPSHOTS: Grant = Grant::on(&NEW_SNAPSHOTS, "ec2:CreateSnapshots");
pub const TAG_NEW_SNAPSHOTS: Grant = Grant::on(&NEW_TAGS, CREATE_TAGS);
pub const LOCK_SNAPSHOT: Grant = Grant::on(&LOCKED_SNAPSHOTS, "ec2:LockSnapshot");
pub const MODIFY_SNAPSHOT_ATTRIBUTE: Grant = Grant::on(&SHARED_SNAPSHOTS, "ec2:ModifySnapshotAttribute");
pub const COPY_SNAPSHOT: Grant = Grant::on(&COPIED_SNAPSHOTS, "ec2:CopySnapshot");
pub const TAG_INSTANCES: Grant = Grant::on(&INSTANCE_TAGS, CREATE_TAGS);
pub const DELETE_TAGS: Grant = Grant::on(&INSTANCE_TAGS, "ec2:DeleteTags");
pub const ASSOCIATE_IAM_INSTANCE_PROFILE: Grant = Grant::on(&CUT_OFF, "ec2:AssociateIamInstanceProfile");
pub const DISASSOCIATE_IAM_INSTANCE_PROFILE: Grant =
    Grant::on(&CUT_OFF, "ec2:DisassociateIamInstanceProfile");
