//! An address that carries a call of the query protocol with its signature, for services that take one to make the call on
//! our behalf: `CopySnapshot` of what is encrypted wants one of itself, for the snapshot's Region (EC2 API Reference,
//! "CopySnapshot", `PresignedUrl`). Other SDKs add it by themselves; Rust's has the parameter only.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4,
};
use backstop_core::{ErrorName, words::with_causes};

use crate::{
    CallError,
    partition::{partition_of, suffix_of},
};

/// As other SDKs have it.
const VALID_FOR: Duration = Duration::from_secs(3_600);

/// See the module.
#[derive(Clone, Debug)]
pub struct Presigned<'a> {
    /// IAM's name of the call, for errors: `ec2:CopySnapshot`.
    pub call: &'static str,
    /// On what, for errors.
    pub on: String,
    /// The service's name in signatures, which its host begins with.
    pub service: &'static str,
    /// The Region that the address is for.
    pub region: &'a str,
    /// The call: `Action`, `Version`, and its parameters.
    pub parameters: &'a [(&'a str, &'a str)],
}

impl Presigned<'_> {
    /// The address, signed with the credentials of the configuration.
    pub async fn url(&self, config: &SdkConfig) -> Result<String, CallError> {
        self.url_at(config, SystemTime::now()).await
    }

    async fn url_at(&self, config: &SdkConfig, time: SystemTime) -> Result<String, CallError> {
        let provider = config
            .credentials_provider()
            .ok_or_else(|| self.failed(ErrorName::Internal, "there are no credentials"))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| self.failed(ErrorName::Unavailable, &with_causes(&error)))?;
        let impossible =
            |error: &dyn std::error::Error| self.failed(ErrorName::Internal, &with_causes(&error));
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(VALID_FOR);
        let identity = credentials.into();
        let signing = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(time)
            .settings(settings)
            .build()
            .map_err(|error| impossible(&error))?;
        let host = format!(
            "{}.{}.{}",
            self.service,
            self.region,
            suffix_of(partition_of(&self.region.into()))
        );
        let url = format!("https://{host}/?{}", query(self.parameters.iter().copied()));
        let signable = SignableRequest::new(
            "GET",
            url.as_str(),
            [("host", host.as_str())].into_iter(),
            SignableBody::Bytes(&[]),
        )
        .map_err(|error| impossible(&error))?;
        let (instructions, _) = sign(signable, &signing.into())
            .map_err(|error| impossible(&error))?
            .into_parts();
        let signature = instructions.params().iter();
        let signature = query(signature.map(|(name, value)| (*name, value.as_ref())));
        Ok(format!("{url}&{signature}"))
    }

    fn failed(&self, name: ErrorName, message: &str) -> CallError {
        CallError {
            name,
            call: self.call,
            on: self.on.clone(),
            code: String::new(),
            message: message.to_owned(),
        }
    }
}

fn query<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let parameters = parameters.map(|(name, value)| format!("{name}={}", encoded(value)));
    parameters.collect::<Vec<_>>().join("&")
}

/// As RFC 3986 has it; what isn't unreserved is written in hexadecimal.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
