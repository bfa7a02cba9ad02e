//! `api`.

use super::shared::{
    BREAK_GLASS_ARNS, MACHINE_ARN_PREFIX, OWN_ROLES, TABLE_NAME, changes, keys, reads, removes, writes,
};
use crate::{Alarm, Condition, FunctionSpec, Limit, Period, Scope, Statement, permissions};

/// Its contract.
pub static SPEC: FunctionSpec = FunctionSpec {
    name: "api",
    description: "The one door for people: answers what they ask, and does what they decide.",
    timeout_seconds: None,
    memory_mib: None,
    environment: &[
        TABLE_NAME,
        MACHINE_ARN_PREFIX,
        ("EVIDENCE_BUCKET", "!Ref EvidenceBucket"),
        ("MAXIMUM_MODE", "!Ref MaximumMode"),
        ("CONTAINMENTS_PER_HOUR", "!Ref ContainmentsPerHour"),
        OWN_ROLES,
        BREAK_GLASS_ARNS,
        ("PERSON_ROLES", "!Join [\",\", !Ref PersonRoles]"),
    ],
    properties: "",
    statements: &[
        reads(
            "ReadIncidentsLocksAndGuards",
            &[keys(&["INCIDENT#*", "TARGET#*", "GUARD"])],
        ),
        writes(
            "WriteWhatPeopleDecide",
            &[keys(&["INCIDENT#*", "TARGET#*", "GUARD"])],
        ),
        changes(
            "ChangeWhatPeopleDecide",
            &[keys(&["INCIDENT#*", "TARGET#*", "LIMIT#*"])],
        ),
        Statement::allow(
            Scope {
                conditions: &[keys(&["incident"])],
                ..Scope::of("ListIncidents", &["{IncidentsTable.Arn}/index/by_opened"])
            },
            &["dynamodb:Query"],
        ),
        removes("EndGuards", &[keys(&["GUARD"])]),
        Statement::allow(
            Scope::of(
                "StartPlaybooks",
                &["arn:{partition}:states:{AWS::Region}:{account}:stateMachine:{AWS::StackName}_*"],
            ),
            &["states:StartExecution"],
        ),
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
            &["s3:GetObject"],
        ),
        Statement::allow(
            Scope {
                conditions: &[Condition::new("StringLike", "s3:prefix", &["incidents/*"])],
                ..Scope::of("ListTheEvidence", &["{EvidenceBucket.Arn}"])
            },
            &["s3:ListBucket"],
        ),
        Statement::allow(
            Scope {
                only_if: Some("HasKmsKey"),
                ..Scope::of("DecryptTheEvidence", &["{KmsKeyArn}"])
            },
            &[permissions::kms::DECRYPT],
        ),
        Statement::allow(
            Scope {
                why: "A role elsewhere that is named like one of IAM Identity Center's must not be taken for one.",
                ..Scope::of(
                    "KnowRolesOfIdentityCenter",
                    &["arn:{partition}:iam::{account}:role/aws-reserved/sso.amazonaws.com/*"],
                )
            },
            &[permissions::iam::GET_ROLE.action],
        ),
    ],
    alarm: Alarm {
        description: "The function api failed: people may be unable to see incidents, or to decide on them.",
        period: Period::Seconds(300),
        threshold: Limit::of(0),
    },
};
