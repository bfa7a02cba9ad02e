//! `backstop run`: a person starts a playbook, under the same guardrails as a finding would.

mod opening;
mod target;

use std::fmt;

use backstop_core::{
    IncidentId, Mode, PlaybookName, Target, TargetKind,
    guardrail::Decision,
    target::{Location, Mistyped, forms},
    text::for_terminal,
};
use backstop_playbook::{Catalog, Playbook};
use backstop_runtime::{LedgerError, manual_run::ManualRunError};
use backstop_terminal::Exit;
use clap::Args;
use serde::Serialize;

use crate::{
    answer::{Answer, CliError, CommandError},
    aws::{Caller, Deployment, StackOptions, listed},
    incidents::View,
};

pub(crate) use opening::{RunRequest, open};
pub(crate) use target::is_incident;

/// The playbooks this program was built with; a deployment of the same version has the same.
pub(crate) const CATALOG: &str = include_str!(concat!(env!("OUT_DIR"), "/catalog.json"));

/// Options of `backstop run`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The playbook's name
    playbook: String,
    #[arg(long, value_name = "ARN|ID", help = format!("What to contain: {}", forms()))]
    target: String,
    /// Go no further than this; never further than the playbook and the deployment allow
    #[arg(long, value_name = "observe|approve|auto")]
    mode: Option<Mode>,
    /// Why, for the log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    stack: StackOptions,
}

/// A playbook that was started.
#[derive(Debug, Serialize)]
pub(crate) struct Started {
    pub(crate) incident: IncidentId,
    playbook: PlaybookName,
    target: Target,
    mode: Mode,
    by: String,
    guardrails: Vec<Decision>,
}

/// Started, or joined to what runs already.
#[derive(Debug, Serialize)]
#[serde(tag = "run", rename_all = "kebab-case")]
pub(crate) enum RunAnswer {
    /// A new incident.
    Started(Box<Started>),
    /// The target has an open incident of this playbook.
    AlreadyOpen(Box<View>),
}

impl Answer for RunAnswer {
    fn exit(&self) -> Exit {
        match self {
            Self::Started(_) => Exit::Done,
            Self::AlreadyOpen(_) => Exit::Refused,
        }
    }
}

impl fmt::Display for RunAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(started) => started.fmt(f),
            Self::AlreadyOpen(view) => {
                write!(
                    f,
                    "this target has an open incident of this playbook, so nothing was started:\n\n{view}"
                )
            }
        }
    }
}

impl fmt::Display for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            incident,
            playbook,
            target,
            mode,
            by,
            guardrails,
        } = self;
        let target = for_terminal(&target.to_string());
        writeln!(f, "started {playbook} for {target} in {mode} mode, as {by}")?;
        writeln!(f, "incident {incident}")?;
        for decision in guardrails {
            writeln!(
                f,
                "guardrail {}: {}",
                decision.guardrail,
                for_terminal(&decision.detail)
            )?;
        }
        write!(f, "\nfollow it: backstop incidents show {incident} --watch")
    }
}

/// Nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Target(#[from] Mistyped),
    #[error(
        "this program doesn't know playbook `{playbook}`; it knows {}: update it to the version of the deployment",
        listed(.known)
    )]
    UnknownPlaybook { playbook: String, known: Vec<String> },
    #[error(
        "playbook `{playbook}` answers {}, and {target} is of kind {kind}: see `backstop playbook list` for one that fits",
        kinds(.answers)
    )]
    WrongKind {
        playbook: PlaybookName,
        target: String,
        kind: TargetKind,
        answers: Vec<TargetKind>,
    },
    #[error(
        "playbook `{playbook}` goes no further than `{most}`, so you can't run it in `{wanted}` mode: type \
         `--mode {most}`, or leave `--mode` out"
    )]
    BeyondPlaybook {
        playbook: PlaybookName,
        wanted: Mode,
        most: Mode,
    },
    #[error(
        "this deployment goes no further than `{most}` (its parameter MaximumMode), so you can't run anything in \
         `{wanted}` mode: type `--mode {most}`, or leave `--mode` out"
    )]
    BeyondDeployment { wanted: Mode, most: Mode },
    #[error("the list of playbooks in this program can't be read")]
    Catalog(#[from] serde_json::Error),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Opening(#[from] ManualRunError),
}

impl CommandError for RunError {
    fn exit(&self) -> Exit {
        match self {
            Self::UnknownPlaybook { .. } => Exit::NotFound,
            Self::Target(_)
            | Self::WrongKind { .. }
            | Self::BeyondPlaybook { .. }
            | Self::BeyondDeployment { .. } => Exit::Refused,
            Self::Catalog(_) | Self::Ledger(_) | Self::Opening(_) => Exit::Failed,
        }
    }
}

