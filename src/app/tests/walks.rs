//! The walk: nothing advances by itself, answers are on record, the place is kept and taken up again.

use std::sync::Arc;

use crate::app::dialog::Dialog;
use crate::app::fixture;
use crate::app::msg::{Key, Msg};
use crate::app::runbook::{self, Telling};
use crate::app::{Effect, Model, Screen, update};
use crate::domain::entry::{Entry, Happening};
use crate::domain::ids::SymptomId;
use crate::domain::run::RunMove;
use crate::domain::walk::Place;

pub(super) fn symptom() -> SymptomId {
    fixture::id("wrong-consistent")
}

pub(super) fn place(model: &Model) -> Place {
    model.walks.get(&symptom()).expect("a walk").place.clone()
}

pub(super) fn walked(keys: &str) -> (Model, Vec<Happening>) {
    let mut model = fixture::model();
    let mut records = Vec::new();
    for key in keys.chars() {
        for effect in fixture::press(&mut model, key) {
            // What was begun is judged in `pins`.
            if let Effect::Record(happening) = effect
                && !matches!(happening, Happening::WalkBegan { .. })
            {
                records.push(happening);
            }
        }
    }
    (model, records)
}

#[test]
fn answers_lead_on_and_are_on_record_and_back_returns() {
    let (model, records) = walked("ry");
    assert_eq!(place(&model), Place::At(fixture::id("changed")));
    assert!(matches!(&records[0], Happening::Answered { answer, .. } if answer == "yes"));
    let (model, records) = walked("ryb");
    assert_eq!(place(&model), Place::At(fixture::id("pattern")));
    assert!(matches!(&records[1], Happening::Answered { answer, .. } if answer == "back"));
}

#[test]
fn pictures_and_time_never_advance_a_walk() {
    let (mut model, _) = walked("ry");
    for minute in 0..30 {
        update(&mut model, Msg::Tick(fixture::after_ms(minute * 60_000)));
        update(&mut model, Msg::Snapshot(Arc::new(fixture::snapshot())));
    }
    assert_eq!(place(&model), Place::At(fixture::id("changed")));
}

#[test]
fn every_question_takes_dont_know_and_a_containment_can_be_skipped_but_not_just_agreed_to() {
    let (model, _) = walked("rd");
    assert_eq!(place(&model), Place::At(fixture::id("contain-first")));
    let (model, _) = walked("ryyy");
    assert_eq!(place(&model), Place::At(fixture::id("roll-back")), "y without a containment stays");
    let (mut model, _) = walked("ryys");
    assert_eq!(place(&model), Place::At(fixture::id("roll-back")), "s asks why, and does nothing before");
    let records = write(&mut model, "rolled back by hand");
    assert_eq!(place(&model), Place::At(fixture::id("watch")));
    assert!(matches!(records.as_slice(), [Happening::Answered { answer, why, .. }]
        if answer == "skipped" && why == "rolled back by hand"));
}

#[test]
fn what_a_key_said_about_a_step_goes_with_the_step_and_news_stays() {
    let footer = |model: &Model| model.messages.flash(model.now).map(str::to_owned);
    let (mut model, _) = walked("ryyn");
    assert_eq!(footer(&model).as_deref(), Some("this step does not take the answer no"));
    fixture::press(&mut model, 'w');
    assert!(footer(&model).is_some(), "it is still the same step");
    fixture::press(&mut model, 'b');
    assert_eq!((footer(&model), place(&model)), (None, Place::At(fixture::id("changed"))));
    let (mut model, _) = walked("ryy");
    update(&mut model, Msg::Notice("metrics: connection refused".to_owned()));
    fixture::press(&mut model, 'b');
    assert_eq!(footer(&model).as_deref(), Some("metrics: connection refused"));
}

#[test]
fn x_without_anything_to_decline_says_what_it_answers_in_the_words_of_the_verdict() {
    let (model, _) = walked("rx");
    let said = model.messages.flash(model.now).unwrap_or_default();
    assert_eq!(said, "nothing to decline: x answers CONTAIN FIRST, which is not in the verdict now");
}

/// Types the words into the field that is open, and takes them.
pub(super) fn write(model: &mut Model, words: &str) -> Vec<Happening> {
    for letter in words.chars() {
        fixture::press(model, letter);
    }
    let effects = fixture::press_at(model, Key::Enter, fixture::now());
    effects.into_iter().filter_map(|effect| if let Effect::Record(what) = effect { Some(what) } else { None }).collect()
}

