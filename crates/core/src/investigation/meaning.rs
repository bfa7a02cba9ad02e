//! What an attacker's calls mean: the one table. A call that isn't in it is counted, and kept in the timeline.

/// A call worth a person's eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// CloudTrail's `eventSource` without `.amazonaws.com`.
    pub(super) service: &'static str,
    /// CloudTrail's `eventName`.
    pub(super) name: &'static str,
    /// What it did; what it was done to follows.
    pub(super) says: &'static str,
    /// Where the names stand, and what follows from them.
    pub(super) about: About,
}

/// What a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A user who was made, or got more than before: deny them.
    User,
    /// A new access key: deactivate it.
    NewKey,
    /// A role that was made or changed: revoke its sessions.
    Role,
    /// A role whose credentials were taken: revoke its sessions.
    AssumedRole,
    /// Temporary credentials of the caller's own: they die with the caller's containment.
    Session,
    /// Instances that were started: isolate them.
    Instances,
    /// Something else, named by the first of these parameters: a person looks.
    Named(&'static [&'static str]),
}

use About::{AssumedRole, Instances, Named, NewKey, Role, Session, User};

/// The meaning of a call.
pub(super) fn find(source: &str, name: &str) -> Option<&'static Meaning> {
    let service = source.strip_suffix(".amazonaws.com").unwrap_or(source);
    MEANINGS
        .iter()
        .find(|meaning| meaning.service == service && meaning.name == name)
}

const fn call(service: &'static str, name: &'static str, says: &'static str, about: About) -> Meaning {
    Meaning {
        service,
        name,
        says,
        about,
    }
}

