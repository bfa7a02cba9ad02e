//! Requests over HTTP whose headers say that somebody else asks, signed with everything in them by whoever really does.

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use backstop_tests::Scene;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::terminal::Terminal;

/// What proxies, gateways and functions read identities from; as `as_whom`, who didn't ask.
fn forged(as_whom: &str) -> Vec<(&'static str, String)> {
    let iam = json!({ "userArn": as_whom, "userId": "AIDAFORGED", "accessKey": "AKIAFORGED" });
    vec![
        ("x-amzn-iam-user-arn", as_whom.to_owned()),
        ("x-amz-user-arn", as_whom.to_owned()),
        (
            "x-amzn-request-context",
            json!({ "authorizer": { "iam": iam } }).to_string(),
        ),
        ("x-amzn-oidc-identity", as_whom.to_owned()),
        ("x-forwarded-user", as_whom.to_owned()),
        ("x-remote-user", as_whom.to_owned()),
        ("x-user-arn", as_whom.to_owned()),
    ]
}

/// What the api answers to `by`, whose headers name `as_whom`: the status, and what it says.
pub(crate) async fn post(
    scene: &Scene,
    by: &Terminal,
    as_whom: &Terminal,
    path: &[&str],
    body: &Value,
) -> (u16, Value) {
    let url = format!("{}/{}", by.api, path.join("/"));
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let body = body.to_string();
    let mut headers = forged(&as_whom.arn);
    headers.push(("host", host.to_owned()));
    headers.push(("content-type", "application/json".to_owned()));
    let identity = by.credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(scene.environment.account().region())
        .name("execute-api")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let request = SignableRequest::new(
        "POST",
        url.as_str(),
        headers.iter().map(|(name, value)| (*name, value.as_str())),
        SignableBody::Bytes(body.as_bytes()),
    );
    let (signature, _) = sign(request.unwrap(), &parameters.into()).unwrap().into_parts();
    let signed = signature.headers().map(|(name, value)| (name, value.to_owned()));
    let lines: String = headers
        .into_iter()
        .chain(signed)
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    let text = format!(
        "POST /{path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n{lines}\r\n{body}"
    );
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (
        status,
        serde_json::from_str(body).unwrap_or_else(|_no_json| panic!("{answer}")),
    )
}
