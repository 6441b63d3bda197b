//! What stands beside the walk: the coach, the stop rule, gaps, care, rules.

use std::sync::Arc;

use super::frames::snapshot_all;
use super::{SIZES, text};
use crate::app::fixture;
use crate::app::msg::Msg;
use crate::app::{Model, update};
use crate::domain::entry::Happening;
use crate::domain::evidence::Evidence;
use crate::domain::incident::Ledger;
use crate::domain::run::RunMove;
use crate::domain::runbook::{Care, Diagnosis, Rule, StepBody};
use crate::domain::snapshot::Note;
use crate::ui::theme::Theme;

/// An incident of this severity, opened 619 s ago, and nothing contained.
fn at_severity(level: &str) -> Model {
    let mut model = fixture::model();
    let (_, mut entries) = fixture::journal();
    entries.truncate(1);
    if let Some(Happening::IncidentOpened { severity, .. }) = entries.first_mut().map(|entry| &mut entry.what) {
        *severity = Some(level.to_owned());
    }
    let ledger = Ledger::fold(&entries);
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    let mut snapshot = fixture::snapshot();
    snapshot.containments.clear();
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    model
}

#[test]
fn the_coach_on_main_and_runbook() {
    let mut model = at_severity("P1");
    snapshot_all("coach_main", &model);
    fixture::press(&mut model, 'r');
    snapshot_all("coach_runbook", &model);
    fixture::press(&mut model, 'x');
    snapshot_all("coach_decline", &model);
    let calm = at_severity("P2");
    for size in SIZES {
        let frame = text(&model, &Theme::plain(), size);
        let flat = frame.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("CONTAIN FIRST") && flat.contains("R previews: Roll back prompt to v41"), "{frame}");
        assert!(!text(&calm, &Theme::plain(), size).contains("CONTAIN FIRST"));
    }
}

#[test]
fn a_severity_that_was_raised_stands_on_the_walk_as_it_does_in_the_header() {
    let mut snapshot = fixture::snapshot();
    let hint = snapshot.triage.severity.as_mut().expect("one is proposed");
    hint.level = "P4".to_owned();
    let mut model = fixture::model();
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    fixture::press(&mut model, 'r');
    let frame = text(&model, &Theme::plain(), SIZES[0]);
    assert!(frame.contains(" raised to P4"), "{frame}");
}

#[test]
fn the_stop_rule_on_a_runbook_that_went_on_too_long() {
    let mut model = at_severity("P2");
    fixture::press(&mut model, 'r');
    update(&mut model, Msg::Tick(fixture::after_ms(15 * 60_000 + 7_000)));
    snapshot_all("stop_rule", &model);
}

#[test]
fn a_strict_walk_lists_its_answers_without_where_they_lead_and_no_key_that_it_refuses() {
    let mut model = fixture::model();
    let mut catalogue = (*model.catalogue).clone();
    catalogue.strict = true;
    model.catalogue = Arc::new(catalogue);
    fixture::press(&mut model, 'r');
    for size in SIZES {
        let frame = text(&model, &Theme::plain(), size);
        let lines: Vec<&str> = frame.lines().collect();
        for answer in ["y yes", "n no", "d don't know"] {
            assert!(lines.iter().any(|line| line.trim_start().starts_with(answer)), "{answer}: {frame}");
        }
        assert!(!frame.contains("Contain first"), "nothing is read ahead: {frame}");
        let footer = lines.iter().rfind(|line| line.contains("quit")).expect("a footer");
        assert!(!footer.contains("skip") && !footer.contains("jump"), "{footer}");
    }
}

#[test]
fn at_a_containment_the_list_of_keys_and_the_footer_offer_y_together() {
    let mut model = fixture::model();
    "ryy".chars().for_each(|key| drop(fixture::press(&mut model, key)));
    let offers = |model: &Model, size| {
        let frame = text(model, &Theme::plain(), size);
        let footer = frame.lines().rfind(|line| line.contains("quit")).is_some_and(|line| line.contains(" y yes"));
        (frame.lines().any(|line| line.trim_start().starts_with("y contained")), footer)
    };
    for size in SIZES {
        assert_eq!(offers(&model, size), (false, false), "{size:?}: y is refused before something is contained");
        assert!(text(&model, &Theme::plain(), size).contains("  once contained"), "{size:?}");
    }
    let moves = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored, RunMove::SeeEffect];
    let (ledger, entries) = fixture::journal_with_run(&moves);
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    let mut snapshot = fixture::with_every_status();
    snapshot.containments[0].action = Some(fixture::id("rollback-prompt"));
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    for size in SIZES {
        assert_eq!(offers(&model, size), (true, true), "{size:?}");
    }
}

#[test]
fn a_question_that_nothing_measures_says_that_the_person_answers_it() {
    let mut model = fixture::model();
    let mut catalogue = (*model.catalogue).clone();
    for runbook in catalogue.runbooks.values_mut() {
        for step in &mut Arc::make_mut(runbook).steps {
            if let StepBody::Ask { evidence, .. } = &mut step.body {
                *evidence = Evidence::default();
            }
        }
    }
    model.catalogue = Arc::new(catalogue);
    fixture::press(&mut model, 'r');
    for size in SIZES {
        let frame = text(&model, &Theme::plain(), size);
        assert!(frame.contains("No measurement answers this one: you do."), "{frame}");
        assert!(!frame.contains("verdict"), "no table without rows: {frame}");
    }
}

/// The runbook with everything that follows its tree.
fn with_care() -> Model {
    let mut model = fixture::model();
    let mut catalogue = (*model.catalogue).clone();
    let mut runbook = (*catalogue.runbooks["wrong-consistent"]).clone();
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
    runbook.care = Care {
        scope: "Usually everybody at once. Look at the worst cohort.".to_owned(),
        verify: texts(&["Three failing questions, five times each: all fifteen are right."]),
        diagnose: vec![Diagnosis {
            layer: "changes".to_owned(),
            ask: "Which words of the prompt diff can produce these very errors?".to_owned(),
            look: Vec::new(),
        }],
        mitigate: texts(&["Keep the rollback until the corrected version has passed the evaluation bank."]),
        restore: texts(&["The guardrail suite still blocks and lets through what it must.", "One at a time."]),
    };
    catalogue.runbooks.insert(runbook.id.clone(), Arc::new(runbook));
    model.catalogue = Arc::new(catalogue);
    model
}

#[test]
fn what_a_runbook_says_beyond_its_tree() {
    let mut model = with_care();
    fixture::press(&mut model, 'r');
    fixture::press(&mut model, 'i');
    snapshot_all("care", &model);
}

#[test]
fn what_is_not_wired_with_the_lines_that_connect_it() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'r');
    fixture::press(&mut model, 'd');
    fixture::press(&mut model, 'u');
    snapshot_all("gaps", &model);
}

#[test]
fn rules_beside_the_causes() {
    let mut model = fixture::model();
    let mut snapshot = fixture::snapshot();
    snapshot.triage.notes.push(Note {
        rule: Rule::TwoOnsets,
        says: "Two onsets: grounding since 02:51Z, latency p99 since 03:22Z, 31 min later. Two causes can both stand: \
               contain both, then rank again."
            .to_owned(),
        runbook: None,
    });
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    fixture::press(&mut model, '3');
    snapshot_all("rule", &model);
}
