#![expect(clippy::unwrap_used, reason = "tests")]
use std::sync::{Arc, Mutex};

use aws_sdk_s3::{Client, config::http::HttpResponse};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use aws_smithy_types::body::SdkBody;
use backstop_aws::Accounts;
use backstop_core::{ErrorName, Resource, kind};
use backstop_runtime::{StepError, action::StepRequest, testing::accounts};

use super::find;
use crate::{
    block::Block,
    bucket::Bucket,
    is_ours, s3,
    services::S3,
    testing::{block, block_error, no_block, request_for, step_request},
};

async fn find_by(
    accounts: &Arc<Accounts>,
    request: &StepRequest,
) -> Result<(Bucket, Option<Block>), StepError> {
    find(&accounts.at(request)?, &request.target).await
}

#[tokio::test]
async fn a_bucket_in_another_region_is_followed_there() {
    let redirect = mock!(Client::get_public_access_block)
        .match_requests(|request| is_ours!(request))
        .then_http_response(|| {
            let body = "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>";
            let mut answer = HttpResponse::new(301.try_into().unwrap(), SdkBody::from(body));
            answer.headers_mut().insert("x-amz-bucket-region", "us-west-2");
            answer
        });
    let there = block([true, false, false, true]);
    let (here, away) = (
        mock_client!(aws_sdk_s3, RuleMode::MatchAny, &[&redirect]),
        mock_client!(aws_sdk_s3, RuleMode::MatchAny, &[&there]),
    );
    let asked = Arc::new(Mutex::new(Vec::new()));
    let made = Arc::clone(&asked);
    let accounts = Arc::new(accounts().mock_regions::<S3>(move |region| {
        made.lock().unwrap().push(region.to_string());
        if region.as_str() == "us-west-2" {
            away.clone()
        } else {
            here.clone()
        }
    }));
    for _ in 0..2 {
        let (bucket, found) = find_by(&accounts, &step_request()).await.unwrap();
        assert_eq!(bucket.place.region, "us-west-2");
        assert_eq!(
            found.unwrap().to_string(),
            "only BlockPublicAcls, RestrictPublicBuckets on"
        );
    }
    assert_eq!(
        *asked.lock().unwrap(),
        ["eu-west-1", "us-west-2"],
        "each client is made once"
    );
}

#[tokio::test]
async fn none_gone_denied_and_no_bucket_are_told_apart() {
    let (_, none) = find_by(&s3!(no_block()), &step_request()).await.unwrap();
    assert_eq!(none, None);
    let gone = find_by(&s3!(block_error("NoSuchBucket")), &step_request()).await;
    assert!(matches!(gone, Err(StepError::TargetGone { .. })));
    // Another account's bucket of this name answers so, too: every call names the owner it expects.
    let denied = find_by(&s3!(block_error("AccessDenied")), &step_request()).await;
    assert_eq!(denied.unwrap_err().name(), ErrorName::AccessDenied);
    let user = request_for(Resource::User(kind::User {
        user_name: "alice".into(),
        user_id: None,
    }));
    let no_bucket = find_by(&s3!(), &user).await;
    assert!(matches!(no_bucket, Err(StepError::NotApplicable { .. })));
}
