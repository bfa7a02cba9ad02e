//! The clients of one account in one Region.

use aws_config::SdkConfig;
use backstop_core::Region;

use crate::{Accounts, Service, Session};

/// See the module; given by [`Accounts::at`].
#[derive(Clone, Debug)]
pub struct Access<'a> {
    accounts: &'a Accounts,
    session: Session,
    region: Region,
}

impl<'a> Access<'a> {
    pub(crate) const fn new(accounts: &'a Accounts, session: Session, region: Region) -> Self {
        Self {
            accounts,
            session,
            region,
        }
    }

    /// The service's client, made the first time that it is asked for.
    pub fn client<S: Service>(&self) -> S::Client {
        self.accounts.client::<S>(&self.session, &self.region)
    }

    /// The same credentials in another Region: where a bucket really is, say.
    #[must_use]
    pub fn in_region(&self, region: impl Into<Region>) -> Self {
        Self {
            region: region.into(),
            ..self.clone()
        }
    }

    /// The Region.
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// The SDK configuration, for who makes a client of its own.
    pub fn config(&self) -> SdkConfig {
        self.accounts.config(&self.session, &self.region)
    }
}
