//! What every store with levers must do, whoever built it. Run against the sandbox by `tests/contract.rs` and against real
//! servers by `tests/real`, so that the sandbox cannot drift from the truth.

#![allow(dead_code, reason = "each test binary uses its part")]

pub mod permit;
pub mod proxy;

use std::time::Duration;

use breakglass::adapters::build::build;
use breakglass::adapters::{Levers, WriteOutcome};
use breakglass::domain::cause::Fault;
use breakglass::domain::endpoint::{EndpointSpec, SecretSource};
use breakglass::domain::lever::{LeverReading, LeverTarget, Setting};
use breakglass::domain::plan::{CheckStatus, PlannedRequest};
use serde_json::Value;
use std::sync::Arc;

use proxy::{Fault as Trouble, Proxy};

/// A lever to be tried, on a store that answers.
#[derive(Clone)]
pub struct Subject {
    /// The store.
    pub endpoint: EndpointSpec,
    /// The lever.
    pub target: LeverTarget,
    /// A setting that it does not have now.
    pub other: Setting,
    /// The same kind of lever, but not there.
    pub missing: LeverTarget,
}

impl Subject {
    pub fn levers(&self) -> Arc<dyn Levers> {
        levers(&self.endpoint)
    }

    pub async fn read(&self) -> LeverReading {
        let name = self.target.words();
        self.levers().read(&self.target).await.unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    /// Moves the lever and says what the store said.
    pub async fn move_to(&self, observed: &LeverReading, after: &Setting) -> WriteOutcome {
        let requests = self.levers().plan(&self.target, observed, after).expect("can be planned");
        self.write(observed, after, &requests).await
    }

    /// Restores the exact prior state.
    pub async fn restore(&self, prior: &LeverReading) -> WriteOutcome {
        let observed = self.read().await;
        let requests = self.levers().restore(&self.target, &observed, prior).expect("can be undone");
        self.write(&observed, &prior.setting, &requests).await
    }

    async fn write(&self, observed: &LeverReading, after: &Setting, requests: &[PlannedRequest]) -> WriteOutcome {
        let permit = permit::for_test(&self.target, observed, after, requests);
        self.levers().write_at(&self.target, &permit, requests).await
    }
}

fn levers(endpoint: &EndpointSpec) -> Arc<dyn Levers> {
    build(endpoint).levers.expect("this vendor has levers")
}

/// Everything that holds for every lever.
pub async fn keeps_the_contract(subject: &Subject) {
    keeps_the_contract_except(subject, Except::default()).await;
}

/// What a store cannot be asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Except {
    /// It does not tell a lever that is missing from one that is not set.
    pub missing: bool,
    /// It says yes in its body, so that a bare 200 is none.
    pub bare_yes: bool,
    /// A move takes several requests, so that one whose answer is missing leaves it half moved.
    pub in_steps: bool,
}

/// Everything that holds for every lever, but for what this store cannot be asked for.
pub async fn keeps_the_contract_except(subject: &Subject, except: Except) {
    can_be_probed_without_a_write(subject).await;
    moves_is_served_and_comes_back_exactly(subject).await;
    if !except.missing {
        a_missing_target_is_named(subject).await;
    }
    a_store_that_is_away_proves_that_nothing_was_sent(subject).await;
    if subject.endpoint.url.contains("://") {
        a_slow_answer_is_unknown_and_written_once(subject, except).await;
        an_answer_that_is_cut_off_is_unknown(subject, except).await;
    }
    if subject.endpoint.url.starts_with("http") {
        if !except.bare_yes {
            a_yes_without_an_effect_shows_in_the_read_back(subject).await;
        }
        a_redirect_is_a_definite_no(subject).await;
    }
    if subject.levers().contract(&subject.target).compare_and_set {
        a_lever_that_moved_meanwhile_refuses_the_write(subject).await;
    }
}

/// The probe passes, and neither setting nor revision moves.
pub async fn can_be_probed_without_a_write(subject: &Subject) {
    let before = subject.read().await;
    let checks = subject.levers().probe(&subject.target).await;
    assert!(!checks.is_empty());
    for check in &checks {
        assert_ne!(check.status, CheckStatus::Fail, "{}: {}", check.name, check.why);
    }
    let after = subject.read().await;
    assert_eq!((&before.setting, &before.revision, &before.raw), (&after.setting, &after.revision, &after.raw));
}

