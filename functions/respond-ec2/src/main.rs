//! `respond-ec2`: contains EC2 instances and keeps evidence of them. Nothing else changes EC2.

mod capture_instance;
mod cut_off;
mod deny_remote_address;
mod deny_subnet_traffic;
mod deregister_from_load_balancers;
mod detach_from_auto_scaling;
mod drain_container_instance;
mod end_sessions;
mod filter;
#[cfg(test)]
mod forged;
mod instance;
mod isolate_instance;
mod marked;
mod network_acl;
mod nitro;
mod owner;
mod peers;
mod protect_instance;
mod read_back;
mod remove_public_addresses;
mod revoke_instance_credentials;
mod routes;
mod scan_for_malware;
mod secure_snapshots;
mod services;
mod snapshot_volumes;
mod snapshots;
mod surroundings;
mod tag_instance;
#[cfg(test)]
mod testing;
mod witness;

use std::sync::Arc;

use backstop_aws::Accounts;
use backstop_core::{guardrail::Protection, task::RespondTask};
use backstop_runtime::{Action, runner::Runner, serve};
use deregister_from_load_balancers::Sweeps;
use secure_snapshots::Custody;

/// Every action of this function.
fn actions(accounts: &Arc<Accounts>, protection: &Protection, custody: Custody) -> Vec<Arc<dyn Action>> {
    let sweeps = Arc::new(Sweeps::default());
    vec![
        Arc::new(capture_instance::CaptureInstance::new(Arc::clone(accounts))),
        Arc::new(deny_remote_address::DenyRemoteAddress::new(Arc::clone(accounts))),
        Arc::new(deny_subnet_traffic::DenySubnetTraffic::new(Arc::clone(accounts))),
        Arc::new(deregister_from_load_balancers::DeregisterFromLoadBalancers::new(
            Arc::clone(accounts),
            Arc::clone(&sweeps),
        )),
        Arc::new(detach_from_auto_scaling::DetachFromAutoScaling::new(
            Arc::clone(accounts),
            Arc::clone(&sweeps),
        )),
        Arc::new(drain_container_instance::DrainContainerInstance::new(Arc::clone(
            accounts,
        ))),
        Arc::new(end_sessions::EndSessions::new(Arc::clone(accounts))),
        Arc::new(isolate_instance::IsolateInstance::new(
            Arc::clone(accounts),
            Arc::clone(&sweeps),
        )),
        Arc::new(protect_instance::ProtectInstance::new(Arc::clone(accounts))),
        Arc::new(remove_public_addresses::RemovePublicAddresses::new(Arc::clone(
            accounts,
        ))),
        Arc::new(revoke_instance_credentials::RevokeInstanceCredentials::new(
            Arc::clone(accounts),
            Arc::clone(&sweeps),
            protection.clone(),
        )),
        Arc::new(scan_for_malware::ScanForMalware::new(Arc::clone(accounts))),
        Arc::new(secure_snapshots::SecureSnapshots::new(
            Arc::clone(accounts),
            custody,
        )),
        Arc::new(snapshot_volumes::SnapshotVolumes::new(Arc::clone(accounts))),
        Arc::new(tag_instance::TagInstance::new(Arc::clone(accounts))),
    ]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    serve::init_logs();
    let custody = Custody::from_env()?;
    let runner = Runner::responder(|accounts, protection| actions(accounts, protection, custody)).await?;
    serve::serve(|task: RespondTask| runner.run(task)).await
}

#[cfg(test)]
mod tests {
    use backstop_runtime::action::unlike_contracts;

    use super::*;

    #[test]
    fn the_actions_are_those_of_the_contracts() {
        let accounts = backstop_runtime::accounts!();
        let differences = unlike_contracts(
            "respond-ec2",
            &actions(&accounts, &Protection::default(), Custody::default()),
        );
        assert!(differences.is_empty(), "{differences:?}");
    }
}
