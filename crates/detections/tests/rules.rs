//! Rules that must be refused, each for its reason, and rules that must pass.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use std::{path::Path, sync::LazyLock};

use backstop_detections::{
    lint::{LintReport, lint},
    load::{Source, Sources},
};
use backstop_playbook::{Catalog, load_dir};
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 27);
const HEAD: &str = "title: Scans of our own\nowner: security\nreason: they are ours\nexpires: 2027-03-31\n";

static PLAYBOOKS: LazyLock<Catalog> =
    LazyLock::new(|| load_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbooks"))).unwrap());

fn source(name: &str, text: &str) -> Source {
    Source {
        name: name.to_owned(),
        label: format!("{name}.yaml"),
        text: text.to_owned(),
    }
}

fn lint_rules(rules: &[(&str, String)]) -> LintReport {
    let sources = Sources {
        suppressions: rules.iter().map(|(name, text)| source(name, text)).collect(),
        ..Sources::default()
    };
    lint(&sources, TODAY, &PLAYBOOKS)
}

fn lint_lists(lists: &[(&str, String)]) -> LintReport {
    let sources = Sources {
        address_lists: lists.iter().map(|(name, text)| source(name, text)).collect(),
        ..Sources::default()
    };
    lint(&sources, TODAY, &PLAYBOOKS)
}

/// A rule with these criteria, one on a line: `field op [values]`.
fn rule(criteria: &str) -> String {
    let mut text = format!("{HEAD}criteria:\n");
    for line in criteria.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (field, asked) = line.split_once(' ').unwrap();
        text.push_str(&format!("  - field: {field}\n    {asked}\n"));
    }
    text
}

fn codes(report: &LintReport) -> Vec<&'static str> {
    report
        .refused
        .iter()
        .flat_map(|file| file.problems.iter().map(|problem| problem.code))
        .collect()
}

const SCAN: &str = "type equals: [Recon:EC2/Portscan]";

