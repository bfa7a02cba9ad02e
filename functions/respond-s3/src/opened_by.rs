//! Who opened a bucket, as CloudTrail's event history has it. Only for people, and bounded: what can't be read is named and
//! stops nothing.

use std::time::Duration;

use backstop_actions::permissions;
use backstop_aws::{Access, SdkConfig, SignedCall};
use backstop_core::investigation::Call;
use backstop_runtime::CallError;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::bucket::BucketLocation;

/// How far back is looked.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 7);
/// How long containment may wait for an answer that only people read.
const PATIENCE: Duration = Duration::from_secs(3);
/// Calls that a plan lists.
const LISTED: usize = 3;

/// What changes who may read a bucket (CloudTrail's names).
const CALLS: [&str; 7] = [
    "DeleteBucketPublicAccessBlock",
    "PutAccessPointPolicy",
    "PutBucketAcl",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketWebsite",
];

/// A sentence about whoever opened it, in the bucket's own Region.
pub(crate) async fn in_words(aws: &Access<'_>, place: &BucketLocation, at: Timestamp) -> String {
    let config = aws.in_region(place.region.as_str()).config();
    match timeout(PATIENCE, lately(&config, place, at)).await {
        Ok(Ok(calls)) => told(&calls),
        Ok(Err(error)) => format!("who opened it is unknown: {error}"),
        Err(_late) => format!(
            "who opened it is unknown: CloudTrail didn't answer within {} seconds",
            PATIENCE.as_secs()
        ),
    }
}

fn told(calls: &[Call]) -> String {
    if calls.is_empty() {
        return "CloudTrail shows nobody who changed in the last 7 days who may read it; calls of the last 15 minutes may be \
                missing"
            .to_owned();
    }
    let shown: Vec<String> = calls.iter().take(LISTED).map(one).collect();
    let more = match calls.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(", and {more} more before"),
    };
    format!(
        "whoever opened it may do so again; who may read it was changed in the last 7 days by {}{more}: if that wasn't meant, \
         contain that credential too",
        shown.join(", ")
    )
}

fn one(call: &Call) -> String {
    let from = call.seen.ip.as_deref().unwrap_or("an unknown address");
    format!(
        "{} from {from} at {} ({})",
        call.by(),
        call.seen.at,
        call.seen.name
    )
}

/// The newest first, from one page: `LookupEvents` may be called twice a second in an account and Region (CloudTrail API
/// Reference).
async fn lately(config: &SdkConfig, place: &BucketLocation, at: Timestamp) -> Result<Vec<Call>, CallError> {
    let since = at.saturating_sub(LOOK_BACK).map_or(0, Timestamp::as_second);
    let answer = SignedCall {
        call: permissions::cloudtrail::LOOKUP_EVENTS.action,
        on: format!("bucket `{}`", place.name),
        service: "cloudtrail",
        path: "/".to_owned(),
        target: Some("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"),
        body: json!({
            "LookupAttributes": [{ "AttributeKey": "ResourceName", "AttributeValue": place.name }],
            "StartTime": since,
            "MaxResults": 50,
        }),
    }
    .send(config)
    .await?;
    let events = answer.get("Events").and_then(Value::as_array);
    let records = events
        .into_iter()
        .flatten()
        .filter_map(|event| event.get("CloudTrailEvent")?.as_str());
    Ok(records
        .filter_map(|record| match Call::read(record) {
            Ok(call) => Some(call),
            Err(error) => {
                tracing::warn!(%error, "an event can't be read");
                None
            }
        })
        .filter(|call| call.succeeded() && CALLS.contains(&call.seen.name.as_str()))
        .collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use backstop_aws::answering;

    use super::*;
    use crate::testing::{BUCKET, OWNER};

    fn event(name: &str, error: Option<&str>) -> Value {
        let record = json!({
            "eventID": name, "eventTime": "2026-03-01T11:58:00Z", "eventName": name,
            "eventSource": "s3.amazonaws.com", "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7",
            "errorCode": error,
            "userIdentity": { "type": "IAMUser", "userName": "web", "arn": "arn:aws:iam::123456789012:user/web" },
        });
        json!({ "EventName": name, "CloudTrailEvent": record.to_string() })
    }

    #[tokio::test]
    async fn whoever_changed_who_may_read_is_named_and_nobody_who_failed_or_read() {
        let place = BucketLocation {
            name: BUCKET.into(),
            owner: OWNER.into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        };
        let events = json!({ "Events": [
            event("PutBucketPolicy", None),
            event("PutBucketAcl", Some("AccessDenied")),
            event("PutBucketTagging", None),
            { "CloudTrailEvent": "no json" },
        ]});
        let (config, requests) = answering("eu-west-1", &[(200, &events.to_string())]);
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        let calls = lately(&config, &place, at).await.unwrap();
        assert_eq!(
            told(&calls),
            "whoever opened it may do so again; who may read it was changed in the last 7 days by \
             arn:aws:iam::123456789012:user/web from 198.51.100.7 at 2026-03-01T11:58:00Z (PutBucketPolicy): if that wasn't \
             meant, contain that credential too"
        );
        let asked = &requests.all()[0];
        assert!(
            asked.body.contains(r#""AttributeValue":"holiday-pictures""#),
            "{}",
            asked.body
        );
        assert!(told(&[]).contains("nobody"));
    }
}
