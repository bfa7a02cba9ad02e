//! `investigate`: reads what a credential did. It changes nothing but the incident's log; what should be done about
//! what it finds is proposed to people.

mod credential_activity;
mod pace;
mod principal;
#[cfg(test)]
mod testing;
mod trail;

use std::sync::Arc;

use backstop_core::task::RespondTask;
use backstop_runtime::{Action, Ledger, aws, runner::Runner, serve, settings};

use credential_activity::CredentialActivity;
use trail::Trail;

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
    let actions: Vec<Arc<dyn Action>> = vec![Arc::new(CredentialActivity::new(iam, Trail::of(config)))];
    let runner = Runner::new(ledger, settings::protection()?, account.as_str().into(), actions);
    serve::serve(|task: RespondTask| runner.run(task)).await
}
