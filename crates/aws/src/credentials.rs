//! Where an account's credentials come from. Today there is one source: the process's own, for the account that
//! Backstop is deployed in. A role in a member account is another [`CredentialsSource`]; whoever asks for a client
//! doesn't change.

use std::fmt;

use aws_credential_types::provider::SharedCredentialsProvider;
use backstop_core::AccountId;

use crate::Scope;

/// Why there are no clients for a scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Backstop isn't deployed so that it reaches the account. A like-named principal in the own account must not pay
    /// for another's, so there is no falling back.
    #[error("it is in account {asked}, this deployment acts in account {own} only; deploy Backstop there")]
    OutOfReach {
        /// The account that was asked for.
        asked: AccountId,
        /// The account that can be served.
        own: AccountId,
    },
}

/// Gives the credentials that a scope's calls are made with.
pub trait CredentialsSource: fmt::Debug + Send + Sync {
    /// The session for a scope. Makes no call: credentials are fetched with the first call that needs them.
    fn session(&self, scope: &Scope) -> Result<Session, AccountError>;
}

/// Credentials, and what tells them from others.
#[derive(Clone, Debug)]
pub struct Session {
    /// Scopes whose sessions have the same id share their clients; as wide as the credentials are.
    pub id: String,
    /// The credentials; none means the process's own.
    pub credentials: Option<SharedCredentialsProvider>,
}

/// The process's own credentials, for the account that it runs in. They are the function's role, which can't be narrowed
/// for a step, so that all steps share one session.
#[derive(Clone, Debug)]
pub struct OwnAccount(pub AccountId);

impl CredentialsSource for OwnAccount {
    fn session(&self, scope: &Scope) -> Result<Session, AccountError> {
        if scope.account == self.0 {
            Ok(Session {
                id: self.0.to_string(),
                credentials: None,
            })
        } else {
            Err(AccountError::OutOfReach {
                asked: scope.account.clone(),
                own: self.0.clone(),
            })
        }
    }
}
