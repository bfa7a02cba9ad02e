//! AWS client configuration that reaches the gateway and nothing else.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::emulators::NO_PROXY;

/// Twelve digits as an access key id are that account's root in ministack; the secret is not checked.
pub(super) fn root(account_id: &str) -> Credentials {
    Credentials::new(
        account_id,
        "not-checked-for-root",
        None,
        None,
        "backstop-emulator",
    )
}

/// Built without the default chain: a drill must never pick up the person's own profile or credentials.
pub(super) fn config(endpoint_url: &str, region: &str, credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint_url)
        .http_client(http_client(endpoint_url))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
            aws_smithy_async::rt::sleep::TokioSleep::new(),
        ))
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .retry_config(aws_config::retry::RetryConfig::standard())
        .build()
}

/// S3 Control puts the account before the endpoint's host, which is no address: such calls take the gateway as
/// their proxy, as those of the functions do.
fn http_client(endpoint_url: &str) -> SharedHttpClient {
    let proxy = ProxyConfig::http(endpoint_url).map_or_else(
        |_no_url| ProxyConfig::disabled(),
        |proxy| proxy.no_proxy(NO_PROXY),
    );
    Builder::new().build_with_connector_fn(move |settings, components| {
        // The gateway speaks plain HTTP; the provider is named because the builder wants one.
        let mut connector = Connector::builder()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    })
}
