//! One night for frame tests: quality fails 6 min after a prompt change while infrastructure is OK; safety is LOW-N,
//! provider STALE, business WARN, agent not wired. Made through the real judging, so it cannot drift from it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::action::{ActionKind, ActionSpec, Destination};
use crate::domain::catalogue::Catalogue;
use crate::domain::cause::Fault;
use crate::domain::change::{Change, ChangeKind};
use crate::domain::lever::{LeverSpec, forms};
use crate::domain::observations::{FeedState, Observations, Readiness, Role, SourceState};
use crate::domain::onset::Onset;
use crate::domain::permit::Mode;
use crate::domain::picture;
use crate::domain::sample::{Baseline, Cohort, Point, Sample};
use crate::domain::signal::{Better, CohortQuery, Observed, Query, SignalSpec, Slo};
use crate::domain::snapshot::{Snapshot, Suspect};

/// Prompt text before the change.
pub(crate) const PROMPT_V41: &str = "You are the support assistant.\nAnswer the customer briefly.\nIf the answer is not in the \
context, say that you do not know and offer a person.\nNever promise a refund.";
/// Prompt text after it.
pub(crate) const PROMPT_V42: &str = "You are the support assistant.\nAnswer the customer always in full detail, citing \
policy.\nIf the answer is not in the context, use your best judgement.\nNever promise a refund.";

/// `2026-11-23T03:26:41Z`.
pub(crate) fn now() -> Timestamp {
    "2026-11-23T03:26:41Z".parse().expect("valid")
}

fn ago(seconds: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_secs(seconds)).expect("in range")
}

/// A declared signal of the night.
struct Declared {
    id: &'static str,
    layer: &'static str,
    title: &'static str,
    unit: &'static str,
    better: Better,
    warn: Option<&'static str>,
    crit: Option<&'static str>,
    min_samples: Option<f64>,
}

impl Declared {
    fn spec(&self) -> Arc<SignalSpec> {
        let grounding = self.id == "grounding";
        Arc::new(SignalSpec {
            id: self.id.parse().expect("id"),
            layer: self.layer.parse().expect("id"),
            title: self.title.into(),
            unit: self.unit.into(),
            better: self.better,
            warn: self.warn.map(|limit| limit.parse().expect("limit")),
            crit: self.crit.map(|limit| limit.parse().expect("limit")),
            min_samples: self.min_samples,
            from: Some(if self.layer == "provider" { "status" } else { "prom" }.parse().expect("id")),
            query: Query {
                value: format!("avg(llm_eval_score{{service=\"support-bot\",eval=\"{}\"}})", self.id),
                pointer: None,
                samples: Some("sum(increase(llm_eval_samples_total[10m]))".into()),
                cohorts: grounding.then(|| CohortQuery {
                    value: "avg by (lang) (llm_eval_score{eval=\"grounding\"})".into(),
                    samples: None,
                    min_samples: 30,
                }),
                slo: grounding.then(|| Slo {
                    bad: "sum(rate(answers_ungrounded[$window]))".into(),
                    total: "sum(rate(answers[$window]))".into(),
                    objective: 0.95,
                }),
            },
            meaning: if grounding { "share of answers whose claims the retrieved text supports" } else { "" }.into(),
        })
    }
}

const fn declared(id: &'static str, layer: &'static str, title: &'static str, unit: &'static str) -> Declared {
    Declared { id, layer, title, unit, better: Better::Lower, warn: None, crit: None, min_samples: None }
}

fn signals() -> Vec<Arc<SignalSpec>> {
    let all = [
        Declared { crit: Some("> 4"), ..declared("latency_p99", "infrastructure", "latency p99", "s") },
        Declared { crit: Some("> 0.05"), ..declared("error_rate", "infrastructure", "error rate", "ratio") },
        Declared {
            crit: Some("< 0.85"),
            better: Better::Higher,
            min_samples: Some(80.0),
            ..declared("grounding", "quality", "grounding", "ratio")
        },
        Declared {
            warn: Some("> 1.8x or < 0.4x"),
            better: Better::Band,
            ..declared("refusal_rate", "quality", "refusal rate", "ratio")
        },
        Declared {
            crit: Some("< 0.70"),
            better: Better::Higher,
            ..declared("retrieval_relevance", "data", "retrieval relevance", "ratio")
        },
        Declared {
            crit: Some("< 0.98"),
            better: Better::Higher,
            min_samples: Some(80.0),
            ..declared("guardrail_pass", "safety", "guardrail suite", "ratio")
        },
        Declared { warn: Some("> 0.10"), ..declared("escalation_rate", "business", "escalation rate", "ratio") },
        Declared { warn: Some("> 0"), ..declared("provider_status", "provider", "status page", "level 0-3") },
    ];
    all.iter().map(Declared::spec).collect()
}