#[test]
fn a_step_is_not_skipped_without_a_word_and_esc_keeps_the_place() {
    let (mut model, _) = walked("rs");
    assert!(write(&mut model, "  ").is_empty());
    assert!(matches!(model.dialog, Some(Dialog::Write(..))), "the question stays");
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    assert_eq!((&model.dialog, place(&model)), (&None, Place::At(fixture::id("pattern"))));
}

#[test]
fn esc_closes_the_why_first_so_that_the_next_letters_are_still_the_runbooks() {
    let (mut model, _) = walked("rw");
    let esc = |model: &mut Model| drop(fixture::press_at(model, Key::Esc, fixture::now()));
    esc(&mut model);
    let telling =
        |model: &Model| if let Screen::Runbook(screen) = model.screens.top() { Some(screen.telling) } else { None };
    assert_eq!(telling(&model), Some(Telling::Know));
    esc(&mut model);
    assert_eq!(telling(&model), None, "then it leaves");
}

/// Picks the step in the list of steps, and says why.
pub(super) fn jump(model: &mut Model, title: &str, why: &str) -> Vec<Happening> {
    fixture::press(model, '/');
    assert!(write(model, title).is_empty(), "picking a step only asks why");
    let began = |happening: &Happening| matches!(happening, Happening::WalkBegan { .. });
    write(model, why).into_iter().filter(|happening| !began(happening)).collect()
}

#[test]
fn a_jump_says_why_and_back_returns() {
    let (mut model, _) = walked("r");
    let records = jump(&mut model, "watch", "it was rolled back before I came");
    assert_eq!(place(&model), Place::At(fixture::id("watch")));
    let [Happening::Jumped { from, to, why, .. }] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((from.as_str(), to.as_str(), why.as_str()), ("pattern", "watch", "it was rolled back before I came"));
    fixture::press(&mut model, 'b');
    assert_eq!(place(&model), Place::At(fixture::id("pattern")));
}

/// A session that begins with what another one wrote down.
pub(super) fn restarted(records: Vec<Happening>) -> Model {
    restarted_with(records, |_| {})
}

/// The same, in front of other files.
pub(super) fn restarted_with(records: Vec<Happening>, edit: impl FnOnce(&mut Model)) -> Model {
    let (ledger, mut entries) = fixture::journal();
    let incident = ledger.open.as_ref().map(|incident| incident.id.clone());
    for (seq, what) in (10_u64..).zip(records) {
        let (who, host) = ("ana".to_owned(), "other".to_owned());
        entries.push(Entry { seq, at: fixture::now(), who, host, incident: incident.clone(), what });
    }
    let mut model = fixture::model();
    edit(&mut model);
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    fixture::press(&mut model, 'r');
    model
}

#[test]
fn skips_and_jumps_are_taken_up_by_a_session_that_finds_only_the_journal() {
    let (mut model, mut records) = walked("rs");
    records.extend(write(&mut model, "no samples here"));
    records.extend(jump(&mut model, "watch", "contained by the other team"));
    let walk = &model.walks[&symptom()];
    let again = restarted(records);
    let taken_up = &again.walks[&symptom()];
    assert_eq!(taken_up.place, Place::At(fixture::id("watch")));
    assert_eq!(taken_up.place, walk.place);
    let said = |walk: &crate::domain::walk::Walk| -> Vec<_> {
        walk.path.iter().map(|past| (past.step.clone(), past.answer, past.why.clone())).collect()
    };
    assert_eq!(said(taken_up), said(walk));
}

#[test]
fn what_is_not_wired_is_listed_and_its_lines_are_copied_with_a_key() {
    let (mut model, _) = walked("rd");
    fixture::press(&mut model, 'u');
    let effects = fixture::press(&mut model, 'y');
    let [Effect::Copy(lines)] = effects.as_slice() else { panic!("{effects:?}") };
    let said = model.messages.flash(model.now).unwrap_or_default();
    assert_eq!(said, "sent to the clipboard by OSC 52; if the terminal ignores it, copy it by hand");
    assert!(lines.starts_with("[action.halt-agents]\nkind = \"halt_agents\""), "{lines}");
    assert_eq!(place(&model), Place::At(fixture::id("contain-first")), "y here copies, it answers nothing");
}

