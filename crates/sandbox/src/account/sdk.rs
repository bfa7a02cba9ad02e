//! AWS client configuration that reaches the gateway and nothing else.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder, tls};

/// Twelve digits as an access key id are that account's root in ministack; the secret is not checked.
pub(super) fn root(account_id: &str) -> Credentials {
    Credentials::new(account_id, "not-checked-for-root", None, None, "backstop-sandbox")
}

/// Built without the default chain: a drill must never pick up the person's own profile or credentials.
pub(super) fn config(endpoint_url: &str, region: &str, credentials: Credentials) -> SdkConfig {
    // The gateway speaks plain HTTP; the provider is named because the builder wants one.
    let http = Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint_url)
        .http_client(http)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
            aws_smithy_async::rt::sleep::TokioSleep::new(),
        ))
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .retry_config(aws_config::retry::RetryConfig::standard())
        .build()
}
