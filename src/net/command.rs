//! The only place that runs commands: argv without a shell, clean environment, no terminal, own process group, one
//! deadline, a byte cap. Each is run once. A command that changes something needs a `WritePermit`.
//! May not log or keep what a command printed, and may not know what it means.

use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::endpoint::EndpointSpec;
use crate::domain::permit::WritePermit;

use super::credential::Credential;
use super::secret::Secret;

/// More than this is no answer but somebody's log file.
pub(super) const MOST_BYTES: u64 = 64 * 1024;

/// What a command needs to find itself, its files and its agent; nothing else is inherited.
const INHERITED: [&str; 9] =
    ["PATH", "HOME", "USER", "LOGNAME", "LANG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "TMPDIR"];

/// One command with its conditions.
pub(super) struct Job<'a> {
    pub(super) argv: &'a [String],
    /// Where it runs; here if nowhere else.
    pub(super) directory: Option<&'a Path>,
    /// Environment variables it inherits beyond the usual ones.
    pub(super) inherit: &'a [String],
    /// An environment variable and its value that only it gets.
    pub(super) secret: Option<(&'a str, &'a str)>,
    pub(super) deadline: Duration,
}

/// How a command ended by itself.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed, at most 64 KiB; the endpoint's secret has been taken out of it.
    pub output: Vec<u8>,
    /// What it complained about, likewise.
    pub complaint: Vec<u8>,
}

/// Why a command has no end of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Halt {
    /// It was never started.
    NotStarted(String),
    /// It was ended at its deadline.
    TooLong,
    /// It was ended because it printed too much.
    TooMuch,
    /// The system lost it.
    Lost(String),
}

/// Runs a command to its end.
///
/// # Errors
/// [`Halt`]; whatever it started has been ended with it.
pub(super) async fn run(job: &Job<'_>) -> Result<Ran, Halt> {
    let (program, arguments) = job.argv.split_first().ok_or_else(|| Halt::NotStarted("it is empty".into()))?;
    let spawned = prepare(program, arguments, job).spawn();
    let mut child = spawned.map_err(|error| Halt::NotStarted(error.to_string()))?;
    let group = child.id();
    let outcome = tokio::time::timeout(job.deadline, take(&mut child)).await.unwrap_or(Err(Halt::TooLong));
    if outcome.is_err() {
        end_group(group);
    }
    outcome
}

#[expect(clippy::disallowed_methods, reason = "the one place that runs commands and passes them an environment")]
fn prepare(program: &str, arguments: &[String], job: &Job<'_>) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in INHERITED.into_iter().chain(job.inherit.iter().map(String::as_str)) {
        if let Ok(value) = std::env::var(name) {
            command.env(name, value);
        }
    }
    if let Some((name, value)) = job.secret {
        command.env(name, value);
    }
    if let Some(directory) = job.directory {
        command.current_dir(directory);
    }
    #[cfg(unix)]
    command.process_group(0);
    command.kill_on_drop(true);
    command
}

async fn take(child: &mut Child) -> Result<Ran, Halt> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (output, complaint) = tokio::try_join!(capped(out), capped(err))?;
    let status = child.wait().await.map_err(|error| Halt::Lost(error.to_string()))?;
    Ok(Ran { code: status.code(), output, complaint })
}