#[test]
fn a_strict_walk_skips_and_jumps_nothing_and_wants_a_reason_against_the_evidence() {
    let strict = |keys: &str| {
        let mut model = fixture::model();
        let mut catalogue = (*model.catalogue).clone();
        catalogue.strict = true;
        model.catalogue = Arc::new(catalogue);
        for key in keys.chars() {
            fixture::press(&mut model, key);
        }
        model
    };
    for keys in ["rs", "r/"] {
        let model = strict(keys);
        assert_eq!((&model.dialog, place(&model)), (&None, Place::At(fixture::id("pattern"))), "{keys}");
    }
    let mut model = strict("rn");
    assert_eq!(place(&model), Place::At(fixture::id("pattern")), "the evidence suggests yes");
    let records = write(&mut model, "those samples were of yesterday");
    assert!(matches!(records.as_slice(), [.., Happening::Answered { answer, why, .. }]
        if answer == "no" && why == "against the evidence: those samples were of yesterday"));
    let with_evidence = strict("ry");
    assert_eq!(place(&with_evidence), Place::At(fixture::id("changed")), "with the evidence nothing is asked");
    let at_containment = strict("ryys");
    assert!(matches!(at_containment.dialog, Some(Dialog::Write(..))), "what cannot be done here is left with a note");
}

#[test]
fn a_rule_without_any_symptom_offers_its_runbook() {
    let mut model = fixture::model();
    let mut snapshot = fixture::calm();
    snapshot.triage.notes.push(crate::domain::snapshot::Note {
        rule: crate::domain::runbook::Rule::OnlyComplaints,
        says: "Nothing is red, but people complain.".to_owned(),
        runbook: Some(symptom()),
    });
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    fixture::press(&mut model, 'r');
    assert!(matches!(model.screens.top(), Screen::Runbook(screen) if screen.symptom == symptom()));
}

