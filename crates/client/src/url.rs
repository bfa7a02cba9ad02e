//! The address of an api.

use std::{fmt, str::FromStr};

/// `https://<id>.execute-api.<region>.amazonaws.com/v1`, without a `/` at the end; or a custom domain's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUrl(String);

/// It is no address of an api.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no api's address: it looks like `https://abcdefgh12.execute-api.eu-west-1.amazonaws.com/v1`"
)]
pub struct WrongUrl(String);

impl ApiUrl {
    /// The Region that the address names, if it does.
    pub fn region(&self) -> Option<&str> {
        let host = self.0.split('/').nth(2)?;
        let mut words = host.split('.').skip(1);
        (words.next()? == "execute-api").then(|| words.next()).flatten()
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiUrl {
    type Err = WrongUrl;

    /// Only a machine's own loopback does without TLS.
    fn from_str(text: &str) -> Result<Self, WrongUrl> {
        let text = text.trim().trim_end_matches('/');
        let wrong = || WrongUrl(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let host = rest.split('/').next().unwrap_or_default();
        let is_loopback = matches!(host.split(':').next(), Some("127.0.0.1" | "localhost"));
        let is_fine = (scheme == "https" || (scheme == "http" && is_loopback))
            && !host.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/$".contains(&byte));
        is_fine.then(|| Self(text.to_owned())).ok_or_else(wrong)
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_address_tells_its_region() {
        let url: ApiUrl = "https://abcdefgh12.execute-api.eu-west-1.amazonaws.com/v1/"
            .parse()
            .unwrap();
        assert_eq!(url.region(), Some("eu-west-1"));
        assert_eq!(
            url.as_str(),
            "https://abcdefgh12.execute-api.eu-west-1.amazonaws.com/v1"
        );
        let custom: ApiUrl = "https://backstop.example.com".parse().unwrap();
        assert_eq!(custom.region(), None);
    }

    #[test]
    fn what_would_send_signatures_in_the_clear_is_none() {
        for text in [
            "",
            "abc",
            "http://abcdefgh12.execute-api.eu-west-1.amazonaws.com/v1",
            "http://127.0.0.1.example.com/",
            "https:///v1",
            "https://a b/",
            "https://user@example.com/",
            "ftp://example.com",
        ] {
            assert!(text.parse::<ApiUrl>().is_err(), "{text}");
        }
        assert!(
            "http://127.0.0.1:4566/_aws/execute-api/abc/v1"
                .parse::<ApiUrl>()
                .is_ok()
        );
    }
}