/// Set, read back, seen by the serving side, and undone to the same bytes.
pub async fn moves_is_served_and_comes_back_exactly(subject: &Subject) {
    let name = subject.target.words();
    let before = subject.read().await;
    assert!(!before.setting.same(&subject.other), "{name} is {} already", before.setting);

    let outcome = subject.move_to(&before, &subject.other).await;
    assert!(matches!(outcome, WriteOutcome::Acknowledged(_)), "{name}: {outcome:?}");
    let moved = subject.read().await;
    assert!(moved.setting.same(&subject.other), "{name}: {}", moved.setting);
    served_becomes(subject, &subject.other).await;

    let outcome = subject.restore(&before).await;
    assert!(matches!(outcome, WriteOutcome::Acknowledged(_)), "{name}: {outcome:?}");
    let back = subject.read().await;
    assert_eq!(lasting(&back.raw), lasting(&before.raw), "{name} is not exactly as before");
    served_becomes(subject, &before.setting).await;
}

/// Waits until the serving side hands out the setting, if the store has one.
pub async fn served_becomes(subject: &Subject, wanted: &Setting) {
    let levers = subject.levers();
    let wait = async {
        loop {
            match levers.served(&subject.target).await {
                Ok(None) => return,
                Ok(Some(served)) if served.same(wanted) => return,
                Ok(Some(_)) | Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    };
    let name = subject.target.words();
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .unwrap_or_else(|_| panic!("{name} never served {wanted}"));
}

/// 404, in words, and the probe fails.
pub async fn a_missing_target_is_named(subject: &Subject) {
    let levers = subject.levers();
    let fault = levers.read(&subject.missing).await.expect_err("it is not there");
    assert!(matches!(fault, Fault::NotFound { .. }), "{fault}");
    let checks = levers.probe(&subject.missing).await;
    assert!(checks.iter().any(|check| check.status == CheckStatus::Fail), "{checks:?}");
}

/// A token that the store does not know: a definite no, naming the token's source and not its value.
pub async fn a_wrong_token_is_refused(subject: &Subject) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("wrong-token");
    std::fs::write(&file, "*:*.not-the-right-token\n").expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("changed");
    }
    let before = subject.read().await;
    let mut stranger = subject.clone();
    stranger.endpoint.secret = Some(SecretSource::File(file));
    let fault = stranger.levers().read(&subject.target).await.expect_err("not allowed");
    assert!(matches!(fault, Fault::NotAllowed { .. }), "{fault}");
    assert!(fault.to_string().contains("wrong-token") && !fault.to_string().contains("not-the-right"), "{fault}");
    let checks = stranger.levers().probe(&subject.target).await;
    assert!(checks.iter().any(|check| check.status == CheckStatus::Fail), "{checks:?}");
    let outcome = stranger.move_to(&before, &subject.other).await;
    // A store that logs in first refuses before anything is sent.
    assert!(matches!(outcome, WriteOutcome::Rejected(_) | WriteOutcome::NotSent(_)), "{outcome:?}");
    assert!(subject.read().await.setting.same(&before.setting));
}

async fn a_store_that_is_away_proves_that_nothing_was_sent(subject: &Subject) {
    let Some((scheme, _)) = subject.endpoint.url.split_once("://") else { return };
    let before = subject.read().await;
    let mut away = subject.clone();
    away.endpoint.url = format!("{scheme}://127.0.0.1:{}", proxy::NOBODY);
    assert!(away.levers().read(&subject.target).await.is_err_and(|fault| fault.never_sent()));
    let outcome = away.move_to(&before, &subject.other).await;
    assert!(matches!(outcome, WriteOutcome::NotSent(_)), "{outcome:?}");
}

/// The store acts but answers too late: unknown, and no second request.
async fn a_slow_answer_is_unknown_and_written_once(subject: &Subject, except: Except) {
    let before = subject.read().await;
    let (outcome, requests) = through(subject, &before, Trouble::Silent).await;
    assert!(matches!(outcome, WriteOutcome::Unknown(Fault::NoAnswer { .. })), "{outcome:?}");
    assert_eq!(requests, 1, "a write whose answer is missing must never be sent again");
    moves(subject, &before, except).await;
    put_back(subject, &before).await;
}

