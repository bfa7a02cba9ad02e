//! `backstop pause` and `backstop resume`: stops all acting, for a time.

use std::fmt;

use backstop_core::{
    AccountId, PlaybookName,
    guardrail::{Pause, PauseScope},
    text::for_terminal,
    times::between,
};
use backstop_runtime::{LedgerError, now};
use backstop_terminal::{Exit, Printer};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    answer::{Answer, CliError, CommandError, End as _},
    aws::{Deployment, StackOptions},
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
    stack: StackOptions,
}

/// Options of `backstop resume`.
#[derive(Debug, Args)]
pub(crate) struct ResumeArguments {
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    stack: StackOptions,
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
    /// A mistyped playbook's name would pause nothing in silence.
    fn check(&self, deployment: &Deployment) -> Result<PauseScope, CliError> {
        Ok(match (&self.playbook, &self.account) {
            (Some(name), _) => {
                let name = PlaybookName::new(name);
                deployment.check_playbook(&name)?;
                PauseScope::Playbook(name)
            }
            (None, Some(account)) => PauseScope::Account(account.clone()),
            (None, None) => PauseScope::Everything,
        })
    }
}

/// Reads an account's id.
pub(crate) fn account(text: &str) -> Result<AccountId, String> {
    let id = AccountId::new(text);
    id.is_well_formed()
        .then_some(id)
        .ok_or_else(|| "an account id is twelve digits".to_owned())
}

/// A pause that begins.
#[derive(Debug, Serialize)]
struct Paused(Pause);

impl Answer for Paused {}

impl fmt::Display for Paused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pause = &self.0;
        write!(
            f,
            "paused {} until {}: findings still open incidents, but nothing is changed\n\nend it: backstop resume{}",
            pause.scope,
            pause.until,
            typed(&pause.scope)
        )
    }
}

/// A pause that ended.
#[derive(Debug, Serialize)]
struct Resumed {
    resumed: PauseScope,
    still_paused: Vec<Pause>,
}

impl Answer for Resumed {}

impl fmt::Display for Resumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "resumed {}", self.resumed)?;
        for pause in &self.still_paused {
            write!(f, "\nstill paused: {} until {}", pause.scope, pause.until)?;
        }
        write!(
            f,
            "\n\nsee what was left while it was paused: backstop incidents list --status refused"
        )
    }
}

/// What is paused now.
#[derive(Debug, Serialize)]
struct Pauses {
    pauses: Vec<Pause>,
    read_at: Timestamp,
}

impl Answer for Pauses {}

impl fmt::Display for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pauses.is_empty() {
            return f.write_str("nothing is paused");
        }
        for (place, pause) in self.pauses.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            let left = between(self.read_at, pause.until);
            writeln!(f, "{} is paused until {} ({left} left)", pause.scope, pause.until)?;
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

fn typed(scope: &PauseScope) -> String {
    match scope {
        PauseScope::Everything => String::new(),
        PauseScope::Playbook(name) => format!(" --playbook {name}"),
        PauseScope::Account(account) => format!(" --account {account}"),
    }
}

/// The guardrails' table failed, or there is nothing to resume.
#[derive(Debug, thiserror::Error)]
enum PauseError {
    #[error("there is no pause of {0}; see what is paused with `backstop pause --list`")]
    NotPaused(PauseScope),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl CommandError for PauseError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotPaused(_) => Exit::NotFound,
            Self::Ledger(_) => Exit::Failed,
        }
    }
}

/// Runs `backstop pause`.
pub(crate) async fn pause(arguments: PauseArguments, printer: &Printer) -> Exit {
    match (arguments.time, arguments.reason) {
        (Some(time), Some(reason)) => {
            printer.end(begin(&arguments.stack, &arguments.scope, time, reason).await)
        }
        _ => printer.end(list(&arguments.stack).await),
    }
}

async fn begin(
    stack: &StackOptions,
    scope: &Scope,
    time: SignedDuration,
    reason: String,
) -> Result<Paused, CliError> {
    let deployment = Deployment::find(stack).await?;
    let since = now();
    let pause = Pause {
        scope: scope.check(&deployment)?,
        by: deployment.caller().await?.arn,
        reason,
        since,
        until: since + time,
    };
    deployment
        .ledger
        .put_pause(&pause)
        .await
        .map_err(PauseError::from)?;
    Ok(Paused(pause))
}

async fn list(stack: &StackOptions) -> Result<Pauses, CliError> {
    let deployment = Deployment::find(stack).await?;
    let read_at = now();
    Ok(Pauses {
        pauses: running(&deployment, read_at).await?,
        read_at,
    })
}

/// Runs `backstop resume`.
pub(crate) async fn resume(arguments: ResumeArguments) -> Result<impl Answer, CliError> {
    let deployment = Deployment::find(&arguments.stack).await?;
    let scope = arguments.scope.check(&deployment)?;
    let before = running(&deployment, now()).await?;
    let was_there = deployment
        .ledger
        .remove_pause(&scope)
        .await
        .map_err(PauseError::from)?;
    if !was_there {
        return Err(PauseError::NotPaused(scope).into());
    }
    let still_paused = before.into_iter().filter(|pause| pause.scope != scope).collect();
    Ok(Resumed {
        resumed: scope,
        still_paused,
    })
}

async fn running(deployment: &Deployment, now: Timestamp) -> Result<Vec<Pause>, PauseError> {
    let mut pauses = deployment.ledger.guardrails().await?.pauses;
    pauses.retain(|pause| now < pause.until);
    Ok(pauses)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_list_says_who_why_and_how_to_end_it() {
        let pauses = Pauses {
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
        };
        insta::assert_snapshot!(pauses.to_string());
    }
}
