//! A small world for tests: a team's product with eleven signals, all well, to be broken one thing at a time.
//! Judged by the real code only.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::action::{ActionKind, Direction, Tier};
use super::approval::{Approval, Asking, Person, Requests};
use super::catalogue::Catalogue;
use super::cause::Fault;
use super::change::{Change, ChangeKind};
use super::entry::{Entry, Happening, Intent};
use super::evidence::{Comparison, Names};
use super::ids::LeverId;
use super::lever::{Contract, LeverReading, Revision, Setting};
use super::observations::{FeedState, Observations};
use super::permit::Mode;
use super::picture;
use super::plan::{Answer, Plan, PlannedRequest, Purpose};
use super::runbook::{Care, Harm, Origin, Runbook, Weighted};
use super::sample::{Baseline, Point, Sample};
use super::signal::{Better, Observed, Query, SignalSpec};
use super::snapshot::Snapshot;

/// The instant of every test.
pub(crate) fn now() -> Timestamp {
    "2026-11-23T03:26:00Z".parse().expect("valid")
}

/// So many seconds before [`now`].
pub(crate) fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

/// Identifier, layer, unit, better, warn, crit, ordinary value.
type Declared = (&'static str, &'static str, &'static str, Better, &'static str, &'static str, f64);

const SIGNALS: [Declared; 11] = [
    ("request_rate", "infrastructure", "req/s", Better::Band, "> 1.8x or < 0.6x", "> 4x or < 0.2x", 42.0),
    ("error_rate", "infrastructure", "ratio", Better::Lower, "> 0.01", "> 0.05", 0.002),
    ("latency_p99", "infrastructure", "s", Better::Lower, "> 2x", "> 4x", 1.2),
    ("provider_probe_error", "provider", "ratio", Better::Lower, "> 0.02", "> 0.1", 0.0),
    ("provider_status", "provider", "level 0-3", Better::Lower, "> 0", "> 2", 0.0),
    ("grounding", "quality", "score", Better::Higher, "< 0.87", "< 0.85", 0.88),
    ("eval_match", "quality", "ratio", Better::Higher, "< 0.95x", "< 0.9x", 0.94),
    ("fingerprint_changed", "provider", "0/1", Better::Lower, "> 0", "> 1", 0.0),
    ("retrieval_relevance", "data", "score", Better::Higher, "< 0.9x", "< 0.8x", 0.83),
    ("pii_out", "safety", "count", Better::Lower, "> 0", "> 0", 0.0),
    ("escalation_rate", "business", "ratio", Better::Lower, "> 1.5x", "> 3x", 0.07),
];

/// A signal as a config would declare it.
pub(crate) fn spec(id: &str, layer: &str, unit: &str, better: Better, warn: &str, crit: &str) -> SignalSpec {
    let limits = |text: &str| (!text.is_empty()).then(|| text.parse().expect("limit"));
    SignalSpec {
        id: id.parse().expect("id"),
        layer: layer.parse().expect("id"),
        title: id.replace('_', " "),
        unit: unit.into(),
        better,
        warn: limits(warn),
        crit: limits(crit),
        min_samples: None,
        from: None,
        query: Query { value: String::new(), pointer: None, samples: None, cohorts: None, slo: None },
        meaning: String::new(),
    }
}

/// A fresh value with two hours of steady history.
pub(crate) fn observed(value: f64) -> Observed {
    Observed {
        sample: Ok(Sample { value, n: Some(412.0), at: ago(6) }),
        last: None,
        baseline: Some(Baseline { median: value, spread: (value.abs() * 0.02).max(0.001), points: 500 }),
        loads_history: false,
        cohorts: Vec::new(),
        history: history(value, value, 0),
        burn: BTreeMap::new(),
        interval: Duration::from_secs(10),
    }
}

/// Two hours, one point a minute: `before` until `minutes` ago, `after` since.
pub(crate) fn history(before: f64, after: f64, minutes: i64) -> Arc<[Point]> {
    let value = |age: i64| if age > minutes { before } else { after };
    (0..=120).rev().map(|age| Point { at: ago(age * 60), value: value(age) }).collect()
}

/// The world.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) catalogue: Catalogue,
    pub(crate) observed: Observations,
}

