//! A bucket for whoever only writes and reads single objects in it: two signed calls instead of S3's SDK crate, which is
//! the largest part of a function that needs no more.

use aws_config::SdkConfig;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SigningSettings, UriPathNormalizationMode,
};
use aws_smithy_xml::decode::{Document, try_data};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use crate::{
    CallError,
    signed_request::{Response, SignedRequest},
};

/// What stays as it is in a path that is signed for S3 (S3 API Reference, "Signature Calculations for the Authorization
/// Header"); a key's slashes stay too.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// See the module. The bucket is in the configuration's Region, and addressed by the path.
#[derive(Clone, Debug)]
pub struct SignedObjects {
    config: SdkConfig,
    bucket: String,
}

impl SignedObjects {
    /// The objects of this bucket.
    pub fn new(config: SdkConfig, bucket: impl Into<String>) -> Self {
        Self {
            config,
            bucket: bucket.into(),
        }
    }

    /// Writes a text, unless there is an object with this key: then it was written before, and stays what it is. `call` is
    /// IAM's name of the call, for errors.
    pub async fn put_once(&self, call: &'static str, key: &str, text: &str) -> Result<(), CallError> {
        // A bucket with Object Lock takes only what comes with its checksum (S3 User Guide, "Locking objects with
        // Object Lock").
        let checksum = aws_smithy_types::base64::encode(Sha256::digest(text.as_bytes()));
        let headers = vec![
            ("content-type", "text/plain; charset=utf-8".to_owned()),
            ("if-none-match", "*".to_owned()),
            ("x-amz-checksum-sha256", checksum),
            ("x-amz-sdk-checksum-algorithm", "SHA256".to_owned()),
        ];
        let body = text.as_bytes().to_vec();
        let written = self.send(call, "PUT", key, headers, body).await;
        match written {
            Err(error) if error.code == "PreconditionFailed" => Ok(()),
            written => written.map(drop),
        }
    }

    /// What is in the object with this key.
    pub async fn get(&self, call: &'static str, key: &str) -> Result<Vec<u8>, CallError> {
        self.send(call, "GET", key, Vec::new(), Vec::new()).await
    }

    async fn send(
        &self,
        call: &'static str,
        method: &'static str,
        key: &str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, CallError> {
        // S3 signs a path as it was sent, unlike other services.
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let request = SignedRequest {
            call,
            on: &format!("`s3://{}/{key}`", self.bucket),
            service: "s3",
            method,
            path: &format!("/{}/{}", self.bucket, utf8_percent_encode(key, PLAIN)),
            headers,
            body,
            settings,
        };
        request
            .send(&self.config, |answer| {
                if answer.is_success() {
                    return Ok(answer.body.clone());
                }
                let (code, message) = refusal(answer);
                Err(request.refused(answer, &code, &message))
            })
            .await
    }
}

/// The code and the message of S3's error document; where there is none, what the status says.
fn refusal(answer: &Response) -> (String, String) {
    let mut code = match answer.status {
        412 => "PreconditionFailed",
        _ => "no error code",
    }
    .to_owned();
    let mut message = "no message".to_owned();
    let Ok(body) = std::str::from_utf8(&answer.body) else {
        return (code, message);
    };
    let mut document = Document::new(body);
    if let Ok(mut root) = document.root_element() {
        while let Some(mut element) = root.next_tag() {
            let into = match element.start_el().local() {
                "Code" => &mut code,
                "Message" => &mut message,
                _ => continue,
            };
            if let Ok(text) = try_data(&mut element) {
                *into = text.into_owned();
            }
        }
    }
    (code, message)
}

#[cfg(test)]
mod tests;
