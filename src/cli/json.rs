//! The JSON contracts of DESIGN section 11: fields may be added, never renamed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::catalogue::Catalogue;
use crate::domain::cause::Fault;
use crate::domain::diff::PieceKind;
use crate::domain::evidence::Judged;
use crate::domain::gate::Report;
use crate::domain::ids::{EndpointId, LeverId};
use crate::domain::incident::LATE_LANDING;
use crate::domain::lever::{LeverSpec, LeverState, Setting};
use crate::domain::observations::{OurMove, SourceState};
use crate::domain::plan::{Plan, PlannedRequest};
use crate::domain::run::RunState;
use crate::domain::signal::SignalState;
use crate::domain::snapshot::{Containment, Ranked, Snapshot};
use crate::domain::status::Status;
use crate::engine::View;

/// Restore gates by lever.
pub type Gates = BTreeMap<LeverId, Report>;

/// Adds the runbook files that are broken, by path: a shipped runbook may stand in for one of them.
pub fn add_broken(told: &mut Value, catalogue: &Catalogue) {
    let paths: Vec<&str> = catalogue.broken.iter().map(|broken| broken.path.as_str()).collect();
    if let Some(told) = told.as_object_mut() {
        told.insert("broken_runbooks".to_owned(), json!(paths));
    }
}

/// `status --json`.
#[must_use]
pub fn status(view: &View, gates: &Gates) -> Value {
    let snapshot = &view.snapshot;
    json!({
        "at": snapshot.at,
        "verdict": verdict(snapshot),
        "status": snapshot.headline.status,
        "layers": snapshot.layers.iter().filter_map(|layer| Some(json!({
            "id": layer.id,
            "status": layer.status?,
            "worst": layer.worst.and_then(|at| snapshot.signals.get(at)).map(|s| &s.spec.id),
            "signals": layer.signals.iter().filter_map(|at| snapshot.signals.get(*at)).map(signal).collect::<Vec<_>>(),
        }))).collect::<Vec<_>>(),
        "sources": sources(&snapshot.sources),
        "changes": snapshot.changes.iter().map(|change| json!({
            "at": change.at, "kind": change.kind, "what": change.what, "who": change.who, "source": change.source,
        })).collect::<Vec<_>>(),
        "levers": snapshot.levers.iter().map(|(spec, state)| lever(snapshot, spec, state)).collect::<Vec<_>>(),
        "containments": snapshot.containments.iter().map(|held| containment(held, gates, snapshot.at)).collect::<Vec<_>>(),
        "runs": runs(snapshot),
    })
}

/// One row per endpoint: the worst of its roles, with the role in the cause.
fn sources(rows: &[SourceState]) -> Vec<Value> {
    let mut endpoints: Vec<&EndpointId> = rows.iter().map(|row| &row.id).collect();
    endpoints.dedup();
    let of_endpoint = |id: &EndpointId| {
        let roles: Vec<&SourceState> = rows.iter().filter(|row| row.id == *id).collect();
        let causes: Vec<String> = roles.iter().filter_map(|row| Some(source_cause(row, row.fault.as_ref()?))).collect();
        let slowest = roles.iter().filter_map(|row| row.latency).max();
        json!({
            "id": id,
            "status": if causes.is_empty() { Status::Ok } else { Status::Unknown },
            "cause": (!causes.is_empty()).then(|| causes.join("; ")),
            "latency_ms": slowest.map(millis),
            "roles": roles.iter().map(|row| json!({
                "role": row.role,
                "status": if row.fault.is_some() { Status::Unknown } else { Status::Ok },
                "cause": row.fault.as_ref().map(ToString::to_string),
                "latency_ms": row.latency.map(millis),
                "clock_ahead_s": row.ahead.map(|ahead| ahead.by().as_secs()),
            })).collect::<Vec<_>>(),
        })
    };
    endpoints.into_iter().map(of_endpoint).collect()
}

/// `changes: not allowed (403)`.
fn source_cause(source: &SourceState, fault: &Fault) -> String {
    format!("{}: {fault}", source.role.word())
}

/// Requests as they would go out.
pub fn requests(planned: &[PlannedRequest]) -> Vec<Value> {
    let headers =
        |r: &PlannedRequest| r.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>();
    let shape = |r: &PlannedRequest| json!({ "method": r.method, "url": r.url, "headers": headers(r), "content_type": r.content_type, "body": r.body });
    planned.iter().map(shape).collect()
}

