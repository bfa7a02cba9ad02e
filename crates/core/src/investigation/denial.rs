//! What the error of a call says: that it wasn't allowed, or only that it failed.

/// Parts of the error codes by which AWS services say that a caller isn't allowed to, or that its credentials are none
/// (any more): `AccessDenied`, `AccessDeniedException`, `Client.UnauthorizedOperation`, `InvalidClientTokenId`, ….
const DENIALS: &[&str] = &[
    "AccessDenied",
    "Unauthorized",
    "NotAuthorized",
    "Forbidden",
    "InvalidClientTokenId",
    "UnrecognizedClient",
    "InvalidAccessKeyId",
    "ExpiredToken",
    "AuthFailure",
];

/// Whether a call was refused for who made it. Other errors come before or after that is asked: they prove nothing.
pub(super) fn is_denial(code: &str) -> bool {
    DENIALS.iter().any(|part| code.contains(part))
}

/// Calls that succeed whatever policies say: they show who somebody is, and give nothing away (STS API Reference,
/// "GetCallerIdentity": no permissions are required, and an explicit deny changes nothing).
pub(super) fn needs_no_permission(source: &str, name: &str) -> bool {
    matches!(
        (source, name),
        ("sts.amazonaws.com", "GetCallerIdentity") | ("signin.amazonaws.com", "ConsoleLogin")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_refused_for_who_asks_is_a_denial() {
        for code in [
            "AccessDenied",
            "AccessDeniedException",
            "Client.UnauthorizedOperation",
            "InvalidClientTokenId",
            "ExpiredTokenException",
        ] {
            assert!(is_denial(code), "{code}");
        }
        for code in ["NoSuchEntityException", "ThrottlingException", "ValidationError"] {
            assert!(!is_denial(code), "{code}");
        }
    }
}
