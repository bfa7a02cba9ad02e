//! `respond-iam`: contains IAM users, access keys and role sessions. Nothing else changes IAM.

mod aws_deny_all;
mod deactivate_access_key;
mod deactivate_other_credentials;
mod deny_instance_sessions;
mod deny_session;
mod deny_user;
#[cfg(test)]
mod forged;
mod named_by_aws;
mod narrow_role_trust;
mod other_denies;
mod principal;
mod revoke_role_sessions;
mod role_users;
mod services;
mod sign_in;
mod sign_in_sessions;
#[cfg(test)]
mod testing;
mod trust;

use std::sync::Arc;

use backstop_aws::Accounts;
use backstop_core::task::RespondTask;
use backstop_runtime::{Action, runner::Runner, serve};

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
        Arc::new(deny_session::DenySession::new(Arc::clone(accounts))),
        Arc::new(narrow_role_trust::NarrowRoleTrust::new(Arc::clone(accounts))),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let runner = Runner::responder(|accounts, _| actions(accounts)).await?;
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
