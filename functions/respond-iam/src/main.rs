//! `respond-iam`: contains IAM users, access keys and role sessions. Nothing else changes IAM.

mod deactivate_access_key;
mod deactivate_other_credentials;
mod deny_instance_sessions;
mod deny_user;
mod narrow_role_trust;
mod principal;
mod revoke_role_sessions;
mod role_users;
#[cfg(test)]
mod testing;
mod trust;

use std::sync::Arc;

use backstop_core::task::RespondTask;
use backstop_runtime::{Action, Ledger, aws, runner::Runner, serve, settings};

/// Every action of this function.
fn actions(iam: &aws_sdk_iam::Client, trail: &aws_sdk_cloudtrail::Client) -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(deactivate_access_key::DeactivateAccessKey::new(iam.clone())),
        Arc::new(deny_user::DenyUser::new(iam.clone())),
        Arc::new(deactivate_other_credentials::DeactivateOtherCredentials::new(
            iam.clone(),
        )),
        Arc::new(revoke_role_sessions::RevokeRoleSessions::new(
            iam.clone(),
            trail.clone(),
        )),
        Arc::new(deny_instance_sessions::DenyInstanceSessions::new(iam.clone())),
        Arc::new(narrow_role_trust::NarrowRoleTrust::new(iam.clone())),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = aws::config().await;
    let ledger = Ledger::new(
        aws_sdk_dynamodb::Client::new(&config),
        settings::required("TABLE_NAME")?,
    );
    let account = settings::required("ACCOUNT_ID")?;
    let iam = aws_sdk_iam::Client::new(&config);
    let runner = Runner::new(
        ledger,
        settings::protection()?,
        account.as_str().into(),
        actions(&iam, &aws_sdk_cloudtrail::Client::new(&config)),
    );
    serve::serve(|task: RespondTask| runner.run(task)).await
}
