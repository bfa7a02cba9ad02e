//! `backstop doctor`: whether the deployment can be reached, and whether it works and is heard.

use std::fmt;

use backstop_client::ClientError;
use backstop_core::{
    api::{CallerAnswer, Check, CheckHealth, HealthAnswer, Pauses},
    guardrail::Pause,
    text::for_terminal,
    words::with_causes,
};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use crate::{
    api::{ApiOptions, connect},
    command::{CliError, CommandOutput},
    pause::typed,
};

const PAUSES: &str = "pauses";

/// Options of `backstop doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Ends with 1 if a check finds a problem, or can't be made.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    api: ApiOptions,
}

/// Every check that was made.
#[derive(Debug, Serialize)]
pub(crate) struct Examined {
    checks: Vec<Check>,
}

impl CommandOutput for Examined {
    fn exit(&self) -> Exit {
        if self.checks.iter().all(|check| check.standing == CheckHealth::Ok) {
            Exit::Done
        } else {
            Exit::Failed
        }
    }
}

/// Makes the checks: first whether the api answers, then those that it makes itself.
pub(crate) async fn run(arguments: Arguments) -> Result<Examined, CliError> {
    let api = connect(&arguments.api).await?;
    let mut checks = Vec::new();
    match api.get::<CallerAnswer>(&["caller"], &[]).await {
        Ok(caller) => checks.push(reached(&caller)),
        Err(error) => {
            checks.push(unreached(&error));
            return Ok(Examined { checks });
        }
    }
    match api.get::<HealthAnswer>(&["health"], &[]).await {
        Ok(health) => checks.extend(health.checks),
        Err(error) => checks.push(unreached(&error)),
    }
    checks.push(match api.get::<Pauses>(&["pauses"], &[]).await {
        Ok(Pauses { pauses, .. }) => paused(&pauses),
        Err(error) => Check::unknown(PAUSES, with_causes(&error), Vec::new()),
    });
    Ok(Examined { checks })
}

/// What is paused answers nothing, however well everything else works.
fn paused(pauses: &[Pause]) -> Check {
    if pauses.is_empty() {
        return Check::ok(PAUSES, "nothing is paused");
    }
    let (what, next) = pauses
        .iter()
        .map(|pause| {
            let Pause {
                scope, by, reason, ..
            } = pause;
            (
                format!("{scope} is PAUSED until {}, by {by}: {reason}", pause.ends()),
                format!("end it: backstop resume{}", typed(scope)),
            )
        })
        .collect::<(Vec<String>, Vec<String>)>();
    Check::problem(PAUSES, what.join("; "), next)
}

fn reached(caller: &CallerAnswer) -> Check {
    let arn = &caller.arn;
    match &caller.person {
        Some(person) => Check::ok("the api", format!("answers; you are {arn}, the person {person}")),
        None => Check::problem(
            "the api",
            format!("answers; you are {arn}, who can't be told from others and so can decide nothing"),
            vec!["sign in as a person: docs/api.md, \"Who counts as whom\"".to_owned()],
        ),
    }
}

fn unreached(error: &ClientError) -> Check {
    let next = "check the address, your credentials and your policy: docs/api.md, \"Who may ask\"";
    Check::problem("the api", with_causes(error), vec![next.to_owned()])
}

impl fmt::Display for Examined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, check) in self.checks.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            let standing = match check.standing {
                CheckHealth::Ok => "ok",
                CheckHealth::Problem => "PROBLEM",
                CheckHealth::Unknown => "UNKNOWN",
            };
            write!(
                f,
                "{standing:<8} {:<18} {}",
                check.name,
                for_terminal(&check.what)
            )?;
            for next in &check.next {
                write!(f, "\n{:27} → {}", "", for_terminal(next))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_core::guardrail::PauseScope;

    use super::*;

    #[test]
    fn a_pause_that_stands_is_a_problem_and_says_how_it_ends() {
        assert_eq!(paused(&[]).standing, CheckHealth::Ok);
        let pause = Pause {
            scope: PauseScope::Playbook("leaked-access-key".into()),
            by: "arn:aws:iam::123456789012:user/alice".into(),
            reason: "game day".into(),
            since: "2026-01-01T00:00:00Z".parse().unwrap(),
            until: "2026-01-01T01:00:00Z".parse().unwrap(),
        };
        let check = paused(&[pause]);
        assert_eq!(check.standing, CheckHealth::Problem);
        assert!(
            check
                .what
                .contains("playbook leaked-access-key is PAUSED until 2026-01-01T01:00:00Z"),
            "{check:?}"
        );
        assert_eq!(
            check.next,
            ["end it: backstop resume --playbook leaked-access-key"]
        );
    }

    #[test]
    fn each_check_is_a_line_and_what_to_type_stands_below() {
        let topic = "arn:aws:sns:eu-west-1:123456789012:alerts";
        let examined = Examined {
            checks: vec![
                Check::ok("the api", "answers"),
                Check::subscriptions(Ok(0), topic, "eu-west-1"),
            ],
        };
        assert_eq!(examined.exit(), Exit::Failed);
        insta::assert_snapshot!(examined.to_string());
    }
}
