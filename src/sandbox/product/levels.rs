//! The mean levels of everything that the product emits, at one instant, before noise.
//! Numbers only; the scenarios bend them, `product` decides when.

/// Languages of the users, with their share of traffic. They are the cohorts of quality.
pub const LANGUAGES: [(&str, f64); 4] = [("en", 0.58), ("de", 0.19), ("fr", 0.14), ("es", 0.09)];

/// How a model provider behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Upstream {
    /// Share of calls that fail at once, 0..=1.
    pub errors: f64,
    /// Share of calls that time out, 0..=1.
    pub timeouts: f64,
    /// Latency as a factor of ordinary days.
    pub slowness: f64,
}

/// Everything at one instant. Shares are 0..=1, latencies seconds, rates per second, unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// Conversations per second at the product's door.
    pub conversations: f64,
    /// Share of conversations that the assistant answers; the rest sees the fallback text.
    pub assistant_share: f64,
    /// Share of the assistant's answers that come from the cache.
    pub cached_share: f64,
    /// The primary provider.
    pub primary: Upstream,
    /// The secondary provider.
    pub secondary: Upstream,
    /// Share of upstream calls to the primary.
    pub primary_share: f64,
    /// Median latency of an answer.
    pub latency_p50: f64,
    /// Its 95th percentile.
    pub latency_p95: f64,
    /// Its 99th percentile.
    pub latency_p99: f64,
    /// 95th percentile of the time to the first token.
    pub ttft_p95: f64,
    /// Requests waiting.
    pub queue: f64,
    /// Context of a call, in tokens.
    pub input_tokens: f64,
    /// Length of an answer, in tokens.
    pub output_tokens: f64,
    /// Grounding score by language, in the order of [`LANGUAGES`].
    pub grounding: [f64; 4],
    /// Match rate of the evaluation bank.
    pub eval_match: f64,
    /// Match rate of the evaluation bank through the secondary provider.
    pub fallback_eval_match: f64,
    /// Sampled answers with invented content.
    pub hallucination: f64,
    /// Same prompt, different answers.
    pub self_disagreement: f64,
    /// Answers that refuse.
    pub refusal: f64,
    /// Relevance of what retrieval finds.
    pub retrieval_relevance: f64,
    /// Retrievals that find nothing.
    pub retrieval_empty: f64,
    /// Share of the adversarial suite that is blocked.
    pub block_pass: f64,
    /// Share of the benign suite that is let through.
    pub benign_pass: f64,
    /// Share of traffic that the filters block.
    pub filter_block: f64,
    /// Answers with personal data, per answered conversation.
    pub leak_per_answer: f64,
    /// Conversations handed to people.
    pub escalation: f64,
    /// Conversations the user finished.
    pub completion: f64,
    /// Ratings that are negative.
    pub thumbs_down: f64,
}

impl Levels {
    /// An ordinary moment at peak traffic.
    pub const ORDINARY: Self = Self {
        conversations: 42.0,
        assistant_share: 1.0,
        cached_share: 0.0,
        primary: Upstream { errors: 0.004, timeouts: 0.001, slowness: 1.0 },
        secondary: Upstream { errors: 0.005, timeouts: 0.001, slowness: 1.12 },
        primary_share: 1.0,
        latency_p50: 0.81,
        latency_p95: 2.1,
        latency_p99: 3.4,
        ttft_p95: 0.62,
        queue: 6.0,
        input_tokens: 2_150.0,
        output_tokens: 212.0,
        grounding: [0.925, 0.917, 0.914, 0.921],
        eval_match: 0.93,
        fallback_eval_match: 0.935,
        hallucination: 0.021,
        self_disagreement: 0.06,
        refusal: 0.019,
        retrieval_relevance: 0.84,
        retrieval_empty: 0.006,
        block_pass: 1.0,
        benign_pass: 0.994,
        filter_block: 0.022,
        leak_per_answer: 0.0,
        escalation: 0.069,
        completion: 0.81,
        thumbs_down: 0.061,
    };

    /// Mean grounding over all traffic.
    #[must_use]
    pub fn grounding_mean(&self) -> f64 {
        LANGUAGES.iter().zip(self.grounding).map(|((_, share), score)| share * score).sum()
    }

    /// Moves every latency by a factor.
    pub fn slow_down(&mut self, factor: f64) {
        self.latency_p50 *= factor;
        self.latency_p95 *= factor;
        self.latency_p99 *= factor;
        self.ttft_p95 *= factor;
    }
}

/// `from` at `amount` 0, `to` at `amount` 1.
#[must_use]
pub fn blend(from: f64, to: f64, amount: f64) -> f64 {
    from + (to - from) * amount
}
