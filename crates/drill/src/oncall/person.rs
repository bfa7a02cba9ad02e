//! One person on call: a user with just what running, approving and undoing take.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use backstop_runtime::{Ledger, machines::Machines};
use serde_json::json;
use tokio::sync::OnceCell;

use crate::{DrillError, Environment, error::call, fixtures::access_key};

const POLICY: &str = "run-approve-and-undo";
/// The undo machine, as the ends of machines' ARNs are named after playbooks.
const UNDO: &str = "undo";

/// See the module. The user is made when first needed.
#[derive(Debug)]
pub(super) struct Person<'a> {
    environment: &'a Environment,
    pub(super) name: String,
    credentials: OnceCell<Credentials>,
}

impl<'a> Person<'a> {
    pub(super) fn new(environment: &'a Environment, name: String) -> Self {
        Self {
            environment,
            name,
            credentials: OnceCell::new(),
        }
    }

    /// The incidents table, with this person's credentials.
    pub(super) async fn ledger(&self) -> Result<Ledger, DrillError> {
        Ok(self.environment.ledger_as(self.credentials().await?))
    }

    /// The machines, with this person's credentials.
    pub(super) async fn machines(&self) -> Result<Machines, DrillError> {
        Ok(Machines::new(
            self.sfn().await?,
            self.machine_prefix()?.to_owned(),
        ))
    }

    pub(super) async fn sfn(&self) -> Result<aws_sdk_sfn::Client, DrillError> {
        Ok(aws_sdk_sfn::Client::new(&self.sdk().await?))
    }

    /// The caller's ARN, as runs, approvals and undo requests are signed with it.
    pub(super) async fn arn(&self) -> Result<String, DrillError> {
        let sts = aws_sdk_sts::Client::new(&self.sdk().await?);
        let caller = sts.get_caller_identity().send().await;
        let caller = caller.map_err(call("sts:GetCallerIdentity"))?;
        caller.arn.ok_or(DrillError::Incomplete {
            operation: "sts:GetCallerIdentity",
            what: "an ARN",
        })
    }

    async fn sdk(&self) -> Result<SdkConfig, DrillError> {
        Ok(self.environment.account().sdk_config(self.credentials().await?))
    }

    async fn credentials(&self) -> Result<Credentials, DrillError> {
        Ok(self.credentials.get_or_try_init(|| self.plant()).await?.clone())
    }

    /// What the ARNs of all machines begin with.
    fn machine_prefix(&self) -> Result<&str, DrillError> {
        let arn = self.environment.stack().machine_arn(UNDO)?;
        Ok(arn.strip_suffix(UNDO).unwrap_or(arn))
    }

    async fn plant(&self) -> Result<Credentials, DrillError> {
        let account = self.environment.account();
        let iam = aws_sdk_iam::Client::new(&account.sdk_config(account.root()));
        let user = iam.create_user().user_name(&self.name);
        user.send().await.map_err(call("iam:CreateUser"))?;
        let policy = iam
            .put_user_policy()
            .user_name(&self.name)
            .policy_name(POLICY)
            .policy_document(self.policy()?);
        policy.send().await.map_err(call("iam:PutUserPolicy"))?;
        access_key(&iam, &self.name).await
    }

    fn policy(&self) -> Result<String, DrillError> {
        let (account, stack) = (self.environment.account(), self.environment.stack());
        let place = format!("{}:{}", account.region(), account.account_id());
        Ok(json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                    "Resource": format!("arn:aws:dynamodb:{place}:table/{}", stack.incidents_table()?),
                },
                {
                    "Effect": "Allow",
                    "Action": "states:SendTaskSuccess",
                    // It names a task token; Step Functions defines no resource for it (Service Authorization Reference).
                    "Resource": "*",
                },
                {
                    "Effect": "Allow",
                    "Action": "states:StartExecution",
                    "Resource": format!("{}*", self.machine_prefix()?),
                },
            ],
        })
        .to_string())
    }
}
