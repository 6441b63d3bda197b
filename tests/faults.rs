//! Every network fault × every adapter: the right cause in words, within the deadline, the token nowhere to be seen.

#![expect(clippy::expect_used, clippy::panic, reason = "a test stops where the world is not as it must be")]

mod faults {
    pub mod callers;
    pub mod certificates;
    pub mod permits;
    pub mod server;
    pub mod writers;
}

use std::time::Duration;

use breakglass::adapters::WriteOutcome;
use breakglass::domain::cause::Fault;
use breakglass::domain::endpoint::{SecretSource, Vendor};
use faults::callers::{self, CANARY, DEADLINE};
use faults::server::{Server, Wound};
use faults::writers;

/// How late an answer may be after its deadline.
const SLACK: Duration = Duration::from_millis(200);
/// The machine that runs the tests may be busy once; a program that is late is late every time.
const TRIES: usize = 3;

/// Lets every adapter meet `wound`; each must report a fault that `right` accepts.
async fn every_adapter(wound: Wound, right: fn(&Fault) -> bool) {
    let server = Server::start(wound).await;
    for caller in callers::all() {
        let mut late = Duration::MAX;
        for _ in 0..TRIES {
            let started = tokio::time::Instant::now();
            let fault = (caller.ask)(callers::spec(&server, caller.vendor)).await;
            late = late.min(started.elapsed());
            let fault = fault.unwrap_or_else(|| panic!("{}: took {wound:?} for an answer", caller.name));
            assert!(right(&fault), "{}: {wound:?} was called {fault:?}", caller.name);
            let said = format!("{fault} {fault:?}");
            assert!(!said.contains(CANARY), "{}: the token is in {said}", caller.name);
            if late <= DEADLINE + SLACK {
                break;
            }
        }
        assert!(late <= DEADLINE + SLACK, "{}: {wound:?} took {late:?}", caller.name);
    }
    assert_eq!(server.sink_connections(), 0, "somebody followed a redirect");
}

/// Lets every lever store's writes meet `wound`: one request at most, and no claim beyond what is proven.
async fn every_write(wound: Wound, right: fn(&WriteOutcome) -> bool) {
    for vendor in [Vendor::Unleash, Vendor::Mlflow] {
        let server = Server::start(wound).await;
        let outcome = writers::write(&server, callers::spec(&server, vendor)).await;
        assert!(right(&outcome), "{vendor:?}: {wound:?} became {outcome:?}");
        let said = format!("{outcome:?}");
        assert!(!said.contains(CANARY), "{vendor:?}: the token is in {said}");
        assert!(server.requests() <= 1, "{vendor:?}: {wound:?} was sent {} times", server.requests());
        assert_eq!(server.sink_connections(), 0, "somebody followed a redirect");
    }
}

#[tokio::test]
async fn a_write_that_never_left_is_not_sent() {
    for wound in [Wound::Refused, Wound::Vanish, Wound::Expired, Wound::WrongName, Wound::UnknownIssuer, Wound::NoTls] {
        every_write(wound, |outcome| matches!(outcome, WriteOutcome::NotSent(_))).await;
    }
}

#[tokio::test]
async fn a_write_that_was_refused_is_rejected() {
    for wound in [Wound::Redirect, Wound::Status(401), Wound::Status(404), Wound::Status(409), Wound::Status(422)] {
        every_write(wound, |outcome| matches!(outcome, WriteOutcome::Rejected(_))).await;
    }
}

#[tokio::test]
async fn a_write_that_may_have_happened_is_unknown_and_never_repeated() {
    for wound in [
        Wound::Silence,
        Wound::SlowHeaders,
        Wound::SlowBody,
        Wound::ResetInHeaders,
        Wound::ResetInBody,
        Wound::Truncated,
        Wound::Endless,
        Wound::Bomb,
        Wound::ManyHeaders,
        Wound::NotHttp,
        Wound::Throttled,
        Wound::ErrorPage,
        Wound::LoginPage,
        Wound::Status(502),
    ] {
        every_write(wound, |outcome| matches!(outcome, WriteOutcome::Unknown(_))).await;
    }
}

