//! The Region of a finding. It ends up in ARNs and commands, so that only what can be a Region's code is taken.

use super::error::ParseError;
use crate::ids::Region;

/// The first of these that isn't empty.
pub(super) fn first<'a>(
    candidates: impl IntoIterator<Item = Option<&'a str>>,
    path: String,
    finding_type: &str,
) -> Result<Region, ParseError> {
    let found = candidates.into_iter().flatten().find(|it| !it.is_empty());
    match found {
        Some(code) if is_code(code) => Ok(Region::new(code)),
        Some(_) => Err(ParseError::not_allowed(path, "a Region's code", finding_type)),
        None => Err(ParseError::missing(path, finding_type)),
    }
}

/// `eu-west-1`, `us-gov-east-1`; `global` and `aws-global` stand where a service has no Regions.
pub(super) fn is_code(text: &str) -> bool {
    let mut bytes = text.bytes();
    (2..=32).contains(&text.len())
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_other_text() {
        for code in [
            "eu-west-1",
            "us-gov-east-1",
            "eusc-de-east-1",
            "global",
            "aws-global",
        ] {
            assert!(is_code(code), "{code}");
        }
        for text in [
            "",
            "x",
            "eu-west-1; reboot",
            "EU-WEST-1",
            "eu_west_1",
            "../eu",
            "-x",
        ] {
            assert!(!is_code(text), "{text}");
        }
    }
}
