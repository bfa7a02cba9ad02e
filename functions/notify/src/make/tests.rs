//! Whom people don't hear of.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use aws_sdk_dynamodb::{Client, operation::query::QueryOutput, types::AttributeValue};
use aws_smithy_mocks::mock;
use backstop_core::log::Record;
use serde_json::json;

use crate::testing::{not_yet, ordered};

/// The first record of a plan that somebody asked for.
fn opened() -> String {
    let event = serde_json::from_value(json!({
        "event": "opened", "playbook": "public-bucket", "mode": "observe", "steps": [],
        "target": { "account": "123456789012", "region": "eu-west-1", "partition": "aws",
                    "resource": { "kind": "bucket", "name": "logs" } },
        "origin": { "origin": "plan", "by": "arn:aws:iam::123456789012:user/alice", "reason": null },
        "title": "t", "linked": null, "guardrails": [],
        "finding": { "key": "k", "finding_type": "T", "route": "manual", "count": 1,
                     "severity": { "score": 8.0, "label": "high" }, "first_seen": null, "last_seen": null,
                     "created_at": null, "updated_at": null },
    }))
    .unwrap();
    let at = "2026-05-01T08:00:00Z".parse().unwrap();
    serde_json::to_string(&Record::next(None, at, "first".into(), event).unwrap()).unwrap()
}

/// Neither of how it ended, nor that it waits: the table takes no notice here, and the channel would tell of one.
#[tokio::test]
async fn nobody_hears_of_a_plan_but_who_asked_for_it() {
    let outcome = json!({ "incident": "01J", "about": "outcome" });
    for order in [outcome, not_yet()] {
        let log = mock!(Client::query).then_output(|| {
            let items = vec![[("record".to_owned(), AttributeValue::S(opened()))].into()];
            QueryOutput::builder().set_items(Some(items)).build()
        });
        let (answer, told) = ordered(&log, order).await;
        let answer = answer.unwrap();
        assert_eq!(answer["notified"], "nobody: whoever asked for the plan sees it");
        assert_eq!(told, []);
    }
}
