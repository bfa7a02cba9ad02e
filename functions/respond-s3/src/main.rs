//! `respond-s3`: contains public buckets. Nothing else changes S3, and nothing here touches a bucket policy.

mod block;
mod block_public_access;
mod bucket;
mod buckets;
mod capture_bucket;
mod intended_public;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use backstop_core::task::RespondTask;
use backstop_runtime::{Action, Ledger, aws, runner::Runner, serve, settings};

use buckets::Buckets;

/// Every action of this function.
fn actions(buckets: &Arc<Buckets>) -> Vec<Arc<dyn Action>> {
    vec![
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
    let buckets = Arc::new(Buckets::of(config));
    let runner = Runner::new(
        ledger,
        settings::protection()?,
        account.as_str().into(),
        actions(&buckets),
    );
    serve::serve(|task: RespondTask| runner.run(task)).await
}
