//! `respond-s3`: contains public buckets and accounts. Nothing else changes S3, and nothing here touches a bucket policy.

mod account_block;
mod block;
mod block_account_public_access;
mod block_public_access;
mod bucket;
mod buckets;
mod capture_account;
mod capture_bucket;
mod intended_public;
mod reach;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use backstop_core::task::RespondTask;
use backstop_runtime::{Action, Ledger, aws, runner::Runner, serve, settings};

use account_block::AccountBlocks;
use block_account_public_access::BlockAccountPublicAccess;
use buckets::Buckets;

/// Every action of this function.
fn actions(buckets: &Arc<Buckets>, blocks: &AccountBlocks) -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(BlockAccountPublicAccess::new(blocks.clone(), Arc::clone(buckets))),
        Arc::new(capture_account::CaptureAccount::new(
            blocks.clone(),
            Arc::clone(buckets),
        )),
        Arc::new(block_public_access::BlockPublicAccess::new(Arc::clone(buckets))),
        Arc::new(capture_bucket::CaptureBucket::new(Arc::clone(buckets))),
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
    let blocks = AccountBlocks::new(aws_sdk_s3control::Client::new(&config));
    let buckets = Arc::new(Buckets::of(config));
    let runner = Runner::new(
        ledger,
        settings::protection()?,
        account.as_str().into(),
        actions(&buckets, &blocks),
    );
    serve::serve(|task: RespondTask| runner.run(task)).await
}
