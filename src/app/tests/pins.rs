//! Runbooks that change under a walk: the walk stays where it is, on the version that it began with; the next one is new.

use std::sync::Arc;

use super::walks;
use crate::app::fixture;
use crate::app::msg::Msg;
use crate::app::{Effect, Model, pinned, runbook, update};
use crate::domain::catalogue::Catalogue;
use crate::domain::entry::Happening;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::Runbook;
use crate::domain::walk::Place;

fn symptom() -> SymptomId {
    fixture::id("wrong-consistent")
}

/// The catalogue with the runbook in another version, its first question called by it.
fn edited(model: &Model, version: u32) -> Arc<Catalogue> {
    let mut catalogue = Catalogue::clone(&model.catalogue);
    let mut book = Runbook::clone(&catalogue.runbooks[&symptom()]);
    book.version = version;
    book.origin.digest = format!("{version:064}");
    book.steps[0].title = format!("First question of version {version}");
    catalogue.runbooks.insert(symptom(), Arc::new(book));
    Arc::new(catalogue)
}

fn hear(model: &mut Model, catalogue: Arc<Catalogue>, words: &str) {
    let words = if words.is_empty() { Vec::new() } else { vec![words.to_owned()] };
    let (effects, _) = update(model, Msg::Runbooks { catalogue, words });
    assert!(effects.is_empty(), "nothing is asked of anybody");
}

fn walked_version(model: &Model) -> u32 {
    runbook::walk(model, &symptom()).expect("a walk").0.version
}

fn said(model: &Model) -> String {
    model.messages.flash(model.now).unwrap_or_default().to_owned()
}

#[test]
fn the_version_that_is_walked_is_on_record_before_the_first_answer_and_once() {
    let mut model = fixture::model();
    let catalogue = edited(&model, 8);
    hear(&mut model, catalogue, "");
    let mut records = Vec::new();
    for key in "ryy".chars() {
        records.extend(fixture::press(&mut model, key));
    }
    let began = |effect: &Effect| matches!(effect, Effect::Record(Happening::WalkBegan { version: 8, digest, .. }) if digest.len() == 12);
    assert!(began(&records[0]), "{records:?}");
    assert_eq!(records.iter().filter(|effect| began(effect)).count(), 1);
}

#[test]
fn a_walk_with_answers_stays_on_its_version_and_says_so() {
    let mut model = fixture::model();
    for key in "ry".chars() {
        fixture::press(&mut model, key);
    }
    let catalogue = edited(&model, 8);
    hear(&mut model, catalogue, "runbook wrong-consistent: version 8 is in use now, before 7");
    assert_eq!(walked_version(&model), 7);
    assert!(said(&model).contains("this walk stays on version 7; the file says version 8"), "{}", said(&model));
    // Another file's news is not hidden behind it.
    let same = Arc::clone(&model.catalogue);
    hear(&mut model, same, "runbook other: other.toml is broken; version 2 stays in use");
    assert!(said(&model).contains("other.toml is broken"), "{}", said(&model));
    // Also when the file is gone altogether.
    let mut gone = Catalogue::clone(&model.catalogue);
    gone.runbooks.clear();
    hear(&mut model, Arc::new(gone), "");
    fixture::press(&mut model, 'y');
    assert_eq!(model.walks[&symptom()].place, Place::At(fixture::id("roll-back")));
}

#[test]
fn a_walk_at_its_first_step_begins_anew_and_going_back_to_it_does_too() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'r');
    let catalogue = edited(&model, 8);
    hear(&mut model, catalogue, "");
    assert_eq!(walked_version(&model), 8);
    fixture::press(&mut model, 'y');
    let catalogue = edited(&model, 9);
    hear(&mut model, catalogue, "");
    assert_eq!(walked_version(&model), 8);
    fixture::press(&mut model, 'b');
    assert_eq!(walked_version(&model), 9);
    assert_eq!(pinned::runbook(&model, &symptom()).map(|book| book.version), Some(9));
}

#[test]
fn until_they_are_loaded_a_key_says_so() {
    let mut model = fixture::model();
    let whole = Arc::clone(&model.catalogue);
    let mut empty = Catalogue::clone(&model.catalogue);
    empty.runbooks.clear();
    model.catalogue = Arc::new(empty);
    model.snapshot = None;
    update(&mut model, Msg::LoadingRunbooks(1_021));
    fixture::press(&mut model, 'r');
    assert!(said(&model).contains("runbooks: loading 1021"), "{}", said(&model));
    hear(&mut model, whole, "");
    assert_eq!(model.loading, None);
}

#[test]
fn answers_that_fit_the_runbook_no_longer_are_counted_when_a_walk_is_taken_up() {
    let (_, records) = walks::walked("ryby");
    let again = walks::restarted(records.clone());
    assert!(said(&again).starts_with("taken up after 1 answer"), "{}", said(&again));
    // The first question has another name now.
    let again = walks::restarted_with(records, |model| {
        let mut catalogue = Catalogue::clone(&model.catalogue);
        let mut book = Runbook::clone(&catalogue.runbooks[&symptom()]);
        book.steps[0].id = fixture::id("renamed");
        book.start = fixture::id("renamed");
        catalogue.runbooks.insert(symptom(), Arc::new(book));
        model.catalogue = Arc::new(catalogue);
    });
    let words = "taken up after 0 of 1 answers, the others fit this runbook no longer";
    assert!(said(&again).starts_with(words), "{}", said(&again));
}
