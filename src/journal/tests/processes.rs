//! Children of the tests: this test binary itself, run again for one ignored test.

use std::path::Path;
use std::process::{Child, Command, Stdio};

const FILE: &str = "BREAKGLASS_TEST_JOURNAL";

/// Runs one ignored test of this binary in a process of its own, behind a command like `strace …` if one is given.
#[expect(clippy::disallowed_methods, reason = "the child is this test binary")]
pub(super) fn spawn(test: &str, file: &Path, behind: &[&str]) -> Child {
    let binary = std::env::current_exe().expect("this binary");
    let mut command = match behind {
        [] => Command::new(&binary),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(&binary);
            command
        }
    };
    command
        .args(["--exact", &format!("journal::tests::{test}"), "--ignored", "--nocapture"])
        .env(FILE, file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// The journal's file, as the parent named it.
#[expect(clippy::disallowed_methods, reason = "how the parent tells the child its file")]
pub(super) fn file_of_parent() -> String {
    std::env::var(FILE).expect("run by its parent")
}
