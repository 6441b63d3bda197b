//! The restore gate in the dialog: the override is typed and recorded, and a release in stages is told where one looks.

use crate::app::confirm::Lock;
use crate::app::dialog::Dialog;
use crate::app::fixture::{self, after_ms, release};
use crate::app::msg::{Key, Msg};
use crate::app::{Effect, Model, Screen, quit, run, update};
use crate::domain::entry::Happening;
use crate::domain::gate::Standing;
use crate::domain::permit::Mode;
use crate::domain::stages::{ReleaseNews, ReleaseStep};

fn shown(standing: Standing) -> Model {
    let mut model = fixture::model();
    let plan = release::staged_plan(standing);
    update(&mut model, Msg::Previewed(Ok(Box::new(plan.clone()))));
    model.dialog = Some(Dialog::Confirm(Box::new(crate::app::confirm::Confirm::new(plan.clone(), None))));
    fixture::show_dialog(&mut model, &plan, fixture::now());
    model
}

fn type_text(model: &mut Model, text: &str, from_ms: i64) {
    for (at, letter) in (0_i64..).zip(text.chars()) {
        let effects = fixture::press_at(model, Key::Char(letter), after_ms(from_ms + at * 5));
        assert!(effects.is_empty(), "{letter}: {effects:?}");
    }
}

fn lock(model: &Model, ms: i64) -> Lock {
    match &model.dialog {
        Some(Dialog::Confirm(confirm)) => confirm.lock(Mode::Act, after_ms(ms)),
        other => panic!("no confirm dialog: {other:?}"),
    }
}

#[test]
fn past_a_shut_gate_nothing_fires_without_the_word_and_a_reason_that_enter_has_ended() {
    let mut model = shown(Standing::Failed);
    assert_eq!(lock(&model, 500), Lock::Override("override prod".to_owned()));
    // The word of an ordinary release is not enough.
    type_text(&mut model, "assistant prod", 500);
    fixture::press_at(&mut model, Key::Enter, after_ms(700));
    assert_eq!(lock(&model, 710), Lock::Override("override prod".to_owned()));
    for _ in 0.."assistant prod".len() {
        fixture::press_at(&mut model, Key::Backspace, after_ms(720));
    }
    type_text(&mut model, "override prod", 800);
    fixture::press_at(&mut model, Key::Enter, after_ms(900));
    assert_eq!(lock(&model, 910), Lock::Override("override prod".to_owned()), "without a reason it stays shut");
    type_text(&mut model, " You checked it by hand", 1_000);
    assert_eq!(
        lock(&model, 1_500),
        Lock::Override("override prod".to_owned()),
        "a capital Y is a letter of the reason"
    );
    assert!(fixture::press_at(&mut model, Key::Enter, after_ms(1_600)).is_empty(), "Enter ends the reason, no more");
    assert_eq!(lock(&model, 1_700), Lock::Open);
    let fired = fixture::press_at(&mut model, Key::Char('Y'), after_ms(1_800));
    let [Effect::Run(confirmed)] = fired.as_slice() else { panic!("{fired:?}") };
    assert_eq!(confirmed.override_reason(), Some("You checked it by hand"), "the runner puts it on record");
    assert!(confirmed.plan().gate.as_ref().is_some_and(|gate| !gate.missing().is_empty()));
}

#[test]
fn a_paste_overrides_nothing() {
    let mut model = shown(Standing::Failed);
    update(&mut model, Msg::Paste("override prod checked by hand\n".to_owned()));
    fixture::press_at(&mut model, Key::Enter, after_ms(600));
    assert!(fixture::press_at(&mut model, Key::Char('Y'), after_ms(700)).is_empty());
    assert!(matches!(lock(&model, 800), Lock::Override(_)));
}

#[test]
fn an_open_gate_asks_for_the_target_s_word_as_every_release() {
    let mut model = shown(Standing::Held);
    assert_eq!(lock(&model, 500), Lock::Type("assistant prod".to_owned()));
    type_text(&mut model, "assistant prod", 500);
    let fired = fixture::press_at(&mut model, Key::Char('Y'), after_ms(900));
    let [Effect::Run(confirmed)] = fired.as_slice() else { panic!("{fired:?}") };
    assert_eq!(confirmed.override_reason(), None);
    assert_eq!(confirmed.plan().stages.as_ref().map(|stages| stages.rest.len()), Some(3), "one Y for all four stages");
}