/// Our runs that are not settled: nobody may call their lever untouched.
fn runs(snapshot: &Snapshot) -> Vec<Value> {
    let run = |run: &OurMove| {
        json!({
            "run": run.run, "action": run.action, "lever": run.lever, "after": setting(&run.after),
            "state": run.state.contract_word(), "who": run.who, "at": run.at, "since": run.moved_at,
        })
    };
    let still =
        |run: &&OurMove| run.state != RunState::Unseen || snapshot.at.duration_since(run.moved_at) < LATE_LANDING;
    snapshot.pending.iter().filter(still).map(run).collect()
}

/// `triage --json`.
#[must_use]
pub fn triage(snapshot: &Snapshot) -> Value {
    let triage = &snapshot.triage;
    let suspect = triage.suspect.as_ref().and_then(|suspect| {
        let change = snapshot.changes.get(suspect.change)?;
        Some(json!({ "kind": change.kind, "what": change.what, "at": change.at, "lag_s": suspect.lag_s }))
    });
    json!({
        "at": snapshot.at,
        "verdict": verdict(snapshot),
        "runs": runs(snapshot),
        "severity": triage.severity,
        "onset": triage.onset,
        "suspect": suspect,
        "layers": snapshot.layers.iter().filter_map(|layer| {
            Some(json!({ "id": layer.id, "status": layer.status? }))
        }).collect::<Vec<_>>(),
        "symptoms": triage.symptoms.iter().map(symptom).collect::<Vec<_>>(),
        "notes": triage.notes,
    })
}

/// `act --json` and `undo --json` without `--yes-plan`.
#[must_use]
pub fn plan(plan: &Plan) -> Value {
    json!({
        "digest": plan.digest,
        "tier": plan.tier,
        "action": plan.action,
        "kind": plan.kind,
        "title": plan.title,
        "environment": plan.environment,
        "type": (u8::from(plan.tier) >= 2).then(|| plan.typed_word()),
        "lever": {
            "id": plan.lever,
            "target": plan.target,
            "now": setting(&plan.observed.setting),
            "after": setting(&plan.after),
            "revision": plan.observed.revision.to_string(),
            "diff": plan.diff.as_ref().map(|diff| diff.pieces.iter().map(|piece| match piece.kind {
                PieceKind::Same => json!({ "same": piece.text }),
                PieceKind::Removed => json!({ "removed": piece.text }),
                PieceKind::Added => json!({ "added": piece.text }),
            }).collect::<Vec<_>>()),
        },
        "requests": requests(&plan.requests),
        "checks": plan.checks.iter().cloned().chain(plan.gate_checks()).collect::<Vec<_>>(),
        "gate": plan.gate.as_ref().map(|report| gate(report, plan.drafted_at)),
        "stages": plan.stages.as_ref().map(|stages| json!({
            "watch_s": stages.own.watch().as_secs(),
            "contained": setting(&stages.contained),
            "own": { "number": stages.own.number, "percent": stages.own.percent, "setting": setting(&plan.after) },
            "rest": stages.rest.iter().map(|stage| json!({
                "number": stage.number, "percent": stage.percent, "setting": setting(&stage.setting),
            })).collect::<Vec<_>>(),
        })),
        "reach": plan.reach,
        "users_see": plan.users_see,
        "effect": plan.effect,
        "undo": plan.undo,
    })
}

/// `check --live --json`.
#[must_use]
pub fn live(catalogue: &Catalogue, view: &View) -> Value {
    let status = status(view, &Gates::new());
    json!({
        "sources": status["sources"],
        "actions": view.snapshot.readiness.iter().map(|ready| json!({
            "action": ready.action,
            "title": catalogue.action(&ready.action).map(|a| &a.title),
            "status": readiness_word(ready.ready),
            "why": ready.why,
            "checked_at": ready.checked_at,
            "latency_ms": ready.latency.map(millis),
            "rehearsed_at": ready.rehearsed_at,
        })).collect::<Vec<_>>(),
    })
}

/// READY, NOT READY or UNCHECKED.
#[must_use]
pub const fn readiness_word(ready: Option<bool>) -> &'static str {
    match ready {
        Some(true) => "READY",
        Some(false) => "NOT READY",
        None => "UNCHECKED",
    }
}

fn verdict(snapshot: &Snapshot) -> String {
    format!("{} {}", snapshot.headline.what, snapshot.headline.suspect).trim().to_owned()
}