/// A wave around `normal` that ends at `last` if it left normal 35 min ago; deterministic.
fn history(normal: f64, last: f64) -> Arc<[Point]> {
    let point = |n: i32| {
        let left = i64::from(240 - n) * 30;
        let wobble = f64::from((n * 37) % 11 - 5) / 5.0 * 0.012 * normal;
        let fallen = ((2_130.0 - f64::from(240 - n) * 30.0) / 240.0).clamp(0.0, 1.0);
        Point { at: ago(left), value: normal + (last - normal) * fallen + wobble }
    };
    (0..=240).map(point).collect()
}

fn observed(normal: f64, last: f64, n: f64, age: i64) -> Observed {
    Observed {
        sample: Ok(Sample { value: last, n: Some(n), at: ago(age) }),
        last: None,
        baseline: Some(Baseline { median: normal, spread: 0.023 * normal, points: 90 }),
        loads_history: false,
        cohorts: Vec::new(),
        history: history(normal, last),
        burn: BTreeMap::new(),
        interval: Duration::from_secs(15),
    }
}

fn observations() -> Observations {
    let cohort = |name: &str, value, share, n| Cohort {
        name: name.into(),
        value,
        baseline: Some(0.87),
        n: Some(n),
        share: Some(share),
    };
    let grounding = Observed {
        cohorts: vec![
            cohort("lang=en", 0.74, 0.7, 290.0),
            cohort("lang=de", 0.73, 0.21, 85.0),
            cohort("lang=es", 0.49, 0.09, 37.0),
        ],
        burn: [(300, 16.2), (1_800, 15.3), (3_600, 14.9), (21_600, 6.1)].into(),
        ..observed(0.88, 0.71, 412.0, 6)
    };
    let silent = Fault::NoAnswer { after: Duration::from_secs(8), received: 0 };
    let provider = Observed {
        sample: Err(silent.clone()),
        last: Some(Sample { value: 0.0, n: None, at: ago(94) }),
        baseline: None,
        history: Arc::from([]),
        interval: Duration::from_secs(20),
        ..observed(0.0, 0.0, 1.0, 94)
    };
    let signals = [
        ("latency_p99", observed(0.79, 0.812, 9_120.0, 4)),
        ("error_rate", observed(0.004, 0.0041, 9_120.0, 4)),
        ("grounding", grounding),
        ("refusal_rate", observed(0.019, 0.0193, 412.0, 6)),
        ("retrieval_relevance", observed(0.84, 0.83, 412.0, 6)),
        ("guardrail_pass", observed(0.99, 1.0, 12.0, 11)),
        ("escalation_rate", observed(0.069, 0.112, 640.0, 20)),
        ("provider_status", provider),
    ];
    Observations {
        at: now(),
        signals: signals.into_iter().map(|(id, state)| (id.parse().expect("id"), state)).collect(),
        changes: changes(),
        levers: BTreeMap::new(),
        sources: vec![
            source("prom", Role::Signals, None, Some(41), 6),
            source("flags", Role::Levers, None, Some(18), 9),
            source("prompts", Role::Levers, None, Some(63), 11),
            source("status", Role::Signals, Some(silent), Some(8_000), 94),
        ],
        feeds: vec![FeedState { id: "log".parse().expect("id"), kinds: Vec::new(), fault: None }],
        readiness: vec![readiness("rollback-prompt", true, ""), readiness("kill-assistant", true, "")],
        ours: Vec::new(),
        pending: Vec::new(),
        writes: Vec::new(),
        released: Vec::new(),
    }
}

fn source(id: &str, role: Role, fault: Option<Fault>, latency_ms: Option<u64>, age: i64) -> SourceState {
    SourceState {
        id: id.parse().expect("id"),
        role,
        fault,
        latency: latency_ms.map(Duration::from_millis),
        answered_at: Some(ago(age)),
        ahead: None,
    }
}

fn readiness(id: &str, ready: bool, why: &str) -> Readiness {
    Readiness {
        action: id.parse().expect("id"),
        ready: Some(ready),
        why: why.into(),
        done: false,
        checked_at: Some(ago(12)),
        latency: None,
        rehearsed_at: None,
    }
}

