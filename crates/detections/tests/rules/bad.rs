//! Each of these hides more than it says, or never matches.

use crate::*;

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