/// The store acts and the answer breaks off.
async fn an_answer_that_is_cut_off_is_unknown(subject: &Subject, except: Except) {
    let before = subject.read().await;
    let (outcome, requests) = through(subject, &before, Trouble::CutOff).await;
    assert!(matches!(outcome, WriteOutcome::Unknown(_)), "{outcome:?}");
    assert_eq!(requests, 1);
    moves(subject, &before, except).await;
    put_back(subject, &before).await;
}

/// Something in between says 200 and passes nothing on.
async fn a_yes_without_an_effect_shows_in_the_read_back(subject: &Subject) {
    let before = subject.read().await;
    let (outcome, _) = through(subject, &before, Trouble::Lies).await;
    // A store whose yes has a form of its own recognises the lie; elsewhere only the read-back does.
    assert!(!matches!(outcome, WriteOutcome::NotSent(_)), "{outcome:?}");
    assert!(subject.read().await.setting.same(&before.setting), "a write is not an effect");
}

async fn a_redirect_is_a_definite_no(subject: &Subject) {
    let before = subject.read().await;
    let (outcome, requests) = through(subject, &before, Trouble::Redirects).await;
    assert!(matches!(outcome, WriteOutcome::Rejected(Fault::Redirected { .. })), "{outcome:?}");
    assert_eq!(requests, 1);
    assert!(subject.read().await.setting.same(&before.setting));
}

/// Planned, then somebody else was faster.
async fn a_lever_that_moved_meanwhile_refuses_the_write(subject: &Subject) {
    let before = subject.read().await;
    let levers = subject.levers();
    let stale = levers.plan(&subject.target, &before, &subject.other).expect("can be planned");
    let theirs = subject.move_to(&before, &subject.other).await;
    assert!(matches!(theirs, WriteOutcome::Acknowledged(_)), "{theirs:?}");
    let moved = subject.read().await;

    let outcome = subject.write(&before, &subject.other, &stale).await;
    assert!(matches!(outcome, WriteOutcome::Rejected(_)), "{outcome:?}");
    assert_eq!(lasting(&subject.read().await.raw), lasting(&moved.raw));
    put_back(subject, &before).await;
}

/// Moves the lever through a troubled line; the outcome, and how many requests went down the line.
async fn through(subject: &Subject, observed: &LeverReading, trouble: Trouble) -> (WriteOutcome, usize) {
    // A base URL may have a path of its own; the proxy stands before the host.
    let (scheme, host) = subject.endpoint.url.split_once("://").expect("a scheme");
    let (host, path) = host.split_once('/').map_or((host, String::new()), |(host, path)| (host, format!("/{path}")));
    let proxy = Proxy::start(&format!("{scheme}://{host}"), trouble).await;
    let mut troubled = subject.clone();
    troubled.endpoint.url = proxy.url() + &path;
    troubled.endpoint.timeout = Duration::from_millis(1_500);
    let outcome = troubled.move_to(observed, &subject.other).await;
    (outcome, proxy.requests())
}

/// Waits until the store has acted on the one request that it got: the write may still be on its way.
async fn moves(subject: &Subject, before: &LeverReading, except: Except) {
    let there = |now: &Setting| if except.in_steps { !now.same(&before.setting) } else { now.same(&subject.other) };
    let wait = async {
        while !there(&subject.read().await.setting) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.expect("the write arrives");
}

async fn put_back(subject: &Subject, before: &LeverReading) {
    let outcome = subject.restore(before).await;
    assert!(matches!(outcome, WriteOutcome::Acknowledged(_)), "{outcome:?}");
    assert_eq!(lasting(&subject.read().await.raw), lasting(&before.raw));
}

/// The sub-resource without what every write renews by design (ids of route rows, times, authors).
fn lasting(raw: &str) -> Value {
    const RENEWED: [&str; 6] =
        ["mapping_id", "created_at", "created_by", "last_updated_at", "last_updated_by", "last_updated_timestamp"];
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|key, _| !RENEWED.contains(&key.as_str()));
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    // A file that is no JSON is compared byte by byte.
    let mut value = serde_json::from_str(raw).unwrap_or_else(|_| Value::String(raw.to_owned()));
    strip(&mut value);
    value
}
