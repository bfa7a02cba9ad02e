//! A responder's runner, from the environment that its function is deployed with.

use std::sync::Arc;

use backstop_aws::{Accounts, SignedObjects};
use backstop_core::guardrail::Protection;

use super::{Bounds, Runner};
use crate::{
    Action, Ledger,
    settings::{self, SettingError},
};

impl Runner {
    /// The runner of a function that changes accounts: what it does is proven in the evidence bucket.
    pub async fn responder(
        actions: impl FnOnce(&Arc<Accounts>, &Protection) -> Vec<Arc<dyn Action>>,
    ) -> Result<Self, SettingError> {
        let config = backstop_aws::config().await;
        let proofs = SignedObjects::new(config.clone(), settings::required("EVIDENCE_BUCKET")?);
        let ledger = Ledger::new(
            aws_sdk_dynamodb::Client::new(&config),
            settings::required("TABLE_NAME")?,
        );
        let account = settings::required("ACCOUNT_ID")?;
        let accounts = Arc::new(Accounts::own(account.as_str().into(), config));
        let protection = settings::protection()?;
        let actions = actions(&accounts, &protection);
        let bounds = Bounds::acting(protection, settings::maximum_mode()?, Arc::new(proofs));
        Ok(Self::new(ledger, bounds, accounts, actions))
    }
}
