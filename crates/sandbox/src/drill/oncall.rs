//! The person on call: another identity than whoever runs the drill, with just what approving takes.

use aws_credential_types::Credentials;
use backstop_core::{IncidentId, incident::Incident};
use backstop_runtime::decision;
use serde_json::json;
use tokio::sync::OnceCell;

use super::{DrillError, Stage, cast::access_key, error::call};
use crate::Progress;

const POLICY: &str = "approve";

/// See the module. The user is made when the first question comes.
#[derive(Debug)]
pub struct OnCall<'a> {
    stage: &'a Stage,
    name: String,
    credentials: OnceCell<Credentials>,
}

impl<'a> OnCall<'a> {
    /// A person whose user's name ends in `ending`.
    pub fn new(stage: &'a Stage, ending: &str) -> Self {
        Self {
            stage,
            name: format!("drill-oncall-{ending}"),
            credentials: OnceCell::new(),
        }
    }

    /// Approves the plan that waits, if the machine is ready for the answer.
    pub async fn approve(
        &self,
        id: &IncidentId,
        incident: &Incident,
        progress: &dyn Progress,
    ) -> Result<(), DrillError> {
        let Some(question) = &incident.question else {
            return Ok(());
        };
        let credentials = self.credentials.get_or_try_init(|| self.plant()).await?.clone();
        let ledger = self.stage.ledger_as(credentials.clone());
        // The question is in the log a moment before the token that answers it is kept.
        let pending = ledger.approval(id).await?;
        if pending.is_none_or(|pending| pending.plan_hash != question.plan_hash) {
            return Ok(());
        }
        let sdk = self.stage.account().sdk_config(credentials);
        let caller = aws_sdk_sts::Client::new(&sdk).get_caller_identity().send().await;
        let caller = caller.map_err(call("sts:GetCallerIdentity"))?;
        let arn = caller.arn().ok_or(DrillError::Incomplete {
            operation: "sts:GetCallerIdentity",
            what: "an ARN",
        })?;
        let sfn = aws_sdk_sfn::Client::new(&sdk);
        let hash = &question.plan_hash;
        let reason = Some("drill".to_owned());
        decision::approve(&ledger, &sfn, id, arn, Some(hash.as_str()), reason).await?;
        progress.note(&format!("  ✔ {} approved plan {}", self.name, hash.short()));
        Ok(())
    }

    async fn plant(&self) -> Result<Credentials, DrillError> {
        let account = self.stage.account();
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
        let (account, stack) = (self.stage.account(), self.stage.stack());
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
            ],
        })
        .to_string())
    }
}
