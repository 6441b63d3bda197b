//! Runs suites: every case as often as declared, a few at a time, within one deadline. May not retry, judge a release,
//! or send anything without a say-so.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use serde_json::Value;
use tokio::time::Instant;

use crate::clock;
use crate::domain::cause::Fault;
use crate::domain::suite::{Case, Said, SaySo, SuiteOutcome, SuiteSpec};
use crate::domain::text;
use crate::net::{Answer, ReadClient, TrafficClient};

/// Something that answers prompts as it answers users.
#[async_trait]
pub trait Traffic: Send + Sync {
    /// Asks once. An error of the product is an answer; only what never answered is a fault.
    async fn ask(&self, say_so: &SaySo, path: &str, body: &Value) -> Result<Said, Fault>;
}

/// A product behind an http endpoint.
pub(super) struct Product {
    client: ReadClient,
}

impl Product {
    pub(super) fn new(client: ReadClient) -> Arc<Self> {
        Arc::new(Self { client })
    }
}

#[async_trait]
impl Traffic for Product {
    async fn ask(&self, say_so: &SaySo, path: &str, body: &Value) -> Result<Said, Fault> {
        TrafficClient::new(say_so, &self.client).ask(path, body).await.map(|answer| said(&answer))
    }
}

fn said(answer: &Answer) -> Said {
    let words = String::from_utf8_lossy(&answer.body);
    Said { status: answer.status, json: answer.json().ok(), text: text::clean_lines(&words) }
}

/// Runs a suite once. What is not answered within its deadline is counted as not answered, never as passed.
pub async fn run(spec: &SuiteSpec, traffic: &dyn Traffic, say_so: &SaySo) -> SuiteOutcome {
    let started = Instant::now();
    let mut outcome = SuiteOutcome::of(spec, clock::now());
    let mut answers = futures::stream::iter(0..spec.asks() as usize)
        .map(|number| ask_one(spec, traffic, say_so, number))
        .buffer_unordered(spec.at_once.max(1));
    let deadline = started + spec.within;
    loop {
        match tokio::time::timeout_at(deadline, answers.next()).await {
            Ok(Some(Some((case, Ok(said))))) => outcome.answered(spec, case, &said),
            Ok(Some(Some((_, Err(fault))))) => outcome.lost(&fault.to_string()),
            Ok(Some(None)) => {}
            Ok(None) => break,
            Err(_) => {
                let left = spec.asks().saturating_sub(outcome.n + outcome.unanswered);
                let why = format!("no answer within {} s", spec.within.as_secs());
                (0..left).for_each(|_| outcome.lost(&why));
                break;
            }
        }
    }
    drop(answers);
    outcome.at = clock::now();
    outcome.took_ms = u64::try_from(started.elapsed().max(Duration::ZERO).as_millis()).unwrap_or(u64::MAX);
    outcome
}

/// The nth request: every case once, then every case again.
async fn ask_one<'spec>(
    spec: &'spec SuiteSpec,
    traffic: &dyn Traffic,
    say_so: &SaySo,
    number: usize,
) -> Option<(&'spec Case, Result<Said, Fault>)> {
    let case = spec.cases.get(number.checked_rem(spec.cases.len())?)?;
    Some((case, traffic.ask(say_so, &spec.path, &spec.body_for(&case.prompt)).await))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;
    use crate::domain::suite::{Expect, Finding, tests::spec};

    /// Answers every nth request wrongly, counts how many are in flight, and may never answer.
    #[derive(Default)]
    struct Scripted {
        asked: AtomicUsize,
        in_flight: AtomicUsize,
        most: AtomicUsize,
        wrong_every: usize,
        refuse: bool,
        hang: bool,
    }

    #[async_trait]
    impl Traffic for Scripted {
        async fn ask(&self, _: &SaySo, _: &str, body: &Value) -> Result<Said, Fault> {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.in_flight.fetch_sub(1, Ordering::SeqCst);
            if self.hang {
                std::future::pending::<()>().await;
            }
            if self.refuse {
                return Err(Fault::Refused { target: "product:443".into() });
            }
            assert_eq!(body["messages"][0]["content"], "refund?");
            let wrong = self.wrong_every > 0 && number.is_multiple_of(self.wrong_every);
            let text = if wrong { "within 90 days" } else { "within 30 days" };
            let json = json!({ "text": text });
            Ok(Said { status: 200, text: json.to_string(), json: Some(json) })
        }
    }

    fn say_so() -> SaySo {
        SaySo::of_a_person("ana")
    }

    #[tokio::test]
    async fn a_suite_asks_as_often_as_declared_and_no_more_at_once_than_allowed() {
        let product = Scripted::default();
        let outcome = run(&spec(1.0, 10), &product, &say_so()).await;
        assert_eq!((outcome.n, outcome.passed, outcome.unanswered), (20, 20, 0));
        assert_eq!(product.asked.load(Ordering::SeqCst), 20);
        assert!(product.most.load(Ordering::SeqCst) <= 4);
        assert!(matches!(outcome.finding(&spec(1.0, 10)), Finding::Passes(_)));
    }

    #[tokio::test]
    async fn wrong_answers_are_kept_as_samples_and_fail_the_suite() {
        let outcome = run(&spec(1.0, 10), &Scripted { wrong_every: 5, ..Scripted::default() }, &say_so()).await;
        assert_eq!((outcome.n, outcome.passed), (20, 16));
        assert!(outcome.failing[0].why.contains("90 days"), "{:?}", outcome.failing);
        assert!(matches!(outcome.finding(&spec(1.0, 10)), Finding::Fails(_)));
    }

    #[tokio::test]
    async fn a_product_that_is_away_neither_passes_nor_fails() {
        let outcome = run(&spec(1.0, 10), &Scripted { refuse: true, ..Scripted::default() }, &say_so()).await;
        assert_eq!((outcome.n, outcome.unanswered), (0, 20));
        assert!(matches!(outcome.finding(&spec(1.0, 10)), Finding::CannotSay(_)));
    }

    #[tokio::test]
    async fn a_product_that_hangs_is_not_waited_for_beyond_the_deadline() {
        let short = SuiteSpec { within: Duration::from_millis(30), ..spec(1.0, 10) };
        let outcome = run(&short, &Scripted { hang: true, ..Scripted::default() }, &say_so()).await;
        assert_eq!((outcome.n, outcome.unanswered), (0, 20));
        assert!(outcome.fault.as_deref().is_some_and(|why| why.contains("no answer within")), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_guardrail_probe_is_a_suite_whose_cases_must_be_blocked() {
        let mut probe = spec(1.0, 10);
        probe.cases[0].expect = vec![Expect::Holds("/blocked".into(), json!(true))];
        let outcome = run(&probe, &Scripted::default(), &say_so()).await;
        assert!(matches!(outcome.finding(&probe), Finding::Fails(_)), "an answer is not a block");
    }
}
