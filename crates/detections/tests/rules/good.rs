//! Rules among each other, rules that pass, and how a refusal is overridden.

use crate::*;

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
