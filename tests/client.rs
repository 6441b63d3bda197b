//! What the two clients put on the wire, byte for byte: which token, how often, over how many connections.

#![expect(clippy::expect_used, reason = "a test stops where the world is not as it must be")]

#[path = "faults/permits.rs"]
mod permits;

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use breakglass::domain::cause::Fault;
use breakglass::domain::endpoint::{EndpointSpec, SecretSource, Vendor};
use breakglass::domain::plan::PlannedRequest;
use breakglass::net::{ReadClient, Sent, WriteClient};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What arrived: each request with its head and body, and how many connections there were.
#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<String>>,
    connections: Mutex<usize>,
}

impl Seen {
    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("lock").clone()
    }

    fn last(&self) -> String {
        self.requests().pop().expect("a request")
    }

    fn connections(&self) -> usize {
        *self.connections.lock().expect("lock")
    }
}

/// A server that keeps connections open and answers everything with this status.
async fn start(status: u16) -> (Arc<Seen>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let seen = Arc::new(Seen::default());
    let noting = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            *noting.connections.lock().expect("lock") += 1;
            tokio::spawn(answer(socket, status, Arc::clone(&noting)));
        }
    });
    (seen, url)
}

async fn answer(mut socket: TcpStream, status: u16, seen: Arc<Seen>) -> std::io::Result<()> {
    let mut buffer = String::new();
    loop {
        let mut chunk = [0; 4096];
        let read = socket.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        buffer.push_str(&String::from_utf8_lossy(&chunk[..read]));
        let Some((head, body)) = buffer.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if body.len() < length.parse().unwrap_or(0) {
            continue;
        }
        seen.requests.lock().expect("lock").push(std::mem::take(&mut buffer));
        let reply = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}");
        socket.write_all(reply.as_bytes()).await?;
    }
}

fn token(value: &str) -> (tempfile::NamedTempFile, SecretSource) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "{value}").expect("written");
    let source = SecretSource::File(file.path().to_owned());
    (file, source)
}

fn endpoint(vendor: Vendor, url: &str, secret: Option<&SecretSource>) -> EndpointSpec {
    EndpointSpec {
        id: "store".parse().expect("an id"),
        vendor,
        url: url.into(),
        secret: secret.cloned(),
        serving_secret: None,
        user: None,
        secret_header: None,
        ca_file: None,
        timeout: Duration::from_secs(5),
        interval: Duration::from_secs(10),
    }
}

fn authorization(request: &str) -> Option<&str> {
    request.lines().find_map(|line| line.strip_prefix("authorization: "))
}

fn post(url: &str) -> PlannedRequest {
    PlannedRequest {
        method: "POST".into(),
        url: url.into(),
        headers: Vec::new(),
        content_type: Some("application/json".into()),
        body: Some("{\"enabled\": false}".into()),
    }
}

#[tokio::test]
async fn each_side_gets_its_own_token_and_warming_gets_none() {
    let (seen, url) = start(200).await;
    let (_main, main) = token("main-token-1");
    let (_serving, serving) = token("serving-token-2");
    let spec = EndpointSpec { serving_secret: Some(serving), ..endpoint(Vendor::Unleash, &url, Some(&main)) };
    let client = ReadClient::new(spec);
    client.warm().await.expect("warm");
    assert_eq!(authorization(&seen.last()), None);
    client.get("/api/admin", &[]).await.expect("an answer");
    assert_eq!(authorization(&seen.last()), Some("main-token-1"));
    client.get_serving("/api/client/features", &[]).await.expect("an answer");
    assert_eq!(authorization(&seen.last()), Some("serving-token-2"));
    assert_eq!(seen.connections(), 1, "a warm connection is used again");
    let shown = format!("{client:?}");
    assert!(!shown.contains("token-"), "{shown}");
}

