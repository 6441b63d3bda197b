//! Panels, palette, filter, notes, leaving.

use std::sync::Arc;

use super::walks::symptom;
use crate::app::command::CommandId;
use crate::app::dialog::Dialog;
use crate::app::fixture;
use crate::app::main::{self, Panel};
use crate::app::msg::{Key, Msg};
use crate::app::palette::Pick;
use crate::app::{Dirty, Effect, Model, Screen, update};
use crate::domain::entry::Happening;
use crate::domain::ids::SymptomId;
use crate::domain::run::RunMove;
use crate::domain::runbook::Rule;

fn type_text(model: &mut Model, text: &str) {
    for letter in text.chars() {
        assert!(fixture::press(model, letter).is_empty());
    }
}

#[test]
fn the_worst_layer_is_selected_until_a_person_chooses() {
    let mut model = fixture::model();
    assert_eq!(main::layers(&model)[model.main.selected(Panel::Layers)].id.as_str(), "quality");
    fixture::press(&mut model, 'j');
    update(&mut model, Msg::Snapshot(Arc::new(fixture::snapshot())));
    assert_eq!(main::layers(&model)[model.main.selected(Panel::Layers)].id.as_str(), "data");
}

#[test]
fn enter_on_an_action_names_its_key_and_does_nothing() {
    let mut model = fixture::model();
    fixture::press(&mut model, '4');
    assert!(fixture::press_at(&mut model, Key::Enter, fixture::now()).is_empty());
    assert!(model.dialog.is_none());
    assert!(model.messages.flash(model.now).is_some_and(|words| words.starts_with("R previews")));
}

#[test]
fn the_palette_finds_an_action_by_name_and_only_previews_it() {
    let mut model = fixture::model();
    fixture::press(&mut model, ':');
    type_text(&mut model, "kill");
    let effects = fixture::press_at(&mut model, Key::Enter, fixture::now());
    assert_eq!(effects, [Effect::Preview(fixture::id("kill-assistant"))]);
}

#[test]
fn a_filter_narrows_and_escape_shows_all_again() {
    let mut model = fixture::model();
    fixture::press(&mut model, '/');
    type_text(&mut model, "prompt");
    assert_eq!(main::changes(&model).len(), 1);
    fixture::press_at(&mut model, Key::Enter, fixture::now());
    assert_eq!(main::changes(&model).len(), 1);
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    assert_eq!(main::changes(&model).len(), 3, "the one of 14 days ago is not listed");
}

#[test]
fn undo_on_the_containments_screen_takes_back_the_selected_one() {
    let mut model = fixture::model();
    let moves = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored, RunMove::SeeEffect];
    let (ledger, entries) = fixture::journal_with_run(&moves);
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    update(&mut model, Msg::Snapshot(Arc::new(fixture::with_every_status())));
    fixture::press(&mut model, 'c');
    assert_eq!(fixture::press(&mut model, 'U'), [Effect::PreviewUndo(fixture::run_id())]);
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    fixture::press(&mut model, 'j');
    assert!(fixture::press(&mut model, 'U').is_empty(), "the second row is nobody's run: it must not undo the first");
    assert!(model.messages.flash(model.now).is_some_and(|words| words.contains("no run of this journal moved cache")));
}

#[test]
fn a_note_is_recorded_and_an_empty_one_is_not() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'a');
    assert!(fixture::press_at(&mut model, Key::Enter, fixture::now()).is_empty());
    fixture::press(&mut model, 'a');
    type_text(&mut model, "refunds only? Yes");
    let effects = fixture::press_at(&mut model, Key::Enter, fixture::now());
    assert_eq!(effects, [Effect::Record(Happening::Note { text: "refunds only? Yes".to_owned() })]);
}

#[test]
fn leaving_asks_while_something_is_contained_and_says_so_with_its_exit_code() {
    let mut model = fixture::model();
    assert_eq!(fixture::press(&mut model, 'q'), [Effect::Quit(0)]);
    update(&mut model, Msg::Snapshot(Arc::new(fixture::with_every_status())));
    assert!(fixture::press(&mut model, 'q').is_empty());
    assert_eq!(model.dialog, Some(Dialog::Quit));
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    assert_eq!(model.dialog, None);
    fixture::press(&mut model, 'q');
    assert_eq!(fixture::press(&mut model, 'q'), [Effect::Quit(3)]);
    for yes in ['q', 'y'] {
        fixture::press(&mut model, 'q');
        assert_eq!(fixture::press(&mut model, yes), [Effect::Quit(3)]);
    }
    fixture::press(&mut model, 'R');
    assert!(fixture::press(&mut model, 'y').is_empty(), "y leaves only where leaving was asked");
}

