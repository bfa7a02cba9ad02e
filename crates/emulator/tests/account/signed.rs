//! Signs and sends single calls of services whose SDK crates would be costly to build for a test.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use backstop_emulator::Account;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The status of a call with form parameters.
pub(crate) async fn query(account: &Account, credentials: &Credentials, service: &str, body: &str) -> u16 {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    send(account, credentials, service, &headers, body).await.0
}

/// The status and body of a call with a JSON body.
pub(crate) async fn json(
    account: &Account,
    credentials: &Credentials,
    service: &str,
    target: &str,
    body: &str,
) -> (u16, String) {
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target),
    ];
    send(account, credentials, service, &headers, body).await
}

async fn send(
    account: &Account,
    credentials: &Credentials,
    service: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let url = account.endpoint_url();
    let host = url.trim_start_matches("http://").to_owned();
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(account.region())
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let to_sign = headers.iter().copied().chain([("host", host.as_str())]);
    let request = SignableRequest::new(
        "POST",
        format!("{url}/"),
        to_sign,
        SignableBody::Bytes(body.as_bytes()),
    );
    let (signature, _) = sign(request.unwrap(), &parameters.into()).unwrap().into_parts();
    let signed = signature
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let plain = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let lines: String = plain
        .chain(signed)
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();

    let mut stream = TcpStream::connect(&host).await.unwrap();
    let length = body.len();
    let text = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{lines}\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}
