//! `api`.

use super::shared::{
    ALERTS_TOPIC_ARN, BREAK_GLASS_ARNS, CONTAINMENTS_PER_HOUR, EVIDENCE_BUCKET, HANDS_NOTICES_OVER,
    LOOKS_WHO_IS_TOLD, MACHINE_ARN_PREFIX, MAXIMUM_MODE, NOTIFY_FUNCTION, OWN_ROLES,
    READS_INCIDENTS_LOCKS_AND_GUARDS, STARTS_PLAYBOOKS, TABLE_NAME, changes, keys, reads, removes, writes,
};
use crate::{
    Alarm, Condition, FunctionSpec, Limit, Period, Scope, Statement,
    permissions::{dynamodb, iam, kms, s3},
};

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "api",
    description: "The one door for people: answers what they ask, and does what they decide.",
    timeout_seconds: None,
    memory_mib: None,
    environment: &[
        TABLE_NAME,
        MACHINE_ARN_PREFIX,
        EVIDENCE_BUCKET,
        MAXIMUM_MODE,
        CONTAINMENTS_PER_HOUR,
        OWN_ROLES,
        BREAK_GLASS_ARNS,
        ALERTS_TOPIC_ARN,
        NOTIFY_FUNCTION,
        ("SWEEP_MINUTES", "!Ref SweepMinutes"),
        ("PERSON_ROLES", "!Join [\",\", !Ref PersonRoles]"),
    ],
    properties: "",
    statements: &[
        READS_INCIDENTS_LOCKS_AND_GUARDS,
        writes(
            "WriteWhatPeopleDecide",
            &[keys(&["INCIDENT#*", "NOTICE#*", "TARGET#*", "GUARD"])],
        ),
        changes(
            "ChangeWhatPeopleDecide",
            &[keys(&["INCIDENT#*", "TARGET#*", "LIMIT#*"])],
        ),
        Statement::allow(
            Scope {
                conditions: &[keys(&["incident", "notice"])],
                ..Scope::of(
                    "ListIncidentsAndNotices",
                    &["{IncidentsTable.Arn}/index/by_opened"],
                )
            },
            &[dynamodb::QUERY],
        ),
        reads("ReadWhatTheSweepLeft", &[keys(&["SWEEP#*"])]),
        LOOKS_WHO_IS_TOLD,
        removes("EndGuards", &[keys(&["GUARD"])]),
        // Of guards that people begin and end, others are told at once.
        HANDS_NOTICES_OVER,
        STARTS_PLAYBOOKS,
        Statement::allow(
            Scope::everything(
                "TellMachinesOfDecisions",
                "It names a task token; Step Functions defines no resource for it (Service Authorization Reference).",
            ),
            &["states:SendTaskSuccess"],
        ),
        Statement::allow(
            Scope {
                why: "People get addresses that this role has signed, for some minutes.",
                ..Scope::of("ReadTheEvidence", &["{EvidenceBucket.Arn}/incidents/*"])
            },
            &[s3::GET_OBJECT, s3::GET_OBJECT_VERSION],
        ),
        Statement::allow(
            Scope {
                why: "With versions, so that what was written over evidence later is told from it.",
                conditions: &[Condition::new("StringLike", "s3:prefix", &["incidents/*"])],
                ..Scope::of("ListTheEvidence", &["{EvidenceBucket.Arn}"])
            },
            &[s3::LIST_BUCKET_VERSIONS],
        ),
        Statement::allow(
            Scope {
                only_if: Some("HasKmsKey"),
                ..Scope::of("DecryptTheEvidence", &["{KmsKeyArn}"])
            },
            &[kms::DECRYPT],
        ),
        Statement::allow(
            Scope {
                why: "A role elsewhere that is named like one of IAM Identity Center's must not be taken for one.",
                ..Scope::of(
                    "KnowRolesOfIdentityCenter",
                    &["arn:{partition}:iam::{account}:role/aws-reserved/sso.amazonaws.com/*"],
                )
            },
            &[iam::GET_ROLE.action],
        ),
    ],
    in_members: &[],
    outside: &[],
    alarm: Alarm {
        description: "The function api failed: people may be unable to see incidents, or to decide on them.",
        period: Period::Seconds(300),
        threshold: Limit::of(0),
    },
};
