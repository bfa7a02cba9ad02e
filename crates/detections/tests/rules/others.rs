//! Automation rules, event rules and settings: what is refused, for its reason, and what passes.

use crate::*;

const RULE: &str =
    "title: Findings of the test account\nowner: security\nreason: they are ours\nexpires: 2027-03-31\n";
const CONTROL: &str = "ComplianceSecurityControlId equals: [S3.2]";

/// An automation rule with these criteria, one on a line: `field op [values]`, or `field[key] op [values]`.
fn automation(hub: &str, criteria: &str, set: &str) -> String {
    let mut text = format!("{RULE}hub: {hub}\norder: 100\ncriteria:\n");
    for line in criteria.lines() {
        let (field, asked) = line.split_once(' ').unwrap();
        let (field, key) = match field.split_once('[') {
            Some((field, key)) => (field, format!("    key: {}\n", key.trim_end_matches(']'))),
            None => (field, String::new()),
        };
        text.push_str(&format!("  - field: {field}\n{key}    {asked}\n"));
    }
    format!("{text}set:\n  {set}\n")
}

fn event(service: &str, rest: &str) -> String {
    format!("title: It happened\nowner: security\nreason: it is seldom right\nservice: {service}\n{rest}\n")
}

fn lint_one(kind: &str, name: &str, text: &str) -> LintReport {
    let source = vec![source(name, text)];
    let mut sources = Sources::default();
    match kind {
        "automation" => sources.automation_rules = source,
        "event" => sources.event_rules = source,
        _ => sources.settings = source.into_iter().next(),
    }
    lint(&sources, TODAY, &PLAYBOOKS)
}

fn assert_refused(kind: &str, cases: &[(&str, String)]) {
    for (code, text) in cases {
        let report = lint_one(kind, "a-rule", text);
        assert!(codes(&report).contains(code), "{code} of\n{text}\n{report}");
        assert!(!report.is_clean() && report.automation_rules.is_empty() && report.event_rules.is_empty());
    }
}

fn assert_passing(kind: &str, cases: &[String]) {
    for text in cases {
        let report = lint_one(kind, "a-rule", text);
        assert!(report.is_clean(), "{text}\n{report}");
    }
}

