//! The table of time series that the product exposes: name, labels, kind, noise, and where in the levels it comes from.
//! Flat data; may not contain rules.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::levels::{LANGUAGES, Levels, Upstream, blend};
use super::{Product, attempts_and_failures};
use crate::sandbox::physics::{self, DAY, Seconds};

/// Seconds between two scrapes. Real servers use 5 to 60; a demo should be watched live.
pub const SCRAPE: Seconds = 2.0;
/// Evaluated answers per second at peak.
const EVALUATED: f64 = 1.8;
/// The index is rebuilt once a day; last this long before the sandbox started.
pub(super) const INDEX_REBUILT_BEFORE_START: Seconds = 7.0 * 3_600.0;

/// What kind of series it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A level.
    Gauge,
    /// A growing count, described by its rate per second.
    Counter,
}

/// Everything a series may be computed from.
pub struct Moment<'a> {
    levels: &'a Levels,
    product: &'a Product,
    at: Seconds,
}

type Read = Box<dyn Fn(&Moment<'_>) -> f64 + Send + Sync>;

/// One series.
pub struct Series {
    /// All labels, `__name__` included.
    pub labels: Arc<BTreeMap<String, String>>,
    /// Gauge or counter.
    pub kind: Kind,
    /// Noise relative to the level.
    noise: f64,
    /// Never more than this (shares and scores end at 1).
    ceiling: f64,
    stream: u64,
    read: Read,
}

impl Series {
    /// The value of a gauge, or the rate per second of a counter, at an instant.
    #[must_use]
    pub fn level(&self, product: &Product, levels: &Levels, at: Seconds) -> f64 {
        let mean = (self.read)(&Moment { levels, product, at });
        let noise = if self.noise > 0.0 {
            self.noise * physics::noise(product.seed, self.stream, product.story(at))
        } else {
            0.0
        };
        (mean * (1.0 + noise)).clamp(0.0, self.ceiling)
    }
}

/// Every series of the product, by metric name.
#[must_use]
pub fn all() -> &'static BTreeMap<&'static str, Vec<Series>> {
    static ALL: LazyLock<BTreeMap<&'static str, Vec<Series>>> = LazyLock::new(|| {
        let mut table = Table::default();
        traffic(&mut table);
        providers(&mut table);
        quality(&mut table);
        data(&mut table);
        safety(&mut table);
        business(&mut table);
        levers(&mut table);
        table.series
    });
    &ALL
}

#[derive(Default)]
struct Table {
    series: BTreeMap<&'static str, Vec<Series>>,
    count: u64,
}

