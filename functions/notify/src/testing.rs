//! A notifier on a table that is answered for, and what it tells.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_smithy_mocks::{Rule, RuleMode, mock_client};
use backstop_core::{about::About, notice::Notice};
use backstop_runtime::{CallError, Ledger, StepError};
use jiff::SignedDuration;
use serde_json::Value;

use crate::{
    Notifier,
    channel::{Channel, Sent},
};

/// A channel that takes all.
struct Taking(Arc<Mutex<Vec<About>>>);

#[async_trait]
impl Channel for Taking {
    fn name(&self) -> &str {
        "taking"
    }

    async fn send(&self, notice: &Notice) -> Result<Sent, CallError> {
        self.0.lock().unwrap().push(notice.about);
        Ok(Sent {
            message_id: "m".into(),
            subject: "s".into(),
            body: "b".into(),
        })
    }
}

/// What the order comes to where the log is read so, and what people were told.
pub(crate) async fn ordered(query: &Rule, order: Value) -> (Result<Value, StepError>, Vec<About>) {
    let told = Arc::<Mutex<Vec<About>>>::default();
    let notifier = Notifier {
        ledger: Ledger::new(
            mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [query]),
            "incidents",
        ),
        channels: vec![Box::new(Taking(Arc::clone(&told)))],
        confirm_after: SignedDuration::from_mins(15),
    };
    let answer = notifier.run(serde_json::from_value(order).unwrap()).await;
    let told = told.lock().unwrap().clone();
    (answer, told)
}

/// The order to tell that a target isn't contained yet.
pub(crate) fn not_yet() -> Value {
    serde_json::json!({
        "incident": "01J", "about": "not-contained-yet",
        "delayed": {
            "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                        "resource": { "kind": "bucket", "name": "logs" } },
            "error": "Backstop.Unavailable", "cause": "503",
        },
    })
}
