//! Which texts AWS allows as names and ids. What passes has no character that means anything to a shell.

/// IAM's names of users and roles: 1–64 letters, digits and `+=,.@_-` (IAM User Guide, "IAM and AWS STS quotas").
pub fn is_iam_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
}

/// A long-term access key's id: `AKIA`, then capital letters and digits, 16 characters or more (IAM API Reference,
/// "AccessKey").
pub fn is_long_term_key(text: &str) -> bool {
    is_key(text, "AKIA")
}

/// A temporary access key's id, as STS gives it.
pub fn is_temporary_key(text: &str) -> bool {
    is_key(text, "ASIA")
}

fn is_key(text: &str, prefix: &str) -> bool {
    text.starts_with(prefix)
        && (16..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `i-` and 8 or 17 hex digits (Amazon EC2 User Guide, "EC2 resource IDs").
pub fn is_instance_id(text: &str) -> bool {
    text.strip_prefix("i-").is_some_and(|digits| {
        matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}
