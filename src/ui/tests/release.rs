//! Frames of a release in stages: the dialog with the gate and the stages, the containment on its way, the run, an abort.

use super::frames::snapshot_all;
use super::{SIZES, text};
use crate::app::confirm::Confirm;
use crate::app::dialog::Dialog;
use crate::app::fixture::{self, release};
use crate::app::{Model, Screen, containments};
use crate::domain::entry::Happening;
use crate::domain::freeze;
use crate::domain::gate::{Line, Report, Standing};
use crate::domain::permit::Mode;
use crate::ui::theme::Theme;

fn dialog(standing: Standing) -> Model {
    let mut model = fixture::model();
    let confirm = Confirm::new(release::staged_plan(standing), None);
    model.dialog = Some(Dialog::Confirm(Box::new(confirm)));
    model
}

#[test]
fn the_dialog_shows_the_gate_and_every_stage() {
    snapshot_all("release_open", &dialog(Standing::Held));
    snapshot_all("release_shut", &dialog(Standing::Failed));
    let frame = text(&dialog(Standing::Held), &Theme::plain(), SIZES[0]);
    for words in ["1 of 4", "4 of 4", "5 %", "with Y", "by itself, after 15 min", "back to 0 by itself"] {
        assert!(frame.contains(words), "{words}: {frame}");
    }
    let shut = text(&dialog(Standing::Failed), &Theme::plain(), SIZES[0]);
    assert!(shut.contains("grounding failed") && shut.contains("override prod"), "{shut}");
}

#[test]
fn what_the_change_freeze_holds_is_told_with_its_end_and_its_override() {
    let mut plan = release::staged_plan(Standing::Held);
    let why = "in force since 03:16Z (INC-0142): this neither contains nor restores what is contained".to_owned();
    let frozen = Line { name: freeze::NAME.to_owned(), standing: Standing::Failed, why, deed: None };
    plan.gate = Some(Report::of(&fixture::id("assistant"), frozen));
    let mut model = fixture::model();
    model.dialog = Some(Dialog::Confirm(Box::new(Confirm::new(plan, None))));
    let frame = text(&model, &Theme::plain(), SIZES[0]);
    for words in ["change freeze failed", "changes are frozen until the incident is closed", "override prod"] {
        assert!(frame.contains(words), "{words}: {frame}");
    }
    assert!(frame.contains("freeze since 03:16Z"), "on every wide screen: {frame}");
}

#[test]
fn a_containment_on_its_way_says_how_far_and_how_long() {
    let mut model = release::releasing(fixture::model());
    fixture::press(&mut model, 'c');
    snapshot_all("releasing", &model);
    for size in SIZES {
        let frame = text(&model, &Theme::plain(), size);
        assert!(frame.contains("releasing 5 %, "), "{frame}");
        assert!(frame.contains("RELEASING"), "on every screen: {frame}");
    }
    for rows in 18..40 {
        let frame = text(&model, &Theme::plain(), (80, rows));
        for words in ["asks the suites now", "Nothing releases by itself"] {
            assert!(frame.contains(words), "{rows} rows, {words}: {frame}");
        }
    }
    let mut run = release::releasing(fixture::model());
    crate::app::run::open(&mut run, &release::stage_run(2));
    snapshot_all("releasing_run", &run);
}

#[test]
fn a_release_whose_process_may_be_dead_is_shown_first_with_the_one_key_that_contains_again() {
    let model = release::released(fixture::empty_model(Mode::Act), &[]);
    assert!(matches!(model.screens.top(), Screen::Containments(_)), "the first thing that a new session shows");
    snapshot_all("half_way", &model);
    let key = containments::contains_again(&model, &containments::rows(&model)[0]).expect("a key");
    for size in SIZES {
        let frame = text(&model, &Theme::plain(), size);
        for words in [
            "HALF-WAY",
            &format!("assistant is 5: {key} contains it again; "),
            "If the process that does is dead, nobody",
        ] {
            assert!(frame.contains(words), "{words}: {frame}");
        }
        assert!(!frame.contains("RELEASING"), "{frame}");
    }
}

#[test]
fn an_abort_is_said_in_words() {
    let ended = |back| Happening::ReleaseEnded {
        lever: fixture::id("assistant"),
        percent: 5,
        why: "grounding was 0.71 at 03:26:12Z".to_owned(),
        back,
    };
    let mut stopped = release::released(fixture::model(), &[ended(false)]);
    fixture::press(&mut stopped, 'c');
    snapshot_all("release_stopped", &stopped);
    let frame = text(&stopped, &Theme::plain(), SIZES[0]);
    assert!(frame.contains("NOT contained again: grounding was 0.71"), "{frame}");
    let aborted = release::released(fixture::model(), &[ended(true)]);
    let frame = text(&aborted, &Theme::plain(), SIZES[0]);
    assert!(frame.contains("ABORTED"), "{frame}");
}