impl World {
    /// Everything is measured and well; nothing changed.
    pub(crate) fn well() -> Self {
        let layers = ["infrastructure", "provider", "quality", "data", "safety", "business"];
        let mut world = Self {
            catalogue: Catalogue {
                service: "support-bot".into(),
                environment: "prod".into(),
                policy: crate::domain::approval::Policy::default(),
                mode: Mode::Act,
                drill: false,
                told: String::new(),
                layers: layers.iter().map(|id| id.parse().expect("id")).collect(),
                signals: Vec::new(),
                vocabulary: BTreeMap::new(),
                levers: Vec::new(),
                actions: Vec::new(),
                suites: Vec::new(),
                versions: Vec::new(),
                samples: Vec::new(),
                strict: false,
                gate: crate::domain::gate::GateSpec::STANDARD,
                runbooks: BTreeMap::new(),
                broken: Vec::new(),
                endpoints: BTreeMap::new(),
                reported: ChangeKind::ALL.to_vec(),
            },
            observed: Observations {
                at: now(),
                signals: BTreeMap::new(),
                changes: Vec::new(),
                levers: BTreeMap::new(),
                sources: Vec::new(),
                feeds: vec![FeedState { id: "log".parse().expect("id"), kinds: Vec::new(), fault: None }],
                readiness: Vec::new(),
                ours: Vec::new(),
                pending: Vec::new(),
                writes: Vec::new(),
                released: Vec::new(),
            },
        };
        for (id, layer, unit, better, warn, crit, value) in SIGNALS {
            world.wire(spec(id, layer, unit, better, warn, crit), observed(value));
        }
        world
    }

    /// Adds a signal.
    pub(crate) fn wire(&mut self, spec: SignalSpec, observed: Observed) {
        self.observed.signals.insert(spec.id.clone(), observed);
        self.catalogue.signals.push(Arc::new(spec));
    }

    /// What was observed of a signal.
    pub(crate) fn signal(&mut self, id: &str) -> &mut Observed {
        self.observed.signals.get_mut(id).expect("wired")
    }

    /// The signal has had this value for so many minutes.
    pub(crate) fn since(mut self, id: &str, value: f64, minutes: i64) -> Self {
        let signal = self.signal(id);
        let before = signal.baseline.map_or(value, |baseline| baseline.median);
        signal.history = history(before, value, minutes);
        signal.sample = Ok(Sample { value, n: Some(412.0), at: ago(6) });
        self
    }

    /// The newest polls of the signal failed; the last good sample is so old.
    pub(crate) fn silent(mut self, id: &str, fault: Fault, last_seconds_ago: i64) -> Self {
        let signal = self.signal(id);
        signal.last = signal.sample.as_ref().ok().map(|sample| Sample { at: ago(last_seconds_ago), ..*sample });
        signal.sample = Err(fault);
        self
    }

    /// A change so many minutes ago.
    pub(crate) fn change(mut self, kind: ChangeKind, what: &str, minutes: i64) -> Self {
        self.observed.changes.push(change(kind, what, minutes));
        self
    }

    /// A change feed that does not answer.
    pub(crate) fn blind_feed(mut self, id: &str, kinds: &[ChangeKind]) -> Self {
        let fault = Some(Fault::Refused { target: "flags:443".into() });
        self.observed.feeds.push(FeedState { id: id.parse().expect("id"), kinds: kinds.to_vec(), fault });
        self
    }

    /// Adds a runbook.
    pub(crate) fn runbook(mut self, runbook: Runbook) -> Self {
        self.catalogue.runbooks.insert(runbook.id.clone(), Arc::new(runbook));
        self
    }

    /// The picture.
    pub(crate) fn snapshot(&self) -> Snapshot {
        picture::snapshot(&self.catalogue, &self.observed)
    }
}

/// A change by dana.
pub(crate) fn change(kind: ChangeKind, what: &str, minutes: i64) -> Change {
    Change {
        at: ago(minutes * 60),
        kind,
        what: what.into(),
        who: Some("dana".into()),
        source: "feed".into(),
        before: None,
        after: None,
        reviewed: None,
        ours: false,
    }
}