async fn capped(stream: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Halt> {
    let mut bytes = Vec::new();
    let Some(stream) = stream else { return Ok(bytes) };
    stream.take(MOST_BYTES + 1).read_to_end(&mut bytes).await.map_err(|error| Halt::Lost(error.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES { Err(Halt::TooMuch) } else { Ok(bytes) }
}

/// Ends the command and whatever it started; it may have spawned children that hold on.
fn end_group(leader: Option<u32>) {
    #[cfg(unix)]
    if let Some(pid) = leader.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
        // An error here means that the group has ended by itself.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = leader;
}

/// Runs commands that change nothing, for one endpoint. Cheap to clone.
#[derive(Clone)]
pub struct ReadCommand {
    shared: Arc<Shared>,
}

struct Shared {
    spec: EndpointSpec,
    secret: OnceCell<(Secret, Credential)>,
}

impl fmt::Debug for ReadCommand {
    /// Only the name: secrets have no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadCommand").field("endpoint", &self.shared.spec.id).finish_non_exhaustive()
    }
}

/// What became of a command that writes.
#[derive(Debug)]
pub enum Executed {
    /// It ended by itself, with whatever exit code.
    Ended(Ran),
    /// Proof that it was never started.
    NotStarted(Fault),
    /// It may have done its work.
    Unknown(Fault),
}

impl ReadCommand {
    /// For one endpoint. Does no I/O: a secret is loaded on first use.
    #[must_use]
    pub fn new(spec: EndpointSpec) -> Self {
        Self { shared: Arc::new(Shared { spec, secret: OnceCell::new() }) }
    }

    /// The endpoint.
    #[must_use]
    pub fn spec(&self) -> &EndpointSpec {
        &self.shared.spec
    }

    /// Runs a command that only reads.
    ///
    /// # Errors
    /// If it has no end of its own: not started, too long, too much.
    pub async fn run(&self, argv: &[String], inherit: &[String]) -> Result<Ran, Fault> {
        match self.execute(argv, inherit, Duration::MAX).await {
            Ok(Ok(ran)) => Ok(ran),
            Ok(Err(halt)) => Err(self.fault(argv, halt)),
            Err(fault) => Err(fault),
        }
    }

    async fn execute(&self, argv: &[String], inherit: &[String], until: Duration) -> Result<Result<Ran, Halt>, Fault> {
        let spec = &self.shared.spec;
        let secret = match &spec.secret {
            Some(source) => Some(self.shared.secret.get_or_try_init(|| load(source, spec)).await?),
            None => None,
        };
        if clock::since_boot() >= until {
            return Err(Fault::ClaimLapsed);
        }
        let variable = spec.secret_header.as_ref().map(|variable| variable.name.as_str());
        let job = Job {
            argv,
            directory: Some(Path::new(&spec.url)),
            inherit,
            secret: variable.zip(secret.map(|(secret, _)| secret.expose())),
            deadline: spec.timeout,
        };
        let mut outcome = run(&job).await;
        if let (Ok(ran), Some((_, credential))) = (&mut outcome, secret) {
            credential.redact(&mut ran.output);
            credential.redact(&mut ran.complaint);
        }
        Ok(outcome)
    }

    fn fault(&self, argv: &[String], halt: Halt) -> Fault {
        let program = argv.first().cloned().unwrap_or_default();
        match halt {
            Halt::NotStarted(why) => Fault::File { path: program, why: format!("cannot be run: {why}") },
            Halt::TooLong => Fault::NoAnswer { after: self.shared.spec.timeout, received: 0 },
            Halt::TooMuch => Fault::TooBig { cap: MOST_BYTES },
            Halt::Lost(why) => Fault::File { path: program, why: format!("was lost: {why}") },
        }
    }
}

async fn load(
    source: &crate::domain::endpoint::SecretSource,
    spec: &EndpointSpec,
) -> Result<(Secret, Credential), Fault> {
    let secret = Secret::resolve(source).await?;
    let credential = Credential::new(&secret, spec)?;
    Ok((secret, credential))
}

/// Runs commands that change something, under one permit.
pub struct WriteCommand<'permit> {
    /// Without it this type cannot be made; nothing starts after its end.
    permit: &'permit WritePermit,
    reader: ReadCommand,
}

impl fmt::Debug for WriteCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteCommand").field("reader", &self.reader).finish_non_exhaustive()
    }
}

impl<'permit> WriteCommand<'permit> {
    /// Lives no longer than its permit; shares secret and rules with `reader`.
    #[must_use]
    pub fn new(permit: &'permit WritePermit, reader: &ReadCommand) -> Self {
        Self { permit, reader: reader.clone() }
    }

    /// Runs one command, once.
    pub async fn run(&self, argv: &[String], inherit: &[String]) -> Executed {
        match self.reader.execute(argv, inherit, self.permit.until()).await {
            Ok(Ok(ran)) => Executed::Ended(ran),
            Ok(Err(halt @ Halt::NotStarted(_))) => Executed::NotStarted(self.reader.fault(argv, halt)),
            Ok(Err(halt)) => Executed::Unknown(self.reader.fault(argv, halt)),
            Err(fault) => Executed::NotStarted(fault),
        }
    }
}
