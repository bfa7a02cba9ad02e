//! What people get: a queue that is subscribed to the alerts topic, read message by message.

use backstop_drill::Environment;
use backstop_emulator::{Account, deploy::Stack};
use serde_json::{Value, json};
use tokio::sync::Mutex;

const QUEUE: &str = "people";

/// Everything that came so far.
#[derive(Debug)]
pub struct People {
    sqs: aws_sdk_sqs::Client,
    queue: String,
    read: Mutex<Vec<Notice>>,
}

/// One message as it arrives.
#[derive(Clone, Debug)]
pub struct Notice {
    pub subject: String,
    pub body: String,
}

impl People {
    /// From now on.
    pub async fn of(environment: &Environment) -> Self {
        Self::of_stack(environment.account(), environment.stack(), QUEUE).await
    }

    /// The same of a stack beside the environment's own, with a queue of this name.
    pub async fn of_stack(account: &Account, stack: &Stack, name: &str) -> Self {
        let sdk = account.sdk_config(account.root());
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        let queue = sqs.create_queue().queue_name(name).send().await.unwrap();
        let queue = queue.queue_url().unwrap().to_owned();
        let arn = format!("arn:aws:sqs:{}:{}:{name}", account.region(), account.account_id());
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "sns.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }],
        });
        let set = sqs
            .set_queue_attributes()
            .queue_url(&queue)
            .attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, policy.to_string());
        set.send().await.unwrap();
        let subscribe = aws_sdk_sns::Client::new(&sdk).subscribe();
        let subscribe = subscribe.topic_arn(stack.alerts_topic_arn().unwrap());
        subscribe.protocol("sqs").endpoint(arn).send().await.unwrap();
        Self {
            sqs,
            queue,
            read: Mutex::default(),
        }
    }

    /// The messages of this incident: another one of its case names it as well, and isn't meant.
    pub async fn told_of(&self, incident: &str) -> Vec<Notice> {
        let mut told = self.told().await;
        told.retain(|notice| {
            let mut lines = notice.body.lines();
            lines.any(|line| line.contains(incident) && !line.contains("one case with"))
        });
        told
    }

    /// Every message so far.
    pub async fn told(&self) -> Vec<Notice> {
        // Held while reading: a message that somebody else has just taken off the queue isn't lost on us.
        let mut read = self.read.lock().await;
        loop {
            let receive = self.sqs.receive_message().queue_url(&self.queue);
            let received = receive.max_number_of_messages(10).send().await.unwrap();
            if received.messages().is_empty() {
                break;
            }
            for message in received.messages() {
                read.push(notice(message.body().unwrap()));
                let delete = self.sqs.delete_message().queue_url(&self.queue);
                delete
                    .receipt_handle(message.receipt_handle().unwrap())
                    .send()
                    .await
                    .unwrap();
            }
        }
        read.clone()
    }
}

fn notice(envelope: &str) -> Notice {
    let envelope: Value = serde_json::from_str(envelope).unwrap();
    Notice {
        subject: envelope["Subject"].as_str().unwrap_or_default().to_owned(),
        body: envelope["Message"].as_str().unwrap().to_owned(),
    }
}
