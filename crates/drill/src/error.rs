//! Why a drill can't be run to its end. What Backstop does wrong is no error: the report says it.

use std::path::PathBuf;

use aws_sdk_dynamodb::error::BoxError;
use backstop_client::{ClientError, WrongUrl};
use backstop_core::IncidentId;
use backstop_runtime::LedgerError;
use thiserror::Error;

use backstop_emulator::deploy::StackError;

/// See the module.
#[derive(Debug, Error)]
pub enum DrillError {
    /// A call that the drill itself makes failed.
    #[error("calling `{operation}`")]
    Call {
        /// Such as `iam:CreateUser`.
        operation: &'static str,
        /// Why.
        source: BoxError,
    },
    /// AWS answered without something that it always answers.
    #[error("`{operation}` answered without {what}")]
    Incomplete {
        /// Such as `iam:CreateUser`.
        operation: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// The drill names something that isn't planted.
    #[error("the drill plants no {kind} `{name}`")]
    NotPlanted {
        /// User, bucket, ….
        kind: &'static str,
        /// Its name in the file.
        name: String,
    },
    /// The playbook's finding can't be read.
    #[error("reading the finding `{}`", path.display())]
    Finding {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: BoxError,
    },
    /// The playbook's finding isn't about a credential.
    #[error("the finding `{}` has no `{field}`", path.display())]
    FindingLacks {
        /// Which file.
        path: PathBuf,
        /// What it has to have.
        field: &'static str,
    },
    /// EventBridge didn't take the event.
    #[error("EventBridge refused the event: {0}")]
    EventRefused(String),
    /// Nothing came of the finding.
    #[error("no incident was opened within {seconds} s; {parked}")]
    NoIncident {
        /// How long was waited.
        seconds: u64,
        /// What the dead-letter queue says.
        parked: String,
    },
    /// The undo ended, and nobody was told.
    #[error("incident `{incident}` is `{status}`, and its notice wasn't delivered within {seconds} s")]
    Untold {
        /// Which.
        incident: IncidentId,
        /// Its status.
        status: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The execution doesn't end.
    #[error("incident `{incident}` is still `{status}` after {seconds} s")]
    Endless {
        /// Which.
        incident: IncidentId,
        /// Its status.
        status: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The state before the finding isn't what the drill needs, so its end would prove nothing.
    #[error("before the finding, {0}: the drill would prove nothing")]
    WrongStart(String),
    /// There was nothing to delete between the readings.
    #[error("user `{user}` had no deny of Backstop's to delete between the readings")]
    NoDeny {
        /// The user.
        user: String,
    },
    /// The incident was at its end before anybody acted between the readings.
    #[error("nothing was read a first time, so that nobody acted between the readings")]
    NobodyActed,
    /// The attacker couldn't act between the readings.
    #[error("AWS gave `{who}` no credentials between the readings: `{code}`")]
    AttackerRefused {
        /// The credential's name in the file.
        who: String,
        /// AWS's code.
        code: String,
    },
    /// A person starts its playbook, so there is no finding.
    #[error("drill `{0}` is started by hand, by no finding")]
    NoFinding(String),
    /// The playbook can't be read.
    #[error("reading the playbook")]
    Playbook(#[source] Box<backstop_playbook::LoadError>),
    /// Nobody can type what it is about.
    #[error("the drill's target can't be typed")]
    NotTyped,
    /// The api didn't do what the person on call asked.
    #[error("asking the api as the person on call")]
    Client(#[source] Box<ClientError>),
    /// The stack's api has no address here.
    #[error("finding the api")]
    Api(#[source] WrongUrl),
    /// What the drill has just planted is being contained already.
    #[error("incident `{0}` has the target already")]
    AlreadyOpen(IncidentId),
    /// The incidents table can't be read.
    #[error("reading the incident")]
    Ledger(#[from] LedgerError),
    /// The stack lacks an output.
    #[error("finding the stack's parts")]
    Stack(#[from] StackError),
}

/// Makes the error of one call.
pub(super) fn call<E>(operation: &'static str) -> impl FnOnce(E) -> DrillError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |error| DrillError::Call {
        operation,
        source: error.into(),
    }
}

impl From<ClientError> for DrillError {
    fn from(error: ClientError) -> Self {
        Self::Client(Box::new(error))
    }
}
