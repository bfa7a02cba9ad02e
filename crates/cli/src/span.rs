//! How long: `2h`, `30d`, `1h 30m`, with limits.

use backstop_core::guardrail::{LONGEST_EXEMPTION, LONGEST_PAUSE};
use jiff::{SignedDuration, Span, SpanRelativeTo};

/// The text is no time span that is allowed here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpanError {
    #[error("`{0}` is no time span: write a number and a unit, such as `90m`, `2h` or `30d`")]
    Unreadable(String),
    #[error("`{0}`: months and years differ in length: write days, such as `30d`")]
    Calendar(String),
    #[error("`{0}` is too short: at least one minute")]
    TooShort(String),
    #[error("`{given}` is too long: at most {days} days")]
    TooLong { given: String, days: i64 },
}

/// A pause that is forgotten must end.
pub(crate) fn of_pause(text: &str) -> Result<SignedDuration, SpanError> {
    at_most(text, LONGEST_PAUSE)
}

/// An exemption is looked at again at least once a year.
pub(crate) fn of_exemption(text: &str) -> Result<SignedDuration, SpanError> {
    at_most(text, LONGEST_EXEMPTION)
}

fn at_most(text: &str, longest: SignedDuration) -> Result<SignedDuration, SpanError> {
    let span: Span = text
        .trim()
        .parse()
        .map_err(|_unreadable| SpanError::Unreadable(text.to_owned()))?;
    if span.get_months() != 0 || span.get_years() != 0 {
        return Err(SpanError::Calendar(text.to_owned()));
    }
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_unreadable| SpanError::Unreadable(text.to_owned()))?;
    if duration < SignedDuration::from_mins(1) {
        return Err(SpanError::TooShort(text.to_owned()));
    }
    if duration > longest {
        return Err(SpanError::TooLong {
            given: text.to_owned(),
            days: longest.as_hours() / 24,
        });
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, hours) in [
            ("2h", 2),
            ("1d", 24),
            ("30d", 720),
            ("1w", 168),
            ("120m", 2),
            ("1 day 2 hours", 26),
        ] {
            assert_eq!(
                of_pause(text).unwrap(),
                SignedDuration::from_hours(hours),
                "{text}"
            );
        }
        assert_eq!(
            of_exemption("366d").unwrap(),
            SignedDuration::from_hours(366 * 24)
        );
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "", "false", "true", "0", "2", "forever", "h", "-", "2h;", "1e9h", "∞",
        ] {
            assert!(
                matches!(of_pause(text), Err(SpanError::Unreadable(_))),
                "{text}: {:?}",
                of_pause(text)
            );
        }
        for text in ["0s", "0h", "59s", "-2h", "2h ago"] {
            assert!(matches!(of_pause(text), Err(SpanError::TooShort(_))), "{text}");
        }
        for text in ["1mo", "1y", "1 month"] {
            assert!(matches!(of_pause(text), Err(SpanError::Calendar(_))), "{text}");
        }
        for text in ["31d", "721h", "5w"] {
            assert!(matches!(of_pause(text), Err(SpanError::TooLong { .. })), "{text}");
        }
        assert!(matches!(of_exemption("367d"), Err(SpanError::TooLong { .. })));
    }
}