#[test]
fn leaving_keeps_the_place_and_a_restart_takes_it_up_from_the_journal() {
    let (mut model, records) = walked("ryby");
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    assert!(matches!(model.screens.top(), Screen::Main));
    fixture::press(&mut model, 'r');
    assert_eq!(place(&model), Place::At(fixture::id("changed")));

    let (ledger, mut entries) = fixture::journal();
    for (seq, what) in (10_u64..).zip(records) {
        let incident = ledger.open.as_ref().map(|incident| incident.id.clone());
        entries.push(Entry {
            seq,
            at: fixture::now(),
            who: "ana".to_owned(),
            host: "other".to_owned(),
            incident,
            what,
        });
    }
    let mut restarted = fixture::model();
    update(&mut restarted, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    fixture::press(&mut restarted, 'r');
    let walk = &restarted.walks[&symptom()];
    assert_eq!(walk.place, Place::At(fixture::id("changed")));
    assert_eq!(walk.path[0].who, "ana");
}

#[test]
fn ready_containments_are_offered_first_and_what_is_not_wired_is_named() {
    use crate::domain::action::ActionKind as K;
    let model = fixture::model();
    let offers = runbook::offers(&model, &[K::SwitchProvider, K::GuardrailMax, K::RollbackPrompt]);
    let ids: Vec<_> = offers.iter().map(|action| action.id.as_str()).collect();
    assert_eq!(ids, ["rollback-prompt", "guardrails-strict", "provider-second"]);
    assert_eq!(runbook::not_wired(&model, &[K::ServeCache, K::HaltAgents]), [K::HaltAgents]);
}

#[test]
fn the_hand_over_tells_the_path_and_the_next_question() {
    let (mut model, _) = walked("ry");
    let effects = fixture::press(&mut model, 'h');
    let [Effect::Copy(text)] = effects.as_slice() else { panic!("copied") };
    assert!(text.contains("Is the failure one consistent pattern? yes"));
    assert!(text.contains("next: Did a prompt or model change come first?"));
    let said = model.messages.flash(model.now).unwrap_or_default();
    assert_eq!(said, "sent to the clipboard by OSC 52; if the terminal ignores it, t tells the walk");
}

#[test]
fn without_a_cause_a_runbook_is_picked_from_all_that_are_loaded() {
    let mut model = fixture::model();
    update(&mut model, Msg::Ledger { ledger: Arc::default(), entries: [].into() });
    update(&mut model, Msg::Snapshot(Arc::new(fixture::calm())));
    fixture::press(&mut model, 'r');
    let Some(Dialog::Palette(palette)) = &model.dialog else { panic!("a chooser: {:?}", model.dialog) };
    let rows = crate::app::palette::rows(&model, palette.field.text());
    let title = &model.catalogue.runbooks[&symptom()].title;
    assert_eq!(rows.first().map(|row| row.title.clone()), Some(format!("runbook {title}")));
    assert!(fixture::press_at(&mut model, Key::Enter, fixture::now()).is_empty());
    assert!(matches!(model.screens.top(), Screen::Runbook(screen) if screen.symptom == symptom()));
    assert_eq!(model.dialog, None);
}

#[test]
fn without_any_runbook_r_says_so() {
    let mut model = fixture::model();
    let mut catalogue = (*model.catalogue).clone();
    catalogue.runbooks.clear();
    model.catalogue = Arc::new(catalogue);
    update(&mut model, Msg::Snapshot(Arc::new(fixture::calm())));
    fixture::press(&mut model, 'r');
    assert_eq!(model.dialog, None);
    assert!(model.messages.flash(model.now).is_some_and(|words| words.contains("no runbook is loaded")));
}

#[test]
fn the_palette_lists_runbooks_beside_a_likely_cause_too() {
    let (mut model, _) = walked(":");
    for letter in "runbook wrong".chars() {
        fixture::press(&mut model, letter);
    }
    fixture::press_at(&mut model, Key::Enter, fixture::now());
    assert!(matches!(model.screens.top(), Screen::Runbook(screen) if screen.symptom == symptom()));
}

/// The rollback of the fixture went as far as these moves and holds its lever.
fn rolled_back(model: &mut Model) {
    let moves = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored, RunMove::SeeEffect];
    let (ledger, entries) = fixture::journal_with_run(&moves);
    update(model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    let mut snapshot = fixture::with_every_status();
    snapshot.containments[0].action = Some(fixture::id("rollback-prompt"));
    update(model, Msg::Snapshot(Arc::new(snapshot)));
}

#[test]
fn an_open_walk_wins_when_the_layers_are_green_and_after_a_restart() {
    let (mut model, records) = walked("ry");
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    update(&mut model, Msg::Snapshot(Arc::new(fixture::calm())));
    fixture::press(&mut model, 'r');
    assert_eq!(model.dialog, None, "no chooser");
    assert!(matches!(model.screens.top(), Screen::Runbook(screen) if screen.symptom == symptom()));

    let (ledger, mut entries) = fixture::journal();
    let incident = ledger.open.as_ref().map(|incident| incident.id.clone());
    let what = records.into_iter().next().expect("an answer");
    entries.push(Entry { seq: 9, at: fixture::now(), who: "ana".into(), host: "other".into(), incident, what });
    let mut restarted = fixture::model();
    update(&mut restarted, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    update(&mut restarted, Msg::Snapshot(Arc::new(fixture::calm())));
    fixture::press(&mut restarted, 'r');
    assert_eq!(place(&restarted), Place::At(fixture::id("changed")));
}

#[test]
fn what_is_contained_already_is_offered_first_and_lets_the_walk_go_on() {
    use crate::domain::action::ActionKind as K;
    let (mut model, _) = walked("ryy");
    rolled_back(&mut model);
    let offers = runbook::offers(&model, &[K::GuardrailMax, K::RollbackPrompt]);
    assert_eq!(offers[0].id.as_str(), "rollback-prompt");
    fixture::press(&mut model, 'y');
    assert_eq!(place(&model), Place::At(fixture::id("watch")), "fired before this step was entered, and it stands");
}

#[test]
fn a_watch_that_holds_says_how_long_it_still_has_to() {
    let (mut model, _) = walked("ryys");
    write(&mut model, "by hand");
    let mut snapshot = fixture::calm();
    let sample = |value| Some(crate::domain::sample::Sample { value, n: None, at: fixture::now() });
    for signal in snapshot.signals.iter_mut().filter(|signal| signal.spec.id.as_str() == "grounding") {
        signal.sample = sample(0.9);
        signal.usable = true;
    }
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    let look = |model: &Model| {
        let (runbook, walk) = runbook::walk(model, &symptom()).expect("a walk");
        runbook::suggestion(model, walk, walk.step(runbook).expect("a step")).expect("a watch asks")
    };
    let suggestion = look(&model);
    assert_eq!((suggestion.answer, suggestion.holds_until), (None, Some(fixture::after_ms(600_000))));
    update(&mut model, Msg::Tick(fixture::after_ms(600_000)));
    let suggestion = look(&model);
    assert_eq!((suggestion.answer, suggestion.holds_until), (Some(crate::domain::walk::WalkAnswer::Yes), None));
}
