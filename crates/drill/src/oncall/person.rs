//! One person on call: a user with one of the policies that the stack puts out, and nothing else.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use backstop_client::Client;
use backstop_core::{
    IncidentId,
    api::{ApproveRequest, Decided, DecisionAnswer, Right},
};
use tokio::sync::OnceCell;

use crate::{DrillError, Environment, error::call, fixtures::access_key};

/// See the module. The user is made when first needed.
#[derive(Debug)]
pub struct Person<'a> {
    environment: &'a Environment,
    pub(super) name: String,
    right: Right,
    credentials: OnceCell<Credentials>,
}

impl<'a> Person<'a> {
    /// A user of this name, who may do what the right says.
    pub fn new(environment: &'a Environment, name: String, right: Right) -> Self {
        Self {
            environment,
            name,
            right,
            credentials: OnceCell::new(),
        }
    }

    /// Who answers incidents.
    pub fn responder(environment: &'a Environment, name: String) -> Self {
        Self::new(environment, name, Right::Responder)
    }

    /// The api, asked by this person.
    pub async fn api(&self) -> Result<Client, DrillError> {
        self.environment.api_as(self.credentials().await?)
    }

    /// The key that the person signs with.
    pub async fn credentials(&self) -> Result<Credentials, DrillError> {
        Ok(self.credentials.get_or_try_init(|| self.plant()).await?.clone())
    }

    /// Approves the plan.
    pub async fn approve(&self, id: &IncidentId, plan: &str) -> Result<Decided, DrillError> {
        let request = ApproveRequest {
            plan: Some(plan.to_owned()),
            reason: Some("drill".to_owned()),
        };
        let api = self.api().await?;
        let path = ["incidents", id.as_str(), "approve"];
        let answer: DecisionAnswer = api.post(&path, &request).await?;
        Ok(answer.decision)
    }

    async fn plant(&self) -> Result<Credentials, DrillError> {
        let account = self.environment.account();
        let iam = aws_sdk_iam::Client::new(&account.sdk_config(account.root()));
        let user = iam.create_user().user_name(&self.name);
        user.send().await.map_err(call("iam:CreateUser"))?;
        let policy = self.environment.stack().policy(self.right)?;
        let attach = iam.attach_user_policy().user_name(&self.name).policy_arn(policy);
        attach.send().await.map_err(call("iam:AttachUserPolicy"))?;
        access_key(&iam, &self.name).await
    }
}

impl Environment {
    /// The api, asked with these credentials.
    pub fn api_as(&self, credentials: Credentials) -> Result<Client, DrillError> {
        let api = self.stack().api()?;
        let url = self.account().api_url(api).unwrap_or_default();
        let url = url.parse().map_err(DrillError::Api)?;
        let credentials = SharedCredentialsProvider::new(credentials);
        Ok(Client::new(url, self.account().region(), credentials))
    }
}
