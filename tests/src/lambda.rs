//! The few calls of Lambda that tests make, signed one by one: its SDK crate would be costly to build for them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failing helper fails its test"
)]

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use backstop_emulator::Account;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const FUNCTIONS: &str = "/2015-03-31/functions";
const MAPPINGS: &str = "/2015-03-31/event-source-mappings";

/// Runs a function and waits for its answer.
pub async fn invoke(account: &Account, function: &str) -> Value {
    invoke_with(account, function, &json!({})).await
}

/// Runs a function with this and waits for its answer, or for its error.
pub async fn invoke_with(account: &Account, function: &str, payload: &Value) -> Value {
    let path = format!("{FUNCTIONS}/{function}/invocations");
    call(account, "POST", &path, payload).await
}

/// Lets the functions take messages from a queue, or stops them.
pub async fn switch_queue(account: &Account, queue_url: &str, is_on: bool) {
    let queue = queue_url.rsplit('/').next().unwrap();
    let all = call(account, "GET", &format!("{MAPPINGS}/"), &Value::Null).await;
    let all = all["EventSourceMappings"].as_array().unwrap();
    let ours = all
        .iter()
        .find(|mapping| mapping["EventSourceArn"].as_str().unwrap().ends_with(queue))
        .unwrap();
    let path = format!("{MAPPINGS}/{}", ours["UUID"].as_str().unwrap());
    let changed = call(account, "PUT", &path, &json!({ "Enabled": is_on })).await;
    assert!(changed["UUID"].is_string(), "{changed}");
}

async fn call(account: &Account, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let url = account.endpoint_url();
    let host = url.trim_start_matches("http://").to_owned();
    let identity = account.root().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(account.region())
        .name("lambda")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let request = SignableRequest::new(
        method,
        format!("{url}{path}"),
        [("host", host.as_str())].into_iter(),
        SignableBody::Bytes(body.as_bytes()),
    );
    let (signature, _) = sign(request.unwrap(), &parameters.into()).unwrap().into_parts();
    let signed: String = signature
        .headers()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{signed}\r\n{body}"
    );
    let mut stream = TcpStream::connect(&host).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 2"),
        "{method} {path} answered {answer}"
    );
    serde_json::from_str(body).unwrap()
}