#[tokio::test]
async fn a_user_means_basic_and_everybody_else_gets_a_bearer_token() {
    let (seen, url) = start(200).await;
    let (_file, source) = token("open-sesame");
    let spec = endpoint(Vendor::Prometheus, &url, Some(&source));
    ReadClient::new(spec.clone()).query("/api/v1/query", &[("query", "a + b")]).await.expect("an answer");
    assert_eq!(authorization(&seen.last()), Some("Bearer open-sesame"));
    assert!(seen.last().ends_with("\r\n\r\nquery=a+%2B+b"), "{}", seen.last());
    let spec = EndpointSpec { user: Some("Aladdin".into()), ..spec };
    ReadClient::new(spec).get("/x", &[]).await.expect("an answer");
    assert_eq!(authorization(&seen.last()), Some("Basic QWxhZGRpbjpvcGVuLXNlc2FtZQ=="));
}

#[tokio::test]
async fn a_write_is_exactly_what_was_planned_once_over_the_warm_connection() {
    let (seen, url) = start(200).await;
    let (_file, source) = token("main-token-1");
    let reader = ReadClient::new(endpoint(Vendor::Unleash, &format!("{url}/base"), Some(&source)));
    reader.warm().await.expect("warm");
    let planned = post(&reader.url("/api/off", &[]).expect("a url"));
    let (_, permit) = permits::permitted(vec![planned.clone()]);
    let client = WriteClient::new(&permit, &reader);
    assert!(matches!(client.send(&planned).await, Sent::Answered(answer) if answer.status == 200));
    assert_eq!(seen.requests().len(), 2, "one to warm, one to write");
    let sent = seen.last();
    assert!(sent.starts_with("POST /base/api/off HTTP/1.1\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\n{\"enabled\": false}"), "{sent}");
    assert!(sent.contains("content-type: application/json\r\n"), "{sent}");
    assert_eq!(authorization(&sent), Some("main-token-1"));
    assert_eq!(seen.connections(), 1);
}

#[tokio::test]
async fn the_idempotency_key_is_the_same_for_the_same_request_only() {
    let (seen, url) = start(200).await;
    let reader = ReadClient::new(endpoint(Vendor::Mlflow, &url, None));
    let requests = [post(&format!("{url}/a")), post(&format!("{url}/a")), post(&format!("{url}/b"))];
    let (_, permit) = permits::permitted(requests.to_vec());
    let client = WriteClient::new(&permit, &reader);
    for request in &requests {
        assert!(matches!(client.send(request).await, Sent::Answered(_)));
    }
    let key = |request: &String| {
        request.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).expect("a key").to_owned()
    };
    let keys: Vec<_> = seen.requests().iter().map(key).collect();
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
    assert!(keys[0].starts_with("run-1-"), "{}", keys[0]);
}

#[tokio::test]
async fn what_is_no_write_or_not_ours_never_leaves() {
    let (seen, url) = start(200).await;
    let reader = ReadClient::new(endpoint(Vendor::Unleash, &url, None));
    let elsewhere = post("http://127.0.0.1:9/x");
    let with_user = post(&url.replace("http://", "http://u:p@"));
    let reading = PlannedRequest { method: "GET".into(), ..post(&format!("{url}/x")) };
    for planned in [elsewhere, with_user, reading] {
        let (_, permit) = permits::permitted(vec![planned.clone()]);
        let outcome = WriteClient::new(&permit, &reader).send(&planned).await;
        assert!(matches!(outcome, Sent::NotSent(Fault::BadAddress { .. })), "{planned:?}: {outcome:?}");
    }
    assert_eq!(seen.connections(), 0);
}

#[tokio::test]
async fn any_answer_is_an_answer_where_a_store_says_unset_by_400() {
    let (_seen, url) = start(400).await;
    let client = ReadClient::new(endpoint(Vendor::Mlflow, &url, None));
    assert_eq!(client.get_any("/alias", &[]).await.expect("an answer").status, 400);
    assert!(matches!(client.get("/alias", &[]).await, Err(Fault::BadRequest { status: 400, .. })));
    let (_seen, url) = start(302).await;
    let client = ReadClient::new(endpoint(Vendor::Mlflow, &url, None));
    assert!(matches!(client.get_any("/alias", &[]).await, Err(Fault::Redirected { .. })));
}
