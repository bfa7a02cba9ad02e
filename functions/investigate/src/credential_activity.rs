//! `investigate.credential-activity`: what a credential did, what came of it, and what should be done about that.
//!
//! *Changes* nothing: the plan holds what was read, and the log keeps the plan. *Undo* has nothing to do. *Twice*
//! is harmless. What can't be read is named; the rest is kept all the same.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use backstop_actions::{ActionSpec, investigate};
use backstop_aws::Accounts;
use backstop_core::investigation::Suspect;
use backstop_runtime::{Capture, Captured, StepError, action::StepRequest};
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::{
    principal,
    search::{Search, limits},
    services::Iam,
    trail::Span,
};

/// See the module.
pub(crate) struct CredentialActivity {
    accounts: Arc<Accounts>,
    budget: Duration,
}

/// Less than the function's own timeout: what was read until then is kept, and people are told that there is more.
const BUDGET: Duration = Duration::from_secs(90);

impl CredentialActivity {
    pub(crate) const fn new(accounts: Arc<Accounts>) -> Self {
        Self {
            accounts,
            budget: BUDGET,
        }
    }

    #[cfg(test)]
    const fn within(accounts: Arc<Accounts>, budget: Duration) -> Self {
        Self { accounts, budget }
    }
}

#[async_trait]
impl Capture for CredentialActivity {
    fn spec(&self) -> &'static ActionSpec {
        &investigate::credential_activity::SPEC
    }

    async fn capture(&self, request: &StepRequest) -> Result<Captured, StepError> {
        let hours = request.number(&investigate::credential_activity::HOURS)?;
        let aws = self.accounts.at(request)?;
        let principal = principal::find(&aws.client::<Iam>(), &request.target).await?;
        let span = Span {
            from: request.at - SignedDuration::from_hours(hours.into()),
            to: request.at,
        };
        let until = Instant::now() + self.budget;
        let suspect = Suspect::new(&request.target, principal.user).known_as(principal.arn.clone());
        let mut search = Search::new(request, suspect);
        search.run(&aws, span, until).await?;
        let found = search.finish(span, Vec::new());
        Ok(Captured {
            principal: principal.arn.unwrap_or_else(|| request.target.probable_arn()),
            tags: principal.tags,
            limits: limits(&found),
            missing: found.incomplete.clone(),
            evidence: serde_json::to_value(&found).map_err(|error| StepError::Invalid {
                what: "the investigation to keep",
                detail: error.to_string(),
            })?,
        })
    }

    fn subject(&self, request: &StepRequest) -> String {
        format!("what {} did", request.target.resource)
    }
}

#[cfg(test)]
mod tests;
