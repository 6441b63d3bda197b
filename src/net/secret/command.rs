//! A secret from a helper such as `op read …`: the first line that a command prints, within 10 s and 64 KiB.
//! May not log or keep what the command printed.

use std::time::Duration;

use secrecy::SecretString;

use crate::net::command::{Halt, Job, run};

/// A helper that takes longer waits for somebody to unlock something.
const DEADLINE: Duration = Duration::from_secs(10);

/// Runs the command and takes the first line it prints.
///
/// # Errors
/// Words that follow the source's name; never anything that the command printed.
pub(super) async fn first_line(argv: &[String]) -> Result<SecretString, String> {
    if argv.is_empty() {
        return Err("is an empty command".into());
    }
    let job = Job { argv, directory: None, inherit: &[], secret: None, deadline: DEADLINE };
    let ran = run(&job).await.map_err(|halt| match halt {
        Halt::NotStarted(why) => format!("cannot be run: {why}"),
        Halt::TooLong => "took longer than 10 s; unlock it first, then refresh".into(),
        Halt::TooMuch => "printed more than 64 KiB".into(),
        Halt::Lost(why) => format!("was lost: {why}"),
    })?;
    match ran.code {
        Some(0) => {}
        Some(code) => return Err(format!("failed (exit status: {code}); run it by hand to see why")),
        None => return Err("was ended by a signal; run it by hand to see why".into()),
    }
    let text = String::from_utf8(ran.output).map_err(|_| "did not print text")?;
    Ok(super::first_line(&text))
}
