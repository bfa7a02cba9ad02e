//! The id of an access key that a call made. It is in the answer only, and what the key then does is known by it.

use crate::wire::{Reply, Resource};

/// Calls whose answer holds a new key: its id, which is recorded, and its secret, which never is.
const MAKE_KEYS: [(&str, &str); 4] = [
    ("iam", "CreateAccessKey"),
    ("sts", "AssumeRole"),
    ("sts", "GetFederationToken"),
    ("sts", "GetSessionToken"),
];

pub(super) fn key(service: &str, action: &str, reply: &Reply) -> Option<Resource> {
    if !reply.status().is_success() || !MAKE_KEYS.contains(&(service, action)) {
        return None;
    }
    let text = std::str::from_utf8(reply.body()).ok()?;
    let (_, rest) = text.split_once("<AccessKeyId>")?;
    let (id, _) = rest.split_once("</AccessKeyId>")?;
    Some(Resource {
        kind: "AccessKeyId".to_owned(),
        name: id.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    #[test]
    fn the_id_is_taken_and_nothing_else() {
        let body =
            "<AccessKey><AccessKeyId>AKIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey></AccessKey>";
        let reply = |status| Reply::new(status, "text/xml", body);
        let made = key("iam", "CreateAccessKey", &reply(StatusCode::OK));
        assert_eq!(made.map(|it| it.name).as_deref(), Some("AKIA1"));
        assert_eq!(key("iam", "ListAccessKeys", &reply(StatusCode::OK)), None);
        assert_eq!(key("iam", "CreateAccessKey", &reply(StatusCode::FORBIDDEN)), None);
    }
}
