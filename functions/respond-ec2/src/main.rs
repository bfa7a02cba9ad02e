//! `respond-ec2`: contains EC2 instances and keeps evidence of them. Nothing else changes EC2.

mod clients;
mod deny_subnet_traffic;
mod instance;
mod isolate_instance;
mod revoke_instance_credentials;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use backstop_core::{guardrail::Protection, task::RespondTask};
use backstop_runtime::{Action, Ledger, aws, runner::Runner, serve, settings};
use clients::Regions;

/// Every action of this function.
fn actions(regions: &Arc<Regions>, protection: &Protection) -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(deny_subnet_traffic::DenySubnetTraffic::new(Arc::clone(regions))),
        Arc::new(isolate_instance::IsolateInstance::new(Arc::clone(regions))),
        Arc::new(revoke_instance_credentials::RevokeInstanceCredentials::new(
            Arc::clone(regions),
            protection.clone(),
        )),
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
    let regions = Arc::new(Regions::of(config));
    let protection = settings::protection()?;
    let actions = actions(&regions, &protection);
    let runner = Runner::new(ledger, protection, account.as_str().into(), actions);
    serve::serve(|task: RespondTask| runner.run(task)).await
}
