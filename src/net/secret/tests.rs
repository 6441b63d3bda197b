//! Where secrets may come from, and what is refused.

use super::*;

fn why(result: Result<Secret, Fault>) -> String {
    result.expect_err("refused").to_string()
}

#[tokio::test]
async fn a_missing_variable_is_named() {
    let source = SecretSource::Env("BREAKGLASS_TEST_NO_SUCH".into());
    assert_eq!(why(Secret::resolve(&source).await), "no token: env BREAKGLASS_TEST_NO_SUCH is not set");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_may_read_is_refused_with_the_cure() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("token");
    std::fs::write(&path, "canary-1234\nsecond line\n").expect("written");
    let source = SecretSource::File(path.clone());

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("mode");
    assert!(why(Secret::resolve(&source).await).contains("chmod 600"));

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
    let secret = Secret::resolve(&source).await.expect("resolved");
    assert_eq!(secret.expose(), "canary-1234");
    assert!(!format!("{secret:?}").contains("canary"), "Debug shows the value");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_runs_without_a_shell_and_its_failures_never_quote_it() {
    let command = |argv: &[&str]| SecretSource::Command(argv.iter().map(ToString::to_string).collect());
    let secret = Secret::resolve(&command(&["printf", "%s\nrest", "$HOME;canary"])).await.expect("resolved");
    assert_eq!(secret.expose(), "$HOME;canary");
    for (argv, part) in [
        (vec!["sh", "-c", "echo canary; exit 3"], "failed"),
        (vec!["sh", "-c", "yes canary"], "64 KiB"),
        (vec!["no-such-helper"], "cannot be run"),
        (vec!["true"], "is empty"),
        (vec!["printf", "caf\u{e9}"], "characters"),
        (vec![], "empty command"),
    ] {
        let words = why(Secret::resolve(&command(&argv)).await);
        assert!(words.contains(part), "{words}");
        assert!(!words.contains("canary"), "{words}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_inherits_no_other_secrets() {
    let argv = ["sh", "-c", "env | grep -c CARGO_ ; true"];
    let source = SecretSource::Command(argv.iter().map(ToString::to_string).collect());
    assert_eq!(Secret::resolve(&source).await.expect("resolved").expose(), "0");
}
