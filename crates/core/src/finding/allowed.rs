//! What AWS allows as a name or id of each kind. A name out of a finding becomes part of calls and commands, so that
//! one which AWS would never give is no name: it is refused, or told to people, and never acted on.

pub(super) use crate::target::name::{
    is_found_bucket as is_bucket_name, is_found_instance as is_instance_id, is_iam_name, is_long_term_key,
    is_temporary_key, is_unique_id,
};

/// The name of a role's session (AWS STS API Reference, `RoleSessionName`); service's own are in it, too.
pub(super) fn is_session_name(text: &str) -> bool {
    (2..=64).contains(&text.len()) && text.bytes().all(is_iam_byte)
}

/// The name of a federated user (AWS STS API Reference, `GetFederationToken`).
pub(super) fn is_federated_name(text: &str) -> bool {
    (2..=32).contains(&text.len()) && text.bytes().all(is_iam_byte)
}

/// A user's or role's.
pub(super) fn is_principal_id(text: &str) -> bool {
    is_unique_id(text, "AIDA") || is_unique_id(text, "AROA")
}

fn is_iam_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_gives_is_allowed_and_what_a_shell_would_read_isnt() {
        for name in ["open-data", "Legacy_Bucket.2012", "a.b.c"] {
            assert!(is_bucket_name(name), "{name}");
        }
        for text in ["", "ab", "a b c", "a;b;c", "../etc", "büro", "$(reboot)", "a/b/c"] {
            assert!(!is_bucket_name(text), "{text}");
        }
        for name in [
            "i-0abc1234def567890",
            "alice@example.com",
            "deploy-42",
            "a=b,c+d_e",
        ] {
            assert!(is_session_name(name), "{name}");
        }
        for text in ["", "x", "a b", "a`id`", "a:b", "ä-ä"] {
            assert!(!is_session_name(text) && !is_federated_name(text), "{text}");
        }
        assert!(is_principal_id("AIDACKCEVSQ6C2EXAMPLE") && is_principal_id("AROACKCEVSQ6C2EXAMPLE"));
        for text in [
            "AIDA",
            "aidackcevsq6c2example",
            "AIDACKCEVSQ6C2EXAMPLE;x",
            "ASIACKCEVSQ6C2EXAMPLE",
        ] {
            assert!(!is_principal_id(text), "{text}");
        }
    }
}
