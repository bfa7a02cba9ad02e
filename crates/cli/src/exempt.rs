//! `backstop exempt`: what Backstop leaves alone, with an owner, a reason and an end.

mod scope;

pub(crate) use scope::not_blank;

use std::fmt;

use backstop_core::{
    api,
    guardrail::{Exemption, ExemptionScope},
    text::for_terminal,
    times::between,
};
use backstop_terminal::{Exit, Printer};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    api::{ApiOptions, connect, now},
    command::{CliError, CommandError, CommandOutput, End as _},
    span,
};

/// Options of `backstop exempt`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    api: ApiOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Leave something alone, for a time
    Add(Box<AddArguments>),
    /// List what is left alone
    List {
        /// Also those that have ended
        #[arg(long)]
        all: bool,
    },
    /// End an exemption now
    Remove {
        /// The exemption's id, as `backstop exempt list` shows it
        id: String,
    },
}

#[derive(Debug, Args)]
struct AddArguments {
    #[command(flatten)]
    scope: scope::Arguments,
    /// Who answers for it: a team or a person
    #[arg(long, value_name = "NAME", value_parser = scope::not_blank)]
    owner: String,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = scope::not_blank)]
    reason: String,
    /// How long, such as `30d`; at most 366 days
    #[arg(long = "for", value_name = "TIME", value_parser = span::of_exemption, required_unless_present = "until")]
    time: Option<SignedDuration>,
    /// Until when: a date (it ends when that day begins, UTC) or a time such as `2026-12-31T18:00:00Z`
    #[arg(long, value_name = "DATE", value_parser = scope::until, conflicts_with = "time")]
    until: Option<Timestamp>,
}

/// An exemption that begins.
#[derive(Debug, Serialize)]
struct Added(Exemption);

impl CommandOutput for Added {}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exemption = &self.0;
        let scope = for_terminal(&exemption.scope.to_string());
        write!(
            f,
            "exempt until {}: {scope}\n\nend it: backstop exempt remove {}",
            exemption.ends(),
            exemption.id
        )
    }
}

/// An exemption that ended.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Removed(api::RemovedExemption);

impl CommandOutput for Removed {}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "removed exemption {}: Backstop acts there again",
            self.0.removed
        )
    }
}

/// What is left alone.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Exemptions(api::Exemptions);

impl CommandOutput for Exemptions {}

impl fmt::Display for Exemptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let api::Exemptions {
            exemptions,
            read_at,
            next: _,
        } = &self.0;
        let read_at = *read_at;
        if exemptions.is_empty() {
            return f.write_str("nothing is exempt");
        }
        for (place, exemption) in exemptions.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            let ends = exemption.ends();
            let ends = if ends > read_at {
                format!("until {ends} ({} left)", between(read_at, ends))
            } else {
                format!("ENDED {ends}")
            };
            writeln!(
                f,
                "{}  {}  {ends}",
                exemption.id,
                for_terminal(&exemption.scope.to_string())
            )?;
            write!(
                f,
                "  owner {}: {} (added by {} {})",
                for_terminal(&exemption.owner),
                for_terminal(&exemption.reason),
                for_terminal(&exemption.added_by),
                exemption.added_at
            )?;
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
enum ExemptError {
    #[error("`--until {0}` is in the past: an exemption needs an end to come")]
    Past(Timestamp),
    #[error("`--until {0}` is too far away: at most 366 days, then look at it again")]
    TooFar(Timestamp),
}

impl CommandError for ExemptError {
    fn exit(&self) -> Exit {
        match self {
            Self::Past(_) | Self::TooFar(_) => Exit::Refused,
        }
    }
}

/// Runs `backstop exempt`.
pub(crate) async fn run(arguments: Arguments, printer: &Printer) -> Exit {
    let api = &arguments.api;
    match arguments.command {
        Command::Add(add_arguments) => printer.end(add(api, *add_arguments).await),
        Command::List { all } => printer.end(list(api, all).await),
        Command::Remove { id } => printer.end(remove(api, &id).await),
    }
}

async fn add(api: &ApiOptions, arguments: AddArguments) -> Result<Added, CliError> {
    let expires_at = end(arguments.time, arguments.until, now())?;
    let scope: ExemptionScope = arguments.scope.scope()?;
    let new = api::NewExemption {
        scope,
        owner: arguments.owner,
        reason: arguments.reason,
        expires_at,
    };
    Ok(Added(connect(api).await?.post(&["exemptions"], &new).await?))
}

fn end(
    time: Option<SignedDuration>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, ExemptError> {
    let end = until.unwrap_or(now + time.unwrap_or_default());
    if end <= now {
        return Err(ExemptError::Past(end));
    }
    if end > now + SignedDuration::from_hours(366 * 24) {
        return Err(ExemptError::TooFar(end));
    }
    Ok(end)
}

async fn list(api: &ApiOptions, all: bool) -> Result<Exemptions, CliError> {
    let api = connect(api).await?;
    let (mut exemptions, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("all", if all { "true" } else { "false" })];
        query.extend(after.as_deref().map(|after| ("after", after)));
        let page: api::Exemptions = api.get(&["exemptions"], &query).await?;
        exemptions.extend(page.exemptions);
        after = page.next;
        if after.is_none() {
            return Ok(Exemptions(api::Exemptions {
                exemptions,
                next: None,
                read_at: page.read_at,
            }));
        }
    }
}

async fn remove(api: &ApiOptions, id: &str) -> Result<Removed, CliError> {
    let id = id.trim().to_ascii_uppercase();
    Ok(Removed(
        connect(api).await?.delete(&["exemptions", &id], &[]).await?,
    ))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_exemption_ends_within_a_year() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let until = |text: &str| end(None, Some(text.parse().unwrap()), now);
        assert_eq!(
            until("2026-06-01T00:00:00Z").unwrap().to_string(),
            "2026-06-01T00:00:00Z"
        );
        assert!(matches!(until("2025-12-31T00:00:00Z"), Err(ExemptError::Past(_))));
        assert!(matches!(
            until("2027-06-01T00:00:00Z"),
            Err(ExemptError::TooFar(_))
        ));
        let month = end(Some(SignedDuration::from_hours(720)), None, now).unwrap();
        assert_eq!(month.to_string(), "2026-01-31T00:00:00Z");
    }

    #[test]
    fn a_list_says_who_answers_for_what() {
        let exemption = |id: &str, expires_at: &str| Exemption {
            id: id.into(),
            scope: ExemptionScope::Arn {
                pattern: "arn:aws:iam::123456789012:user/ci-*".into(),
            },
            owner: "payments".into(),
            reason: "legacy\njob".into(),
            expires_at: expires_at.parse().unwrap(),
            added_by: "arn:aws:iam::123456789012:user/alice".into(),
            added_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        };
        let exemptions = Exemptions(api::Exemptions {
            exemptions: vec![
                exemption("01JDXQ6T8R7M5V9N2K4H3G1FZB", "2026-01-05T00:00:00Z"),
                exemption("01JDXQ6T8R7M5V9N2K4H3G1FAA", "2026-02-01T00:00:00Z"),
            ],
            next: None,
            read_at: "2026-01-10T00:00:00Z".parse().unwrap(),
        });
        insta::assert_snapshot!(exemptions.to_string());
    }
}
