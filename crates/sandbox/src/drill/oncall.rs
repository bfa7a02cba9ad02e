//! The person on call: another identity than whoever runs the drill, with just what approving and undoing take.

use aws_credential_types::Credentials;
use backstop_core::{IncidentId, incident::Incident};
use backstop_runtime::{decision, machines::Machines};
use serde_json::json;
use tokio::sync::OnceCell;

use super::{DrillError, Stage, cast::access_key, error::call, undo};
use crate::Progress;

const POLICY: &str = "approve-and-undo";
/// The undo machine, as the ends of machines' ARNs are named after playbooks.
const UNDO: &str = "undo";

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
        let arn = caller(&sdk).await?;
        let sfn = aws_sdk_sfn::Client::new(&sdk);
        let hash = &question.plan_hash;
        let reason = Some("drill".to_owned());
        decision::approve(&ledger, &sfn, id, &arn, Some(hash.as_str()), reason).await?;
        progress.note(&format!("  ✔ {} approved plan {}", self.name, hash.short()));
        Ok(())
    }

    /// Asks for the undo of everything that an incident changed; false if that is nothing.
    pub async fn undo(&self, id: &IncidentId) -> Result<bool, DrillError> {
        let credentials = self.credentials.get_or_try_init(|| self.plant()).await?.clone();
        let ledger = self.stage.ledger_as(credentials.clone());
        let sdk = self.stage.account().sdk_config(credentials);
        let machines = Machines::new(aws_sdk_sfn::Client::new(&sdk), self.machine_prefix()?.to_owned());
        undo::ask(&ledger, &machines, id, &caller(&sdk).await?).await
    }

    /// What the ARNs of all machines begin with.
    fn machine_prefix(&self) -> Result<&str, DrillError> {
        let arn = self.stage.stack().machine_arn(UNDO)?;
        Ok(arn.strip_suffix(UNDO).unwrap_or(arn))
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
                {
                    "Effect": "Allow",
                    "Action": "states:StartExecution",
                    "Resource": stack.machine_arn(UNDO)?,
                },
            ],
        })
        .to_string())
    }
}

/// The caller's ARN, as approvals and undo requests are signed with it.
async fn caller(sdk: &aws_config::SdkConfig) -> Result<String, DrillError> {
    let caller = aws_sdk_sts::Client::new(sdk).get_caller_identity().send().await;
    let caller = caller.map_err(call("sts:GetCallerIdentity"))?;
    caller.arn.ok_or(DrillError::Incomplete {
        operation: "sts:GetCallerIdentity",
        what: "an ARN",
    })
}