#[test]
fn bad_automation_rules_are_refused_for_their_reason() {
    let hides = |criteria: &str| automation("cspm", criteria, "workflow: suppressed");
    let v2 = |criteria: &str| automation("v2", criteria, "workflow: suppressed");
    let good = hides(CONTROL);
    let without = |line: &str| good.replace(line, "");
    assert_refused(
        "automation",
        &[
            // Nothing but how bad, where, from which product: every kind of finding.
            ("only-broad", hides("SeverityLabel equals: [LOW]")),
            ("only-broad", hides("ProductName equals: [GuardDuty]")),
            ("only-broad", hides("AwsAccountId equals: ['444455556666']")),
            (
                "only-broad",
                hides("SeverityLabel equals: [LOW]\nResourceRegion equals: [eu-west-1]"),
            ),
            ("only-broad", hides("RecordState equals: [ACTIVE]")),
            ("only-broad", v2("metadata.product.name equals: [GuardDuty]")),
            (
                "only-broad",
                v2("vendor_attributes.severity equals: [Low]\ncloud.region equals: [eu-west-1]"),
            ),
            (
                "only-broad",
                good.replace(
                    &format!(
                        "  - field: {}\n    equals: [S3.2]\n",
                        "ComplianceSecurityControlId"
                    ),
                    "  []\n",
                ),
            ),
            // A resource alone: attacks on it as well.
            ("no-type", hides("ResourceId equals: ['arn:aws:s3:::open-data']")),
            (
                "no-type",
                hides("Title contains: [public]\nResourceId equals: ['arn:aws:s3:::open-data']"),
            ),
            ("no-type", v2("resources.uid equals: ['arn:aws:s3:::open-data']")),
            (
                "only-negative",
                hides("ComplianceSecurityControlId not_equals: [S3.2]"),
            ),
            ("only-negative", v2("finding_info.types not_equals: [a/b/c]")),
            // What proves an attack, however it is written.
            (
                "proves-attack",
                hides(
                    "Type equals: [TTPs/Credential Access/UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.OutsideAWS]",
                ),
            ),
            (
                "proves-attack",
                hides("Type prefix: ['TTPs/Stealth:IAMUser/CloudTrailLoggingDisabled']"),
            ),
            ("proves-attack", hides("GeneratorId contains: [AttackSequence]")),
            (
                "proves-attack",
                v2("finding_info.types equals: ['AttackSequence:IAM/CompromisedCredentials']"),
            ),
            // What whoever attacks can write on a resource.
            (
                "chosen-by-attacker",
                hides(&format!("{CONTROL}\nResourceTags[purpose] equals: [test]")),
            ),
            (
                "chosen-by-attacker",
                v2("compliance.control equals: [S3.2]\nresources.name prefix: [test-]"),
            ),
            // It would never match, or be refused.
            (
                "unknown-field",
                hides("ComplianceSecurityControlID equals: [S3.2]"),
            ),
            ("unknown-field", hides("finding_info.types equals: [a]")),
            ("unknown-field", v2("GeneratorId equals: [a]")),
            (
                "literal-wildcard",
                hides("GeneratorId equals: ['aws-foundational-*']"),
            ),
            (
                "wrong-value",
                hides(&format!("{CONTROL}\nSeverityLabel equals: [Low]")),
            ),
            (
                "wrong-value",
                hides(&format!("{CONTROL}\nWorkflowStatus not_equals: [DONE]")),
            ),
            (
                "wrong-value",
                hides(&format!("{CONTROL}\nResourceTags equals: [test]")),
            ),
            (
                "wrong-value",
                hides("ComplianceSecurityControlId[a] equals: [S3.2]"),
            ),
            (
                "wrong-value",
                hides(&format!("{CONTROL}\nResourceTags[a] prefix: [b]")),
            ),
            ("wrong-value", hides("ComplianceSecurityControlId equals: ['']")),
            (
                "wrong-value",
                automation("v2", "compliance.control equals: [S3.2]", "workflow: notified"),
            ),
            (
                "wrong-value",
                automation("cspm", CONTROL, &format!("note: {}", "x".repeat(513))),
            ),
            ("wrong-value", good.replace("order: 100", "order: 0")),
            ("wrong-value", good.replace("order: 100", "order: 1001")),
            (
                "wrong-value",
                v2("compliance.control equals: [S3.2]").replace("order: 100", "order: 100\nlast: true"),
            ),
            ("empty-condition", hides("ComplianceSecurityControlId equals: []")),
            ("empty-action", automation("cspm", CONTROL, "{}")),
            (
                "too-many-values",
                hides(&format!(
                    "ComplianceSecurityControlId equals: [{}]",
                    (0..21).map(|n| format!("S3.{n}")).collect::<Vec<_>>().join(", ")
                )),
            ),
            // Nobody answers for it, or for ever.
            ("missing-field", without("owner: security\n")),
            ("missing-field", without("expires: 2027-03-31\n")),
            ("blank", good.replace("owner: security", "owner: ' '")),
            ("expired", good.replace("2027-03-31", "2026-11-26")),
            ("late-end", good.replace("2027-03-31", "2028-03-31")),
            ("unknown-value", good.replace("suppressed", "suppress")),
            ("unknown-field", format!("{good}until: 2027\n")),
        ],
    );
    let report = lint_one("automation", "A Rule", &good);
    assert_eq!(codes(&report), ["rule-name"]);
}

#[test]
fn good_automation_rules_pass() {
    assert_passing(
        "automation",
        &[
            automation("cspm", CONTROL, "workflow: suppressed"),
            automation(
                "cspm",
                &format!("{CONTROL}\nAwsAccountId equals: ['444455556666']"),
                "workflow: resolved\n  note: mended",
            ),
            automation(
                "cspm",
                "GeneratorId prefix: [aws-foundational-security-best-practices/v/1.0.0/]\nResourceId equals: ['arn:aws:s3:::open-data']",
                "workflow: suppressed",
            ),
            automation(
                "cspm",
                "Type prefix: [Software and Configuration Checks/Vulnerabilities]\nResourceTags[purpose] equals: [test]\nAwsAccountId equals: ['444455556666']\nResourceId prefix: ['arn:aws:ec2:']",
                "workflow: suppressed",
            ),
            // What hides nothing may be wide.
            automation(
                "cspm",
                "ResourceId prefix: ['arn:aws:s3:::payments-']",
                "severity: critical",
            ),
            automation(
                "cspm",
                "ProductName equals: [GuardDuty]",
                "note: look at the runbook",
            ),
            automation(
                "cspm",
                "AwsAccountId equals: ['444455556666']",
                "workflow: notified",
            ),
            automation(
                "v2",
                "metadata.product.name equals: [GuardDuty]",
                "severity: high",
            ),
            automation(
                "v2",
                "compliance.control equals: [S3.2]\nresources.uid prefix: ['arn:aws:s3:::open-']",
                "workflow: suppressed",
            ),
            automation(
                "v2",
                "finding_info.types equals: [Software and Configuration Checks/Vulnerabilities/CVE]\nresources.tags[keep] equals: ['yes']\nresources.uid equals: [a]",
                "workflow: resolved",
            ),
        ],
    );
    let lowered = lint_one(
        "automation",
        "lowered",
        &automation("cspm", CONTROL, "severity: low"),
    );
    assert!(
        lowered
            .warned
            .iter()
            .any(|file| file.problems.iter().any(|it| it.code == "lowers-severity"))
    );
    let rule = automation("cspm", CONTROL, "severity: high");
    let sources = Sources {
        automation_rules: vec![source("one", &rule), source("two", &rule)],
        ..Sources::default()
    };
    let report = lint(&sources, TODAY, &PLAYBOOKS);
    assert!(
        report.to_string().contains("same-order") && report.is_clean(),
        "{report}"
    );
}

