//! Requests in absolute form, as HTTP clients send them to a proxy.
//!
//! S3 Control puts the account before the endpoint's host (`123456789012.127.0.0.1:4566`), which no resolver knows,
//! so whoever calls it here has the gateway as its proxy. Nothing is passed on to any other host.

use std::net::SocketAddr;

use hyper::{StatusCode, Uri};

use crate::wire::Reply;

/// Why the request isn't the gateway's to answer; none if it is.
pub(super) fn refusal(uri: &Uri, own: SocketAddr) -> Option<Reply> {
    let authority = uri.authority()?.as_str();
    let is_ours = authority
        .strip_suffix(own.to_string().as_str())
        .is_some_and(|before| before.is_empty() || is_account(before));
    (!is_ours).then(|| {
        let text = format!("the disposable account has no `{authority}`, and passes nothing on");
        Reply::new(StatusCode::BAD_GATEWAY, "text/plain", text)
    })
}

/// Twelve digits and a dot.
fn is_account(before: &str) -> bool {
    before
        .strip_suffix('.')
        .is_some_and(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn only_the_accounts_own_hosts_are_answered() {
        let own: SocketAddr = "127.0.0.1:4566".parse().unwrap();
        let is_refused = |uri: &str| refusal(&uri.parse().unwrap(), own).is_some();
        for ours in [
            "/logs/a",
            "http://127.0.0.1:4566/",
            "http://123456789012.127.0.0.1:4566/v20180820/x",
        ] {
            assert!(!is_refused(ours), "{ours}");
        }
        for other in [
            "http://example.com/",
            "example.com:443",
            "http://127.0.0.1:4567/",
            "http://12345678901.127.0.0.1:4566/",
            "http://evil-127.0.0.1:4566/",
        ] {
            assert!(is_refused(other), "{other}");
        }
    }
}
