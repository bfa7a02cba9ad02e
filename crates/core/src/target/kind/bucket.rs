//! `bucket`: an S3 general purpose bucket.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{super::name, Arn, Kind, Location, Mistyped, Named, Other, Precedence, Resource, Scope, Target};
use crate::text;

/// An S3 general purpose bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
}

impl Bucket {
    /// The bucket of this name. Directory buckets have no public access and other calls (S3 User Guide, "Directory
    /// buckets").
    pub fn found(name: &str) -> Resource {
        let is_directory = name.ends_with("--x-s3");
        let name = text::bounded(name, super::HINT_CHARS);
        if is_directory {
            Other {
                resource_type: "AWS::S3Express::DirectoryBucket".to_owned(),
                id: name,
            }
            .into()
        } else {
            Self { name }.into()
        }
    }

    fn read(name: &str) -> Option<Self> {
        name::is_bucket_name(name).then(|| Self {
            name: name.to_owned(),
        })
    }
}

impl Kind for Bucket {
    fn name() -> &'static str {
        "bucket"
    }

    fn example() -> Self {
        Self {
            name: "example".to_owned(),
        }
    }

    /// Names of buckets are unique in a partition.
    fn scope(&self) -> Scope {
        Scope::Global
    }

    fn precedence(&self) -> Precedence {
        Precedence::Data
    }

    fn id(&self) -> String {
        self.name.clone()
    }

    fn arn(&self, at: &Location) -> Option<String> {
        Some(format!("arn:{}:s3:::{}", at.partition, self.name))
    }

    fn is_well_formed(&self) -> bool {
        name::is_bucket_name(&self.name)
    }

    fn typed(&self, at: &Location) -> Option<String> {
        self.arn(at)
    }

    fn typed_form() -> Option<&'static str> {
        Some("`bucket/NAME` or a bucket's ARN")
    }

    fn read_typed(text: &str, at: &Location) -> Option<Result<Target, Mistyped>> {
        let name = text.strip_prefix("bucket/")?;
        Some(match Self::read(name) {
            Some(bucket) => Ok(at.target(bucket)),
            None => Err(Mistyped::Unreadable(text.to_owned())),
        })
    }

    /// With a slash it is an object's.
    fn read_arn(arn: &Arn<'_>) -> Option<Result<Resource, Mistyped>> {
        if arn.service != "s3" || arn.resource.contains('/') {
            return None;
        }
        Some(match Self::read(arn.resource) {
            Some(bucket) => Ok(bucket.into()),
            None => Err(Mistyped::Unreadable(arn.text.to_owned())),
        })
    }

    fn read_named(named: &Named<'_>) -> Option<Result<Resource, &'static str>> {
        (named.resource_type == "AWS::S3::Bucket").then(|| match name::is_found_bucket(named.name) {
            true => Ok(Self::found(named.name)),
            false => Err("a bucket's name"),
        })
    }

    fn guardduty_types() -> &'static [&'static str] {
        &["S3Bucket"]
    }

    fn once_contained(&self) -> &'static [&'static str] {
        &[
            "tell the owner: whoever reads it without signing in gets 403 now",
            "find out who opened it, and what was read, before it is opened again",
        ]
    }

    fn how_it_began(&self) -> &'static str {
        "Who opened the bucket, why could they, and does anything need it to be open?"
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bucket {}", self.name)
    }
}