#[test]
fn bad_event_rules_are_refused_for_their_reason() {
    let calls = "calls: [StopLogging]";
    let detail = |detail: &str| event("cloudtrail", &format!("{calls}\ndetail:\n  {detail}"));
    let many: Vec<String> = (0..120).map(|n| format!("DeleteSomethingLong{n}")).collect();
    assert_refused(
        "event",
        &[
            ("wrong-value", event("cloudtrail.amazonaws.com", calls)),
            ("wrong-value", event("CloudTrail", calls)),
            ("wrong-value", event("cloudtrail", "calls: [stopLogging]")),
            (
                "wrong-value",
                event("cloudtrail", "calls: ['cloudtrail:StopLogging']"),
            ),
            ("wrong-value", event("cloudtrail", "calls: ['Stop*']")),
            ("empty-condition", event("cloudtrail", "calls: []")),
            (
                "field-twice",
                event("cloudtrail", "calls: [StopLogging, StopLogging]"),
            ),
            // EventBridge leaves out what only reads.
            ("never-matches", event("iam", "calls: [ListUsers]")),
            ("never-matches", event("sts", "calls: [GetCallerIdentity]")),
            (
                "never-matches",
                event("secretsmanager", "calls: [GetSecretValue]"),
            ),
            // A pattern's fields are lists.
            ("wrong-value", detail("errorCode: AccessDenied")),
            ("wrong-value", detail("userIdentity: {type: Root}")),
            ("wrong-value", detail("errorCode: []")),
            ("wrong-value", detail("errorCode: [{exist: false}]")),
            ("wrong-value", detail("errorCode: [[AccessDenied]]")),
            ("field-twice", detail("eventName: [DeleteTrail]")),
            ("field-twice", detail("eventSource: [iam.amazonaws.com]")),
            (
                "long-pattern",
                event("cloudtrail", &format!("calls: [{}]", many.join(", "))),
            ),
            (
                "blank",
                event("cloudtrail", calls).replace("owner: security", "owner: ''"),
            ),
            (
                "missing-field",
                event("cloudtrail", calls).replace("reason: it is seldom right\n", ""),
            ),
            (
                "unknown-field",
                event("cloudtrail", &format!("{calls}\nexpires: 2027-03-31")),
            ),
        ],
    );
    assert_passing(
        "event",
        &[
            event("cloudtrail", calls),
            event("iam", "calls: [ListUsers]\nreads: true"),
            event(
                "signin",
                "calls: [ConsoleLogin]\ndetail:\n  userIdentity:\n    type: [Root]",
            ),
            detail("errorCode: [{exists: false}]"),
            detail("sourceIPAddress: [{cidr: 203.0.113.0/24}, {anything-but: [198.51.100.7]}]"),
        ],
    );
    let lambda = lint_one(
        "event",
        "lambda-calls",
        &event("lambda", "calls: [UpdateFunctionCode]"),
    );
    assert!(
        lambda.to_string().contains("versioned-call") && lambda.is_clean(),
        "{lambda}"
    );
}

/// EventBridge User Guide, "AWS service events delivered via AWS CloudTrail": the source is the service's, the detail
/// type tells API calls from sign-ins.
#[test]
fn an_event_rule_s_pattern_is_that_of_cloudtrail_s_events() {
    let pattern = |service: &str, call: &str| {
        let report = lint_one("event", "a-rule", &event(service, &format!("calls: [{call}]")));
        report.event_rules.first().unwrap().pattern()
    };
    let call = pattern("cloudtrail", "StopLogging");
    assert_eq!(
        call.to_string(),
        r#"{"source":["aws.cloudtrail"],"detail-type":["AWS API Call via CloudTrail"],"detail":{"eventSource":["cloudtrail.amazonaws.com"],"eventName":["StopLogging"]}}"#
    );
    let sign_in = pattern("signin", "ConsoleLogin");
    assert_eq!(
        sign_in.pointer("/detail-type/0").unwrap(),
        "AWS Console Sign In via CloudTrail"
    );
}

