//! A flag store, Unleash-shaped, that records every write and follows a script: it answers, is silent, cuts, or fails.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// One write as it arrived.
#[derive(Debug, Clone)]
pub struct Write {
    /// The flag that it named.
    pub flag: String,
    /// The run in its idempotency key.
    pub run: String,
    /// Whether its intent stood in the journal's file at that moment.
    pub intended: bool,
    /// Whether it changed the flag.
    pub applied: bool,
}

#[derive(Debug, Clone, Copy)]
enum Script {
    Yes,
    YesThenSilence,
    YesThenCut,
    YesThenError,
    CutBefore,
}

struct State {
    off: BTreeMap<String, bool>,
    writes: Vec<Write>,
    random: fastrand::Rng,
}

/// A running store; ends with the runtime.
#[derive(Clone)]
pub struct Store {
    pub url: String,
    state: Arc<Mutex<State>>,
    arrivals: watch::Sender<usize>,
    /// The journal in which intents must stand; without it the store obeys at once, and always answers.
    journal: Option<PathBuf>,
}

impl Store {
    /// Starts on a free port. `journal` is the file in which intents must stand.
    pub async fn start(seed: u64, journal: PathBuf) -> Self {
        Self::begin(seed, Some(journal)).await
    }

    /// Starts one that does what it is told, and answers.
    pub async fn obedient() -> Self {
        Self::begin(0, None).await
    }

    async fn begin(seed: u64, journal: Option<PathBuf>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let random = fastrand::Rng::with_seed(seed);
        let state = State { off: BTreeMap::new(), writes: Vec::new(), random };
        let store = Self { url, state: Arc::new(Mutex::new(state)), arrivals: watch::Sender::new(0), journal };
        let accepting = store.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let store = accepting.clone();
                tokio::spawn(async move { store.serve(stream).await });
            }
        });
        store
    }

    /// Everything that was written so far.
    pub fn writes(&self) -> Vec<Write> {
        self.state.lock().expect("no panic").writes.clone()
    }

    /// Moves with every write that arrives.
    pub fn arrivals(&self) -> watch::Receiver<usize> {
        self.arrivals.subscribe()
    }

    async fn serve(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some((method, path, key)) = request(&mut stream).await {
            let body = if method == "GET" { Some((200, self.read(&path))) } else { self.write(&path, &key).await };
            let Some((status, body)) = body else { return };
            let answer = format!(
                "HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn read(&self, path: &str) -> String {
        if path.starts_with("/api/admin/user") {
            return r#"{"permissions":[{"permission":"ADMIN"}]}"#.to_owned();
        }
        let Some(flag) = flag_of(path) else { return r#"{"events":[],"total":0}"#.to_owned() };
        let off = self.state.lock().expect("no panic").off.get(flag).copied().unwrap_or_default();
        let strategy = r#"{"id":"s1","name":"flexibleRollout","parameters":{"rollout":"100"},"constraints":[]}"#;
        format!(r#"{{"name":"{flag}","environment":"production","enabled":{},"strategies":[{strategy}]}}"#, !off)
    }

    /// Follows the script; `None` cuts the connection.
    async fn write(&self, path: &str, key: &str) -> Option<(u16, String)> {
        let run = key.get(..36).unwrap_or(key).to_owned();
        let intended = self.is_intended(&run).await;
        let (at, script, before, after) = {
            let mut state = self.state.lock().expect("no panic");
            let flag = flag_of(path).unwrap_or_default().to_owned();
            state.writes.push(Write { flag, run, intended, applied: false });
            let script = match state.random.u8(..10) {
                _ if self.journal.is_none() => Script::Yes,
                0 => Script::YesThenSilence,
                1 => Script::YesThenCut,
                2 => Script::YesThenError,
                3 => Script::CutBefore,
                _ => Script::Yes,
            };
            (state.writes.len() - 1, script, state.random.u64(..4), state.random.u64(..8))
        };
        self.arrivals.send_modify(|count| *count += 1);
        tokio::time::sleep(Duration::from_millis(before)).await;
        if matches!(script, Script::CutBefore) {
            return None;
        }
        {
            let mut state = self.state.lock().expect("no panic");
            state.writes[at].applied = true;
            if let Some(flag) = flag_of(path) {
                state.off.insert(flag.to_owned(), path.ends_with("/off"));
            }
        }
        tokio::time::sleep(Duration::from_millis(after)).await;
        match script {
            Script::Yes => Some((200, String::new())),
            Script::YesThenError => Some((500, "{}".to_owned())),
            Script::YesThenSilence => std::future::pending().await,
            Script::YesThenCut | Script::CutBefore => None,
        }
    }

    /// Asks the file itself, as another process would, before anything is changed.
    async fn is_intended(&self, run: &str) -> bool {
        let Some(journal) = &self.journal else { return false };
        let url = format!("sqlite:{}?mode=ro", journal.display());
        let Ok(mut connection) = SqliteConnection::connect(&url).await else { return false };
        let found = sqlx::query(
            "SELECT count(*) FROM entry WHERE json_extract(CAST(head AS TEXT), '$.what.kind') = 'intended' \
             AND json_extract(CAST(head AS TEXT), '$.what.run') = ?",
        )
        .bind(run)
        .fetch_one(&mut connection)
        .await;
        found.is_ok_and(|row| row.get::<i64, _>(0) == 1)
    }
}

/// `…/features/FLAG/environments/…`
fn flag_of(path: &str) -> Option<&str> {
    path.split("/features/").nth(1)?.split('/').next()
}

/// Method, path and idempotency key of the next request. Bodies are read and dropped.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String, String)> {
    let mut line = String::new();
    if stream.read_line(&mut line).await.ok()? == 0 {
        return None;
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let (mut key, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "idempotency-key" => key = value.to_owned(),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((method, path, key))
}
