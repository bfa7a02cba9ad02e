//! The incidents table: logs, locks, findings, guardrails.
//!
//! | pk | sk | holds |
//! | --- | --- | --- |
//! | `INCIDENT#<id>` | `META` | what lists show; a projection of the log |
//! | `INCIDENT#<id>` | `LOG#000001` … | one [`Record`] of the incident's own chain each |
//! | `INCIDENT#<id>` | `LOG#<step>#000001` … | one [`Record`] of that step's chain each |
//! | `INCIDENT#<id>` | `FINDING#<hash>` | a finding as it was received, gzip |
//! | `INCIDENT#<id>` | `APPROVAL` | the task token of an open question |
//! | `INCIDENT#<id>`, `NOTICE#<key>` | `NOTICE#<key>` | a notice, until it is delivered in the index of what isn't |
//! | `TARGET#<key>#<playbook>` | `LOCK` | the incident that answers this target |
//! | `TARGET#<key>` | `CASE` | the incident that opened the target's case |
//! | `GUARD` | `PAUSE#…`, `EXEMPTION#…` | the guardrails |
//! | `LIMIT#…<playbook>#<account>#<hour>` | `COUNT`, `NOTICE` | containments in that hour; those of drills and of people apart |
//! | `SWEEP#…` | `MEMO` | what one sweep tells the next |

mod approvals;
mod attention;
mod case;
mod compressed;
mod condition;
mod endings;
#[cfg(test)]
pub(crate) mod fake_table;
mod findings;
mod guards;
mod history;
mod item;
mod limit;
mod log;
mod memo;
mod meta;
mod opening;
mod outbox;
mod peers;
mod watch;

use aws_sdk_dynamodb::Client;
use backstop_actions::permissions::dynamodb;
use backstop_core::{
    ErrorName, IncidentId,
    api::ErrorCode,
    incident::IllegalTransition,
    log::{ChainError, Record},
};

pub use approvals::PendingApproval;
pub use backstop_core::api::IncidentRow;
pub use log::IncidentLog;
pub use opening::{Lock, NewIncident, Opening};
pub use outbox::{KeptNotice, Undelivered};

use self::item::{Item, text};
use crate::CallError;

/// The incidents table.
#[derive(Clone, Debug)]
pub struct Ledger {
    client: Client,
    table: String,
}

/// The incidents table failed us.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A call failed.
    #[error("the incidents table: {0}")]
    Call(#[from] CallError),
    /// No such incident.
    #[error("there is no incident `{0}`")]
    NoSuchIncident(IncidentId),
    /// A stored item can't be read.
    #[error("reading {what} of the incidents table: {detail}")]
    Unreadable {
        /// Which item.
        what: String,
        /// Why not.
        detail: String,
    },
    /// A value can't be stored.
    #[error("writing {what} to the incidents table: {detail}")]
    Unwritable {
        /// Which value.
        what: &'static str,
        /// Why not.
        detail: String,
    },
    /// The log was altered.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The event can't follow what the log holds.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// Too many writers at once.
    #[error("{writers} others wrote to the log of incident `{incident}` first; try again")]
    Contended {
        /// The incident.
        incident: IncidentId,
        /// How many attempts lost.
        writers: u32,
    },
}

impl LedgerError {
    /// The name that people's programs know it by.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Call(_) => ErrorCode::Unavailable,
            Self::NoSuchIncident(_) => ErrorCode::NoSuchIncident,
            Self::Contended { .. } => ErrorCode::Contended,
            Self::Unreadable { .. } | Self::Unwritable { .. } | Self::Chain(_) | Self::Illegal(_) => {
                ErrorCode::Internal
            }
        }
    }

    /// The name that a state machine catches.
    pub const fn name(&self) -> ErrorName {
        match self {
            Self::Call(error) => match error.name {
                ErrorName::Throttled => ErrorName::Throttled,
                _ => ErrorName::LedgerUnavailable,
            },
            Self::NoSuchIncident(_) | Self::Unreadable { .. } | Self::Chain(_) | Self::Illegal(_) => {
                ErrorName::InvalidInput
            }
            Self::Unwritable { .. } => ErrorName::Internal,
            Self::Contended { .. } => ErrorName::LogContended,
        }
    }
}

impl Ledger {
    /// The table with this name.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
        }
    }

    /// The log of an incident, with its chain checked.
    pub async fn log(&self, incident: &IncidentId) -> Result<IncidentLog, LedgerError> {
        IncidentLog::read(self, incident).await
    }

    /// One item of an incident as it is now; `what` says in words what it is.
    async fn item(&self, incident: &IncidentId, sk: &str, what: &str) -> Result<Option<Item>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .key("pk", text(incident_pk(incident)))
            .key("sk", text(sk))
            .send()
            .await
            .map_err(CallError::of(
                dynamodb::GET_ITEM,
                format!("{what} of incident `{incident}`"),
            ))?;
        Ok(answer.item)
    }
}

fn incident_pk(incident: &IncidentId) -> String {
    format!("INCIDENT#{incident}")
}

fn write_record(record: &Record) -> Result<String, LedgerError> {
    serde_json::to_string(record).map_err(|error| LedgerError::Unwritable {
        what: "a log record",
        detail: error.to_string(),
    })
}
