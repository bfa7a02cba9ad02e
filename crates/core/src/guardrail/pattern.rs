//! Patterns of ARNs as people and the template write them, with `*` (any run of characters) and `?` (one).

use crate::target::Arn;

/// Whether a pattern means this ARN. Each of an ARN's six parts is held against its own part of the pattern, as IAM
/// does it (IAM User Guide, "Amazon Resource Name (ARN) condition operators"): a name or a path may hold colons, and
/// nobody can put the rest of a pattern into theirs.
pub(super) fn matches_arn(pattern: &str, text: &str) -> bool {
    match (Arn::read(pattern), Arn::read(text)) {
        (Some(pattern), Some(arn)) => [
            (pattern.partition, arn.partition),
            (pattern.service, arn.service),
            (pattern.region, arn.region),
            (pattern.account, arn.account),
            (pattern.resource, arn.resource),
        ]
        .into_iter()
        .all(|(pattern, part)| matches_pattern(pattern, part)),
        (None, Some(_)) => pattern == "*",
        // An account is no ARN.
        (_, None) => matches_pattern(pattern, text),
    }
}

/// Whether a pattern names so little that it may mean anything: a service and a part of a resource are the least.
pub(crate) fn means_anything(pattern: &str) -> bool {
    let is_named = |part: &str| part.bytes().any(|byte| byte.is_ascii_alphanumeric());
    Arn::read(pattern).is_none_or(|arn| !is_named(arn.service) || !is_named(arn.resource))
}

/// Matches one text.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let mut reachable = vec![false; pattern.len() + 1];
    if let Some(start) = reachable.first_mut() {
        *start = true;
    }
    close_over_stars(&pattern, &mut reachable);
    for character in text {
        let mut next = vec![false; pattern.len() + 1];
        for (place, expected) in pattern.iter().enumerate() {
            if !reachable.get(place).copied().unwrap_or(false) {
                continue;
            }
            let to = if *expected == '*' { place } else { place + 1 };
            if (*expected == '*' || *expected == '?' || *expected == character)
                && let Some(slot) = next.get_mut(to)
            {
                *slot = true;
            }
        }
        close_over_stars(&pattern, &mut next);
        reachable = next;
    }
    reachable.last().copied().unwrap_or(false)
}

/// A star may match nothing: where it can be reached, so can what follows it.
fn close_over_stars(pattern: &[char], reachable: &mut [bool]) {
    for (place, character) in pattern.iter().enumerate() {
        if *character == '*'
            && reachable.get(place).copied().unwrap_or(false)
            && let Some(slot) = reachable.get_mut(place + 1)
        {
            *slot = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_iam_matches() {
        assert!(matches_pattern(
            "arn:aws:iam::*:role/ci-*",
            "arn:aws:iam::123456789012:role/ci-deploy"
        ));
        assert!(matches_pattern("*", ""));
        assert!(matches_pattern("a?c", "abc"));
        assert!(!matches_pattern("a?c", "ac"));
        assert!(!matches_pattern("ci-*", "xci-1"));
        assert!(matches_pattern("**a**", "bab"));
        assert!(!matches_pattern("", "a"));
    }

    #[test]
    fn nobody_puts_the_rest_of_a_pattern_into_a_name_or_a_path() {
        let pattern = "arn:aws:iam::*:user/break-glass";
        assert!(matches_arn(pattern, "arn:aws:iam::123456789012:user/break-glass"));
        for other in [
            "arn:aws:iam::123456789012:user/x:user/break-glass",
            "arn:aws:iam::123456789012:role/x:user/break-glass",
            "arn:aws:s3:::123456789012:user/break-glass",
        ] {
            assert!(!matches_arn(pattern, other), "{other}");
        }
        assert!(!matches_arn(
            "*:user/break-glass",
            "arn:aws:iam::123456789012:user/break-glass"
        ));
        assert!(matches_arn("*", "arn:aws:iam::123456789012:user/break-glass"));
        assert!(matches_arn("1234*", "123456789012"));
    }

    #[test]
    fn a_pattern_must_name_something() {
        for pattern in [
            "*",
            "arn:aws:*:*:*:*",
            "arn:aws:iam::*:*",
            "arn:*",
            "",
            "arn:aws:iam::*:?/*",
        ] {
            assert!(means_anything(pattern), "{pattern}");
        }
        for pattern in ["arn:aws:iam::*:user/ci-*", "arn:*:ec2:*:*:instance/i-0?"] {
            assert!(!means_anything(pattern), "{pattern}");
        }
    }
}
