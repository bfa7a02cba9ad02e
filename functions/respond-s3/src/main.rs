//! `respond-s3`: contains public buckets and accounts. Nothing else changes S3, and nothing here touches a bucket policy.

mod account_block;
mod block;
mod block_account_public_access;
mod block_public_access;
mod bucket;
mod buckets;
mod capture_account;
mod capture_bucket;
#[cfg(test)]
mod forged;
mod in_force;
mod intended_public;
mod opened_by;
mod origin_access_identity;
mod reach;
mod services;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use backstop_aws::Accounts;
use backstop_core::task::RespondTask;
use backstop_runtime::{Action, runner::Runner, serve};

use block_account_public_access::BlockAccountPublicAccess;
use block_public_access::BlockPublicAccess;
use capture_account::CaptureAccount;
use capture_bucket::CaptureBucket;

/// Every action of this function.
fn actions(accounts: &Arc<Accounts>) -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(BlockAccountPublicAccess::new(Arc::clone(accounts))),
        Arc::new(CaptureAccount::new(Arc::clone(accounts))),
        Arc::new(BlockPublicAccess::new(Arc::clone(accounts))),
        Arc::new(CaptureBucket::new(Arc::clone(accounts))),
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
        let differences = unlike_contracts("respond-s3", &actions(&accounts));
        assert!(differences.is_empty(), "{differences:?}");
    }
}