/// The changes of the night, newest first; the first is the suspect.
pub(crate) fn changes() -> Vec<Change> {
    let change = |seconds, kind, what: &str, who: &str, source: &str| Change {
        at: ago(seconds),
        kind,
        what: what.into(),
        who: Some(who.into()),
        source: source.into(),
        before: None,
        after: None,
        reviewed: None,
        ours: false,
    };
    vec![
        Change {
            before: Some(PROMPT_V41.into()),
            after: Some(PROMPT_V42.into()),
            reviewed: Some(false),
            ..change(2_489, ChangeKind::Prompt, "support v41 → v42", "dana", "prompts")
        },
        change(4_900, ChangeKind::Config, "retriever top_k 8 → 6", "lee", "deployments"),
        change(10_800, ChangeKind::Flag, "rerank-v2 0 → 20 %", "ci", "flags"),
        change(25_200, ChangeKind::Index, "kb-2291 rebuilt", "cron", "deployments"),
    ]
}

fn action(id: &str, kind: ActionKind, key: char, title: &str, lever: &str, to: Destination) -> ActionSpec {
    ActionSpec {
        id: id.parse().expect("id"),
        kind,
        key: Some(key),
        title: title.into(),
        lever: lever.parse().expect("id"),
        to,
        affects: Vec::new(),
        effect: None,
        recovery: None,
        review_after: Duration::from_hours(4),
        fallback: Vec::new(),
        tier: None,
        alternative: None,
        by_hand: None,
        users_see: None,
        scope: crate::domain::action::Scope::default(),
        effect_of_kind: false,
    }
}

/// What the config of the night declares.
pub(crate) fn catalogue() -> Catalogue {
    let signals = signals();
    let vocabulary = signals
        .iter()
        .cloned()
        .chain([declared("toxicity_rate", "safety", "toxicity rate", "ratio").spec()])
        .map(|spec| (spec.id.clone(), spec))
        .collect();
    let lever = |id: &str, target, change_kind| LeverSpec {
        id: id.parse().expect("id"),
        from: "prompts".parse().expect("id"),
        target,
        normal: None,
        contained: None,
        change_kind,
    };
    let prompt = forms::MLFLOW_ALIAS.at([("prompt", "support"), ("alias", "production")]);
    let flag = forms::UNLEASH_FLAG.at([("flag", "ai-assistant"), ("environment", "production")]);
    Catalogue {
        service: "support-bot".into(),
        environment: "prod".into(),
        policy: crate::domain::approval::Policy::default(),
        mode: Mode::Act,
        drill: false,
        told: String::new(),
        layers: ["infrastructure", "quality", "data", "safety", "business", "provider", "agent"]
            .map(|id| id.parse().expect("id"))
            .into(),
        signals,
        vocabulary,
        levers: vec![lever("prompt", prompt, ChangeKind::Prompt), lever("assistant", flag, ChangeKind::Flag)],
        actions: vec![
            action(
                "rollback-prompt",
                ActionKind::RollbackPrompt,
                'R',
                "Roll back prompt to v41",
                "prompt",
                Destination::LastGood,
            ),
            action(
                "kill-assistant",
                ActionKind::KillFeature,
                'K',
                "Kill switch: assistant off",
                "assistant",
                Destination::Contained,
            ),
        ],
        suites: Vec::new(),
        versions: Vec::new(),
        samples: Vec::new(),
        strict: false,
        gate: crate::domain::gate::GateSpec::STANDARD,
        runbooks: BTreeMap::new(),
        broken: Vec::new(),
        reported: ChangeKind::ALL.to_vec(),
        endpoints: [("prom", "prometheus"), ("flags", "unleash"), ("prompts", "mlflow"), ("status", "statuspage")]
            .into_iter()
            .map(|(id, vendor)| (id.parse().expect("id"), vendor.to_owned()))
            .collect(),
    }
}

/// The picture of the night. The onset is set by hand, so that a better estimator does not move the frames.
pub(crate) fn snapshot() -> Snapshot {
    let mut snapshot = picture::snapshot(&catalogue(), &observations());
    let onset = Onset { at: ago(2_129), earliest: ago(2_309), latest: ago(1_949) };
    for signal in snapshot.signals.iter_mut().filter(|signal| signal.status.is_bad()) {
        signal.onset = Some(onset);
    }
    snapshot.triage.onset = Some(onset);
    snapshot.triage.suspect = Some(Suspect { change: 0, kind: ChangeKind::Prompt, lag_s: 360 });
    snapshot
}