#[test]
fn settings_are_refused_for_their_reason() {
    let off = |rest: &str| format!("guardduty:\n  without:\n    - plan: ai-analyst\n      {rest}\n");
    let hub = |rest: &str| format!("guardduty: {{}}\nsecurity_hub:\n  {rest}\n");
    assert_refused(
        "settings",
        &[
            ("missing-field", "security_hub: {}\n".to_owned()),
            ("missing-field", off("owner: security")),
            (
                "unknown-value",
                off("owner: a\n      reason: b\n      expires: 2027-03-31")
                    .replace("ai-analyst", "ai-analysis"),
            ),
            (
                "unknown-value",
                "guardduty:\n  publishing: six_hours\n".to_owned(),
            ),
            (
                "expired",
                off("owner: a\n      reason: b\n      expires: 2026-03-31"),
            ),
            (
                "late-end",
                off("owner: a\n      reason: b\n      expires: 2030-03-31"),
            ),
            (
                "blank",
                off("owner: ''\n      reason: b\n      expires: 2027-03-31"),
            ),
            (
                "wrong-value",
                "guardduty:\n  export: {bucket: findings, key: 'arn:aws:kms:eu-west-1:1:key/a'}\n".to_owned(),
            ),
            (
                "wrong-value",
                "guardduty:\n  export: {bucket: 'arn:aws:s3:::findings', key: alias/findings}\n".to_owned(),
            ),
            (
                "wrong-value",
                "guardduty:\n  custom_rules: [{rule: EC2PublicSSH, mode: live}]\n".to_owned(),
            ),
            (
                "field-twice",
                "guardduty:\n  custom_rules: [{rule: a, mode: live}, {rule: a, mode: live}]\n".to_owned(),
            ),
            ("wrong-value", hub("regions: []")),
            ("wrong-value", hub("regions: [all, eu-west-1]")),
            ("wrong-value", hub("regions: [Ireland]")),
            ("field-twice", hub("regions: [eu-west-1, eu-west-1]")),
            // Security Hub's own aggregator links no Region by itself.
            ("wrong-value", hub("v2_regions: [all]")),
            ("unknown-field", hub("home: eu-west-1")),
        ],
    );
    assert_passing(
        "settings",
        &[
            "guardduty: {}\n".to_owned(),
            hub("regions: [all]"),
            hub("regions: [eu-west-1, us-gov-west-1]\n  v2_regions: [ap-southeast-2]"),
            off("owner: a\n      reason: b\n      expires: 2027-03-31"),
        ],
    );
    let warned = |text: &str| lint_one("settings", "settings", text).to_string();
    assert!(warned(&off("owner: a\n      reason: b\n      expires: 2027-03-31")).contains("plan-off"));
    assert!(warned("guardduty:\n  publishing: six-hours\n").contains("slow-publishing"));
    assert!(warned("guardduty:\n  custom_rules: [{rule: a-b, mode: dry-run}]\n").contains("dry-run"));
}

/// One list of addresses and one of entities may be trusted in a Region, and six of each be hostile.
#[test]
fn each_form_of_list_has_its_own_room() {
    let list = |form: &str, entry: &str| {
        format!(
            "title: Ours\nkind: trusted\nform: {form}\nentries:\n  - {{entry: {entry}, owner: a, reason: b, expires: 2027-03-31}}\n"
        )
    };
    let both = [
        ("one", list("entities", "198.51.100.7")),
        ("two", list("addresses", "198.51.100.8")),
    ];
    assert!(lint_lists(&both).is_clean());
    let twice = [
        ("one", list("addresses", "198.51.100.7")),
        ("two", list("addresses", "198.51.100.8")),
    ];
    assert_eq!(codes(&lint_lists(&twice)), ["too-many-lists"]);
    assert_eq!(
        codes(&lint_lists(&[("one", list("addresses", "example.com"))])),
        ["wrong-entry"]
    );
}

/// A filter's rank is 1 to 100, and an administrator has 100 automation rules.
#[test]
fn more_rules_than_a_region_takes_are_refused() {
    let of = |count: usize| Sources {
        automation_rules: (0..count)
            .map(|n| {
                source(
                    &format!("rule-{n}"),
                    &automation("cspm", CONTROL, "severity: high")
                        .replace("order: 100", &format!("order: {}", n + 11)),
                )
            })
            .collect(),
        suppressions: (0..count)
            .map(|n| {
                source(
                    &format!("rule-{n}"),
                    &rule(&format!(
                        "{SCAN}\nresource.instanceDetails.imageId equals: [ami-{n}]"
                    )),
                )
            })
            .collect(),
        ..Sources::default()
    };
    assert!(lint(&of(100), TODAY, &PLAYBOOKS).is_clean());
    let report = lint(&of(101), TODAY, &PLAYBOOKS);
    assert_eq!(codes(&report), ["too-many-rules", "too-many-rules"]);
}
