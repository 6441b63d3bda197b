//! A server that we started. It ends with its guard, also when a test panics, with everything that it started itself.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long a server may take to come up: on two cores, with others compiling.
const PATIENCE: Duration = Duration::from_mins(2);

pub struct Server {
    name: &'static str,
    child: Child,
    log: PathBuf,
    /// What it takes as "stop now, in order".
    stop: Signal,
}

impl Server {
    /// Starts it in a process group of its own, with its output in `log`.
    pub fn start(name: &'static str, command: &mut Command, log: &Path, stop: Signal) -> Self {
        let output = File::create(log).expect("a log file");
        let errors = output.try_clone().expect("a second handle");
        command.process_group(0).stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self { name, child, log: log.to_owned(), stop }
    }

    /// Its own process and those that it started: a server may give its children groups of their own.
    pub fn family(&self) -> Vec<Pid> {
        let leader = Pid::from_child(&self.child);
        let parent = |pid: i32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name in parentheses may hold anything; the state and the parent come after it.
            stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<i32>().ok()
        };
        let processes = std::fs::read_dir("/proc").expect("the processes can be listed").flatten();
        let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let children = pids.filter(|pid| parent(*pid) == Some(leader.as_raw_nonzero().get()));
        std::iter::once(leader).chain(children.filter_map(Pid::from_raw)).collect()
    }

    /// Signals the whole family; one that is gone already needs none.
    pub fn signal(&self, signal: Signal) {
        for pid in self.family() {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// Kills the whole family, and waits until its leader is gone: its successor would take a zombie for a living one.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }

    /// Waits until `url` answers 200.
    pub async fn ready(&mut self, url: &str) {
        self.until(url, async |url| crate::http::try_get(url).await.is_some_and(|(status, _)| status == 200)).await;
    }

    /// Waits until something accepts connections on the port.
    pub async fn listening(&mut self, port: u16) {
        let address = format!("127.0.0.1:{port}");
        self.until(&address, async |address| tokio::net::TcpStream::connect(address).await.is_ok()).await;
    }

    /// Waits until this holds.
    pub async fn until(&mut self, what: &str, holds: impl AsyncFn(&str) -> bool) {
        let start = Instant::now();
        while !holds(what).await {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("{} ended ({status}) before it was ready:\n{}", self.name, self.last_words());
            }
            assert!(start.elapsed() < PATIENCE, "{} is not ready at {what}:\n{}", self.name, self.last_words());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(30).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.child);
        let _ = kill_process_group(group, self.stop);
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < Duration::from_secs(8) {
            std::thread::sleep(Duration::from_millis(20));
        }
        // Whatever of the group is left, and the leader if it did not listen.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// A port that nothing listens on at this moment.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}
