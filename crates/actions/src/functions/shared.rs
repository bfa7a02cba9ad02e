//! What several functions have.

use crate::{
    Alarm, Condition, FunctionSpec, Limit, Period, Scope, Statement,
    permissions::{dynamodb, kms, s3},
};

/// The incidents table, as far as items with these partition keys go. What else is kept under a key comes with it: IAM
/// knows of no sort key (DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control").
const fn items(sid: &'static str, conditions: &'static [Condition]) -> Scope {
    Scope {
        conditions,
        ..Scope::of(sid, &["{IncidentsTable.Arn}"])
    }
}

/// Partition keys as patterns. `Allow` with `ForAllValues` also covers a request without any key: none of the calls
/// allowed by it can be made without one.
pub(super) const fn keys(patterns: &'static [&'static str]) -> Condition {
    Condition::new("ForAllValues:StringLike", "dynamodb:LeadingKeys", patterns)
}

/// Reads items with these keys.
pub(super) const fn reads(sid: &'static str, conditions: &'static [Condition]) -> Statement {
    Statement::allow(items(sid, conditions), &[dynamodb::GET_ITEM, dynamodb::QUERY])
}

/// Writes items with these keys, new ones or in the place of old ones.
pub(super) const fn writes(sid: &'static str, conditions: &'static [Condition]) -> Statement {
    Statement::allow(items(sid, conditions), &[dynamodb::PUT_ITEM])
}

/// Changes attributes of items with these keys.
pub(super) const fn changes(sid: &'static str, conditions: &'static [Condition]) -> Statement {
    Statement::allow(items(sid, conditions), &[dynamodb::UPDATE_ITEM])
}

/// Removes items with these keys.
pub(super) const fn removes(sid: &'static str, conditions: &'static [Condition]) -> Statement {
    Statement::allow(items(sid, conditions), &[dynamodb::DELETE_ITEM])
}

/// What is kept of an incident: its log, its row in lists, its findings, its question and its notices.
pub(super) const INCIDENTS: Condition = keys(&["INCIDENT#*"]);

/// Reads incidents and guardrails.
pub(super) const READS_INCIDENTS_AND_GUARDS: Statement =
    reads("ReadIncidentsAndGuards", &[keys(&["INCIDENT#*", "GUARD"])]);

/// Reads incidents, which of them has a target, and guardrails.
pub(super) const READS_INCIDENTS_LOCKS_AND_GUARDS: Statement = reads(
    "ReadIncidentsLocksAndGuards",
    &[keys(&["INCIDENT#*", "TARGET#*", "GUARD"])],
);

/// Starts the stack's machines.
pub(super) const STARTS_PLAYBOOKS: Statement = Statement::allow(
    Scope::of(
        "StartPlaybooks",
        &["arn:{partition}:states:{AWS::Region}:{account}:stateMachine:{AWS::StackName}_*"],
    ),
    &["states:StartExecution"],
);

/// Reads incidents.
pub(super) const READS_INCIDENTS: Statement = reads("ReadIncidents", &[INCIDENTS]);

/// Appends to the logs of incidents.
pub(super) const APPENDS_TO_THE_LOG: Statement = writes("AppendToTheLog", &[INCIDENTS]);

/// Changes what is kept of an incident beside its log, such as its status.
pub(super) const CHANGES_INCIDENTS: Statement = changes("ChangeIncidents", &[INCIDENTS]);

/// Publishes to the topic.
pub(super) const TELLS_PEOPLE: Statement =
    Statement::allow(Scope::of("TellPeople", &["{AlertsTopic}"]), &["sns:Publish"]);

/// Asks how many subscriptions of the topic are confirmed.
pub(super) const LOOKS_WHO_IS_TOLD: Statement = Statement::allow(
    Scope::of("LookWhoIsTold", &["{AlertsTopic}"]),
    &["sns:GetTopicAttributes"],
);

/// Asks whether executions of the stack's machines still run.
pub(super) const LOOKS_AT_EXECUTIONS: Statement = Statement::allow(
    Scope::of(
        "LookAtExecutions",
        &["arn:{partition}:states:{AWS::Region}:{account}:execution:{AWS::StackName}_*:*"],
    ),
    &["states:DescribeExecution"],
);

/// Has the function `notify` deliver what it wrote down.
pub(super) const HANDS_NOTICES_OVER: Statement = Statement::allow(
    Scope::of("HandNoticesOver", &["{NotifyFunction.Arn}"]),
    &["lambda:InvokeFunction"],
);

/// The table.
pub(super) const TABLE_NAME: (&str, &str) = ("TABLE_NAME", "!Ref IncidentsTable");

/// The function that delivers notices.
pub(super) const NOTIFY_FUNCTION: (&str, &str) = ("NOTIFY_FUNCTION", "!Ref NotifyFunction");

/// The topic.
pub(super) const ALERTS_TOPIC_ARN: (&str, &str) = ("ALERTS_TOPIC_ARN", "!Ref AlertsTopic");

