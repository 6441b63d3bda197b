//! The shipped runbooks against the sandbox's scenarios, through the real adapters and engine: the symptom that was
//! injected ranks first, and following the evidence leads to a containment that is wired.
#![cfg(feature = "sandbox")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so")]

use std::collections::BTreeMap;
use std::time::Duration;

use breakglass::adapters::build::build;
use breakglass::domain::action::ActionKind;
use breakglass::domain::evidence::Verdict;
use breakglass::domain::facts::Live;
use breakglass::domain::runbook::{Runbook, StepBody};
use breakglass::domain::snapshot::Snapshot;
use breakglass::domain::version::{Found, Part};
use breakglass::domain::walk::{Answered, Walk, WalkAnswer};
use breakglass::engine::{Book, Engine, View};
use breakglass::journal::{Journal, Writer};
use breakglass::sandbox::Sandbox;
use breakglass::{clock, config};

async fn look(scenario: &str) -> (config::Config, View) {
    let sandbox = Sandbox::start(scenario, 7).await.expect("the sandbox starts");
    let loaded = config::load_text("sandbox", sandbox.config_text()).unwrap_or_else(|problems| panic!("{problems}"));
    let home = tempfile::tempdir().expect("directory");
    let writer = Writer { who: "test".into(), host: "test".into() };
    let book = Book::new(Journal::open(home.path().join("journal.db"), writer, clock::now).await);
    let adapters: BTreeMap<_, _> = loaded.endpoints.iter().map(|spec| (spec.id.clone(), build(spec))).collect();
    let (engine, mut events) = Engine::start(loaded.clone(), adapters, book);
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    let mut views = engine.views();
    let judged = views.wait_for(|view| view.as_ref().is_some_and(|view| view.settled && has_baselines(&view.snapshot)));
    let view = tokio::time::timeout(Duration::from_mins(2), judged).await.expect("baselines arrive in two minutes");
    let view = view.expect("the engine lives").clone().expect("waited for");
    (loaded, view)
}

/// Half of the evidence speaks of what is normal, and the history behind that arrives after the first poll.
fn has_baselines(picture: &Snapshot) -> bool {
    let known =
        |id: &str| picture.signals.iter().any(|signal| signal.spec.id.as_str() == id && signal.baseline.is_some());
    ["latency_p99", "input_tokens_per_request", "eval_match", "provider_probe_latency"].into_iter().all(known)
}

/// The first containment that the evidence leads to.
fn contains(runbook: &Runbook, picture: &Snapshot) -> (String, Vec<ActionKind>) {
    let facts = Live::of(picture);
    let mut walk = Walk::start(runbook, picture.at);
    loop {
        let step = walk.step(runbook).unwrap_or_else(|| panic!("no containment on the path: {:?}", walk.path));
        let verdict = match &step.body {
            StepBody::Contain { kinds, .. } => return (step.id.to_string(), kinds.clone()),
            StepBody::Ask { evidence, .. } => evidence.judge(&facts).verdict,
            StepBody::Watch { until, .. } => until.judge(&facts).verdict,
        };
        let answer = match verdict {
            Verdict::True => WalkAnswer::Yes,
            Verdict::False => WalkAnswer::No,
            Verdict::Unknown => WalkAnswer::DontKnow,
        };
        let (step, suggested, at) = (step.id.clone(), Some(verdict), picture.at);
        let answered = Answered { step, answer, suggested, why: String::new(), who: "test".into(), at };
        assert!(walk.answer(runbook, answered));
    }
}

async fn leads_to(scenario: &str, symptom: &str, step: &str, kind: ActionKind) {
    let (config, view) = look(scenario).await;
    let ranked = &view.snapshot.triage.symptoms;
    let said: Vec<_> = ranked.iter().map(|ranked| format!("{} {:.2}", ranked.id, ranked.score)).collect();
    assert_eq!(ranked.first().map(|first| first.id.as_str()), Some(symptom), "{scenario}: {said:?}");
    let (reached, kinds) = contains(&config.catalogue.runbooks[symptom], &view.snapshot);
    assert_eq!(reached, step, "{scenario}");
    let wired = |kind: &&ActionKind| config.catalogue.actions_of(**kind).next().is_some();
    assert_eq!(kinds.iter().find(wired), Some(&kind), "{scenario}: the first wired kind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_regression_leads_to_the_rollback() {
    leads_to("prompt-regression", "wrong-consistent", "roll-back-prompt", ActionKind::RollbackPrompt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_outage_leads_to_the_other_provider() {
    leads_to("provider-outage", "provider-outage", "switch", ActionKind::SwitchProvider).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_latency_spike_leads_to_less_context() {
    leads_to("latency-spike", "latency", "reduce-context", ActionKind::ReduceContext).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_leads_to_the_kill_switch_before_any_question() {
    leads_to("pii-leak", "leak", "stop", ActionKind::KillFeature).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_of_a_quiet_day() {
    let (_, view) = look("quiet").await;
    let ranked: Vec<_> = view.snapshot.triage.symptoms.iter().map(|ranked| ranked.id.to_string()).collect();
    assert_eq!(ranked, Vec::<String>::new());
}

#[tokio::test]
async fn the_version_snapshot_of_the_sandbox_knows_all_seven_parts() {
    let sandbox = Sandbox::start("prompt-regression", 7).await.expect("the sandbox starts");
    let loaded = config::load_text("sandbox", sandbox.config_text()).unwrap_or_else(|problems| panic!("{problems}"));
    let home = tempfile::tempdir().expect("directory");
    let writer = Writer { who: "test".into(), host: "test".into() };
    let book = Book::new(Journal::open(home.path().join("journal.db"), writer, clock::now).await);
    let adapters: BTreeMap<_, _> = loaded.endpoints.iter().map(|spec| (spec.id.clone(), build(spec))).collect();
    let (engine, _events) = Engine::start(loaded, adapters, book);
    let taken = engine.core().read_versions().await;
    assert_eq!(taken.whole_parts(), Part::ALL.len(), "{}", taken.words());
    let prompt = taken.lines.iter().find(|line| line.part == Part::Prompts).expect("a line");
    assert!(matches!(&prompt.found, Found::Known { value, hash: Some(_), .. } if value == "42"), "{prompt:?}");
}
