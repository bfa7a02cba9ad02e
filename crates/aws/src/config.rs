//! The SDK configuration, read once a process.

use std::time::Duration;

use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// A hanging call becomes a named error well within the function's own timeout.
pub(crate) const CONNECT: Duration = Duration::from_secs(2);
pub(crate) const ATTEMPT: Duration = Duration::from_secs(5);

/// Reads Region, endpoint, credentials and proxy the way every AWS SDK does.
pub async fn config() -> SdkConfig {
    loader().load().await
}

/// [`config`] before it is read, for who lets people override a part of it.
///
/// Timeouts are short and retries few, since the state machine retries the whole step.
pub fn loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(Duration::from_millis(100)),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(Duration::from_secs(15))
                .build(),
        )
}

/// With the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), for functions in a subnet whose
/// way out is a proxy.
fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    })
}