/// What a machine's or a function's own name begins with.
pub(super) const MACHINE_ARN_PREFIX: (&str, &str) = (
    "MACHINE_ARN_PREFIX",
    "!Sub arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}_",
);

/// The roles of the stack, which are never contained: each has the stack's path.
pub(super) const OWN_ROLES: (&str, &str) = (
    "OWN_ROLES",
    "!Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}/*",
);

/// Whom the stack's owner excepts.
pub(super) const BREAK_GLASS_ARNS: (&str, &str) = ("BREAK_GLASS_ARNS", "!Join [\",\", !Ref BreakGlassArns]");

/// How far the stack goes, whatever an incident's log says.
pub(super) const MAXIMUM_MODE: (&str, &str) = ("MAXIMUM_MODE", "!Ref MaximumMode");

/// The account that the stack is in.
pub(super) const ACCOUNT_ID: (&str, &str) = ("ACCOUNT_ID", "!Ref AWS::AccountId");

/// How many targets a playbook contains by itself in an hour.
pub(super) const CONTAINMENTS_PER_HOUR: (&str, &str) = ("CONTAINMENTS_PER_HOUR", "!Ref ContainmentsPerHour");

/// How long after an incident is contained it is looked at again.
pub(super) const CONFIRM_AFTER_SECONDS: (&str, &str) = ("CONFIRM_AFTER_SECONDS", "!Ref ConfirmAfterSeconds");

/// Evidence, and the proofs of receipts.
pub(super) const EVIDENCE_BUCKET: (&str, &str) = ("EVIDENCE_BUCKET", "!Ref EvidenceBucket");

/// What a function has that runs the steps of playbooks.
pub(super) const RUNS_STEPS: &[(&str, &str)] = &[ACCOUNT_ID, TABLE_NAME, OWN_ROLES, BREAK_GLASS_ARNS];

/// What a function has whose steps change something.
const CHANGES_ACCOUNTS: &[(&str, &str)] = &[
    ACCOUNT_ID,
    TABLE_NAME,
    MAXIMUM_MODE,
    EVIDENCE_BUCKET,
    OWN_ROLES,
    BREAK_GLASS_ARNS,
];

/// Proves its receipts where whoever writes the table can't.
pub(super) const PROVES_RECEIPTS: Statement = Statement::allow(
    Scope {
        why: "An undo follows no receipt but one that is proven here.",
        ..Scope::of("ProveReceipts", &["{EvidenceBucket.Arn}/receipts/*"])
    },
    &[s3::GET_OBJECT, s3::PUT_OBJECT],
);

/// The same where the bucket has a key.
pub(super) const PROVES_RECEIPTS_ENCRYPTED: Statement = Statement::allow(
    Scope {
        only_if: Some("HasKmsKey"),
        ..Scope::of("EncryptTheProofs", &["{KmsKeyArn}"])
    },
    &[kms::DECRYPT, kms::GENERATE_DATA_KEY],
);

/// For functions that machines call: they retry and record single failures themselves.
pub(super) const fn alarm(description: &'static str) -> Alarm {
    Alarm {
        description,
        period: Period::Seconds(300),
        threshold: Limit::of(5),
    }
}

/// What holds of a request that doesn't come from the function of this name: the key is absent, or names another one.
/// Lambda puts it into the credentials that it gives a function (Lambda Developer Guide, "Using source function ARN to
/// control function access behavior").
macro_rules! outside {
    ($function:literal) => {
        &[$crate::Condition::new(
            "ArnNotLike",
            "lambda:SourceFunctionArn",
            &[
                concat!(
                    "arn:{partition}:lambda:{AWS::Region}:{account}:function:{AWS::StackName}-",
                    $function
                ),
                concat!(
                    "arn:{partition}:lambda:{AWS::Region}:{account}:function:{AWS::StackName}-",
                    $function,
                    ":*"
                ),
            ],
        )]
    };
}
pub(super) use outside;

/// What a function has whose steps change something, to be completed by its name, description, alarm and what is outside
/// of it.
pub const RESPONDER: FunctionSpec = FunctionSpec {
    environment: CHANGES_ACCOUNTS,
    properties: "\
# Room that other functions of the account can't use up.
ReservedConcurrentExecutions: !If [HasResponderConcurrency, !Ref ResponderConcurrency, !Ref AWS::NoValue]
",
    statements: &[
        READS_INCIDENTS_AND_GUARDS,
        APPENDS_TO_THE_LOG,
        PROVES_RECEIPTS,
        PROVES_RECEIPTS_ENCRYPTED,
    ],
    ..READER
};

/// What a function has whose steps only read, to be completed likewise.
pub(super) const READER: FunctionSpec = FunctionSpec {
    name: "",
    description: "",
    timeout_seconds: Some(Limit::of(60)),
    memory_mib: None,
    environment: RUNS_STEPS,
    properties: "",
    statements: &[READS_INCIDENTS_AND_GUARDS, APPENDS_TO_THE_LOG],
    in_members: &[],
    outside: &[],
    alarm: alarm(""),
};