#[test]
fn leaving_during_a_release_says_that_it_stops_there_and_ends_with_three() {
    let model = release::releasing(fixture::model());
    let reasons = quit::reasons(&model);
    assert!(reasons.iter().any(|why| why.contains("half-way") && why.contains("stops its release")), "{reasons:?}");
    assert_eq!(quit::code(&model), 3);
}

#[test]
fn the_view_of_a_release_follows_its_stages() {
    let mut model = release::releasing(fixture::model());
    run::open(&mut model, &release::stage_run(1));
    let news = crate::domain::run::RunNews {
        run: release::stage_run(2),
        action: fixture::id("kill-assistant"),
        state: crate::domain::run::RunState::ReadBack,
        why: String::new(),
        at: fixture::now(),
    };
    update(&mut model, Msg::Run(news));
    let Screen::Run(screen) = model.screens.top() else { panic!("the run's view") };
    assert_eq!(screen.run, Some(release::stage_run(2)));
    let words = run::waiting_for(&model, screen);
    assert!(words.contains("Stage 2 of 4, 5 %") && words.contains("goes back to contained"), "{words}");
}

#[test]
fn a_release_that_could_not_be_taken_back_stays_on_the_screen_until_somebody_looks() {
    let stopped = ReleaseNews {
        lever: fixture::id("assistant"),
        step: ReleaseStep::Stopped,
        words: "release of assistant stopped at 5 % and NOT contained again: rejected".to_owned(),
        at: fixture::now(),
    };
    let mut model = release::releasing(fixture::model());
    update(&mut model, Msg::Release(stopped.clone()));
    assert!(matches!(&model.dialog, Some(Dialog::Refusal { why, .. }) if why.contains("NOT contained")));
    let mut busy = shown(Standing::Held);
    update(&mut busy, Msg::Release(stopped));
    assert!(matches!(busy.dialog, Some(Dialog::Confirm(_))), "a dialog with a plan is not taken away");
    let ended = Happening::ReleaseEnded { lever: fixture::id("assistant"), percent: 5, why: "x".into(), back: false };
    let model = release::released(fixture::model(), &[ended]);
    let held = &crate::app::containments::rows(&model)[0];
    assert!(crate::app::containments::ended(&model, held).is_some_and(|end| !end.back));
}

#[test]
fn what_was_in_force_before_is_the_first_thing_that_a_session_shows() {
    let contained = std::sync::Arc::new(fixture::with_every_status());
    let mut model = fixture::empty_model(Mode::Act);
    update(&mut model, Msg::Snapshot(std::sync::Arc::clone(&contained)));
    assert!(matches!(model.screens.top(), Screen::Containments(_)), "first at the start");
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    update(&mut model, Msg::Snapshot(std::sync::Arc::clone(&contained)));
    assert!(matches!(model.screens.top(), Screen::Main), "once, and not again");
    let mut busy = fixture::empty_model(Mode::Act);
    fixture::press(&mut busy, ':');
    update(&mut busy, Msg::Snapshot(contained));
    assert!(
        matches!(busy.screens.top(), Screen::Main) && busy.dialog.is_some(),
        "nobody is taken away from what they do"
    );
    let mut calm = fixture::empty_model(Mode::Act);
    update(&mut calm, Msg::Snapshot(std::sync::Arc::new(fixture::calm())));
    assert!(matches!(calm.screens.top(), Screen::Main));
}

#[test]
fn what_stays_contained_is_listed_on_leaving_and_ends_with_three() {
    let mut model = fixture::model();
    update(&mut model, Msg::Snapshot(std::sync::Arc::new(fixture::with_every_status())));
    let reasons = quit::reasons(&model);
    assert!(reasons.iter().any(|why| why.contains("assistant stays off")), "{reasons:?}");
    assert!(reasons.iter().any(|why| why.contains("cache stays off")), "whoever moved it: {reasons:?}");
    assert_eq!(quit::code(&model), 3);
}
