//! Why drills can't be run at all. What goes wrong in a drill is in its report.

use std::{env, io, path::PathBuf};

use backstop_core::PlaybookName;
use backstop_drill::{
    DrillsError, EnvironmentError,
    environment::{LogsError, workspace_around},
};
use backstop_playbook::LoadError;
use backstop_runtime::LedgerError;
use backstop_terminal::Exit;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrillCommandError {
    #[error("finding the directory this was started in")]
    Here(#[source] io::Error),
    #[error("no `template.yaml` here or above: run this in a checkout of Backstop")]
    NoWorkspace,
    #[error(transparent)]
    File(#[from] DrillsError),
    #[error("listening for signals")]
    Signals(#[source] io::Error),
    #[error("setting up the environment")]
    Environment(#[source] EnvironmentError),
    #[error("tearing the account down")]
    TearDown(#[source] EnvironmentError),
    #[error("saving the functions' logs")]
    Logs(#[from] LogsError),
    #[error(
        "playbook `{0}` has no drill, so the disposable account has nothing to plan on: use `--against account`"
    )]
    NoDrill(PlaybookName),
    #[error("the drill of playbook `{playbook}` ended without a plan: {why}")]
    NoPlan { playbook: PlaybookName, why: String },
    #[error("reading the log of the plan")]
    Ledger(#[from] LedgerError),
}

impl DrillCommandError {
    /// With which code the process ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Environment(_) | Self::NoPlan { .. } => Exit::DrillError,
            Self::NoDrill(_) | Self::File(DrillsError::Unknown { .. }) => Exit::NotFound,
            Self::File(DrillsError::Load(LoadError::Invalid(_))) => Exit::Invalid,
            _ => Exit::Failed,
        }
    }
}

/// The checkout that the process was started in.
pub(crate) fn workspace() -> Result<PathBuf, DrillCommandError> {
    let here = env::current_dir().map_err(DrillCommandError::Here)?;
    workspace_around(&here).ok_or(DrillCommandError::NoWorkspace)
}