#[tokio::test]
async fn a_write_to_another_origin_does_not_leave() {
    let server = Server::start(Wound::Body("{}")).await;
    let mut spec = callers::spec(&server, Vendor::Unleash);
    spec.url = spec.url.replace("127.0.0.1", "localhost");
    let outcome = writers::write(&server, spec).await;
    assert!(matches!(outcome, WriteOutcome::NotSent(Fault::BadAddress { .. })), "{outcome:?}");
    assert_eq!(server.requests(), 0);
}

macro_rules! faults {
    ($($name:ident: $wound:expr => $right:pat $(if $guard:expr)?,)+) => {$(
        #[tokio::test]
        async fn $name() {
            every_adapter($wound, |fault| matches!(fault, $right $(if $guard)?)).await;
        }
    )+};
}

faults! {
    refused: Wound::Refused => Fault::Refused { .. },
    packets_vanish: Wound::Vanish => Fault::Unreachable { .. },
    accepted_then_silent: Wound::Silence => Fault::NoAnswer { received: 0, .. },
    headers_drip: Wound::SlowHeaders => Fault::NoAnswer { received: 0, .. },
    body_drips: Wound::SlowBody => Fault::NoAnswer { received: 1.., .. },
    reset_within_headers: Wound::ResetInHeaders => Fault::CutOff { received: 0 },
    reset_within_body: Wound::ResetInBody => Fault::CutOff { .. },
    body_shorter_than_announced: Wound::Truncated => Fault::CutOff { received: 1.. },
    body_without_end: Wound::Endless => Fault::TooBig { .. },
    gzip_bomb: Wound::Bomb => Fault::TooBig { .. },
    hundred_thousand_headers: Wound::ManyHeaders => Fault::NotUnderstood { .. },
    not_http: Wound::NotHttp => Fault::NotUnderstood { .. },
    redirected_to_a_sink: Wound::Redirect => Fault::Redirected { to } if to == "127.0.0.1",
    token_refused: Wound::Status(401) => Fault::NotAllowed { status: 401, secret: Some(source) } if source.starts_with("file "),
    token_echoed_by_a_gateway: Wound::Status(400) => Fault::BadRequest { status: 400, message } if message.contains("[secret]"),
    not_found: Wound::Status(404) => Fault::NotFound { .. },
    throttled: Wound::Throttled => Fault::Throttled { status: 429, retry_after: Some(wait) } if wait.as_secs() == 40,
    server_error_as_a_page: Wound::ErrorPage => Fault::ServerError { status: 500, message } if message == "a web page",
    login_page: Wound::LoginPage => Fault::NotUnderstood { why } if why.contains("html"),
    invalid_json: Wound::Body("{\"status\":NaN,") => Fault::NotUnderstood { .. },
    wrong_schema: Wound::Body("{\"unexpected\":true}") => Fault::NotUnderstood { .. },
    nothing_but_null: Wound::Body("null") => Fault::NotUnderstood { .. },
    empty_answer: Wound::Body("") => Fault::NotUnderstood { .. },
    certificate_expired: Wound::Expired => Fault::Certificate { why } if why.starts_with("expired"),
    certificate_of_another_name: Wound::WrongName => Fault::Certificate { why } if why.starts_with("wrong name"),
    certificate_of_an_unknown_issuer: Wound::UnknownIssuer => Fault::Certificate { why } if why.starts_with("unknown issuer"),
    no_tls_where_tls_was_expected: Wound::NoTls => Fault::Certificate { why } if why.starts_with("handshake failed"),
}

#[tokio::test]
async fn a_missing_token_is_named_and_nothing_is_sent() {
    let server = Server::start(Wound::Body("{}")).await;
    for caller in callers::all() {
        let mut spec = callers::spec(&server, caller.vendor);
        spec.secret = Some(SecretSource::Env("BREAKGLASS_TEST_UNSET".into()));
        spec.serving_secret.clone_from(&spec.secret);
        let fault = (caller.ask)(spec).await.expect("a fault");
        assert_eq!(fault.to_string(), "no token: env BREAKGLASS_TEST_UNSET is not set", "{}", caller.name);
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_not_called_unreachable() {
    let server = Server::start(Wound::Refused).await;
    for caller in callers::all() {
        let mut spec = callers::spec(&server, caller.vendor);
        spec.url = "http://no-such-host.invalid".into();
        let fault = (caller.ask)(spec).await.expect("a fault");
        let named = matches!(fault, Fault::NameNotFound { .. } | Fault::DnsNotAnswering { .. });
        assert!(named, "{}: {fault:?}", caller.name);
    }
}
