//! The contract of every store with levers, against stores that need no installation.

#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

#[path = "contract/mod.rs"]
mod contract;

use std::time::Duration;

use breakglass::domain::endpoint::{EndpointSpec, Vendor};
#[cfg(feature = "sandbox")]
use breakglass::domain::lever::LeverTarget;
use breakglass::domain::lever::{Setting, forms};
#[cfg(feature = "sandbox")]
use breakglass::sandbox::Sandbox;
use contract::Subject;

#[tokio::test]
async fn a_flag_file_keeps_the_contract() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("flags.toml"), "# by hand\n[flags]\nassistant = true # on\n")
        .expect("written");
    let subject = Subject {
        endpoint: EndpointSpec {
            id: "local".parse().expect("valid"),
            vendor: Vendor::File,
            url: directory.path().display().to_string(),
            secret: None,
            serving_secret: None,
            user: None,
            secret_header: None,
            ca_file: None,
            timeout: Duration::from_secs(2),
            interval: Duration::from_secs(15),
        },
        target: forms::FILE_VALUE.at([("path", "flags.toml"), ("pointer", "/flags/assistant")]),
        other: Setting::Switch(false),
        missing: forms::FILE_VALUE.at([("path", "gone.toml"), ("pointer", "/flags/assistant")]),
    };
    contract::keeps_the_contract(&subject).await;
}

/// One lever of the sandbox's own config, on a sandbox of its own. Hold on to the first: its servers stop with it.
#[cfg(feature = "sandbox")]
async fn sandboxed(lever: &str, other: Setting, missing: LeverTarget) -> (Sandbox, tempfile::TempDir, Subject) {
    use breakglass::domain::endpoint::SecretSource;

    let sandbox = Sandbox::start("quiet", 7).await.expect("the sandbox starts");
    let config = breakglass::config::load_text("sandbox", sandbox.config_text()).expect("its config is valid");
    let spec = config.catalogue.levers.iter().find(|spec| spec.id.as_str() == lever).expect("the lever is declared");
    let mut endpoint = config.endpoints.iter().find(|e| e.id == spec.from).expect("its endpoint").clone();
    // The sandbox asks for no token; naming one makes the adapter ask the serving side too.
    let secrets = tempfile::tempdir().expect("a directory");
    let token = secrets.path().join("client-token");
    std::fs::write(&token, "default:production.sandbox").expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).expect("changed");
    }
    endpoint.serving_secret = Some(SecretSource::File(token));
    let subject = Subject { endpoint, target: spec.target.clone(), other, missing };
    (sandbox, secrets, subject)
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_sandbox_s_flag_store_keeps_the_contract() {
    let missing = forms::UNLEASH_FLAG.at([("flag", "no-such-flag"), ("environment", "production")]);
    let (_sandbox, _secrets, switch) = sandboxed("assistant", Setting::Switch(false), missing.clone()).await;
    contract::keeps_the_contract(&switch).await;
    let (_sandbox, _secrets, first_on) = sandboxed("cached-answers", Setting::Switch(true), missing).await;
    contract::keeps_the_contract(&first_on).await;
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_sandbox_s_rollout_keeps_the_contract() {
    let missing = forms::UNLEASH_ROLLOUT.at([("rollout", "no-such-flag"), ("environment", "production")]);
    let (_sandbox, _secrets, subject) = sandboxed("assistant-share", Setting::Number(25.0), missing).await;
    contract::keeps_the_contract(&subject).await;
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_sandbox_s_variants_keep_the_contract() {
    let at = |flag: &str| forms::UNLEASH_VARIANTS.at([("variants", flag), ("environment", "production")]);
    let one = Setting::Weights([("new".into(), 1.0)].into());
    let (_sandbox, _secrets, mut subject) = sandboxed("assistant-share", one, at("no-such-flag")).await;
    subject.target = at("rerank-v2");
    contract::keeps_the_contract(&subject).await;
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_sandbox_s_prompt_registry_keeps_the_contract() {
    let missing = forms::MLFLOW_ALIAS.at([("prompt", "no-such-prompt"), ("alias", "production")]);
    let (_sandbox, _secrets, mut subject) = sandboxed("prompt", Setting::Unset, missing).await;
    let versions = subject.levers().versions(&subject.target).await.expect("can be listed");
    let now = subject.read().await.setting;
    let older = versions.iter().map(|version| Setting::Pointer(version.version.clone())).find(|other| *other != now);
    subject.other = older.expect("there is an older version");
    assert!(versions.iter().all(|version| version.text.is_some()), "the diff needs every text");
    contract::keeps_the_contract(&subject).await;

    subject.target = forms::MLFLOW_ALIAS.at([("prompt", "support"), ("alias", "staging")]);
    assert_eq!(subject.read().await.setting, Setting::Unset, "no alias is a setting, not an error");
    contract::keeps_the_contract(&subject).await;
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn the_sandbox_s_gateway_keeps_the_contract() {
    let missing = forms::MLFLOW_ROUTE.at([("route", "no-such-route")]);
    let second = Setting::Weights([("contoso-pro".into(), 1.0)].into());
    let (_sandbox, _secrets, subject) = sandboxed("route", second, missing).await;
    contract::keeps_the_contract(&subject).await;
}
