//! Finding a bucket: the client of its Region, and whether it is this account's.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use aws_sdk_s3::{
    Client,
    config::{Region, http::HttpResponse},
    error::SdkError,
};
use backstop_core::{ErrorName, Target, kind};
use backstop_runtime::{CallError, StepError};

use crate::{
    block::Block,
    bucket::{Bucket, Place},
};

/// Clients by Region, each made once.
pub(crate) struct Buckets {
    connect: Box<dyn Fn(&str) -> Client + Send + Sync>,
    clients: Mutex<BTreeMap<String, Client>>,
}

impl Buckets {
    /// Clients with this configuration, but for the Region.
    pub(crate) fn of(config: aws_config::SdkConfig) -> Self {
        Self::connecting(move |region| {
            let config = aws_sdk_s3::config::Builder::from(&config)
                .region(Region::new(region.to_owned()))
                .build();
            Client::from_conf(config)
        })
    }

    /// Clients made by this function.
    pub(crate) fn connecting(connect: impl Fn(&str) -> Client + Send + Sync + 'static) -> Self {
        Self {
            connect: Box::new(connect),
            clients: Mutex::default(),
        }
    }

    /// The bucket at a known place.
    pub(crate) fn at(&self, place: Place) -> Bucket {
        let s3 = self.client(&place.region);
        Bucket { s3, place }
    }

    /// A client of the Region.
    pub(crate) fn client(&self, region: &str) -> Client {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(region.to_owned())
            .or_insert_with(|| (self.connect)(region))
            .clone()
    }

    /// The bucket that a finding names, and its own Block Public Access.
    ///
    /// The finding's Region is usually the bucket's. Where it isn't, S3 refuses the request and names the
    /// right one in a header (S3 API Reference, "HeadBucket": `x-amz-bucket-region` comes with any answer),
    /// so no call is spent on asking first.
    pub(crate) async fn find(&self, target: &Target) -> Result<(Bucket, Option<Block>), StepError> {
        let Some(kind::Bucket { name }) = kind::Bucket::of(&target.resource) else {
            return Err(StepError::NotApplicable {
                reason: format!("{target} is no bucket"),
            });
        };
        let mut bucket = self.at(Place {
            name: name.clone(),
            owner: target.account.clone(),
            region: target.region.to_string(),
            partition: target.partition.clone(),
        });
        let mut answer = bucket.get_block().await;
        let elsewhere = answer.as_ref().err().and_then(region_in).map(str::to_owned);
        if let Some(region) = elsewhere.filter(|region| *region != bucket.place.region) {
            bucket = self.at(Place {
                region,
                ..bucket.place
            });
            answer = bucket.get_block().await;
        }
        match bucket.read_block(answer) {
            Ok(block) => Ok((bucket, block)),
            Err(error) => Err(gone_or(error, &bucket.place)),
        }
    }
}

/// The Region that S3 says the bucket is in.
fn region_in<E>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.raw_response()?.headers().get("x-amz-bucket-region")
}

/// A bucket that is gone is a target that is gone, not a failed call.
pub(crate) fn gone_or(error: CallError, place: &Place) -> StepError {
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