impl Table {
    fn add(
        &mut self,
        name: &'static str,
        labels: &[(&str, &str)],
        kind: Kind,
        (noise, ceiling): (f64, f64),
        read: impl Fn(&Moment<'_>) -> f64 + Send + Sync + 'static,
    ) {
        self.count += 1;
        let own = [("__name__", name), ("service", "support-bot")];
        let labels = own.iter().chain(labels).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let series =
            Series { labels: Arc::new(labels), kind, noise, ceiling, stream: self.count, read: Box::new(read) };
        self.series.entry(name).or_default().push(series);
    }

    /// A share or score, 0..=1.
    fn share(&mut self, name: &'static str, labels: &[(&str, &str)], noise: f64, read: fn(&Levels) -> f64) {
        self.add(name, labels, Kind::Gauge, (noise, 1.0), move |m| read(m.levels));
    }

    fn gauge(&mut self, name: &'static str, labels: &[(&str, &str)], noise: f64, read: fn(&Levels) -> f64) {
        self.add(name, labels, Kind::Gauge, (noise, f64::MAX), move |m| read(m.levels));
    }

    fn counter(&mut self, name: &'static str, labels: &[(&str, &str)], noise: f64, read: fn(&Levels) -> f64) {
        self.add(name, labels, Kind::Counter, (noise, f64::MAX), move |m| read(m.levels));
    }
}

fn failures(levels: &Levels) -> f64 {
    attempts_and_failures(levels).1
}

/// Calls per second to the providers, retries included.
fn calls(levels: &Levels) -> f64 {
    Product::requests(levels) * (1.0 - levels.cached_share) * attempts_and_failures(levels).0
}

/// Answers per second that the evaluators look at.
fn evaluated(levels: &Levels) -> f64 {
    EVALUATED * Product::requests(levels) / Levels::ORDINARY.conversations
}

/// Share of calls to a provider that fail, one way or the other.
fn failing(upstream: &Upstream) -> f64 {
    (upstream.errors + upstream.timeouts).min(1.0)
}

fn traffic(table: &mut Table) {
    table.counter("llm_requests_total", &[("outcome", "ok")], 0.04, |l| Product::requests(l) * (1.0 - failures(l)));
    table.counter("llm_requests_total", &[("outcome", "error")], 0.1, |l| Product::requests(l) * failures(l));
    table.gauge("llm_request_duration_seconds", &[("quantile", "0.5")], 0.04, |l| l.latency_p50);
    table.gauge("llm_request_duration_seconds", &[("quantile", "0.95")], 0.06, |l| l.latency_p95);
    table.gauge("llm_request_duration_seconds", &[("quantile", "0.99")], 0.09, |l| l.latency_p99);
    table.gauge("llm_time_to_first_token_seconds", &[("quantile", "0.95")], 0.07, |l| l.ttft_p95);
    table.gauge("llm_queue_depth", &[], 0.25, |l| l.queue);
    table.counter("llm_tokens_total", &[("direction", "input")], 0.03, |l| Product::requests(l) * l.input_tokens);
    table.counter("llm_tokens_total", &[("direction", "output")], 0.03, |l| Product::requests(l) * l.output_tokens);
    table.counter("llm_cost_usd_total", &[], 0.02, |l| {
        // 2.5 USD per million input tokens, 10 per million output tokens.
        calls(l) * (l.input_tokens * 2.5e-6 + l.output_tokens * 10e-6) * blend(1.2, 1.0, l.primary_share)
    });
}

fn providers(table: &mut Table) {
    let (primary, secondary) = ([("provider", "northwind")], [("provider", "contoso")]);
    table.counter("llm_upstream_calls_total", &[primary[0], ("outcome", "ok")], 0.03, |l| {
        calls(l) * l.primary_share * (1.0 - l.primary.errors - l.primary.timeouts).max(0.0)
    });
    table.counter("llm_upstream_calls_total", &[primary[0], ("outcome", "error")], 0.1, |l| {
        calls(l) * l.primary_share * l.primary.errors
    });
    table.counter("llm_upstream_calls_total", &[primary[0], ("outcome", "timeout")], 0.1, |l| {
        calls(l) * l.primary_share * l.primary.timeouts
    });
    table.counter("llm_upstream_calls_total", &[secondary[0], ("outcome", "ok")], 0.03, |l| {
        calls(l) * (1.0 - l.primary_share) * (1.0 - l.secondary.errors - l.secondary.timeouts).max(0.0)
    });
    table.counter("llm_upstream_calls_total", &[secondary[0], ("outcome", "error")], 0.1, |l| {
        calls(l) * (1.0 - l.primary_share) * l.secondary.errors
    });
    table.counter("llm_upstream_calls_total", &[secondary[0], ("outcome", "timeout")], 0.1, |l| {
        calls(l) * (1.0 - l.primary_share) * l.secondary.timeouts
    });
    table.share("llm_route_probe_failures", &[], 0.3, |l| {
        blend(failing(&l.secondary), failing(&l.primary), l.primary_share)
    });
    table.gauge("llm_route_probe_seconds", &[], 0.08, |l| {
        0.74 * blend(l.secondary.slowness, l.primary.slowness, l.primary_share)
    });
    table.share("llm_provider_probe_failures", &primary, 0.3, |l| failing(&l.primary));
    table.share("llm_provider_probe_failures", &secondary, 0.3, |l| failing(&l.secondary));
    table.share("llm_eval_score", &[("eval", "bank"), ("provider", "contoso")], 0.01, |l| l.fallback_eval_match);
}

fn quality(table: &mut Table) {
    for (at, (language, share)) in LANGUAGES.into_iter().enumerate() {
        let grounding = move |l: &Levels| l.grounding.get(at).copied().unwrap_or_default();
        let labels = [("eval", "grounding"), ("lang", language)];
        table.add("llm_eval_score", &labels, Kind::Gauge, (0.01, 1.0), move |m| grounding(m.levels));
        table.add("llm_eval_samples_total", &labels, Kind::Counter, (0.02, f64::MAX), move |m| {
            evaluated(m.levels) * share
        });
    }
    // Answers under the threshold of 0.85: few on ordinary days, most when the mean itself is far below.
    table.counter("llm_eval_below_total", &[("eval", "grounding")], 0.1, |l| {
        evaluated(l) * (0.012 + ((0.915 - l.grounding_mean()) * 3.4).clamp(0.0, 0.85))
    });
    let bank = [("eval", "bank"), ("provider", "active")];
    table.share("llm_eval_score", &bank, 0.012, |l| l.eval_match);
    table.counter("llm_eval_samples_total", &bank, 0.0, |l| evaluated(l) * 0.4);
    table.share("llm_hallucination_share", &[], 0.12, |l| l.hallucination);
    table.share("llm_self_disagreement", &[], 0.1, |l| l.self_disagreement);
    table.counter("llm_responses_total", &[("refused", "true")], 0.1, |l| Product::requests(l) * l.refusal);
    table.counter("llm_responses_total", &[("refused", "false")], 0.03, |l| Product::requests(l) * (1.0 - l.refusal));
}

fn data(table: &mut Table) {
    table.share("rag_retrieval_relevance", &[("index", "help-centre")], 0.02, |l| l.retrieval_relevance);
    table.counter("rag_retrievals_total", &[], 0.02, Product::requests);
    table.counter("rag_retrievals_empty_total", &[], 0.1, |l| Product::requests(l) * l.retrieval_empty);
    let success = "rag_index_last_success_timestamp_seconds";
    table.add(success, &[("index", "help-centre")], Kind::Gauge, (0.0, f64::MAX), |m| {
        let anchor = m.product.started_at - INDEX_REBUILT_BEFORE_START;
        anchor + ((m.at - anchor) / DAY).floor() * DAY
    });
}

fn safety(table: &mut Table) {
    table.share("llm_guardrail_suite_pass", &[("suite", "adversarial")], 0.0, |l| l.block_pass);
    table.share("llm_guardrail_suite_pass", &[("suite", "benign")], 0.001, |l| l.benign_pass);
    table.counter("llm_guardrail_checks_total", &[("result", "block")], 0.1, |l| Product::requests(l) * l.filter_block);
    table.counter("llm_guardrail_checks_total", &[("result", "pass")], 0.03, |l| {
        Product::requests(l) * (1.0 - l.filter_block)
    });
    table.counter("llm_pii_detected_total", &[], 0.3, |l| l.conversations * l.assistant_share * l.leak_per_answer);
}

fn business(table: &mut Table) {
    let tasks = "support_tasks_total";
    table.counter(tasks, &[("outcome", "completed")], 0.02, |l| l.conversations * l.completion);
    table.counter(tasks, &[("outcome", "escalated")], 0.05, |l| l.conversations * l.escalation);
    table.counter(tasks, &[("outcome", "abandoned")], 0.05, |l| {
        l.conversations * (1.0 - l.completion - l.escalation).max(0.0)
    });
    table.counter("llm_feedback_total", &[("rating", "down")], 0.1, |l| l.conversations * 0.11 * l.thumbs_down);
    table.counter("llm_feedback_total", &[("rating", "up")], 0.03, |l| l.conversations * 0.11 * (1.0 - l.thumbs_down));
}

/// What the traffic shows of each lever: the evidence that a write had an effect.
fn levers(table: &mut Table) {
    let answered = "support_conversations_total";
    table.counter(answered, &[("answered_by", "assistant")], 0.03, |l| {
        l.conversations * l.assistant_share * (1.0 - l.cached_share)
    });
    table
        .counter(answered, &[("answered_by", "cache")], 0.03, |l| l.conversations * l.assistant_share * l.cached_share);
    table.counter(answered, &[("answered_by", "fallback")], 0.03, |l| l.conversations * (1.0 - l.assistant_share));
    let exact = (0.0, f64::MAX);
    let served = |m: &Moment<'_>| m.product.timeline.served(m.at);
    let stored = |m: &Moment<'_>| m.product.timeline.stored(m.at);
    let yes = |is: bool| f64::from(u8::from(is));
    table.add("llm_prompt_version", &[], Kind::Gauge, exact, move |m| f64::from(served(m).prompt.unwrap_or(0)));
    table.add(
        "llm_prompt_on_target_share",
        &[],
        Kind::Gauge,
        exact,
        move |m| yes(served(m).prompt == stored(m).prompt),
    );
    table.add(
        "llm_policy_on_target_share",
        &[],
        Kind::Gauge,
        exact,
        move |m| yes(served(m).policy == stored(m).policy),
    );
    table.add("llm_guardrail_strict_share", &[], Kind::Gauge, exact, move |m| yes(served(m).strict));
    table.add("llm_context_reduced_share", &[], Kind::Gauge, exact, move |m| yes(served(m).reduced_context));
}
