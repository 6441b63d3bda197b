//! Readings files: what is written arrives, and the judging core sees it.

use std::time::Duration;

use super::super::readings;
use super::fixture;
use crate::domain::change::ChangeKind;
use crate::domain::picture;
use crate::domain::status::Status;

#[test]
fn what_is_written_arrives() {
    let (catalogue, seen) = readings::load_text("r", &fixture("readings/valid/every-key.toml")).expect("valid");
    let grounding = &seen.signals["grounding"];
    let sample = grounding.sample.clone().expect("a value");
    assert_eq!((sample.value, sample.n), (0.71, Some(412.0)));
    assert_eq!(seen.at.duration_since(sample.at).as_secs(), 6);
    assert_eq!(grounding.baseline.map(|baseline| (baseline.median, baseline.spread)), Some((0.88, 0.02)));
    assert_eq!(grounding.cohorts[0].name, "lang=es");
    assert_eq!(grounding.history.len(), 3);
    assert_eq!(seen.changes.len(), 2);
    assert_eq!(seen.changes[0].kind, ChangeKind::Prompt, "newest first");
    assert_eq!(seen.at.duration_since(seen.changes[0].at).as_secs(), 41 * 60);
    assert_eq!(catalogue.signals.len(), 3, "a signal that is not listed is not measured");
    assert!(catalogue.runbooks.len() >= 4 && catalogue.broken.is_empty());
}

#[test]
fn readings_need_no_config_to_be_ranked() {
    let (catalogue, seen) = readings::load_text("r", &fixture("readings/valid/every-key.toml")).expect("valid");
    let picture = picture::snapshot(&catalogue, &seen);
    assert_eq!(picture.triage.symptoms[0].id.as_str(), "wrong-consistent");
    assert_eq!(picture.triage.symptoms[0].actions[0].word(), "rollback_prompt");
}

#[test]
fn old_readings_are_stale_then_unknown_and_never_ok() {
    for (age, status) in [("20s", Status::Ok), ("2m", Status::Stale), ("10m", Status::Unknown)] {
        let text = format!("at = \"2026-11-23T03:26:00Z\"\n[signal.error_rate]\nvalue = 0.001\nage = \"{age}\"\n");
        let (catalogue, seen) = readings::load_text("r", &text).expect("valid");
        assert_eq!(picture::snapshot(&catalogue, &seen).signals[0].status, status, "{age}");
    }
}

#[test]
fn an_empty_readings_file_cannot_say_anything() {
    let (catalogue, seen) = readings::load_text("r", "at = \"2026-11-23T03:26:00Z\"").expect("valid");
    let picture = picture::snapshot(&catalogue, &seen);
    assert!(picture.triage.cannot_say && picture.triage.symptoms.is_empty());
    assert_eq!(picture.headline.status, Status::Unknown);
    assert_eq!(seen.signals.values().map(|seen| seen.interval).max(), None::<Duration>);
}
