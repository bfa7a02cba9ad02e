#![expect(clippy::unwrap_used, reason = "tests")]
use aws_config::BehaviorVersion;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

use super::*;

/// Noon of the first of March 2026.
const TIME: Duration = Duration::from_secs(1_772_366_400);

async fn signature(token: Option<&str>) -> String {
    let credentials = Credentials::new("AKIAEXAMPLE", "secret", token.map(str::to_owned), None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let url = Presigned {
        call: "ec2:CopySnapshot",
        on: "snapshot `snap-1`".to_owned(),
        service: "ec2",
        region: "eu-west-1",
        parameters: &[
            ("Action", "CopySnapshot"),
            ("Version", "2016-11-15"),
            ("SourceRegion", "eu-west-1"),
            ("SourceSnapshotId", "snap-1"),
            ("DestinationRegion", "eu-west-1"),
            ("KmsKeyId", "arn:aws:kms:eu-west-1:123456789012:key/k1"),
            ("Encrypted", "true"),
        ],
    }
    .url_at(&config, SystemTime::UNIX_EPOCH + TIME)
    .await
    .unwrap();
    assert!(
        url.starts_with(
            "https://ec2.eu-west-1.amazonaws.com/?Action=CopySnapshot&Version=2016-11-15&SourceRegion=eu-west-1&\
             SourceSnapshotId=snap-1&DestinationRegion=eu-west-1&KmsKeyId=arn%3Aaws%3Akms%3Aeu-west-1%3A123456789012%3A\
             key%2Fk1&Encrypted=true&"
        ) && url.contains("X-Amz-Expires=3600"),
        "{url}"
    );
    assert_eq!(
        url.contains("X-Amz-Security-Token=to%2Fken%2B%3D"),
        token.is_some(),
        "{url}"
    );
    let (_, behind) = url.split_once("X-Amz-Signature=").unwrap();
    behind.split('&').next().unwrap().to_owned()
}

/// What botocore 1.43 signs of the same call, by `SigV4QueryAuth`.
#[tokio::test]
async fn the_signature_is_the_one_that_botocore_makes() {
    assert_eq!(
        signature(None).await,
        "829fa167ebcbf00ce54c7731ec0486247c2421030876a7109d354a2f64dada86"
    );
    assert_eq!(
        signature(Some("to/ken+=")).await,
        "327d7d329aeab45b41d241732c82b7c20996573a87dd145db2ec575d7da19ad7"
    );
}
