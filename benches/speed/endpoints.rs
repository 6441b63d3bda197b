//! The servers of a measurement, on one loopback port: numbers after 50 ms, numbers that never come, a Prometheus with as
//! many signals as are asked for, and a switch that says when its request came in. One thread a connection; may not be slow itself.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What a slow endpoint takes to answer.
pub const SLOW: Duration = Duration::from_millis(50);

/// A running server.
pub struct Endpoints {
    /// Where it listens.
    pub address: SocketAddr,
    writes: Arc<Mutex<Vec<Instant>>>,
    is_on: Arc<Mutex<bool>>,
}

impl Endpoints {
    /// Starts it; it ends with the process.
    pub fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (writes, is_on) = (Arc::default(), Arc::new(Mutex::new(true)));
        let (seen, switch) = (Arc::clone(&writes), Arc::clone(&is_on));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, switch) = (Arc::clone(&seen), Arc::clone(&switch));
                thread::spawn(move || while serve(&stream, &seen, &switch).is_some() {});
            }
        });
        Ok(Self { address, writes, is_on })
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// When the newest write came in, if one came since `since`.
    pub fn written_since(&self, since: Instant) -> Option<Instant> {
        self.writes.lock().ok()?.iter().copied().find(|at| *at >= since)
    }

    /// Puts the switch back.
    pub fn switch_on(&self) {
        if let Ok(mut is_on) = self.is_on.lock() {
            *is_on = true;
        }
    }
}

/// Answers one request; nothing when the connection is over.
fn serve(stream: &TcpStream, writes: &Mutex<Vec<Instant>>, is_on: &Mutex<bool>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    let came = Instant::now();
    let (method, path) = first.split_once(' ').map(|(method, rest)| (method, rest.split(' ').next().unwrap_or("")))?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
        if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let answer = match path {
        "/slow" => {
            thread::sleep(SLOW);
            r#"{"value":0.5}"#.to_owned()
        }
        "/hung" => {
            thread::sleep(Duration::from_mins(10));
            return None;
        }
        "/api/v1/query" | "/api/v1/query_range" => prometheus(path, &String::from_utf8_lossy(&body)),
        "/switch" if method == "GET" => format!(r#"{{"on":{}}}"#, is_on.lock().is_ok_and(|is_on| *is_on)),
        "/switch" => {
            writes.lock().ok()?.push(came);
            *is_on.lock().ok()? = false;
            r#"{"on":false}"#.to_owned()
        }
        _ => r#"{"value":0.5}"#.to_owned(),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
    let mut connection = stream;
    connection.write_all(format!("{head}{answer}").as_bytes()).ok()
}

/// One number for each marked expression, and a history of half an hour.
fn prometheus(path: &str, form: &str) -> String {
    let parameter = |name: &str| -> Option<i64> {
        form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    };
    let marks = form.matches("__bg").count();
    let series = |mark: Option<usize>| {
        let labels = mark.map_or_else(String::new, |mark| format!(r#""__bg":"{mark}""#));
        if path == "/api/v1/query" {
            let at = parameter("time").unwrap_or_default();
            return format!(r#"{{"metric":{{{labels}}},"value":[{at},"0.5"]}}"#);
        }
        let (start, end) = (parameter("start").unwrap_or_default(), parameter("end").unwrap_or_default());
        let step = parameter("step").unwrap_or(60).max(1);
        let values: Vec<String> = (0..=(end - start) / step)
            .map(|at| start + at * step)
            .map(|at| format!(r#"[{at},"0.{}"]"#, 500 + at / step % 7))
            .collect();
        format!(r#"{{"metric":{{{labels}}},"values":[{}]}}"#, values.join(","))
    };
    let all: Vec<String> =
        if marks == 0 { vec![series(None)] } else { (0..marks).map(|at| series(Some(at))).collect() };
    let kind = if path == "/api/v1/query" { "vector" } else { "matrix" };
    format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":[{}]}}}}"#, all.join(","))
}