#[test]
fn leaving_asks_while_an_outcome_is_unknown() {
    let mut model = fixture::model();
    let (ledger, entries) = fixture::journal_with_run(&[RunMove::Send, RunMove::LoseSight]);
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    assert!(fixture::press(&mut model, 'q').is_empty());
    assert_eq!(fixture::press(&mut model, 'q'), [Effect::Quit(4)]);
    assert_eq!(update(&mut model, Msg::Stop).0, [Effect::Quit(4)], "a signal does not wait for an answer");
}

#[test]
fn a_tick_within_the_same_second_draws_nothing() {
    let mut model = fixture::model();
    assert_eq!(update(&mut model, Msg::Tick(fixture::after_ms(10))).1, Dirty::Clean);
    assert_eq!(update(&mut model, Msg::Tick(fixture::after_ms(1_000))).1, Dirty::Redraw);
}

#[test]
fn escape_goes_back_one_level_and_stays_at_the_top() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'c');
    fixture::press(&mut model, '?');
    assert_eq!(model.screens.depth(), 2);
    for _ in 0..4 {
        fixture::press_at(&mut model, Key::Esc, fixture::now());
    }
    assert!(matches!(model.screens.top(), Screen::Main));
}

#[test]
fn runbooks_to_pick_from_begin_at_the_one_for_silent_sources_while_nothing_can_be_said() {
    let mut model = fixture::model();
    let mut catalogue = (*model.catalogue).clone();
    for (id, rule) in [("a-first", None), ("monitoring-blind", Some(Rule::MonitoringBlind))] {
        let mut runbook = (*catalogue.runbooks[&symptom()]).clone();
        (runbook.id, runbook.title, runbook.rule) = (fixture::id(id), id.to_owned(), rule);
        catalogue.runbooks.insert(runbook.id.clone(), Arc::new(runbook));
    }
    model.catalogue = Arc::new(catalogue);
    let picked = |mut model: Model| {
        fixture::press(&mut model, 'r');
        fixture::press_at(&mut model, Key::Enter, fixture::now());
        let Screen::Runbook(screen) = model.screens.top() else { panic!("{:?}", model.screens.top()) };
        screen.symptom.to_string()
    };
    update(&mut model, Msg::Ledger { ledger: Arc::default(), entries: [].into() });
    update(&mut model, Msg::Snapshot(Arc::new(fixture::calm())));
    assert_eq!(picked(model.clone()), "a-first", "nothing is wrong: any of them");
    let mut blind = fixture::blind();
    (blind.triage.symptoms, blind.triage.notes) = (Vec::new(), Vec::new());
    update(&mut model, Msg::Snapshot(Arc::new(blind)));
    assert_eq!(picked(model), "monitoring-blind");
}

#[test]
fn blind_monitoring_is_where_r_goes_until_a_person_chose_a_cause_or_there_is_a_verdict_again() {
    let blind: SymptomId = fixture::id("monitoring-blind");
    let mut fresh = fixture::model();
    let mut catalogue = (*fresh.catalogue).clone();
    let mut runbook = (*catalogue.runbooks[&symptom()]).clone();
    runbook.id = blind.clone();
    catalogue.runbooks.insert(blind.clone(), Arc::new(runbook));
    fresh.catalogue = Arc::new(catalogue);
    update(&mut fresh, Msg::Snapshot(Arc::new(fixture::blind())));
    let opened = |mut model: Model, keys: &str| {
        keys.chars().for_each(|key| drop(fixture::press(&mut model, key)));
        let Screen::Runbook(screen) = model.screens.top() else { panic!("{:?}", model.screens.top()) };
        screen.symptom.clone()
    };
    assert_eq!(opened(fresh.clone(), "r"), blind);
    assert_eq!(opened(fresh.clone(), "3r"), blind, "it is the selected row");
    assert_eq!(opened(fresh.clone(), "3kkkr"), symptom(), "a person chose another one");
    let mut chosen = fresh.clone();
    "3kkk1".chars().for_each(|key| drop(fixture::press(&mut chosen, key)));
    update(&mut chosen, Msg::Snapshot(Arc::new(fixture::blind())));
    assert_eq!(opened(chosen, "r"), symptom(), "and the next picture does not take that back");
    let mut seen = fresh;
    update(&mut seen, Msg::Snapshot(Arc::new(fixture::snapshot())));
    assert_eq!(opened(seen, "r"), symptom(), "what is measured leads again");
}

#[test]
fn the_palette_finds_what_is_called_so_on_the_screen_or_in_a_file() {
    let model = fixture::model();
    let found =
        |text: &str| crate::app::palette::rows(&model, text).into_iter().map(|row| row.pick).collect::<Vec<_>>();
    for id in [CommandId::Characterise, CommandId::Samples] {
        assert_eq!(found(id.word()).first(), Some(&Pick::Command(id)), "{}", id.word());
    }
    assert_eq!(found(symptom().as_str()), [Pick::Runbook(symptom())]);
    assert_eq!(found("qqqq"), []);
}
