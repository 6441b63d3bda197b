//! A secret from a helper such as `op read …`: argv without a shell, clean environment, no terminal, own process group,
//! 10 s, 64 KiB. May not log or keep what the command printed.

use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

/// A helper that takes longer waits for somebody to unlock something.
const DEADLINE: Duration = Duration::from_secs(10);

/// What a helper needs to find itself, its files and its agent; nothing else is inherited.
const INHERITED: [&str; 9] =
    ["PATH", "HOME", "USER", "LOGNAME", "LANG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "TMPDIR"];

/// Runs the command and takes the first line it prints.
///
/// # Errors
/// Words that follow the source's name; never anything that the command printed.
pub(super) async fn first_line(argv: &[String]) -> Result<SecretString, String> {
    let (program, arguments) = argv.split_first().ok_or("is an empty command")?;
    let mut child = prepare(program, arguments).spawn().map_err(|error| format!("cannot be run: {error}"))?;
    let group = child.id();
    let outcome = tokio::time::timeout(DEADLINE, read(&mut child)).await;
    if !matches!(outcome, Ok(Ok(_))) {
        end_group(group);
    }
    outcome.unwrap_or_else(|_| Err("took longer than 10 s; unlock it first, then refresh".into()))
}

#[expect(clippy::disallowed_methods, reason = "the one place that runs commands and passes them an environment")]
fn prepare(program: &str, arguments: &[String]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    for name in INHERITED {
        if let Ok(value) = std::env::var(name) {
            command.env(name, value);
        }
    }
    #[cfg(unix)]
    command.process_group(0);
    command.kill_on_drop(true);
    command
}

async fn read(child: &mut Child) -> Result<SecretString, String> {
    let stdout = child.stdout.take().ok_or("has no output")?;
    let mut bytes = Vec::new();
    let most = super::MOST_BYTES;
    stdout.take(most + 1).read_to_end(&mut bytes).await.map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > most {
        return Err("printed more than 64 KiB".into());
    }
    let status = child.wait().await.map_err(|error| format!("was lost: {error}"))?;
    if !status.success() {
        return Err(format!("failed ({status}); run it by hand to see why"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "did not print text")?;
    Ok(super::first_line(&text))
}

/// Ends the helper and whatever it started; it may have spawned children that hold on.
fn end_group(leader: Option<u32>) {
    #[cfg(unix)]
    if let Some(pid) = leader.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
        // An error here means that the group has ended by itself.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = leader;
}
