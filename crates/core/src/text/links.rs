//! Takes the click out of links: `http` becomes `hxxp`, the dots of a host become `[.]`. People can still
//! read where it pointed.

/// Every word of the line without links.
pub(super) fn defang(line: &str) -> String {
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Every word of the line without what Markdown makes a link of by itself (GitHub Flavored Markdown, "Autolinks
/// (extension)"): these schemes, `www.`, and addresses of mail. A bare host stays readable.
pub(super) fn defang_autolinks(line: &str) -> String {
    const LINKS: [&str; 7] = [
        "http://",
        "https://",
        "ftp://",
        "www.",
        "mailto:",
        "xmpp:",
        "javascript:",
    ];
    let words = line.split(' ').map(|part| {
        let lower = part.to_ascii_lowercase();
        if LINKS.iter().any(|link| lower.contains(link)) {
            word(part)
        } else {
            part.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ").replace('@', "(at)")
}

fn word(word: &str) -> String {
    let mut plain = word.to_owned();
    let lower = word.to_ascii_lowercase();
    let has_scheme = lower.contains("://") || lower.contains("mailto:") || lower.contains("javascript:");
    if has_scheme {
        plain = without_scheme(&without_http(&plain));
    }
    if has_scheme || lower.contains("www.") || has_host(word) {
        plain = plain.replace('.', "[.]");
    }
    plain
}

/// Each `:` that begins an address, but those of `hxxp` and `hxxps`, which nothing opens.
fn without_scheme(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split(':').peekable();
    while let Some(part) = parts.next() {
        plain.push_str(part);
        let Some(next) = parts.peek() else { break };
        let scheme = part.to_ascii_lowercase();
        let is_dead = scheme.ends_with("hxxp") || scheme.ends_with("hxxps");
        let opens = next.starts_with("//") || scheme.ends_with("mailto") || scheme.ends_with("javascript");
        plain.push_str(if opens && !is_dead { "[:]" } else { ":" });
    }
    plain
}

/// `http` to `hxxp` in any case.
fn without_http(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.to_ascii_lowercase().find("http") {
        plain.push_str(rest.get(..found).unwrap_or_default());
        plain.push_str("hxxp");
        rest = rest.get(found + 4..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// Whether a mail program would take a part of the word for a host: a dot between a name and a top-level
/// domain. Addresses in numbers stay as they are: nobody makes a link of them, and people copy them.
fn has_host(word: &str) -> bool {
    !is_finding_type(word)
        && word
            .split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-'))
            .any(|part| {
                let part = part.trim_matches(['.', '-']);
                if is_service(part) {
                    return false;
                }
                part.rsplit_once('.')
                    .is_some_and(|(_, top)| top.chars().count() >= 2 && top.chars().any(char::is_alphabetic))
            })
}

/// A service as trust policies name it (`ec2.amazonaws.com`): nobody but AWS makes hosts there. It stands in commands
/// that must be typed as they are.
fn is_service(host: &str) -> bool {
    host.strip_suffix(".amazonaws.com")
        .is_some_and(|service| !service.is_empty() && !service.contains('.'))
}

/// What stands behind a dot in GuardDuty's types. Any other text might be a top-level domain, which anybody can write
/// with a capital; a type that is newer than this list is shown with its dot in brackets.
const BEHIND_A_DOT: [&str; 29] = [
    "A",
    "B",
    "C",
    "Custom",
    "Delete",
    "Dns",
    "ExecInPod",
    "FailedLogin",
    "InsideAWS",
    "IntegTest",
    "OutsideAWS",
    "Permission",
    "PermissionChecked",
    "Proc",
    "Ptrace",
    "Reputation",
    "RoleBindingCreated",
    "RoleCreated",
    "SecretsAccessed",
    "SuccessfulBruteForce",
    "SuccessfulLogin",
    "Tcp",
    "Udp",
    "UdpOnTcpPorts",
    "Unusual",
    "UnusualProtocol",
    "VirtualMemoryWrite",
    "WorkloadDeployed",
    "Write",
];

/// `direct` is a top-level domain, so that only this one type is let through with it.
const BEFORE_DIRECT: &str = "Impact:IAMUser/PromptInjection.Direct";

/// GuardDuty's types have dots as well (`UnauthorizedAccess:EC2/MaliciousIPCaller.Custom`).
fn is_finding_type(word: &str) -> bool {
    if word == BEFORE_DIRECT {
        return true;
    }
    let Some((purpose, rest)) = word.split_once(':') else {
        return false;
    };
    let Some((family, detail)) = rest.split_once('/') else {
        return false;
    };
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_uppercase()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let mut parts = detail.split('.');
    is_name(purpose)
        && is_name(family)
        && parts.next().is_some_and(is_first_part)
        && parts.all(|part| {
            let word = part.split('!').next().unwrap_or(part);
            BEHIND_A_DOT.contains(&word) && is_first_part(part)
        })
}

/// `MaliciousIPCaller`, `C&CActivity`, `MaliciousFile!AMI`.
fn is_first_part(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_uppercase())
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'!' || byte == b'&')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_hosts_are_readable_but_dead() {
        for (text, expected) in [
            ("see http://evil.example/a.b", "see hxxp://evil[.]example/a[.]b"),
            ("HTTPS://Evil.Example", "hxxpS://Evil[.]Example"),
            ("ftp://x.y", "ftp[:]//x[.]y"),
            ("ftp://1http://x", "ftp[:]//1hxxp://x"),
            ("javascript:alert(1)", "javascript[:]alert(1)"),
            ("Go:Click/Evil.Com", "Go:Click/Evil[.]Com"),
            ("Go:Click/Custom!Evil.Com", "Go:Click/Custom!Evil[.]Com"),
            ("Go:Click/Evil.Direct", "Go:Click/Evil[.]Direct"),
            ("mailto:a@b.example", "mailto[:]a@b[.]example"),
            ("www.evil", "www[.]evil"),
            ("evil.example,", "evil[.]example,"),
            ("(EVIL.COM/x)", "(EVIL[.]COM/x)"),
            ("a@evil.example", "a@evil[.]example"),
            ("bucket.s3.amazonaws.com", "bucket[.]s3[.]amazonaws[.]com"),
            ("https://ec2.amazonaws.com", "hxxps://ec2[.]amazonaws[.]com"),
            ("evil-amazonaws.com", "evil-amazonaws[.]com"),
            ("пример.рф", "пример[.]рф"),
        ] {
            assert_eq!(defang(text), expected, "{text}");
        }
    }

    #[test]
    fn every_known_type_of_finding_stays_as_it_is() {
        let types = include_str!("../../../playbook/src/guardduty_types.tsv").lines();
        let types = types
            .filter_map(|line| line.split('\t').next())
            .filter(|it| it.starts_with(|c: char| c.is_ascii_uppercase()) && it.contains('/'));
        let mut count = 0;
        for one in types {
            assert_eq!(defang(one), one);
            count += 1;
        }
        assert!(count > 100, "{count}");
    }

    #[test]
    fn what_isnt_a_link_stays_as_it_is() {
        for text in [
            "203.0.113.7",
            "v1.2.3",
            "The end. Or not.",
            "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom",
            "Backdoor:EC2/C&CActivity.B!DNS",
            "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer",
            "Execution:EC2/MaliciousFile!AMI",
            "arn:aws:iam::123456789012:user/alice",
            "S3.2",
            "{\"Service\":\"ec2.amazonaws.com\"}",
        ] {
            assert_eq!(defang(text), text, "{text}");
        }
    }
}
