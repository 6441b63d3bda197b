//! A server of Redis's protocol with one user, of the shape that 7.0.15 gave. Knows no scripts but the adapter's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use breakglass::domain::endpoint::{EndpointSpec, Vendor};
use breakglass::domain::lever::{LeverTarget, Setting, forms};
use breakglass::domain::plan::CheckStatus;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::contract::{self, Subject};

type Values = Arc<Mutex<BTreeMap<String, String>>>;

/// Serves until the test's runtime ends. `guarded`: nobody without a password may anything.
async fn start(guarded: bool) -> String {
    let held = [("flag:llm".to_owned(), "on".to_owned()), ("flag:doc".into(), r#"{"by":"dana","on":true}"#.into())];
    let values: Values = Arc::new(Mutex::new(held.into()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(BufReader::new(stream), Arc::clone(&values), !guarded));
        }
    });
    format!("redis://127.0.0.1:{port}")
}

async fn serve(mut stream: BufReader<TcpStream>, values: Values, mut known: bool) {
    while let Some(command) = read(&mut stream).await {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let reply = match words.as_slice() {
            ["AUTH", "oncall", "oncall-password"] => {
                known = true;
                "+OK\r\n".to_owned()
            }
            ["AUTH", ..] => "-WRONGPASS invalid username-password pair or user is disabled.\r\n".to_owned(),
            _ if !known => "-NOAUTH Authentication required.\r\n".to_owned(),
            command => answer(&mut values.lock().expect("not poisoned"), command),
        };
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(values: &mut BTreeMap<String, String>, command: &[&str]) -> String {
    match command {
        ["GET", key] => values.get(*key).map_or_else(|| "$-1\r\n".into(), |value| bulk(value)),
        ["ACL", "WHOAMI"] => bulk("oncall"),
        ["ACL", "DRYRUN", "oncall", "SET", key, _] if key.starts_with("flag:") => "+OK\r\n".into(),
        ["ACL", "DRYRUN", ..] => bulk("This user has no permissions to access the key"),
        // Compares the value (or that there is none) and then sets or removes it, as one.
        ["EVAL", script, "1", key, had, now, has, after] => {
            assert!(script.contains("KEEPTTL"), "a plain SET forgets the time to live");
            let expected = (*had == "1").then(|| (*now).to_owned());
            if values.get(*key).cloned() != expected {
                return ":0\r\n".into();
            }
            match *has {
                "1" => drop(values.insert((*key).to_owned(), (*after).to_owned())),
                _ => drop(values.remove(*key)),
            }
            ":1\r\n".into()
        }
        _ => format!("-ERR unknown command {command:?}\r\n"),
    }
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for _ in 0..number(stream, '*').await? {
        let mut word = vec![0; number(stream, '$').await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        word.truncate(word.len() - 2);
        words.push(String::from_utf8(word).ok()?);
    }
    Some(words)
}

async fn number(stream: &mut BufReader<TcpStream>, mark: char) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.trim_end().strip_prefix(mark)?.parse().ok()
}

fn key(key: &str, pointer: &str) -> LeverTarget {
    forms::REDIS_KEY.at([("key", key), ("pointer", pointer)])
}

#[tokio::test]
async fn redis_keeps_the_contract() {
    let (endpoint, _token) = crate::endpoint(Vendor::Redis, &start(false).await, "");
    let whole = Subject {
        endpoint: EndpointSpec { secret: None, ..endpoint },
        target: key("flag:llm", ""),
        other: Setting::Switch(false),
        missing: key("flag:doc", "/no-such-place"),
    };
    contract::keeps_the_contract(&whole).await;
    contract::keeps_the_contract(&Subject { target: key("flag:doc", "/on"), ..whole.clone() }).await;
    let first = Subject { target: key("flag:new", ""), other: Setting::Switch(true), ..whole };
    contract::keeps_the_contract(&first).await;
}

#[tokio::test]
async fn a_redis_with_users_takes_its_password_and_no_other() {
    let (mut endpoint, _password) = crate::endpoint(Vendor::Redis, &start(true).await, "oncall-password");
    endpoint.user = Some("oncall".into());
    let missing = key("flag:doc", "/no-such-place");
    let guarded = Subject { endpoint, target: key("flag:llm", ""), other: Setting::Switch(false), missing };
    contract::can_be_probed_without_a_write(&guarded).await;
    contract::moves_is_served_and_comes_back_exactly(&guarded).await;
    contract::a_wrong_token_is_refused(&guarded).await;
    let checks = guarded.levers().probe(&key("route:llm", "")).await;
    assert!(checks.iter().any(|check| check.status == CheckStatus::Fail), "the user has no right there: {checks:?}");
}
