//! `backstop pause` and `backstop resume`: stops all acting, for a time.

use std::fmt;

use backstop_core::{
    AccountId, PlaybookName, api,
    guardrail::{Pause, PauseScope},
    text::for_terminal,
    times::between,
};
use backstop_terminal::{Exit, Printer};
use clap::Args;
use jiff::SignedDuration;
use serde::Serialize;

use crate::{
    api::{ApiOptions, connect},
    command::{CliError, CommandOutput, End as _},
    span,
};

/// Options of `backstop pause`.
#[derive(Debug, Args)]
pub(crate) struct PauseArguments {
    #[command(flatten)]
    scope: Scope,
    /// How long, such as `2h`; at most 30 days
    #[arg(long = "for", value_name = "TIME", value_parser = span::of_pause, required_unless_present = "list")]
    time: Option<SignedDuration>,
    /// Why, for whoever is on call next
    #[arg(long, value_name = "TEXT", required_unless_present = "list")]
    reason: Option<String>,
    /// Show what is paused instead
    #[arg(long, conflicts_with_all = ["time", "reason", "playbook", "account"])]
    list: bool,
    #[command(flatten)]
    api: ApiOptions,
}

/// Options of `backstop resume`.
#[derive(Debug, Args)]
pub(crate) struct ResumeArguments {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    api: ApiOptions,
}

/// What is paused; everything, if neither is given.
#[derive(Debug, Args)]
struct Scope {
    /// Only this playbook
    #[arg(long, value_name = "NAME", conflicts_with = "account")]
    playbook: Option<String>,
    /// Only targets in this account
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Option<AccountId>,
}

impl Scope {
    fn scope(&self) -> PauseScope {
        match (&self.playbook, &self.account) {
            (Some(name), _) => PauseScope::Playbook(PlaybookName::new(name)),
            (None, Some(account)) => PauseScope::Account(account.clone()),
            (None, None) => PauseScope::Everything,
        }
    }
}

/// Reads an account's id.
pub(crate) fn account(text: &str) -> Result<AccountId, String> {
    let id = AccountId::new(text);
    id.is_well_formed()
        .then_some(id)
        .ok_or_else(|| "an account id is twelve digits".to_owned())
}

/// A pause that begins, and how long it was asked for.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Paused {
    pause: Pause,
    #[serde(skip)]
    asked: SignedDuration,
}

impl CommandOutput for Paused {}

impl fmt::Display for Paused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pause, asked } = self;
        let (scope, ends) = (&pause.scope, pause.ends());
        let wanted = pause.since.saturating_add(*asked).unwrap_or(ends);
        if wanted < ends {
            writeln!(
                f,
                "you asked for a pause until {wanted}, but a longer one stands, and goes on"
            )?;
        }
        write!(
            f,
            "paused {scope} until {ends}: findings still open incidents, but nothing is changed\n\nend it: backstop \
             resume{}",
            typed(scope)
        )
    }
}

/// A pause that ended.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Resumed(api::Resumed);

impl CommandOutput for Resumed {}

impl fmt::Display for Resumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "resumed {}", self.0.resumed)?;
        for pause in &self.0.still_paused {
            write!(f, "\nstill paused: {} until {}", pause.scope, pause.ends())?;
        }
        write!(
            f,
            "\n\nsee what was left while it was paused: backstop incidents list --status refused"
        )
    }
}

/// What is paused now.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Pauses(api::Pauses);

impl CommandOutput for Pauses {}

impl fmt::Display for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let api::Pauses { pauses, read_at } = &self.0;
        if pauses.is_empty() {
            return f.write_str("nothing is paused");
        }
        for (place, pause) in pauses.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            let ends = pause.ends();
            let left = between(*read_at, ends);
            writeln!(f, "{} is paused until {ends} ({left} left)", pause.scope)?;
            writeln!(
                f,
                "  by {} since {}: {}",
                for_terminal(&pause.by),
                pause.since,
                for_terminal(&pause.reason)
            )?;
            write!(f, "  end it: backstop resume{}", typed(&pause.scope))?;
        }
        Ok(())
    }
}

