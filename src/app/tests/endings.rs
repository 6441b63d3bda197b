//! Where walks, watches and messages end: a watch not before its time without a word, a walk with its incident, what a
//! key said with its screen.

use std::sync::Arc;

use super::walks::{self, jump, place, walked, write};
use crate::app::dialog::Dialog;
use crate::app::fixture;
use crate::app::msg::{Key, Msg};
use crate::app::{Model, Screen, update};
use crate::domain::entry::{Entry, Happening};
use crate::domain::incident::Ledger;
use crate::domain::walk::Place;

#[test]
fn a_name_that_nothing_has_keeps_its_question_open_so_that_what_is_typed_next_is_no_command() {
    let (mut model, _) = walked("r");
    fixture::press(&mut model, '/');
    assert!(write(&mut model, "qqqq").is_empty());
    assert!(matches!(model.dialog, Some(Dialog::Palette(_))), "{:?}", model.dialog);
    assert!(write(&mut model, "at").is_empty(), "a would have added a note, t opened the timeline");
    assert!(matches!(model.screens.top(), Screen::Runbook(_)));
}

#[test]
fn what_a_key_said_goes_from_the_footer_with_its_screen_and_news_stays() {
    let (mut model, _) = walked("ryyy");
    assert!(model.messages.flash(model.now).is_some_and(|said| said.starts_with("nothing was contained")));
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    assert_eq!(model.messages.flash(model.now), None, "it was about the step");
    fixture::press(&mut model, 'r');
    update(&mut model, Msg::Notice("recovered: grounding".to_owned()));
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    assert_eq!(model.messages.flash(model.now), Some("recovered: grounding"));
}

#[test]
fn a_watch_that_is_not_over_takes_yes_only_with_words_that_say_how_much_of_it_passed() {
    let watching = |minutes: i64| {
        let (mut model, _) = walked("r");
        jump(&mut model, "watch", "it was rolled back before I came");
        update(&mut model, Msg::Tick(fixture::after_ms(minutes * 60_000)));
        let (key, at) = (Key::Char('y'), fixture::after_ms(minutes * 60_000));
        let effects = fixture::press_at(&mut model, key, at);
        (model, effects)
    };
    let (mut model, effects) = watching(4);
    assert!(effects.is_empty(), "{effects:?}");
    assert_eq!(place(&model), Place::At(fixture::id("watch")), "y asks, and does nothing before");
    let Some(Dialog::Write(writing, _)) = &model.dialog else { panic!("{:?}", model.dialog) };
    // What is measured says that it does not hold.
    assert_eq!(writing.prompt(), "only 4 of 10 min watched, against the evidence; it held because");
    let records = write(&mut model, "traffic is ten times the usual");
    assert!(
        matches!(records.as_slice(), [Happening::Answered { answer, why, .. }]
        if answer == "yes" && why == "after 4 of 10 min: traffic is ten times the usual"),
        "{records:?}"
    );
    let (model, effects) = watching(10);
    assert_eq!((&model.dialog, effects.len()), (&None, 1), "when its time is over nothing is asked");
}

#[test]
fn a_walk_ends_with_its_incident_and_the_next_one_begins_anew() {
    let (ledger, mut entries) = fixture::journal();
    let open = ledger.open.as_ref().map(|incident| incident.id.clone());
    let (mut model, _) = walked("ry");
    assert_eq!(place(&model), Place::At(fixture::id("changed")));
    let told = |model: &mut Model, entries: &[Entry]| {
        let ledger = Ledger::fold(entries);
        update(model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    };
    let mut write_down = |model: &mut Model, incident: Option<&str>, what: Happening| {
        let (who, host) = ("ana".to_owned(), "other".to_owned());
        let seq = 100 + u64::try_from(entries.len()).unwrap_or_default();
        let incident = incident.map(fixture::id).or_else(|| open.clone());
        entries.push(Entry { seq, at: fixture::now(), who, host, incident, what });
        told(model, &entries);
    };
    write_down(&mut model, None, Happening::Note { text: "still in it".to_owned() });
    assert_eq!(place(&model), Place::At(fixture::id("changed")), "news of the same incident changes nothing");
    fixture::press(&mut model, 's');
    write_down(&mut model, None, Happening::IncidentClosed { why: "over".to_owned() });
    assert_eq!(place(&model), Place::At(fixture::id("pattern")), "the screen shows a new walk");
    assert_eq!(model.dialog, None, "a reason for a step of the old walk is not taken for a step of the new one");
    let opened = Happening::IncidentOpened { title: "again".to_owned(), severity: None, why: "by hand".to_owned() };
    fixture::press(&mut model, 'y');
    write_down(&mut model, Some("inc-0143"), opened);
    assert_eq!(place(&model), Place::At(fixture::id("changed")), "the answer that opened an incident belongs to it");
}

#[test]
fn what_led_before_it_was_contained_stays_the_runbook_of_the_open_incident() {
    let led = |walked: &str, restarted: bool| {
        let (mut model, _) = walks::walked(walked);
        update(&mut model, Msg::Snapshot(Arc::new(fixture::snapshot())));
        if restarted {
            model.led = None;
        }
        fixture::press_at(&mut model, Key::Esc, fixture::now());
        update(&mut model, Msg::Snapshot(Arc::new(fixture::calm())));
        fixture::press(&mut model, 'r');
        matches!(model.screens.top(), Screen::Runbook(screen) if screen.symptom == walks::symptom())
    };
    assert!(led("r", false), "it led in this session");
    assert!(!led("r", true), "nobody knows");
}
