//! What an exemption covers, as a person types it.

use backstop_core::{AccountId, api::check_pattern, guardrail::ExemptionScope};
use backstop_terminal::Exit;
use clap::Args;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{command::CommandError, pause};

/// One of three.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Arguments {
    /// ARNs that match this pattern of `*` and `?`
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    arn: Option<String>,
    /// A whole account
    #[arg(long, value_name = "ID", value_parser = pause::account)]
    account: Option<AccountId>,
    /// Whatever carries this tag; without a value, whatever value it has
    #[arg(long, value_name = "KEY[=VALUE]", value_parser = not_blank)]
    tag: Option<String>,
}

/// The command line lets exactly one through; this is for the compiler.
#[derive(Debug, thiserror::Error)]
#[error("say what is exempt: `--arn PATTERN`, `--account ID` or `--tag KEY=VALUE`")]
pub(super) struct NoScope;

impl CommandError for NoScope {
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

impl Arguments {
    pub(super) fn scope(self) -> Result<ExemptionScope, NoScope> {
        let Self { arn, account, tag } = self;
        arn.map(|pattern| ExemptionScope::Arn { pattern })
            .or(account.map(|account| ExemptionScope::Account { account }))
            .or(tag.map(|tag| match tag.split_once('=') {
                Some((key, value)) => ExemptionScope::Tag {
                    key: key.to_owned(),
                    value: Some(value.to_owned()),
                },
                None => ExemptionScope::Tag {
                    key: tag,
                    value: None,
                },
            }))
            .ok_or(NoScope)
    }
}

/// A pattern that could match anything is a pause in disguise.
fn pattern(text: &str) -> Result<String, String> {
    check_pattern(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

/// A date or a time.
pub(super) fn until(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    text.parse::<Date>()
        .and_then(|date| date.to_zoned(TimeZone::UTC))
        .map(|zoned| zoned.timestamp())
        .map_err(|_unreadable| {
            "write a date, such as `2026-12-31`, or a time, such as `2026-12-31T18:00:00Z`".to_owned()
        })
}

/// Owners and reasons that say nothing are no owners and reasons.
pub(crate) fn not_blank(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("it is blank".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn patterns_must_name_something() {
        for text in [
            "arn:aws:iam::*:user/ci-*",
            "arn:aws:iam::123456789012:role/deploy",
            "arn:aws:s3:::logs-*",
            "arn:*:ec2:*:*:instance/i-0?",
        ] {
            assert_eq!(pattern(text).unwrap(), text);
        }
        for text in [
            "*",
            "arn:*",
            "arn:aws:iam::123456789012:*",
            "arn:aws:*:*:*:*",
            "ci-deploy",
            "",
        ] {
            assert!(pattern(text).is_err(), "{text}");
        }
    }

    #[test]
    fn dates_begin_at_midnight_utc() {
        assert_eq!(until("2026-12-31").unwrap().to_string(), "2026-12-31T00:00:00Z");
        assert_eq!(
            until("2026-12-31T18:00:00+02:00").unwrap().to_string(),
            "2026-12-31T16:00:00Z"
        );
        for text in ["", "tomorrow", "false", "31.12.2026", "2026-13-01"] {
            assert!(until(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_tag_may_lack_its_value() {
        let tag = |text: &str| {
            Arguments {
                arn: None,
                account: None,
                tag: Some(text.to_owned()),
            }
            .scope()
            .unwrap()
        };
        assert_eq!(
            tag("team=a=b"),
            ExemptionScope::Tag {
                key: "team".into(),
                value: Some("a=b".into())
            }
        );
        assert_eq!(
            tag("team"),
            ExemptionScope::Tag {
                key: "team".into(),
                value: None
            }
        );
    }
}