/// What stands behind `backstop resume` to end it.
pub(crate) fn typed(scope: &PauseScope) -> String {
    match scope {
        PauseScope::Everything => String::new(),
        PauseScope::Playbook(name) => format!(" --playbook {name}"),
        PauseScope::Account(account) => format!(" --account {account}"),
    }
}

/// Runs `backstop pause`.
pub(crate) async fn pause(arguments: PauseArguments, printer: &Printer) -> Exit {
    match (arguments.time, arguments.reason) {
        (Some(time), Some(reason)) => {
            printer.end(begin(&arguments.api, &arguments.scope, time, reason).await)
        }
        _ => printer.end(list(&arguments.api).await),
    }
}

async fn begin(
    api: &ApiOptions,
    scope: &Scope,
    time: SignedDuration,
    reason: String,
) -> Result<Paused, CliError> {
    let new = api::NewPause {
        scope: scope.scope(),
        seconds: time.as_secs(),
        reason,
    };
    Ok(Paused {
        pause: connect(api).await?.post(&["pauses"], &new).await?,
        asked: time,
    })
}

async fn list(api: &ApiOptions) -> Result<Pauses, CliError> {
    Ok(Pauses(connect(api).await?.get(&["pauses"], &[]).await?))
}

/// Runs `backstop resume`.
pub(crate) async fn resume(arguments: ResumeArguments) -> Result<impl CommandOutput, CliError> {
    let api = connect(&arguments.api).await?;
    let scope = arguments.scope.scope();
    let query = match &scope {
        PauseScope::Everything => Vec::new(),
        PauseScope::Playbook(name) => vec![("playbook", name.as_str())],
        PauseScope::Account(account) => vec![("account", account.as_str())],
    };
    Ok(Resumed(api.delete(&["pauses"], &query).await?))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_longer_pause_that_stands_is_told() {
        let paused = |until: &str| Paused {
            pause: Pause {
                scope: PauseScope::Everything,
                by: "arn:aws:iam::123456789012:user/alice".into(),
                reason: "game day".into(),
                since: "2026-01-01T00:00:00Z".parse().unwrap(),
                until: until.parse().unwrap(),
            },
            asked: SignedDuration::from_hours(1),
        };
        let longer = paused("2026-01-02T00:00:00Z").to_string();
        assert!(
            longer.contains("you asked for a pause until 2026-01-01T01:00:00Z, but a longer"),
            "{longer}"
        );
        assert!(
            longer.contains("paused everything until 2026-01-02T00:00:00Z"),
            "{longer}"
        );
        let own = paused("2026-01-01T01:00:00Z").to_string();
        assert!(
            own.starts_with("paused everything until 2026-01-01T01:00:00Z"),
            "{own}"
        );
    }

    #[test]
    fn a_list_says_who_why_and_how_to_end_it() {
        let pauses = Pauses(api::Pauses {
            pauses: vec![
                Pause {
                    scope: PauseScope::Everything,
                    by: "arn:aws:iam::123456789012:user/alice".into(),
                    reason: "game \u{1b}[2Jday".into(),
                    since: "2026-01-01T00:00:00Z".parse().unwrap(),
                    until: "2026-01-01T02:00:00Z".parse().unwrap(),
                },
                Pause {
                    scope: PauseScope::Playbook("leaked-access-key".into()),
                    by: "arn:aws:iam::123456789012:user/bob".into(),
                    reason: "key rotation".into(),
                    since: "2026-01-01T00:00:00Z".parse().unwrap(),
                    until: "2026-01-02T00:30:00Z".parse().unwrap(),
                },
            ],
            read_at: "2026-01-01T00:30:00Z".parse().unwrap(),
        });
        insta::assert_snapshot!(pauses.to_string());
    }
}
