//! `respond-ec2`: contains EC2 instances and keeps evidence of them. Nothing else changes EC2.

mod capture_instance;
mod clients;
mod deny_subnet_traffic;
mod deregister_from_load_balancers;
mod detach_from_auto_scaling;
mod end_sessions;
mod instance;
mod isolate_instance;
mod protect_instance;
mod revoke_instance_credentials;
mod secure_snapshots;
mod snapshot_volumes;
mod snapshots;
mod tag_instance;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use backstop_core::{guardrail::Protection, task::RespondTask};
use backstop_runtime::{Action, Ledger, aws, runner::Runner, serve, settings};
use clients::Regions;
use secure_snapshots::Custody;

/// Every action of this function.
fn actions(regions: &Arc<Regions>, protection: &Protection, custody: Custody) -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(capture_instance::CaptureInstance::new(Arc::clone(regions))),
        Arc::new(deny_subnet_traffic::DenySubnetTraffic::new(Arc::clone(regions))),
        Arc::new(deregister_from_load_balancers::DeregisterFromLoadBalancers::new(
            Arc::clone(regions),
        )),
        Arc::new(detach_from_auto_scaling::DetachFromAutoScaling::new(Arc::clone(
            regions,
        ))),
        Arc::new(end_sessions::EndSessions::new(Arc::clone(regions))),
        Arc::new(isolate_instance::IsolateInstance::new(Arc::clone(regions))),
        Arc::new(protect_instance::ProtectInstance::new(Arc::clone(regions))),
        Arc::new(revoke_instance_credentials::RevokeInstanceCredentials::new(
            Arc::clone(regions),
            protection.clone(),
        )),
        Arc::new(secure_snapshots::SecureSnapshots::new(
            Arc::clone(regions),
            custody,
        )),
        Arc::new(snapshot_volumes::SnapshotVolumes::new(Arc::clone(regions))),
        Arc::new(tag_instance::TagInstance::new(Arc::clone(regions))),
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
    let actions = actions(&regions, &protection, Custody::from_env()?);
    let runner = Runner::new(ledger, protection, account.as_str().into(), actions);
    serve::serve(|task: RespondTask| runner.run(task)).await
}
