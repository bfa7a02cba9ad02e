//! Security Hub renames GuardDuty's types; this gives the original back, so that all routes match the same
//! playbooks. The rules follow the table in the GuardDuty User Guide, "Integrating with Security Hub".

/// The original of the first type that has one.
pub(super) fn original<'a>(types: impl IntoIterator<Item = &'a str>) -> Option<String> {
    types.into_iter().find_map(original_of)
}

fn original_of(renamed: &str) -> Option<String> {
    match renamed.split_once(':') {
        Some((before, detail)) => {
            let (path, purpose) = before.rsplit_once('/').unwrap_or(("", before));
            Some(with_purpose(last_part(path), purpose, detail))
        }
        None => without_purpose(renamed),
    }
}

fn with_purpose(tactic: &str, purpose: &str, detail: &str) -> String {
    // `TTPs/DefenseEvasion/EC2:Unusual-DNS-Resolver`
    if purpose == "EC2" {
        return format!("{}:EC2/{}", packed(tactic), detail.replace('-', ""));
    }
    // `TTPs/AttackSequence:S3/CompromisedData`, and Security Hub V2, which renames nothing
    if detail.contains('/') {
        return format!("{purpose}:{detail}");
    }
    match detail.split_once('-').or_else(|| detail.split_once('.')) {
        // `TTPs/AnomalousBehavior/Execution:Kubernetes-ExecInPod`
        Some((family, rest)) if tactic == "AnomalousBehavior" => {
            format!("{purpose}:{family}/AnomalousBehavior.{rest}")
        }
        // `TTPs/Discovery/Recon:EC2-Portscan`, and the older `…/Exfiltration:S3.ObjectRead.Unusual`
        Some((family, rest)) => format!("{purpose}:{family}/{rest}"),
        None => format!("{purpose}:{detail}"),
    }
}

/// `TTPs/Credential Access/IAMUser-AnomalousBehavior`
fn without_purpose(renamed: &str) -> Option<String> {
    let (path, last) = renamed.rsplit_once('/')?;
    let (family, rest) = last.split_once('-')?;
    Some(format!("{}:{family}/{rest}", packed(last_part(path))))
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn packed(tactic: &str) -> String {
    tactic.replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_renaming_is_undone() {
        for (renamed, expected) in [
            ("TTPs/Discovery/Recon:EC2-Portscan", "Recon:EC2/Portscan"),
            (
                "TTPs/Command and Control/Backdoor:EC2-C&CActivity.B!DNS",
                "Backdoor:EC2/C&CActivity.B!DNS",
            ),
            (
                "TTPs/Policy:IAMUser-RootCredentialUsage",
                "Policy:IAMUser/RootCredentialUsage",
            ),
            ("TTPs/PenTest:IAMUser/KaliLinux", "PenTest:IAMUser/KaliLinux"),
            (
                "TTPs/AttackSequence:S3/CompromisedData",
                "AttackSequence:S3/CompromisedData",
            ),
            (
                "TTPs/Credential Access/IAMUser-AnomalousBehavior",
                "CredentialAccess:IAMUser/AnomalousBehavior",
            ),
            ("TTPs/Discovery/RDS-TorIPCaller", "Discovery:RDS/TorIPCaller"),
            (
                "TTPs/AnomalousBehavior/Execution:Kubernetes-ExecInPod",
                "Execution:Kubernetes/AnomalousBehavior.ExecInPod",
            ),
            (
                "TTPs/DefenseEvasion/EC2:Unusual-DNS-Resolver",
                "DefenseEvasion:EC2/UnusualDNSResolver",
            ),
            (
                "TTPs/Defense Evasion/DefenseEvasion:EC2-UnusualDNSResolver",
                "DefenseEvasion:EC2/UnusualDNSResolver",
            ),
            (
                "Software and Configuration Checks/Exfiltration:S3.ObjectRead.Unusual",
                "Exfiltration:S3/ObjectRead.Unusual",
            ),
            (
                "Effects/Data Exfiltration/UnauthorizedAccess:IAMUser-InstanceCredentialExfiltration.InsideAWS",
                "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS",
            ),
            (
                "Execution:Runtime/NewBinaryExecuted",
                "Execution:Runtime/NewBinaryExecuted",
            ),
        ] {
            assert_eq!(original_of(renamed).as_deref(), Some(expected), "{renamed}");
        }
    }

    #[test]
    fn a_category_alone_is_no_type() {
        assert_eq!(original(["Threats", "TTPs/Discovery"]), None);
        assert_eq!(
            original(["Threats", "Recon:EC2/Portscan"]).as_deref(),
            Some("Recon:EC2/Portscan")
        );
    }
}
