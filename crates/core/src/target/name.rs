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

/// The unique id of a user or role (IAM User Guide, "Understanding unique ID prefixes").
pub fn is_unique_id(text: &str, prefix: &str) -> bool {
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

/// A general purpose bucket's name (Amazon S3 User Guide, "Bucket naming rules").
pub fn is_bucket_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (3..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| letter(byte) || byte == b'-' || byte == b'.')
        && text.bytes().next().is_some_and(letter)
        && text.bytes().last().is_some_and(letter)
}

/// An instance's id in a finding: `i-` and hex digits: 8, or 17 since 2016 (Amazon EC2 User Guide, "EC2 resource IDs"). Lengths between them are those
/// of masked copies; they name no instance, and no call or command can be made to do anything else by one.
pub(crate) fn is_found_instance(text: &str) -> bool {
    text.strip_prefix("i-").is_some_and(|digits| {
        (8..=17).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// A bucket's name in a finding. Those of before 2018 in us-east-1 may be longer and have capitals and underscores (Amazon S3 User
/// Guide, "Bucket naming rules").
pub(crate) fn is_found_bucket(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (3..=255).contains(&text.len()) && !text.contains("..") && text.bytes().all(fits)
}