/// By service; the names are CloudTrail's, which add an API version for Lambda.
pub(super) const MEANINGS: &[Meaning] = &[
    // Persistence: ways to come back.
    call("iam", "CreateUser", "made user", User),
    call("iam", "CreateAccessKey", "made", NewKey),
    call(
        "iam",
        "CreateLoginProfile",
        "gave a console password to user",
        User,
    ),
    call(
        "iam",
        "UpdateLoginProfile",
        "changed the console password of user",
        User,
    ),
    call(
        "iam",
        "CreateServiceSpecificCredential",
        "made a service password for user",
        User,
    ),
    call("iam", "UploadSSHPublicKey", "gave an SSH key to user", User),
    call(
        "iam",
        "UploadSigningCertificate",
        "gave a signing certificate to user",
        User,
    ),
    call("iam", "CreateRole", "made role", Role),
    call(
        "iam",
        "UpdateAssumeRolePolicy",
        "changed who may assume role",
        Role,
    ),
    call(
        "iam",
        "CreateSAMLProvider",
        "made an identity provider",
        Named(&["name"]),
    ),
    call(
        "iam",
        "UpdateSAMLProvider",
        "changed an identity provider",
        Named(&["sAMLProviderArn"]),
    ),
    call(
        "iam",
        "CreateOpenIDConnectProvider",
        "made an identity provider",
        Named(&["url"]),
    ),
    // More rights than before.
    call("iam", "AttachUserPolicy", "gave a policy to user", User),
    call("iam", "PutUserPolicy", "wrote an inline policy for user", User),
    call("iam", "AddUserToGroup", "put into a group user", User),
    call("iam", "AttachRolePolicy", "gave a policy to role", Role),
    call("iam", "PutRolePolicy", "wrote an inline policy for role", Role),
    call(
        "iam",
        "AttachGroupPolicy",
        "gave a policy to group",
        Named(&["groupName"]),
    ),
    call(
        "iam",
        "PutGroupPolicy",
        "wrote an inline policy for group",
        Named(&["groupName"]),
    ),
    call(
        "iam",
        "CreatePolicyVersion",
        "changed policy",
        Named(&["policyArn"]),
    ),
    call(
        "iam",
        "SetDefaultPolicyVersion",
        "changed policy",
        Named(&["policyArn"]),
    ),
    call(
        "iam",
        "DeleteUserPermissionsBoundary",
        "took away the permissions boundary of user",
        User,
    ),
    call(
        "iam",
        "DeleteRolePermissionsBoundary",
        "took away the permissions boundary of role",
        Role,
    ),
    call(
        "iam",
        "DeactivateMFADevice",
        "took away the MFA device of user",
        Named(&["userName"]),
    ),
    call(
        "iam",
        "UpdateAccessKey",
        "changed the status of access key",
        Named(&["accessKeyId"]),
    ),
    call(
        "iam",
        "AddRoleToInstanceProfile",
        "put a role into instance profile",
        Named(&["instanceProfileName"]),
    ),
    // Other identities.
    call("sts", "AssumeRole", "took credentials of role", AssumedRole),
    call("sts", "GetSessionToken", "made a session of its own", Session),
    call("sts", "GetFederationToken", "made a federated session", Session),
    call("signin", "ConsoleLogin", "signed in to the console", Named(&[])),
    // What it made or took.
    call("ec2", "RunInstances", "started", Instances),
    call("ec2", "CreateKeyPair", "made key pair", Named(&["keyName"])),
    call("ec2", "ImportKeyPair", "imported key pair", Named(&["keyName"])),
    call(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        "opened security group",
        Named(&["groupId", "groupName"]),
    ),
    call(
        "ec2",
        "ModifySnapshotAttribute",
        "shared snapshot",
        Named(&["snapshotId"]),
    ),
    call("ec2", "ModifyImageAttribute", "shared image", Named(&["imageId"])),
    call(
        "rds",
        "ModifyDBSnapshotAttribute",
        "shared database snapshot",
        Named(&["dBSnapshotIdentifier"]),
    ),
    call(
        "lambda",
        "CreateFunction20150331",
        "made function",
        Named(&["functionName"]),
    ),
    call(
        "lambda",
        "UpdateFunctionCode20150331v2",
        "changed the code of function",
        Named(&["functionName"]),
    ),
    call(
        "lambda",
        "AddPermission20150331v2",
        "let others call function",
        Named(&["functionName"]),
    ),
    call(
        "secretsmanager",
        "GetSecretValue",
        "read secret",
        Named(&["secretId"]),
    ),
    call(
        "secretsmanager",
        "BatchGetSecretValue",
        "read many secrets",
        Named(&[]),
    ),
    call("ssm", "GetParameter", "read parameter", Named(&["name"])),
    call("ssm", "GetParameters", "read parameters", Named(&[])),
    call(
        "ssm",
        "GetParametersByPath",
        "read parameters below",
        Named(&["path"]),
    ),
    call(
        "ssm",
        "SendCommand",
        "ran a command by document",
        Named(&["documentName"]),
    ),
    call("ssm", "StartSession", "opened a shell on", Named(&["target"])),
    call(
        "s3",
        "PutBucketPolicy",
        "changed the policy of bucket",
        Named(&["bucketName"]),
    ),
    call(
        "s3",
        "PutBucketAcl",
        "changed the ACL of bucket",
        Named(&["bucketName"]),
    ),
    call(
        "s3",
        "DeleteBucketPublicAccessBlock",
        "opened bucket",
        Named(&["bucketName"]),
    ),
    call(
        "s3",
        "PutBucketReplication",
        "copies elsewhere from bucket",
        Named(&["bucketName"]),
    ),
    call(
        "kms",
        "ScheduleKeyDeletion",
        "marked for deletion KMS key",
        Named(&["keyId"]),
    ),
    call("kms", "DisableKey", "disabled KMS key", Named(&["keyId"])),
    call(
        "organizations",
        "LeaveOrganization",
        "took the account out of its organization",
        Named(&[]),
    ),
    // Blinding whoever watches.
    call("cloudtrail", "DeleteTrail", "DELETED trail", Named(&["name"])),
    call("cloudtrail", "StopLogging", "STOPPED trail", Named(&["name"])),
    call("cloudtrail", "UpdateTrail", "changed trail", Named(&["name"])),
    call(
        "cloudtrail",
        "PutEventSelectors",
        "changed what is logged by trail",
        Named(&["trailName"]),
    ),
    call(
        "guardduty",
        "DeleteDetector",
        "DELETED GuardDuty detector",
        Named(&["detectorId"]),
    ),
    call(
        "guardduty",
        "UpdateDetector",
        "changed GuardDuty detector",
        Named(&["detectorId"]),
    ),
    call(
        "guardduty",
        "CreateFilter",
        "made a filter for GuardDuty findings",
        Named(&["name"]),
    ),
    call(
        "guardduty",
        "CreateTrustedEntitySet",
        "made GuardDuty trust a list",
        Named(&["name"]),
    ),
    call(
        "guardduty",
        "CreateIPSet",
        "made GuardDuty trust a list",
        Named(&["name"]),
    ),
    call(
        "config",
        "StopConfigurationRecorder",
        "STOPPED Config recorder",
        Named(&["configurationRecorderName"]),
    ),
    call(
        "config",
        "DeleteConfigurationRecorder",
        "DELETED Config recorder",
        Named(&["configurationRecorderName"]),
    ),
    call(
        "securityhub",
        "DisableSecurityHub",
        "DISABLED Security Hub",
        Named(&[]),
    ),
    call(
        "logs",
        "DeleteLogGroup",
        "DELETED log group",
        Named(&["logGroupName"]),
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_call_has_one_meaning() {
        let names: BTreeSet<_> = MEANINGS.iter().map(|it| (it.service, it.name)).collect();
        assert_eq!(names.len(), MEANINGS.len());
    }

    #[test]
    fn the_service_counts_not_the_name_alone() {
        assert!(find("iam.amazonaws.com", "CreateUser").is_some());
        assert!(find("cognito-idp.amazonaws.com", "CreateUser").is_none());
    }
}
