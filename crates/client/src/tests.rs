//! What goes over the wire, and what is made of what comes back.
#![expect(clippy::unwrap_used, reason = "tests")]

use aws_credential_types::Credentials;
use backstop_core::api::{ApiError, CallerAnswer, ErrorCode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// Answers one request after the other, and gives what it read.
async fn server(answers: &'static [&'static str]) -> (Client, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = vec![0; 65_536];
            let length = stream.read(&mut read).await.unwrap();
            asked.push(String::from_utf8_lossy(read.get(..length).unwrap()).into_owned());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    let credentials = Credentials::new("AKIAEXAMPLE", "secret", Some("token".into()), None, "tests");
    let credentials = SharedCredentialsProvider::new(credentials);
    (
        Client::new(url.parse().unwrap(), "eu-west-1", credentials),
        serving,
    )
}

const OK: &str =
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 22\r\n\r\n{\"arn\":\"x\",\"person\":0}";
const CALLER: &str =
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 25\r\n\r\n{\"arn\":\"x\",\"person\":null}";

#[tokio::test]
async fn a_request_is_signed_and_what_is_in_its_path_stays_one_word() {
    let (client, serving) = server(&[CALLER]).await;
    let answer: CallerAnswer = client
        .get(&["incidents", "../caller", "a?b#c%/"], &[("status", "a&b=c")])
        .await
        .unwrap();
    assert_eq!(answer.arn, "x");
    let asked = serving.await.unwrap().remove(0).to_lowercase();
    let line = asked.lines().next().unwrap();
    assert_eq!(
        line,
        "get /v1/incidents/..%2fcaller/a%3fb%23c%25%2f?status=a%26b%3dc http/1.1"
    );
    for expected in [
        "credential=akiaexample/",
        "/eu-west-1/execute-api/aws4_request",
        "x-amz-security-token: token",
    ] {
        assert!(asked.contains(expected), "{expected}: {asked}");
    }
}

#[tokio::test]
async fn an_error_is_the_apis_or_api_gateways() {
    let refused = "HTTP/1.1 409 Conflict\r\nconnection: close\r\ncontent-length: 65\r\n\r\n\
        {\"error\":{\"code\":\"closed\",\"message\":\"it is closed\",\"next\":[\"x\"]}}";
    let forbidden = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 23\r\n\r\n{\"message\":\"Forbidden\"}";
    let (client, serving) = server(Vec::leak(vec![refused, forbidden, OK])).await;
    let error = client.post::<CallerAnswer>(&["pauses"], &()).await.unwrap_err();
    let expected = ApiError {
        code: ErrorCode::Closed,
        message: "it is closed".into(),
        next: vec!["x".into()],
    };
    assert_eq!(error.refusal(), Some(&expected));
    let error = client.get::<CallerAnswer>(&["caller"], &[]).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::NotAllowed(said) if said == "Forbidden"),
        "{error}"
    );
    let error = client.get::<CallerAnswer>(&["caller"], &[]).await.unwrap_err();
    assert!(matches!(error, ClientError::NewerAnswer(_)), "{error}");
    serving.await.unwrap();
}

#[tokio::test]
async fn what_is_begun_is_asked_for_again_under_the_same_key() {
    let broken = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let (client, serving) = server(Vec::leak(vec![broken, CALLER])).await;
    let begun: CallerAnswer = client.begin(&["incidents"], &()).await.unwrap();
    assert_eq!(begun.person, None);
    let asked = serving.await.unwrap();
    let key = |text: &String| {
        let line = text.lines().find(|line| line.starts_with("idempotency-key"));
        line.map(str::to_owned)
    };
    let keys: Vec<_> = asked.iter().map(key).collect();
    assert!(keys.first().unwrap().is_some());
    assert_eq!(keys.first(), keys.get(1));

    let (client, serving) = server(Vec::leak(vec![broken])).await;
    assert!(client.post::<CallerAnswer>(&["incidents"], &()).await.is_err());
    assert_eq!(
        serving.await.unwrap().len(),
        1,
        "what has no key is asked for once"
    );
}

#[tokio::test]
async fn what_is_fetched_is_asked_for_again() {
    let failing = "HTTP/1.1 503 Slow Down\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let whole = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nkept";
    let (client, serving) = server(Vec::leak(vec![failing, whole])).await;
    let address = format!("{}/evidence", client.url);
    assert_eq!(client.fetch(&address).await.unwrap(), b"kept");
    assert_eq!(serving.await.unwrap().len(), 2);
}
