//! `investigate`: reads what a credential or an instance did. It changes nothing but the incident's log; what should be done about
//! what it finds is proposed to people. It also looks at what has happened since an incident was contained.

mod credential_activity;
mod flow_logs;
mod instance;
mod instance_activity;
mod look_back;
mod pace;
mod principal;
mod same_address;
mod search;
mod services;
#[cfg(test)]
mod testing;
mod trail;

use std::sync::Arc;

use backstop_aws::Accounts;
use backstop_core::task::{InvestigateTask, LookBackTask};
use backstop_runtime::{
    Action, Ledger,
    runner::{Bounds, Runner},
    serve, settings,
};

use credential_activity::CredentialActivity;
use instance_activity::InstanceActivity;
use look_back::LookBack;

/// Every action of this function.
fn actions(accounts: &Arc<Accounts>, ledger: &Ledger) -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(CredentialActivity::new(Arc::clone(accounts))),
        Arc::new(InstanceActivity::new(Arc::clone(accounts), ledger.clone())),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let config = backstop_aws::config().await;
    let ledger = Ledger::new(
        aws_sdk_dynamodb::Client::new(&config),
        settings::required("TABLE_NAME")?,
    );
    let account = settings::required("ACCOUNT_ID")?;
    let accounts = Arc::new(Accounts::own(account.as_str().into(), config));
    let actions = actions(&accounts, &ledger);
    let protection = settings::protection()?;
    let look_back = LookBack::new(ledger.clone(), Arc::clone(&accounts), protection.clone());
    let runner = Runner::new(ledger, Bounds::reading(protection), accounts, actions);
    let (runner, look_back) = (&runner, &look_back);
    serve::serve(|task: InvestigateTask| async move {
        match task {
            InvestigateTask::Step(task) => runner.run(task).await,
            InvestigateTask::LookBack(LookBackTask::LookBack(task)) => look_back.run(&task).await,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use backstop_runtime::action::unlike_contracts;

    use super::*;

    #[test]
    fn the_actions_are_those_of_the_contracts() {
        let accounts = backstop_runtime::accounts!();
        let differences = unlike_contracts("investigate", &actions(&accounts, &testing::ledger(&[])));
        assert!(differences.is_empty(), "{differences:?}");
    }
}
