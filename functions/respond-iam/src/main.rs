//! `respond-iam`: contains IAM users, access keys and role sessions. Nothing else changes IAM.

mod deactivate_access_key;
mod deactivate_other_credentials;
mod deny_instance_sessions;
mod deny_user;
#[cfg(test)]
mod forged;
mod narrow_role_trust;
mod principal;
mod revoke_role_sessions;
mod role_users;
mod services;
#[cfg(test)]
mod testing;
mod trust;

use std::sync::Arc;

use backstop_aws::Accounts;
use backstop_core::task::RespondTask;
use backstop_runtime::{
    Action, Ledger,
    evidence::EvidenceBucket,
    runner::{Bounds, Runner},
    serve, settings,
};

/// Every action of this function.
fn actions(accounts: &Arc<Accounts>) -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(deactivate_access_key::DeactivateAccessKey::new(Arc::clone(
            accounts,
        ))),
        Arc::new(deny_user::DenyUser::new(Arc::clone(accounts))),
        Arc::new(deactivate_other_credentials::DeactivateOtherCredentials::new(
            Arc::clone(accounts),
        )),
        Arc::new(revoke_role_sessions::RevokeRoleSessions::new(Arc::clone(
            accounts,
        ))),
        Arc::new(deny_instance_sessions::DenyInstanceSessions::new(Arc::clone(
            accounts,
        ))),
        Arc::new(narrow_role_trust::NarrowRoleTrust::new(Arc::clone(accounts))),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = backstop_aws::config().await;
    let proofs = EvidenceBucket::new(
        aws_sdk_s3::Client::new(&config),
        settings::required("EVIDENCE_BUCKET")?,
    );
    let bounds = Bounds::acting(
        settings::protection()?,
        settings::maximum_mode()?,
        Arc::new(proofs),
    );
    let ledger = Ledger::new(
        aws_sdk_dynamodb::Client::new(&config),
        settings::required("TABLE_NAME")?,
    );
    let account = settings::required("ACCOUNT_ID")?;
    let accounts = Arc::new(Accounts::own(account.as_str().into(), config));
    let actions = actions(&accounts);
    let runner = Runner::new(ledger, bounds, accounts, actions);
    serve::serve(|task: RespondTask| runner.run(task)).await
}

#[cfg(test)]
mod tests {
    use backstop_runtime::action::unlike_contracts;

    use super::*;

    #[test]
    fn the_actions_are_those_of_the_contracts() {
        let accounts = backstop_runtime::accounts!();
        let differences = unlike_contracts("respond-iam", &actions(&accounts));
        assert!(differences.is_empty(), "{differences:?}");
    }
}
