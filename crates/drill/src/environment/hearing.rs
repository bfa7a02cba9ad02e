//! Somebody who hears: a queue that is subscribed to the alerts topic, and that nobody reads.

use super::{DrillError, Environment, call};

const QUEUE: &str = "on-call";

/// A subscription of a queue in the topic's own account needs no confirmation.
pub(super) async fn subscribe(environment: &Environment) -> Result<(), DrillError> {
    let account = environment.account();
    let sdk = account.sdk_config(account.root());
    let make = aws_sdk_sqs::Client::new(&sdk).create_queue().queue_name(QUEUE);
    make.send().await.map_err(call("sqs:CreateQueue"))?;
    let (region, id) = (account.region(), account.account_id());
    let subscribe = aws_sdk_sns::Client::new(&sdk)
        .subscribe()
        .topic_arn(environment.stack().alerts_topic_arn()?)
        .protocol("sqs")
        .endpoint(format!("arn:aws:sqs:{region}:{id}:{QUEUE}"));
    subscribe.send().await.map_err(call("sns:Subscribe"))?;
    Ok(())
}