fn signal(state: &SignalState) -> Value {
    json!({
        "id": state.spec.id,
        "status": state.status,
        "value": state.sample.map(|sample| sample.value),
        "unit": state.spec.unit,
        "baseline": state.baseline.map(|baseline| baseline.median),
        "n": state.sample.and_then(|sample| sample.n),
        "age_s": state.age_s,
        "cause": state.cause,
    })
}

fn lever(snapshot: &Snapshot, spec: &LeverSpec, state: &LeverState) -> Value {
    let reading = state.reading.as_ref().ok();
    let away = snapshot.containments.iter().find(|held| held.lever == spec.id);
    let status = match (reading, away) {
        (None, _) => Status::Unknown,
        (Some(_), Some(held)) if held.displaced => Status::Warn,
        (Some(_), Some(_)) => Status::Contained,
        (Some(_), None) => Status::Ok,
    };
    let displaced = away.filter(|held| held.displaced && reading.is_some());
    let displaced = displaced.map(|held| format!("displaced: neither {} nor a contained setting", held.away_from()));
    json!({
        "id": spec.id,
        "kind": spec.change_kind,
        "target": spec.target.words(),
        "setting": reading.map(|reading| setting(&reading.setting)),
        "normal": spec.normal.as_ref().map(setting),
        "revision": reading.map(|reading| reading.revision.to_string()),
        "status": status,
        "cause": state.reading.as_ref().err().map(ToString::to_string).or(displaced),
    })
}

fn containment(containment: &Containment, gates: &Gates, at: Timestamp) -> Value {
    json!({
        "gate": gates.get(&containment.lever).map(|report| gate(report, at)),
        "overdue": containment.review_by.is_some_and(|by| by <= at),
        "lever": containment.lever,
        "stage": containment.stage.as_ref().map(|stage| json!({
            "number": stage.number, "of": stage.total, "percent": stage.percent, "watch_s": stage.watch().as_secs(),
        })),
        "displaced": containment.displaced,
        "state": containment.state.map(RunState::contract_word),
        "shown_by": containment.shown_by,
        "now": setting(&containment.now),
        "normal": containment.normal.as_ref().map(setting),
        "before": containment.before.as_ref().map(setting),
        "run": containment.run,
        "action": containment.action,
        "who": containment.who,
        "since": containment.since,
        "review_by": containment.review_by,
        "known_at": containment.unreadable.as_ref().map(|lost| lost.known_at),
        "cause": containment.unreadable.as_ref().map(|lost| &lost.cause),
    })
}

fn symptom(ranked: &Ranked) -> Value {
    json!({
        "id": ranked.id,
        "title": ranked.title,
        "rank": ranked.rank,
        "below": ranked.below,
        "score": (ranked.score * 1_000.0).round() / 1_000.0,
        "for": evidence(&ranked.for_it),
        "against": evidence(&ranked.against),
        "unknown": evidence(&ranked.unknown),
        "runbook": ranked.id,
        "actions": ranked.actions,
    })
}

fn evidence(parts: &[(String, Judged)]) -> Vec<Value> {
    let one = |(say, judged): &(String, Judged)| json!({ "say": say, "when": judged.text, "value": judged.value, "cause": judged.cause });
    parts.iter().map(one).collect()
}

/// How the restore gate stands, every condition with its word.
fn gate(report: &Report, at: Timestamp) -> Value {
    json!({
        "open": report.is_open(),
        "next": report.next(at),
        "watch_since": report.since,
        "watch_ends": report.ends,
        "lines": report.lines.iter().map(|line| json!({
            "name": line.name, "status": line.standing.word(), "why": line.why, "deed": line.deed,
        })).collect::<Vec<_>>(),
    })
}

/// A setting as plain JSON: true, "v41", {"a": 1.0}, 50, null for unset.
#[must_use]
pub fn setting(setting: &Setting) -> Value {
    match setting {
        Setting::Unset => Value::Null,
        Setting::Switch(on) => json!(on),
        Setting::Pointer(to) => json!(to),
        Setting::Weights(weights) => json!(weights),
        Setting::Number(number) => json!(number),
    }
}

fn millis(took: std::time::Duration) -> f64 {
    (took.as_secs_f64() * 10_000.0).round() / 10.0
}

/// RFC 3339 to the second, for text output.
#[must_use]
pub fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