fn kinds(kinds: &[TargetKind]) -> String {
    kinds
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Runs `backstop run`.
pub(crate) async fn run(arguments: Arguments) -> Result<RunAnswer, CliError> {
    let catalog = Catalog::from_json(CATALOG).map_err(RunError::from)?;
    let playbook = playbook(&catalog, &arguments.playbook)?;
    let deployment = Deployment::find(&arguments.stack).await?;
    deployment.check_playbook(&playbook.name)?;
    let caller = deployment.caller().await?;
    let target = resolve(&deployment, &caller, &arguments.target).await?;
    fits(playbook, &target)?;
    let wanted = wanted_mode(playbook, arguments.mode, deployment.maximum_mode()?)?;
    let request = RunRequest {
        playbook,
        target,
        wanted,
        by: caller,
        reason: arguments.reason,
    };
    open(&deployment, request).await
}

fn playbook<'c>(catalog: &'c Catalog, name: &str) -> Result<&'c Playbook, RunError> {
    catalog
        .get(&PlaybookName::new(name))
        .ok_or_else(|| RunError::UnknownPlaybook {
            playbook: name.to_owned(),
            known: catalog.iter().map(|playbook| playbook.name.to_string()).collect(),
        })
}

async fn resolve(deployment: &Deployment, caller: &Caller, typed: &str) -> Result<Target, CliError> {
    let partition = caller.arn.split(':').nth(1).unwrap_or("aws").to_owned();
    let at = Location {
        account: caller.account.clone(),
        region: deployment.region.clone(),
        partition,
    };
    match target::parse(typed, &at).map_err(RunError::from)? {
        target::Typed::Target(target) => Ok(target),
        target::Typed::OfIncident(id) => Ok(View::read(&deployment.ledger, &id).await?.state.opened.target),
    }
}

fn fits(playbook: &Playbook, target: &Target) -> Result<(), RunError> {
    let kind = target.resource.kind();
    if playbook.targets.contains(&kind) {
        return Ok(());
    }
    Err(RunError::WrongKind {
        playbook: playbook.name.clone(),
        target: for_terminal(&target.resource.to_string()),
        kind,
        answers: playbook.targets.clone(),
    })
}

/// What a person asks for is refused rather than lowered in silence; what they leave open is lowered, and the
/// log says by what.
fn wanted_mode(playbook: &Playbook, asked: Option<Mode>, maximum: Mode) -> Result<Mode, RunError> {
    match asked {
        None => Ok(playbook.mode),
        Some(wanted) if wanted > playbook.mode => Err(RunError::BeyondPlaybook {
            playbook: playbook.name.clone(),
            wanted,
            most: playbook.mode,
        }),
        Some(wanted) if wanted > maximum => Err(RunError::BeyondDeployment {
            wanted,
            most: maximum,
        }),
        Some(wanted) => Ok(wanted),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use backstop_core::{Resource, kind};

    use super::*;

    fn catalog() -> Catalog {
        Catalog::from_json(CATALOG).unwrap()
    }

    #[test]
    fn nobody_gets_more_than_the_playbook_and_the_deployment_allow() {
        let catalog = catalog();
        let auto = playbook(&catalog, "leaked-access-key").unwrap();
        let approve = playbook(&catalog, "cut-instance-traffic").unwrap();
        assert_eq!(
            (auto.mode, approve.mode),
            (Mode::Auto, Mode::Approve),
            "the playbooks this test leans on"
        );

        assert_eq!(wanted_mode(auto, None, Mode::Approve).unwrap(), Mode::Auto);
        assert_eq!(
            wanted_mode(auto, Some(Mode::Observe), Mode::Approve).unwrap(),
            Mode::Observe
        );
        let error = wanted_mode(auto, Some(Mode::Auto), Mode::Approve).unwrap_err();
        assert!(
            matches!(
                error,
                RunError::BeyondDeployment {
                    most: Mode::Approve,
                    ..
                }
            ),
            "{error}"
        );
        let error = wanted_mode(approve, Some(Mode::Auto), Mode::Auto).unwrap_err();
        assert!(
            matches!(
                error,
                RunError::BeyondPlaybook {
                    most: Mode::Approve,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_playbook_runs_only_on_its_own_kinds() {
        let catalog = catalog();
        let target = Target {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            resource: Resource::Bucket(kind::Bucket { name: "logs".into() }),
        };
        let error = fits(playbook(&catalog, "compromised-role").unwrap(), &target).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("playbook `compromised-role` answers role-session, role, and")
        );
        let error = playbook(&catalog, "compromised-rôle").unwrap_err();
        assert_eq!(error.exit(), Exit::NotFound);
    }
}
