//! Whether a change looks like that of a program which keeps things as somebody declared them. Such a program puts back what
//! is contained as often as that is done, so that whoever runs it must know. It is a hint: anybody can call themselves so.

use super::Touch;

/// What stands in the names of programs and of the identities that they run as, in lower case.
const PROGRAMS: [(&str, &str); 19] = [
    ("terraform", "Terraform"),
    ("opentofu", "OpenTofu"),
    ("pulumi", "Pulumi"),
    ("cloudformation", "AWS CloudFormation"),
    ("aws-cdk", "the AWS CDK"),
    ("cdk-hnb659fds", "the AWS CDK"),
    ("ansible", "Ansible"),
    ("crossplane", "Crossplane"),
    ("atlantis", "Atlantis"),
    ("spacelift", "Spacelift"),
    ("github-actions", "GitHub Actions"),
    ("githubactions", "GitHub Actions"),
    ("gitlab", "GitLab"),
    ("jenkins", "Jenkins"),
    ("circleci", "CircleCI"),
    ("buildkite", "Buildkite"),
    ("codepipeline", "AWS CodePipeline"),
    ("codebuild", "AWS CodeBuild"),
    ("argocd", "Argo CD"),
];

impl Touch {
    /// The program that it looks like, and by what.
    pub fn pipeline(&self) -> Option<(&'static str, &'static str)> {
        let agent = self.call.agent.as_deref();
        let by_agent = agent.and_then(program).map(|it| (it, "by its user agent"));
        let service = self.call.ip.as_deref();
        let by_service = || {
            let called = service.and_then(program);
            called.map(|it| (it, "by the service that called"))
        };
        let by_name = || program(&self.by).map(|it| (it, "by the name of its identity"));
        by_agent.or_else(by_service).or_else(by_name)
    }
}

fn program(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let found = PROGRAMS.iter().find(|(mark, _)| text.contains(mark));
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    fn touch(by: &str, ip: &str, agent: Option<&str>) -> Touch {
        serde_json::from_value(json!({
            "by": by,
            "call": { "at": "2026-03-01T10:00:00Z", "name": "DeleteUserPolicy", "source": "iam.amazonaws.com", "ip": ip,
                      "agent": agent },
        }))
        .unwrap()
    }

    #[test]
    fn a_pipeline_is_told_from_a_person() {
        let role = |name: &str| format!("arn:aws:sts::123456789012:assumed-role/{name}/session");
        let agent = "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 aws-sdk-go-v2/1.30.3";
        let cases = [
            (
                touch(&role("deployer"), "198.51.100.7", Some(agent)),
                Some(("Terraform", "by its user agent")),
            ),
            (
                touch(
                    &role("admin"),
                    "cloudformation.amazonaws.com",
                    Some("cloudformation.amazonaws.com"),
                ),
                Some(("AWS CloudFormation", "by its user agent")),
            ),
            (
                touch(&role("admin"), "cloudformation.amazonaws.com", None),
                Some(("AWS CloudFormation", "by the service that called")),
            ),
            (
                touch(&role("Atlantis-Apply"), "198.51.100.7", Some("aws-cli/2.15.0")),
                Some(("Atlantis", "by the name of its identity")),
            ),
            (
                touch(
                    "arn:aws:iam::123456789012:user/mallory",
                    "203.0.113.9",
                    Some("aws-cli/2.15.0"),
                ),
                None,
            ),
        ];
        for (touch, expected) in cases {
            assert_eq!(touch.pipeline(), expected, "{touch:?}");
        }
    }

    #[test]
    fn a_change_of_an_older_log_keeps_its_text() {
        let old = r#"{"at":"2026-03-01T10:00:00Z","name":"DeleteUserPolicy","source":"iam.amazonaws.com"}"#;
        let call: super::super::CallSeen = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&call).unwrap(), old, "the hash chain holds");
    }
}
