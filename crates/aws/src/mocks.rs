//! Accounts whose clients were prepared by a test.
#![expect(
    clippy::panic,
    reason = "a test that asks for what it didn't prepare has failed"
)]

use std::{
    any::{Any, TypeId, type_name},
    collections::BTreeMap,
    fmt,
};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use backstop_core::{AccountId, Region};

use crate::{Accounts, Service};

type Prepared = Box<dyn Fn(&Region) -> Box<dyn Any> + Send + Sync>;

#[derive(Default)]
pub(crate) struct Mocks(BTreeMap<TypeId, Prepared>);

impl Mocks {
    pub(crate) fn client<S: Service>(&self, region: &Region) -> S::Client {
        let Some(prepared) = self.0.get(&TypeId::of::<S>()) else {
            panic!("the test has no client for {} in {region}", type_name::<S>());
        };
        match prepared(region).downcast::<S::Client>() {
            Ok(client) => *client,
            Err(_) => panic!("the client isn't one of {}", type_name::<S>()),
        }
    }
}

impl Accounts {
    /// An account that can be called by prepared clients only; see [`Self::mock`].
    pub fn mocked(own: impl Into<AccountId>) -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "AKIAEXAMPLE",
                "secret",
                None,
                None,
                "test",
            )))
            .build();
        let mut accounts = Self::own(own.into(), config);
        accounts.mocks = Some(Mocks::default());
        accounts
    }

    /// Gives this client for the service, in every Region.
    #[must_use]
    pub fn mock<S: Service>(self, client: S::Client) -> Self {
        self.mock_regions::<S>(move |_| client.clone())
    }

    /// Gives the client that the function makes for a Region.
    #[must_use]
    pub fn mock_regions<S: Service>(
        mut self,
        client: impl Fn(&Region) -> S::Client + Send + Sync + 'static,
    ) -> Self {
        let prepared: Prepared = Box::new(move |region| Box::new(client(region)));
        self.mocks
            .get_or_insert_default()
            .0
            .insert(TypeId::of::<S>(), prepared);
        self
    }
}

impl fmt::Debug for Mocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mocks").finish_non_exhaustive()
    }
}
