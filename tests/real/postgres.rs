//! A PostgreSQL cluster of our own, in a temporary directory. Refuses to run as root, so root lends it another user.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

use crate::install;
use crate::process::{Server, free_port};

pub struct Postgres {
    // Before the directory: the server ends before its files go.
    server: Server,
    directory: TempDir,
    port: u16,
}

impl Postgres {
    pub async fn boot() -> Self {
        let directory = tempfile::Builder::new().prefix("breakglass-pg").tempdir_in("/tmp").expect("a directory");
        let user = user();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(directory.path(), Some(uid), Some(gid)).expect("given away");
        }
        let initdb = command(&programs().join("initdb"), user, directory.path())
            .args(["-A", "trust", "-U", "postgres", "--no-sync", "-D"])
            .arg(directory.path().join("data"))
            .output()
            .expect("initdb starts");
        assert!(initdb.status.success(), "{}", String::from_utf8_lossy(&initdb.stderr));
        let port = free_port();
        let server = start(directory.path(), port).await;
        Self { server, directory, port }
    }

    /// Stops every process of the server where it stands: connections stay, and nothing answers.
    pub fn freeze(&self) {
        self.server.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.server.signal(Signal::CONT);
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts it again after it was killed, on the same port; it recovers by its own log.
    pub async fn restart(&mut self) {
        self.server = start(self.directory.path(), self.port).await;
    }

    /// The address of the cluster's own database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

fn programs() -> PathBuf {
    let initdb = install::program("initdb", "postgresql", &["/usr/lib/postgresql"]);
    initdb.parent().expect("a directory").to_owned()
}

async fn start(directory: &Path, port: u16) -> Server {
    let mut start = command(&programs().join("postgres"), user(), directory);
    start.arg("-D").arg(directory.join("data")).args([
        "-p",
        &port.to_string(),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
    ]);
    start.arg(format!("unix_socket_directories={}", directory.display()));
    // Nobody pulls the plug of this machine, and others use its disk: what is killed here are processes.
    start.args(["-c", "fsync=off"]);
    // SIGINT is its fast shutdown; SIGTERM would wait for clients.
    let mut server = Server::start("PostgreSQL", &mut start, &directory.join("postgres.log"), Signal::INT);
    server.listening(port).await;
    // It listens before it has recovered.
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    server.until(&url, async |url| PgConnection::connect(url).await.is_ok()).await;
    server
}

fn command(program: &Path, user: Option<(u32, u32)>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).env("LC_ALL", "C");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

/// Who runs it: ourselves, or the package's own user where we are root.
fn user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("the users can be read");
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("the package makes the user postgres");
    let field = |at: usize| line.split(':').nth(at).and_then(|id| id.parse().ok()).expect("a number");
    Some((field(2), field(3)))
}
