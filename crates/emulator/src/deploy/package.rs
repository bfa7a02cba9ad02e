//! Uploads code, definitions and the template into a bucket of the account, as `sam package` does.

use std::path::{Path, PathBuf};

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use thiserror::Error;
use ulid::Ulid;

use super::build::Binaries;
use super::bundle::{BundleError, bundle};
use super::template::{Template, TemplateError};

/// The only region whose buckets are made without naming it (S3 API Reference, `CreateBucket`).
const DEFAULT_REGION: &str = "us-east-1";

/// Code, definitions or the template can't be uploaded.
#[derive(Debug, Error)]
pub enum PackageError {
    /// A function's zip can't be made.
    #[error("zipping the function `{logical_id}`")]
    Bundle {
        /// The function.
        logical_id: String,
        /// Why.
        source: BundleError,
    },
    /// There is no binary for a function.
    #[error("no binary was built for the function `{0}`")]
    NoBinary(String),
    /// A state machine's definition can't be read.
    #[error("reading the definition `{}`; `backstop playbook compile` writes it", path.display())]
    Definition {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The template lacks something.
    #[error("editing the template")]
    Template(#[from] TemplateError),
    /// The bucket can't be made.
    #[error("creating the bucket `{bucket}`")]
    Bucket {
        /// The bucket.
        bucket: String,
        /// Why.
        source: BoxError,
    },
    /// An object can't be put.
    #[error("uploading `{key}`")]
    Upload {
        /// The object.
        key: String,
        /// Why.
        source: BoxError,
    },
}

/// Uploads everything and returns the URL of the template that names it.
pub(super) async fn upload(
    sdk: &SdkConfig,
    root: &Path,
    mut template: Template,
    binaries: &Binaries,
) -> Result<String, PackageError> {
    let region = sdk.region().map_or(DEFAULT_REGION, |region| region.as_ref());
    let bucket = Bucket::create(sdk, region).await?;
    for function in template.functions()? {
        let binary = binaries.get(&function.binary);
        let binary = binary.ok_or_else(|| PackageError::NoBinary(function.logical_id.clone()))?;
        let zip = bundle(binary).await.map_err(|source| PackageError::Bundle {
            logical_id: function.logical_id.clone(),
            source,
        })?;
        let uri = bucket.put(&format!("{}.zip", function.binary), zip).await?;
        template.set(&function.logical_id, "CodeUri", uri.into())?;
    }
    for machine in template.machines()? {
        let path = root.join(&machine.definition);
        let text = tokio::fs::read(&path)
            .await
            .map_err(|source| PackageError::Definition { path, source })?;
        let uri = bucket
            .put(&format!("{}.asl.json", machine.logical_id), text)
            .await?;
        template.set(&machine.logical_id, "DefinitionUri", uri.into())?;
    }
    let key = "template.json";
    bucket.put(key, template.to_json().into_bytes()).await?;
    Ok(format!("https://s3.{region}.amazonaws.com/{}/{key}", bucket.name))
}

struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    async fn create(sdk: &SdkConfig, region: &str) -> Result<Self, PackageError> {
        let name = format!("backstop-artifacts-{}", Ulid::generate()).to_ascii_lowercase();
        let elsewhere = (region != DEFAULT_REGION).then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region))
                .build()
        });
        let client = client(sdk);
        client
            .create_bucket()
            .bucket(&name)
            .set_create_bucket_configuration(elsewhere)
            .send()
            .await
            .map_err(|error| PackageError::Bucket {
                bucket: name.clone(),
                source: error.into(),
            })?;
        Ok(Self { client, name })
    }

    /// Puts an object and returns its `s3://` URI.
    async fn put(&self, key: &str, body: Vec<u8>) -> Result<String, PackageError> {
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(key)
            .body(ByteStream::from(body));
        request
            .customize()
            .disable_payload_signing()
            .send()
            .await
            .map_err(|error| PackageError::Upload {
                key: key.to_owned(),
                source: error.into(),
            })?;
        Ok(format!("s3://{}/{key}", self.name))
    }
}

/// Without checksums and payload signatures: hashing tens of megabytes twice takes longer than all the rest
/// in a dev build, and the bytes never leave the machine.
fn client(sdk: &SdkConfig) -> Client {
    let config = aws_sdk_s3::config::Builder::from(sdk)
        .force_path_style(true)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .build();
    Client::from_conf(config)
}