/// A loaded comparison over the world's signals.
pub(crate) fn comparison(text: &str) -> Comparison {
    let names = Names { signals: SIGNALS.iter().map(|s| s.0.to_owned()).collect(), levers: None, providers: None };
    Comparison::parse(text, &names).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// A runbook with weighted evidence and nothing else.
pub(crate) fn runbook(id: &str, severity: &str, evidence: &[(&str, f64)]) -> Runbook {
    let weighted = |(text, weight): &(&str, f64)| Weighted {
        when: comparison(text),
        weight: *weight,
        say: format!("says {text}"),
        harm: false,
        decisive: false,
        circumstance: false,
    };
    Runbook {
        id: id.parse().expect("id"),
        title: id.replace('-', " "),
        hypothesis: String::new(),
        version: 1,
        owner: "sre".into(),
        severity: severity.into(),
        severity_why: "customers get wrong answers".into(),
        harm: Harm::None,
        beats: Vec::new(),
        evidence: evidence.iter().map(weighted).collect(),
        contain: Vec::new(),
        never: Vec::new(),
        start: "start".parse().expect("id"),
        steps: Vec::new(),
        stop_after: Duration::from_mins(5),
        tags: Vec::new(),
        raises: Vec::new(),
        rule: None,
        care: Care::default(),
        origin: Origin::default(),
    }
}

/// A tier one plan, drafted now: the kill switch of a flag.
pub(crate) fn plan() -> Plan {
    let lever: LeverId = "assistant".parse().expect("id");
    let observed = LeverReading {
        setting: Setting::Switch(true),
        revision: Revision::Strong("7".into()),
        raw: "{}".into(),
        read_at: now(),
        set_by: None,
        set_at: None,
    };
    let after = Setting::Switch(false);
    let requests = vec![PlannedRequest {
        method: "POST".into(),
        url: "https://flags.internal/off".into(),
        headers: Vec::new(),
        content_type: Some("application/json".into()),
        body: Some("{}".into()),
    }];
    let digest = Plan::digest_of("prod", &lever, &observed, &after, &requests);
    Plan {
        action: "kill-assistant".parse().expect("id"),
        kind: ActionKind::KillFeature,
        title: "Kill switch".into(),
        purpose: Purpose::Action,
        service: "support-bot".into(),
        environment: "prod".into(),
        lever,
        target: "flag ai-assistant in production".into(),
        observed,
        after,
        direction: Direction::Contain,
        tier: Tier::One,
        requests,
        checks: Vec::new(),
        gate: None,
        stages: None,
        diff: None,
        reach: String::new(),
        users_see: String::new(),
        effect: String::new(),
        undo: String::new(),
        contract: Contract::strong(Duration::from_secs(1), "write to the lever"),
        drafted_at: now(),
        digest,
    }
}

/// The answer that confirms [`plan`] by ana.
pub(crate) fn yes(plan: &Plan) -> Answer {
    Answer { digest: plan.digest.clone(), typed: None, read: true, approved_by: None, by: "ana".into() }
}

/// The journal's entry of this, by this person, so many seconds after [`now`].
pub(crate) fn entry(seconds: i64, who: &str, what: Happening) -> Entry {
    let at = now() + SignedDuration::from_secs(seconds);
    Entry { seq: 1, at, who: who.into(), host: format!("{who}-laptop"), incident: None, what }
}

/// Somebody at their own laptop.
pub(crate) fn person(who: &str) -> Person {
    Person::new(who, &format!("{who}-laptop"), None)
}

/// Asked by `cleo`, approved by `ben`, granted to `who`.
pub(crate) fn approval(plan: &Plan, who: &str) -> Approval {
    let until = now() + SignedDuration::from_mins(10);
    let mut requests = Requests::default();
    requests.apply(&entry(0, "cleo", Happening::ApprovalAsked(Box::new(Asking::of(plan, "cleo", until)))));
    requests.apply(&entry(1, "ben", Happening::Approved { digest: plan.digest.clone(), by: "ben".into() }));
    requests.granted(&plan.digest, &person(who), None, now()).expect("approved")
}

/// The intent of a run of this plan.
pub(crate) fn intent(plan: &Plan, run: &str) -> Intent {
    Intent {
        run: run.parse().expect("id"),
        action: plan.action.clone(),
        action_kind: plan.kind,
        title: plan.title.clone(),
        purpose: plan.purpose.clone(),
        direction: plan.direction,
        lever: plan.lever.clone(),
        prior: plan.observed.clone(),
        after: plan.after.clone(),
        requests: plan.requests.clone(),
        digest: plan.digest.clone(),
        deadline_ms: 8_000,
        review_by: None,
        bad_before: Vec::new(),
        failing: Vec::new(),
        showed: Vec::new(),
        shown_before: false,
        stage: None,
    }
}
