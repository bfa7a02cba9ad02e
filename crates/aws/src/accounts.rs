//! Makes each client once: for one session, Region and service.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use aws_config::{Region as AwsRegion, SdkConfig};
use backstop_core::{AccountId, Region};

use crate::{
    Access, AccountError, CredentialsSource, OwnAccount, Scope, Service, Session, service::region_of,
};

/// The accounts that a function can call. All clients share one HTTP client.
pub struct Accounts {
    config: SdkConfig,
    credentials: Box<dyn CredentialsSource>,
    made: Mutex<BTreeMap<Key, Box<dyn Any + Send + Sync>>>,
    #[cfg(feature = "test-util")]
    pub(crate) mocks: Option<crate::mocks::Mocks>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    session: String,
    region: Region,
    service: TypeId,
}

impl Accounts {
    /// The account that this process runs in, and no other. Makes no client and no call.
    pub fn own(account: AccountId, config: SdkConfig) -> Self {
        Self::with(OwnAccount(account), config)
    }

    /// Accounts by the credentials of this source; `config` gives all else.
    pub fn with(credentials: impl CredentialsSource + 'static, config: SdkConfig) -> Self {
        Self {
            config,
            credentials: Box::new(credentials),
            made: Mutex::default(),
            #[cfg(feature = "test-util")]
            mocks: None,
        }
    }

    /// The clients of an account in a Region. A step request is such a scope.
    pub fn at(&self, scope: impl Into<Scope>) -> Result<Access<'_>, AccountError> {
        let scope = scope.into();
        let session = self.credentials.session(&scope)?;
        Ok(Access::new(self, session, scope.region))
    }

    /// The configuration of a session in a Region.
    pub(crate) fn config(&self, session: &Session, region: &Region) -> SdkConfig {
        let mut config = self
            .config
            .to_builder()
            .region(AwsRegion::new(region.as_str().to_owned()));
        // The identity cache tells identities apart by their provider, so that the clients may share it.
        if let Some(credentials) = &session.credentials {
            config.set_credentials_provider(Some(credentials.clone()));
        }
        config.build()
    }

    pub(crate) fn client<S: Service>(&self, session: &Session, region: &Region) -> S::Client {
        let key = Key {
            session: session.id.clone(),
            region: region_of::<S>(region),
            service: TypeId::of::<S>(),
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made
            .get(&key)
            .and_then(|client| client.downcast_ref::<S::Client>())
        {
            return client.clone();
        }
        let client = self.connect::<S>(session, &key.region);
        made.insert(key, Box::new(client.clone()));
        client
    }

    fn connect<S: Service>(&self, session: &Session, region: &Region) -> S::Client {
        #[cfg(feature = "test-util")]
        if let Some(mocks) = &self.mocks {
            return mocks.client::<S>(region);
        }
        S::connect(&self.config(session, region))
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
