//! Finding a bucket: the client of its Region, and whether it is this account's.

use aws_sdk_s3::{config::http::HttpResponse, error::SdkError};
use backstop_aws::Access;
use backstop_core::{ErrorName, Target, kind};
use backstop_runtime::{CallError, StepError};

use crate::{
    block::Block,
    bucket::{Bucket, BucketLocation},
    services::S3,
};

/// The bucket at a known place.
pub(crate) fn at(aws: &Access<'_>, place: BucketLocation) -> Bucket {
    let s3 = aws.in_region(place.region.as_str()).client::<S3>();
    Bucket { s3, place }
}

/// The bucket that a finding names, and its own Block Public Access.
///
/// The finding's Region is usually the bucket's. Where it isn't, S3 refuses the request and names the
/// right one in a header (S3 API Reference, "HeadBucket": `x-amz-bucket-region` comes with any answer),
/// so no call is spent on asking first.
pub(crate) async fn find(aws: &Access<'_>, target: &Target) -> Result<(Bucket, Option<Block>), StepError> {
    let Some(kind::Bucket { name }) = kind::Bucket::of(&target.resource) else {
        return Err(StepError::NotApplicable {
            reason: format!("{target} is no bucket"),
        });
    };
    let mut bucket = at(
        aws,
        BucketLocation {
            name: name.clone(),
            owner: target.account.clone(),
            region: target.region.to_string(),
            partition: target.partition.clone(),
        },
    );
    let mut answer = bucket.get_block().await;
    let elsewhere = answer.as_ref().err().and_then(region_in).map(str::to_owned);
    if let Some(region) = elsewhere.filter(|region| *region != bucket.place.region) {
        bucket = at(
            aws,
            BucketLocation {
                region,
                ..bucket.place
            },
        );
        answer = bucket.get_block().await;
    }
    match bucket.read_block(answer) {
        Ok(block) => Ok((bucket, block)),
        Err(error) => Err(gone_or(error, &bucket.place)),
    }
}

/// The Region that S3 says the bucket is in.
fn region_in<E>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.raw_response()?.headers().get("x-amz-bucket-region")
}

/// A bucket that is gone is a target that is gone, not a failed call.
pub(crate) fn gone_or(error: CallError, place: &BucketLocation) -> StepError {
    if error.name == ErrorName::TargetGone {
        StepError::TargetGone {
            what: format!("bucket {}", place.name),
        }
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests;
