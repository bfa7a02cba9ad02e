//! Permissions of KMS, which EC2 calls with the rights of its caller.

use crate::{Condition, Grant, Scope};

/// The keys of snapshots that are copied.
static SOURCE_KEYS: Scope = Scope {
    conditions: &[Condition::new(
        "StringLike",
        "kms:ViaService",
        &["ec2.*.amazonaws.com", "ec2.*.amazonaws.com.cn"],
    )],
    only_if: Some("HasSnapshotKey"),
    why: "EC2 calls KMS with the caller's rights (EBS User Guide, \"Requirements for Amazon EBS encryption\"). A volume may have any key of the account; that key's policy must allow it, too.",
    ..Scope::of(
        "ReadWhatIsCopied",
        &["arn:{partition}:kms:{region}:{account}:key/*"],
    )
};

/// The key of copies.
static COPY_KEY: Scope = Scope {
    conditions: &[Condition::new(
        "StringLike",
        "kms:ViaService",
        &["ec2.*.amazonaws.com", "ec2.*.amazonaws.com.cn"],
    )],
    only_if: Some("HasSnapshotKey"),
    ..Scope::of("EncryptCopies", &["{SnapshotKmsKeyArn}"])
};

/// The keys that EBS uses for snapshots and copies.
static GRANTED_KEYS: Scope = Scope {
    conditions: &[
        Condition::new("Bool", "kms:GrantIsForAWSResource", &["true"]),
        Condition::new(
            "StringLike",
            "kms:ViaService",
            &["ec2.*.amazonaws.com", "ec2.*.amazonaws.com.cn"],
        ),
    ],
    only_if: Some("HasSnapshotKey"),
    ..Scope::of(
        "LetEbsUseTheKeys",
        &[
            "arn:{partition}:kms:{region}:{account}:key/*",
            "{SnapshotKmsKeyArn}",
        ],
    )
};

pub const DECRYPT: &str = "kms:Decrypt";
pub(crate) const GENERATE_DATA_KEY: &str = "kms:GenerateDataKey";
const DESCRIBE_KEY: &str = "kms:DescribeKey";

pub const DECRYPT_SOURCES: Grant = Grant::on(&SOURCE_KEYS, DECRYPT);
pub const DESCRIBE_SOURCE_KEYS: Grant = Grant::on(&SOURCE_KEYS, DESCRIBE_KEY);
pub const RE_ENCRYPT_FROM: Grant = Grant::on(&SOURCE_KEYS, "kms:ReEncryptFrom");
pub const DECRYPT_COPIES: Grant = Grant::on(&COPY_KEY, DECRYPT);
pub const DESCRIBE_COPY_KEY: Grant = Grant::on(&COPY_KEY, DESCRIBE_KEY);
pub const GENERATE_DATA_KEY_WITHOUT_PLAINTEXT: Grant =
    Grant::on(&COPY_KEY, "kms:GenerateDataKeyWithoutPlaintext");
pub const RE_ENCRYPT_TO: Grant = Grant::on(&COPY_KEY, "kms:ReEncryptTo");
pub const CREATE_GRANT: Grant = Grant::on(&GRANTED_KEYS, "kms:CreateGrant");
