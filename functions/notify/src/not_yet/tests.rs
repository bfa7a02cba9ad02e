//! Whom people hear of while nothing is contained: of what the log says, of what it can't say, and of nothing else.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::query::{QueryError, QueryOutput},
    types::{AttributeValue, error::ResourceNotFoundException},
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use backstop_core::{ErrorName, notice::Notice, task::NotifyTask};
use backstop_runtime::{CallError, Ledger};
use jiff::SignedDuration;
use serde_json::json;

use super::*;
use crate::channel::{Channel, Sent};

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
async fn ordered(query: &Rule) -> (Result<Value, StepError>, Vec<About>) {
    let told = Arc::<Mutex<Vec<About>>>::default();
    let notifier = Notifier {
        ledger: Ledger::new(
            mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [query]),
            "incidents",
        ),
        channels: vec![Box::new(Taking(Arc::clone(&told)))],
        confirm_after: SignedDuration::from_mins(15),
    };
    let order: NotifyTask = serde_json::from_value(json!({
        "incident": "01J", "about": "not-contained-yet",
        "delayed": {
            "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                        "resource": { "kind": "bucket", "name": "logs" } },
            "error": "Backstop.Unavailable", "cause": "503",
        },
    }))
    .unwrap();
    let answer = notifier.run(order).await;
    let told = told.lock().unwrap().clone();
    (answer, told)
}

#[tokio::test]
async fn nobody_is_paged_about_an_incident_that_isnt_there() {
    let nothing = mock!(Client::query).then_output(|| QueryOutput::builder().build());
    let (answer, told) = ordered(&nothing).await;
    let error = answer.unwrap_err();
    assert_eq!((error.name(), told), (ErrorName::InvalidInput, vec![]));
    assert_eq!(error.to_string(), "there is no incident `01J`");
}

#[tokio::test]
async fn people_are_paged_where_the_table_is_down_and_where_the_log_cant_be_read() {
    let down = mock!(Client::query)
        .then_error(|| QueryError::ResourceNotFoundException(ResourceNotFoundException::builder().build()));
    let altered = mock!(Client::query).then_output(|| {
        let record = AttributeValue::S("{}".to_owned());
        let items = vec![[("record".to_owned(), record)].into()];
        QueryOutput::builder().set_items(Some(items)).build()
    });
    for query in [down, altered] {
        let (answer, told) = ordered(&query).await;
        answer.unwrap();
        assert_eq!(told, [About::NotContainedYet]);
    }
}
