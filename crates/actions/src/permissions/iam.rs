//! Permissions of IAM.

use crate::{Condition, Grant, Scope};

/// Access keys, whoever has them.
static ANY_KEY: Scope = Scope::everything(
    "FindTheOwnerOfAKey",
    "The request names a key; its owner, against whom AWS checks it, is only in the answer. It reaches no further than the account's users.",
);

/// The target user, read.
static USERS_READ: Scope = Scope::of("ReadUsers", &["arn:{partition}:iam::{account}:user/{user_name}"]);

/// The target user.
static USERS: Scope = Scope::of(
    "ContainUsers",
    &["arn:{partition}:iam::{account}:user/{user_name}"],
);

/// The target user, and AWS's own deny of everything: no other policy is ever attached.
static USERS_TO_DENY: Scope = Scope {
    conditions: &[Condition::new(
        "ArnEquals",
        "iam:PolicyARN",
        &["arn:{partition}:iam::aws:policy/AWSDenyAll"],
    )],
    ..Scope::of(
        "DenyUsersWithoutRoom",
        &["arn:{partition}:iam::{account}:user/{user_name}"],
    )
};

/// The target user, and AWS's own deny of everything as the boundary: no other is ever set.
static USERS_TO_BOUND: Scope = Scope {
    conditions: &[BOUNDARY_DENIES_ALL],
    ..Scope::of(
        "BoundUsersWithoutRoom",
        &["arn:{partition}:iam::{account}:user/{user_name}"],
    )
};

const BOUNDARY_DENIES_ALL: Condition = Condition::new(
    "ArnEquals",
    "iam:PermissionsBoundary",
    &["arn:{partition}:iam::aws:policy/AWSDenyAll"],
);

/// The target role, and AWS's own deny of everything: no other policy is ever attached.
static ROLES_TO_DENY: Scope = Scope {
    conditions: &[Condition::new(
        "ArnEquals",
        "iam:PolicyARN",
        &["arn:{partition}:iam::aws:policy/AWSDenyAll"],
    )],
    ..Scope::of(
        "DenyRolesWithoutRoom",
        &["arn:{partition}:iam::{account}:role/{role_name}"],
    )
};

/// The target role, and AWS's own deny of everything as the boundary: no other is ever set.
static ROLES_TO_BOUND: Scope = Scope {
    conditions: &[BOUNDARY_DENIES_ALL],
    ..Scope::of(
        "BoundRolesWithoutRoom",
        &["arn:{partition}:iam::{account}:role/{role_name}"],
    )
};

/// The target role, or the roles of the target instance, read.
static ROLES_READ: Scope = Scope::of("ReadRoles", &["arn:{partition}:iam::{account}:role/{role_name}"]);

/// The target role, or the roles of the target instance.
static ROLES: Scope = Scope::of(
    "ContainRoles",
    &["arn:{partition}:iam::{account}:role/{role_name}"],
);

/// Instance profiles, read.
static INSTANCE_PROFILES_READ: Scope = Scope::of(
    "ReadInstanceProfiles",
    &["arn:{partition}:iam::{account}:instance-profile/*"],
);

/// Roles that instances get back.
static ROLES_OF_INSTANCES: Scope = Scope {
    conditions: &[Condition::new(
        "StringEquals",
        "iam:PassedToService",
        &["ec2.amazonaws.com", "ec2.amazonaws.com.cn"],
    )],
    why: "EC2 is called by its second name in the China Regions.",
    ..Scope::of(
        "GiveRolesBackToInstances",
        &["arn:{partition}:iam::{account}:role/{role_name}"],
    )
};

pub const GET_ACCESS_KEY_LAST_USED: Grant = Grant::on(&ANY_KEY, "iam:GetAccessKeyLastUsed");
pub const GET_USER: Grant = Grant::on(&USERS_READ, "iam:GetUser");
pub const GET_USER_POLICY: Grant = Grant::on(&USERS_READ, "iam:GetUserPolicy");
pub const GET_LOGIN_PROFILE: Grant = Grant::on(&USERS_READ, "iam:GetLoginProfile");
pub const LIST_MFA_DEVICES: Grant = Grant::on(&USERS_READ, "iam:ListMFADevices");
pub const LIST_ATTACHED_USER_POLICIES: Grant = Grant::on(&USERS_READ, "iam:ListAttachedUserPolicies");
pub const LIST_USER_POLICIES: Grant = Grant::on(&USERS_READ, "iam:ListUserPolicies");
pub const LIST_ACCESS_KEYS: Grant = Grant::on(&USERS_READ, "iam:ListAccessKeys");
pub const LIST_SSH_PUBLIC_KEYS: Grant = Grant::on(&USERS_READ, "iam:ListSSHPublicKeys");
pub const LIST_SERVICE_SPECIFIC_CREDENTIALS: Grant =
    Grant::on(&USERS_READ, "iam:ListServiceSpecificCredentials");
pub const LIST_SIGNING_CERTIFICATES: Grant = Grant::on(&USERS_READ, "iam:ListSigningCertificates");
pub const ATTACH_USER_POLICY: Grant = Grant::on(&USERS_TO_DENY, "iam:AttachUserPolicy");
pub const PUT_USER_PERMISSIONS_BOUNDARY: Grant = Grant::on(&USERS_TO_BOUND, "iam:PutUserPermissionsBoundary");
pub const DELETE_USER_POLICY: Grant = Grant::on(&USERS, "iam:DeleteUserPolicy");
pub const PUT_USER_POLICY: Grant = Grant::on(&USERS, "iam:PutUserPolicy");
pub const UPDATE_ACCESS_KEY: Grant = Grant::on(&USERS, "iam:UpdateAccessKey");
pub const UPDATE_SSH_PUBLIC_KEY: Grant = Grant::on(&USERS, "iam:UpdateSSHPublicKey");
pub const UPDATE_SERVICE_SPECIFIC_CREDENTIAL: Grant =
    Grant::on(&USERS, "iam:UpdateServiceSpecificCredential");
pub const UPDATE_SIGNING_CERTIFICATE: Grant = Grant::on(&USERS, "iam:UpdateSigningCertificate");
pub const GET_ROLE: Grant = Grant::on(&ROLES_READ, "iam:GetRole");
pub const GET_ROLE_POLICY: Grant = Grant::on(&ROLES_READ, "iam:GetRolePolicy");
pub const LIST_ATTACHED_ROLE_POLICIES: Grant = Grant::on(&ROLES_READ, "iam:ListAttachedRolePolicies");
pub const LIST_INSTANCE_PROFILES_FOR_ROLE: Grant = Grant::on(&ROLES_READ, "iam:ListInstanceProfilesForRole");
pub const ATTACH_ROLE_POLICY: Grant = Grant::on(&ROLES_TO_DENY, "iam:AttachRolePolicy");
pub const PUT_ROLE_PERMISSIONS_BOUNDARY: Grant = Grant::on(&ROLES_TO_BOUND, "iam:PutRolePermissionsBoundary");
pub const DELETE_ROLE_POLICY: Grant = Grant::on(&ROLES, "iam:DeleteRolePolicy");
pub const PUT_ROLE_POLICY: Grant = Grant::on(&ROLES, "iam:PutRolePolicy");
pub const UPDATE_ASSUME_ROLE_POLICY: Grant = Grant::on(&ROLES, "iam:UpdateAssumeRolePolicy");
pub const GET_INSTANCE_PROFILE: Grant = Grant::on(&INSTANCE_PROFILES_READ, "iam:GetInstanceProfile");
pub const PASS_ROLE: Grant = Grant::on(&ROLES_OF_INSTANCES, "iam:PassRole");