#[test]
fn bad_rules_are_refused_for_their_reason() {
    let typed = |criteria: &str| rule(&format!("{SCAN}\n{criteria}"));
    let narrow = "resource.instanceDetails.imageId equals: [ami-0123456789abcdef0]";
    let metadata = |head: &str| rule(&format!("{SCAN}\n{narrow}")).replace(HEAD, head);
    let image = |of: &str| rule(&format!("{of}\n{narrow}"));
    let values = |count: usize| {
        (0..count)
            .map(|index| format!("ami-{index}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let bad: Vec<(&str, String)> = vec![
        // 1: no type, or a wide one.
        ("no-type", rule(narrow)),
        (
            "no-type",
            rule(&format!("type not_equals: [Recon:EC2/Portscan]\n{narrow}")),
        ),
        ("wide-type", image("type matches: [\"*\"]")),
        ("wide-type", image("type matches: [\"Recon:*\"]")),
        ("wide-type", image("type matches: [\"*:EC2/*\"]")),
        ("wide-type", image("type matches: [\"UnauthorizedAccess:EC2/*\"]")),
        (
            "wide-type",
            image("type matches: [\"Backdoor:EC2/DenialOfService*\"]"),
        ),
        ("wide-type", image("type matches: [\"?econ:EC2/Portscan\"]")),
        ("wide-type", image("type matches: [\"*Portscan\"]")),
        // 2: only how bad, where, when.
        ("only-broad", rule("severity less_than: 4")),
        ("only-broad", rule("accountId equals: ['111122223333']")),
        (
            "only-broad",
            rule("region equals: [eu-west-1]\nseverity equals: ['2', '5']"),
        ),
        ("only-broad", rule("updatedAt less_than: 1793527200000")),
        ("only-broad", rule("resource.resourceType equals: [Instance]")),
        (
            "only-broad",
            rule("service.action.awsApiCallAction.remoteIpDetails.country.countryName equals: [Germany]"),
        ),
        // 3: what proves an attack.
        (
            "proves-attack",
            image("type equals: [AttackSequence:IAM/CompromisedCredentials]"),
        ),
        (
            "proves-attack",
            image("type equals: [Policy:IAMUser/RootCredentialUsage]"),
        ),
        (
            "proves-attack",
            image("type equals: [UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS]"),
        ),
        (
            "proves-attack",
            image("type equals: [Stealth:IAMUser/CloudTrailLoggingDisabled]"),
        ),
        (
            "proves-attack",
            image("type matches: [\"Stealth:IAMUser/CloudTrail*\"]"),
        ),
        (
            "proves-attack",
            typed("resource.accessKeyDetails.userType equals: [Root]"),
        ),
        // 4: keyed on what an attacker chooses.
        (
            "chosen-by-attacker",
            typed("service.action.awsApiCallAction.userAgent equals: [aws-cli/2.0]"),
        ),
        (
            "chosen-by-attacker",
            typed("resource.instanceDetails.tags.value equals: [scanner]"),
        ),
        (
            "chosen-by-attacker",
            typed(
                "resource.instanceDetails.tags.key equals: [role]\nresource.instanceDetails.tags.value equals: [scanner]",
            ),
        ),
        (
            "chosen-by-attacker",
            typed("resource.accessKeyDetails.userName equals: [deploy]"),
        ),
        (
            "chosen-by-attacker",
            typed("resource.containerDetails.image matches: [\"scanner*\"]"),
        ),
        (
            "chosen-by-attacker",
            typed("resource.containerDetails.name equals: [scanner]"),
        ),
        (
            "chosen-by-attacker",
            typed("service.runtimeDetails.process.executablePath equals: [/usr/bin/nmap]"),
        ),
        (
            "chosen-by-attacker",
            typed("resource.kubernetesDetails.kubernetesUserDetails.username equals: [ci]"),
        ),
        (
            "chosen-by-attacker",
            typed("service.runtimeDetails.process.name equals: [nmap]\naccountId equals: ['111122223333']"),
        ),
        // 5: wide networks, and those where anybody rents.
        (
            "wide-network",
            typed(
                "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4 equals: [198.51.0.0/16]",
            ),
        ),
        (
            "wide-network",
            typed("service.action.networkConnectionAction.remoteIpDetails.ipAddressV4 equals: [0.0.0.0/0]"),
        ),
        (
            "wide-network",
            typed("service.action.awsApiCallAction.remoteIpDetails.ipAddressV4 matches: [\"10.*\"]"),
        ),
        (
            "cloud-network",
            typed(
                "service.action.networkConnectionAction.remoteIpDetails.organization.asnOrg equals: [AMAZON-02]",
            ),
        ),
        (
            "cloud-network",
            typed(
                "service.action.networkConnectionAction.remoteIpDetails.organization.asn equals: ['16509']",
            ),
        ),
        (
            "cloud-network",
            typed(
                "service.action.awsApiCallAction.remoteIpDetails.organization.isp matches: [\"DigitalOcean*\"]",
            ),
        ),
        // 6: only what isn't hidden.
        ("only-negative", rule("accountId not_equals: ['111122223333']")),
        (
            "only-negative",
            rule("type not_matches: [\"Impact:*\"]\nregion not_equals: [eu-west-1]"),
        ),
        // 7: nobody answers for it, or for ever.
        (
            "missing-field",
            metadata("title: x\nreason: y\nexpires: 2027-03-31\n"),
        ),
        (
            "missing-field",
            metadata("title: x\nowner: y\nexpires: 2027-03-31\n"),
        ),
        ("missing-field", metadata("title: x\nowner: y\nreason: z\n")),
        (
            "blank",
            metadata("title: x\nowner: ' '\nreason: z\nexpires: 2027-03-31\n"),
        ),
        (
            "expired",
            metadata("title: x\nowner: y\nreason: z\nexpires: 2026-11-26\n"),
        ),
        (
            "late-end",
            metadata("title: x\nowner: y\nreason: z\nexpires: 2029-01-01\n"),
        ),
        (
            "yaml",
            metadata("title: x\nowner: y\nreason: z\nexpires: never\n"),
        ),
        // 10: what isn't there.
        (
            "unknown-field",
            typed("resource.instanceDetails.imageID equals: [ami-0123456789abcdef0]"),
        ),
        ("unknown-field", typed("service.userAgent equals: [curl]")),
        ("unknown-type", image("type equals: [Recon:EC2/PortScan]")),
        ("unknown-type", image("type matches: [\"Recon:EC2/Nothing*\"]")),
        (
            "retired-type",
            image("type equals: [Recon:IAMUser/ResourcePermissions]"),
        ),
        ("literal-wildcard", image("type equals: [\"Recon:EC2/*\"]")),
        (
            "wrong-value",
            typed("severity equals: [low]\nresource.instanceDetails.imageId equals: [ami-0123456789abcdef0]"),
        ),
        (
            "wrong-value",
            typed(
                "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4 equals: [scanner.example.com]",
            ),
        ),
        (
            "not-ordered",
            typed("resource.instanceDetails.imageId greater_than: 3"),
        ),
        (
            "not-text",
            typed(&format!("severity matches: [\"2*\"]\n{narrow}")),
        ),
        (
            "never-matches",
            typed(&format!("service.archived equals: ['true']\n{narrow}")),
        ),
        (
            "empty-condition",
            typed("resource.instanceDetails.imageId equals: []"),
        ),
        ("field-twice", typed(&format!("{narrow}\n{narrow}"))),
        (
            "too-many-values",
            typed(&format!(
                "resource.instanceDetails.imageId equals: [{}]",
                values(51)
            )),
        ),
        (
            "too-many-values",
            typed("resource.instanceDetails.imageId matches: [a1*, a2*, a3*, a4*, a5*, a6*]"),
        ),
        ("unknown-field", format!("{}rank: 1\n", typed(narrow))),
    ];
    let mut wrong = Vec::new();
    for (code, text) in &bad {
        let found = codes(&lint_rules(&[("rule", text.clone())]));
        if !found.contains(code) {
            wrong.push(format!("not refused as {code}, but as {found:?}:\n{text}"));
        }
    }
    println!(
        "{} of {} bad rules refused for their reason",
        bad.len() - wrong.len(),
        bad.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(bad.len() >= 50);
}

#[test]
fn rules_against_one_another_and_against_playbooks() {
    let wide = rule(&format!(
        "{SCAN}\nresource.instanceDetails.imageId equals: [ami-1, ami-2]"
    ));
    let narrow = rule(&format!(
        "{SCAN}\nresource.instanceDetails.imageId equals: [ami-1]"
    ));
    assert_eq!(
        codes(&lint_rules(&[("one", wide.clone()), ("two", wide.clone())])),
        ["duplicate"]
    );
    let report = lint_rules(&[("one", narrow.clone()), ("two", wide)]);
    assert_eq!(codes(&report), ["shadowed"]);
    assert!(report.refused.iter().all(|file| file.file == "one.yaml"));
    let other = rule("type equals: [Impact:EC2/PortSweep]\nresource.instanceDetails.imageId equals: [ami-1]");
    assert!(lint_rules(&[("one", narrow), ("two", other)]).is_clean());

    let lonely = "title: Lonely\nsummary: It lives on one type.\ntriggers:\n  grounds:\n    - furthest_mode: approve\n      \
                  because: it is seldom\n      finding_types: [Recon:EC2/Portscan]\ntargets: [instance]\nmode: approve\nphases:\n  \
                  - phase: contain\n    steps:\n      - step: protect\n        action: ec2.protect-instance\n        \
                  title: Protect it\ntests:\n  - \
                  {finding: finding.json, target: instance, steps: [protect]}\n";
    let lonely = backstop_playbook::parse(&"lonely".into(), "playbook.yaml", lonely);
    // Of a playbook that is wrong by itself nothing could be said.
    let Ok(lonely) = lonely else {
        panic!("{:?}", lonely.unwrap_err().problems)
    };
    let catalog = Catalog::new(vec![lonely]);
    let sources = |text: String| Sources {
        suppressions: vec![source("rule", &text)],
        ..Sources::default()
    };
    let whole = lint(&sources(rule(SCAN)), TODAY, &catalog);
    assert_eq!(codes(&whole), ["lost-trigger"]);
    assert!(whole.to_string().contains("playbook `lonely`"), "{whole}");
    let part = rule(&format!(
        "{SCAN}\nresource.instanceDetails.imageId equals: [ami-1]"
    ));
    assert!(lint(&sources(part), TODAY, &catalog).is_clean());
}

#[test]
fn good_rules_pass() {
    let good = [
        // AWS's own examples ("Suppression rules in GuardDuty"), by what can't be chosen.
        "type equals: [Recon:EC2/Portscan]\nresource.instanceDetails.imageId equals: [ami-0123456789abcdef0]",
        "type equals: [UnauthorizedAccess:EC2/SSHBruteForce]\nresource.instanceDetails.instanceId equals: [i-0123456789abcdef0]",
        "type equals: [Recon:EC2/PortProbeUnprotectedPort]\nresource.instanceDetails.imageId equals: [ami-0123456789abcdef0]\nresource.instanceDetails.tags.value equals: [public-web]",
        "type equals: [UnauthorizedAccess:EC2/TorClient]\nresource.instanceDetails.instanceId equals: [i-0123456789abcdef0]",
        "type equals: [Recon:EC2/Portscan, Impact:EC2/PortSweep]\nresource.instanceDetails.imageId equals: [ami-0123456789abcdef0]",
        "type equals: [Recon:IAMUser/MaliciousIPCaller.Custom]\nservice.action.awsApiCallAction.remoteIpDetails.ipAddressV4 equals: [198.51.100.7]\naccountId equals: ['111122223333']",
        "type equals: [Recon:IAMUser/TorIPCaller]\nservice.action.awsApiCallAction.remoteIpDetails.ipAddressV4 equals: [198.51.100.0/24]",
        "type equals: [Discovery:IAMUser/AnomalousBehavior]\nresource.accessKeyDetails.principalId equals: [AIDAEXAMPLEEXAMPLE123]",
        "type equals: [Discovery:S3/AnomalousBehavior]\nresource.s3BucketDetails.name equals: [open-data-example]",
        "type equals: [Policy:S3/BucketAnonymousAccessGranted]\nresource.s3BucketDetails.arn equals: ['arn:aws:s3:::open-data-example']",
        "type equals: [Execution:Runtime/NewBinaryExecuted]\nservice.runtimeDetails.process.executableSha256 equals: [e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]",
        "type equals: [Execution:Runtime/NewBinaryExecuted]\nservice.runtimeDetails.process.executableSha256 equals: [e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]\nservice.runtimeDetails.process.executablePath equals: [/opt/agent/bin/agent]",
        "type equals: [Trojan:EC2/DNSDataExfiltration]\nservice.action.dnsRequestAction.domain equals: [telemetry.example.com]",
        "type equals: [Recon:EC2/PortProbeUnprotectedPort]\nresource.instanceDetails.imageId equals: [ami-0123456789abcdef0]\nservice.action.portProbeAction.portProbeDetails.localPortDetails.port equals: ['443']",
        "type matches: [\"Recon:EC2/Portscan\"]\nresource.instanceDetails.imageId equals: [ami-0123456789abcdef0]",
        "type equals: [Behavior:EC2/NetworkPortUnusual]\nresource.instanceDetails.imageId equals: [ami-0123456789abcdef0]\nseverity less_than: 7",
        "type equals: [Behavior:EC2/TrafficVolumeUnusual]\nresource.instanceDetails.networkInterfaces.subnetId equals: [subnet-0123456789abcdef0]\naccountId equals: ['111122223333']",
        "type equals: [Impact:EC2/WinRMBruteForce]\nservice.action.networkConnectionAction.remoteIpDetails.ipAddressV4 equals: [203.0.113.9, 203.0.113.10]",
        "type equals: [CredentialAccess:RDS/AnomalousBehavior.FailedLogin]\nresource.rdsDbInstanceDetails.dbInstanceArn equals: ['arn:aws:rds:eu-west-1:111122223333:db:test']",
        "type equals: [Recon:EC2/Portscan]\nresource.instanceDetails.imageId matches: [\"ami-0123456789abcdef?\"]\nresource.instanceDetails.instanceId not_equals: [i-0fedcba9876543210]",
        "type equals: [Discovery:Kubernetes/SuccessfulAnonymousAccess]\nresource.eksClusterDetails.arn equals: ['arn:aws:eks:eu-west-1:111122223333:cluster/test']",
    ];
    let mut wrong = Vec::new();
    for criteria in good {
        let report = lint_rules(&[("rule", rule(criteria))]);
        if !report.is_clean() {
            wrong.push(format!("{criteria}\n{report}"));
        }
    }
    println!("{} of {} good rules pass", good.len() - wrong.len(), good.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(good.len() >= 20);
}

#[test]
fn a_refusal_is_overridden_by_its_name_with_owner_reason_and_end() {
    let exfiltration = "type equals: [UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS]\n\
                        service.action.awsApiCallAction.remoteIpDetails.ipAddressV4 equals: [198.51.100.7]";
    let with = |more: &str| lint_rules(&[("rule", format!("{}overrides:\n{more}", rule(exfiltration)))]);
    assert_eq!(
        codes(&lint_rules(&[("rule", rule(exfiltration))])),
        ["proves-attack"]
    );

    let taken = with("  - {refusal: proves-attack, owner: ciso, reason: our proxy, expires: 2027-01-31}\n");
    assert!(taken.is_clean(), "{taken}");
    assert_eq!(taken.warned.len(), 1, "what was taken upon oneself is still said");
    assert!(
        taken
            .suppressions
            .iter()
            .all(|rule| rule.overrides.contains("proves-attack"))
    );

    let expired = with("  - {refusal: proves-attack, owner: ciso, reason: our proxy, expires: 2026-01-31}\n");
    assert_eq!(codes(&expired), ["proves-attack", "override-expired"]);
    let unknown = with("  - {refusal: proves-atack, owner: ciso, reason: our proxy, expires: 2027-01-31}\n");
    assert_eq!(codes(&unknown), ["proves-attack", "unknown-refusal"]);
    assert!(
        unknown.to_string().contains("did you mean `proves-attack`?"),
        "{unknown}"
    );
    let mistake = with("  - {refusal: unknown-type, owner: ciso, reason: our proxy, expires: 2027-01-31}\n");
    assert!(
        codes(&mistake).contains(&"unknown-refusal"),
        "a mistake can't be overridden"
    );
    let nobody = with("  - {refusal: proves-attack, owner: '', reason: our proxy, expires: 2027-01-31}\n");
    assert_eq!(codes(&nobody), ["proves-attack", "blank"]);
    let needless = lint_rules(&[(
        "rule",
        format!(
            "{}overrides:\n  - {{refusal: wide-type, owner: a, reason: b, expires: 2027-01-31}}\n",
            rule(&format!(
                "{SCAN}\nresource.instanceDetails.imageId equals: [ami-1]"
            ))
        ),
    )]);
    assert!(needless.is_clean() && needless.to_string().contains("needless-override"));
}

#[test]
fn an_exemption_is_proposed_where_a_rule_means_one_resource() {
    let one = rule(
        "type equals: [UnauthorizedAccess:EC2/SSHBruteForce]\nresource.instanceDetails.instanceId equals: [i-0a]",
    );
    let one = one.replace("they are ours", "it's ours; $(reboot)");
    let said = lint_rules(&[("rule", one)]).to_string();
    let command = "backstop exempt add --arn 'arn:aws:ec2:*:*:instance/i-0a' --owner 'security' \
                   --reason 'it'\\''s ours; $(reboot)' --until 2027-03-31";
    assert!(said.contains(command), "{said}");
}

#[test]
fn lists_are_held_to_the_same() {
    let list = |kind: &str, entry: &str, expires: &str| {
        format!("title: x\nkind: {kind}\nentries:\n  - {{entry: {entry}, owner: a, reason: b{expires}}}\n")
    };
    let ends = ", expires: 2027-03-31";
    for (code, text) in [
        ("not-routable", list("trusted", "10.0.0.0/24", ends)),
        ("not-routable", list("trusted", "192.168.1.7", ends)),
        ("not-routable", list("threat", "127.0.0.1", "")),
        ("not-routable", list("trusted", "100.64.0.1", ends)),
        ("wide-network", list("trusted", "198.51.0.0/16", ends)),
        ("no-expiry", list("trusted", "198.51.100.7", "")),
        (
            "expired",
            list("trusted", "198.51.100.7", ", expires: 2026-01-01"),
        ),
        ("wrong-entry", list("trusted", "'2001:db8::1'", ends)),
        ("wrong-entry", list("trusted", "'2001:db8::/64'", ends)),
        ("wrong-entry", list("trusted", "198.51.100.256", ends)),
        ("wrong-entry", list("trusted", "localhost", ends)),
        ("unknown-value", list("friendly", "198.51.100.7", ends)),
    ] {
        let found = codes(&lint_lists(&[("list", text.clone())]));
        assert_eq!(found, [code], "{text}");
    }
    for text in [
        list("trusted", "198.51.100.0/24", ends),
        list("trusted", "scanner.example.com", ends),
        list("threat", "198.51.0.0/16", ""),
        list("threat", "evil.example.net", ""),
    ] {
        let report = lint_lists(&[("list", text)]);
        assert!(report.is_clean(), "{report}");
    }
    let both = [
        ("ours", list("trusted", "198.51.100.7", ends)),
        ("theirs", list("threat", "198.51.100.0/24", "")),
    ];
    assert_eq!(codes(&lint_lists(&both)), ["trusted-threat"]);
    let two = [
        ("ours", list("trusted", "198.51.100.7", ends)),
        ("too", list("trusted", "203.0.113.9", ends)),
    ];
    assert_eq!(codes(&lint_lists(&two)), ["too-many-lists"]);
}

#[test]
fn refusals_name_their_place() {
    let report = lint_rules(&[(
        "rule",
        rule(&format!(
            "{SCAN}\nresource.instanceDetails.imageID equals: [ami-1]"
        )),
    )]);
    let said = report.to_string();
    assert!(
        said.starts_with("refused: rule.yaml:8:12: unknown-field: "),
        "{said}"
    );
    assert!(
        said.contains("did you mean `resource.instanceDetails.imageId`?"),
        "{said}"
    );
}
