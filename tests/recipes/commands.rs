//! Levers that are moved by commands: what they are given, what is a yes, a no, and what nobody can say.

use std::path::Path;
use std::time::Duration;

use breakglass::adapters::WriteOutcome;
use breakglass::domain::cause::Fault;
use breakglass::domain::endpoint::SecretSource;
use breakglass::domain::lever::Setting;
use breakglass::domain::plan::CheckStatus;

use super::contract::Subject;

/// A lever on a file beside which a program stands that reads and writes it.
fn subject(directory: &Path, program: &str, more: &str) -> Subject {
    use std::os::unix::fs::PermissionsExt as _;

    let path = directory.join("tool");
    std::fs::write(&path, format!("#!/bin/sh\n{program}\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("changed");
    std::fs::write(directory.join("setting"), "on\n").expect("written");
    std::fs::write(directory.join("token"), "canary-7391\n").expect("written");
    std::fs::set_permissions(directory.join("token"), std::fs::Permissions::from_mode(0o600)).expect("changed");
    let config = super::load(&format!(
        r#"
[endpoint.tool]
vendor = "command"
url = "/tmp"
timeout = "2s"
secret = {{ env = "X" }}
secret-env = "TOOL_TOKEN"

[lever.assistant]
from = "tool"
read.run = ["./tool", "get"]
read.map = {{ on = "on", off = "off" }}
read.unset-on = [44]
read.missing-on = ["45 no such"]
write.run = ["./tool", "set", "{{{{want}}}}", "why: {{{{reason}}}} $HOME `id`"]
answer.conflict-on = [9]
{more}
normal = "on"
contained = "off"
"#
    ));
    let mut endpoint = config.endpoints[0].clone();
    endpoint.url = directory.display().to_string();
    endpoint.secret = Some(SecretSource::File(directory.join("token")));
    let target = config.catalogue.levers[0].target.clone();
    Subject { endpoint, target: target.clone(), other: Setting::Switch(false), missing: target }
}

const HONEST: &str =
    r#"[ "$1" = get ] && exec cat setting; printf '%s\n' "$2" > setting; echo "$@" >> calls; env > environment"#;

#[tokio::test]
async fn a_command_reads_moves_and_brings_back_and_is_shown_word_by_word() {
    let directory = tempfile::tempdir().expect("a directory");
    let subject = subject(directory.path(), HONEST, "");
    super::contract::moves_is_served_and_comes_back_exactly(&subject).await;
    super::contract::can_be_probed_without_a_write(&subject).await;
    let before = subject.read().await;
    let requests = subject.levers().plan(&subject.target, &before, &subject.other).expect("planned");
    assert_eq!((requests[0].method.as_str(), requests[0].url.as_str()), ("RUN", "command:///.%2Ftool"));
    let words = r#"["./tool","set","off","why: breakglass: assistant on -> off $HOME `id`"]"#;
    assert_eq!(requests[0].body.as_deref(), Some(words));
    let calls = std::fs::read_to_string(directory.path().join("calls")).expect("it ran");
    assert!(calls.lines().all(|line| line.contains("$HOME `id`")), "no shell saw it: {calls}");
}

#[tokio::test]
async fn a_command_gets_its_secret_and_nothing_else_of_our_environment() {
    let directory = tempfile::tempdir().expect("a directory");
    let subject = subject(directory.path(), HONEST, "inherit = [\"CARGO_PKG_NAME\"]");
    let before = subject.read().await;
    assert!(matches!(subject.move_to(&before, &subject.other).await, WriteOutcome::Acknowledged(_)));
    let environment = std::fs::read_to_string(directory.path().join("environment")).expect("it ran");
    assert!(environment.contains("TOOL_TOKEN=canary-7391") && environment.contains("CARGO_PKG_NAME="), "{environment}");
    assert!(!environment.contains("CARGO_MANIFEST_DIR"), "{environment}");
}

async fn outcome(program: &str) -> (WriteOutcome, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let program = format!(r#"[ "$1" = get ] && exec cat setting; echo x >> calls; {program}"#);
    let subject = subject(directory.path(), &program, "");
    let before = subject.read().await;
    let outcome = subject.move_to(&before, &subject.other).await;
    (outcome, std::fs::read_to_string(directory.path().join("calls")).unwrap_or_default())
}

#[tokio::test]
async fn only_exit_codes_that_prove_a_refusal_are_a_no_and_nothing_runs_twice() {
    let (said, calls) = outcome("echo \"lost $TOOL_TOKEN\" >&2; exit 9").await;
    let WriteOutcome::Rejected(fault) = said else { panic!("{said:?}") };
    assert!(fault.to_string().contains("lost [secret]"), "{fault}");
    assert_eq!(calls, "x\n");
    for unsure in ["exit 1", "kill -9 $$", "sleep 20", "yes", "sleep 20 & wait"] {
        let (said, calls) = outcome(unsure).await;
        assert!(matches!(said, WriteOutcome::Unknown(_)), "{unsure}: {said:?}");
        assert_eq!(calls, "x\n", "{unsure}");
    }
    assert!(
        matches!(outcome("sleep 20").await.0, WriteOutcome::Unknown(Fault::NoAnswer { after, .. }) if after == Duration::from_secs(2))
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_proves_that_nothing_was_done() {
    let directory = tempfile::tempdir().expect("a directory");
    let subject = subject(directory.path(), HONEST, "");
    let before = subject.read().await;
    std::fs::remove_file(directory.path().join("tool")).expect("removed");
    assert!(matches!(subject.move_to(&before, &subject.other).await, WriteOutcome::NotSent(_)));
    let checks = subject.levers().probe(&subject.target).await;
    assert!(checks.iter().any(|check| check.status == CheckStatus::Fail), "{checks:?}");
}

#[tokio::test]
async fn exit_codes_say_what_is_not_set_and_what_is_not_there() {
    let directory = tempfile::tempdir().expect("a directory");
    let unset = subject(directory.path(), "exit 44", "");
    assert_eq!(unset.read().await.setting, Setting::Unset);
    let missing = subject(directory.path(), "echo 'no such flag' >&2; exit 45", "");
    assert!(matches!(missing.levers().read(&missing.target).await, Err(Fault::NotFound { .. })));
    let odd = subject(directory.path(), "echo perhaps", "");
    assert!(odd.levers().read(&odd.target).await.is_err_and(|fault| fault.to_string().contains("perhaps")));
}
