//! CloudFront's origin access identities in a bucket policy. They are principals of CloudFront's own, outside the account:
//! once a policy is public, `RestrictPublicBuckets` cuts them off with every other outsider. Origin access control, which
//! signs as a service, goes on.

use serde_json::Value;

const USER: &str = ":iam::cloudfront:user/CloudFront Origin Access Identity ";

/// Their ids. A canonical user may be one: the id doesn't tell whose it is.
pub(crate) fn named_in(policy: &str) -> Vec<String> {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let mut found: Vec<String> = each(policy.get("Statement"))
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"))
        .filter_map(|statement| statement.get("Principal"))
        .flat_map(|principal| {
            let users = each(principal.get("AWS")).filter_map(|name| {
                let (_, id) = name.as_str()?.split_once(USER)?;
                Some(format!("origin access identity {id}"))
            });
            let canonical = each(principal.get("CanonicalUser")).filter_map(|id| {
                Some(format!(
                    "canonical user {}, which may be an origin access identity",
                    short(id)?
                ))
            });
            users.chain(canonical)
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// A canonical user's id has 64 characters.
fn short(id: &Value) -> Option<String> {
    let id = id.as_str()?;
    Some(format!("{}…", id.chars().take(12).collect::<String>()))
}

/// One, a list of them, or none.
fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_naming_one_is_read_and_nobody_else() {
        let policy = r#"{"Statement":[
            {"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE","arn:aws:iam::111122223333:root"]},"Action":"s3:GetObject"},
            {"Effect":"Allow","Principal":{"CanonicalUser":"0123456789abcdef0123456789abcdef"},"Action":"s3:GetObject"},
            {"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE"},"Action":"s3:*"},
            {"Effect":"Allow","Principal":"*","Action":"s3:GetObject"},
            {"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject"}]}"#;
        assert_eq!(
            named_in(policy),
            [
                "canonical user 0123456789ab…, which may be an origin access identity",
                "origin access identity E1EXAMPLE",
            ]
        );
        assert!(named_in("no json").is_empty());
    }
}
