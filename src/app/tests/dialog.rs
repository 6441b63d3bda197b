//! The confirm dialog: tiers, expiry, void plans, refusals.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::confirm::{Confirm, Lock};
use crate::app::dialog::Dialog;
use crate::app::fixture;
use crate::app::msg::{Key, Msg, PreviewFailed};
use crate::app::{Effect, Model, Screen, Viewport, update};
use crate::domain::action::Tier;
use crate::domain::entry::Happening;
use crate::domain::permit::Mode;
use crate::domain::plan::{CheckStatus, Plan};
use crate::domain::run::{RunMove, RunNews, RunState};

fn open(plan: &Plan) -> Model {
    let mut model = fixture::model();
    fixture::press(&mut model, 'R');
    let (effects, _) = update(&mut model, Msg::Previewed(Ok(Box::new(plan.clone()))));
    assert!(matches!(effects.as_slice(), [Effect::Record(Happening::Previewed { .. })]), "a preview is on record");
    fixture::show_dialog(&mut model, plan, fixture::now());
    model
}

fn dialog(model: &Model) -> &Confirm {
    match &model.dialog {
        Some(Dialog::Confirm(confirm)) => confirm,
        other => panic!("no confirm dialog: {other:?}"),
    }
}

fn type_text(model: &mut Model, text: &str, from_ms: i64) {
    for (at, letter) in (0_i64..).zip(text.chars()) {
        assert!(fixture::press_at(model, Key::Char(letter), fixture::after_ms(from_ms + at * 10)).is_empty());
    }
}

#[test]
fn tier_two_fires_only_after_the_target_was_typed() {
    let plan = fixture::plan_of(Tier::Two, fixture::now());
    let mut model = open(&plan);
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(500)).is_empty());
    fixture::press_at(&mut model, Key::Backspace, fixture::after_ms(510));
    assert_eq!(dialog(&model).lock(Mode::Act, fixture::after_ms(520)), Lock::Type("prompt prod".to_owned()));
    type_text(&mut model, "prompt prod", 600);
    assert_eq!(dialog(&model).lock(Mode::Act, fixture::after_ms(900)), Lock::Open);
    let fired = fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(900));
    assert!(matches!(fired.as_slice(), [Effect::Run(_)]));
}

#[test]
fn a_space_turns_the_page_until_the_word_is_begun() {
    let mut model = open(&fixture::plan_of(Tier::Two, fixture::now()));
    fixture::press_at(&mut model, Key::Char(' '), fixture::after_ms(500));
    assert_eq!(dialog(&model).typed.text(), "");
    type_text(&mut model, "prompt prod", 600);
    assert_eq!(dialog(&model).lock(Mode::Act, fixture::after_ms(900)), Lock::Open);
}

#[test]
fn tier_three_says_that_a_second_person_is_missing() {
    let mut model = open(&fixture::plan_of(Tier::Three, fixture::now()));
    type_text(&mut model, "prompt prod", 500);
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(900)).is_empty());
    assert!(dialog(&model).hint.as_deref().is_some_and(|hint| hint.contains("second person")));
}

#[test]
fn a_key_that_is_held_down_never_fires() {
    let mut model = open(&fixture::plan());
    for ms in (33..3_000).step_by(33) {
        let at = fixture::after_ms(ms);
        assert!(fixture::press_at(&mut model, Key::Char('Y'), at).is_empty(), "{ms} ms");
    }
    assert!(dialog(&model).hint.as_deref().is_some_and(|hint| hint.contains("held down")));
    let fired = fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(3_600));
    assert!(matches!(fired.as_slice(), [Effect::Run(_)]), "let go, and pressed once");
}

#[test]
fn an_expired_plan_cannot_fire_and_is_read_again_on_request() {
    let mut model = open(&fixture::plan());
    update(&mut model, Msg::Tick(fixture::after_ms(61_000)));
    assert_eq!(dialog(&model).lock(Mode::Act, model.now), Lock::Expired);
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(61_000)).is_empty());
    let again = fixture::press_at(&mut model, Key::Char('r'), fixture::after_ms(61_500));
    assert!(matches!(again.as_slice(), [Effect::Preview(_)]));
    let fresh = fixture::plan_of(Tier::One, fixture::after_ms(61_600));
    update(&mut model, Msg::Previewed(Ok(Box::new(fresh))));
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(62_500)).is_empty(), "not yet shown");
}

#[test]
fn a_failed_check_blocks() {
    let mut plan = fixture::plan();
    plan.checks[0].status = CheckStatus::Fail;
    let mut model = open(&plan);
    assert!(matches!(dialog(&model).lock(Mode::Act, fixture::after_ms(900)), Lock::Blocked(_)));
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(900)).is_empty());
}

#[test]
fn a_void_plan_comes_back_fresh_with_what_moved_and_has_to_be_read_again() {
    let mut model = open(&fixture::plan());
    fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(500));
    assert!(matches!(model.screens.top(), Screen::Run(run) if run.run.is_none()));
    let fresh = fixture::plan_of(Tier::One, fixture::after_ms(600));
    let why = "dana set v43 at 03:26:40Z".to_owned();
    update(&mut model, Msg::PlanVoid { why: why.clone(), fresh: Some(Box::new(fresh.clone())) });
    assert_eq!(dialog(&model).moved, Some(why));
    assert!(matches!(model.screens.top(), Screen::Main), "no view of a run that never was");
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(2_000)).is_empty());
    fixture::show_dialog(&mut model, &fresh, fixture::after_ms(2_100));
    let fired = fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(2_500));
    assert!(matches!(fired.as_slice(), [Effect::Run(_)]));
}

#[test]
fn what_was_read_counts_only_for_the_layout_it_was_read_in() {
    let plan = fixture::plan();
    let mut confirm = Confirm::new(plan.clone(), None);
    let view = |width, first, visible, total| crate::app::viewport::DialogView {
        digest: plan.digest.clone(),
        width,
        first,
        visible,
        total,
        marks: Vec::new(),
    };
    confirm.viewed(&view(80, 0, 10, 20), fixture::now());
    confirm.viewed(&view(80, 10, 10, 20), fixture::now());
    assert_eq!(confirm.lock(Mode::Act, fixture::after_ms(500)), Lock::Open);
    confirm.viewed(&view(60, 0, 10, 24), fixture::after_ms(500));
    assert_eq!(confirm.lock(Mode::Act, fixture::after_ms(500)), Lock::Unread(14));
}

#[test]
fn a_failed_preview_and_a_refusal_say_why_and_end_on_record() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'R');
    let failed = PreviewFailed { action: fixture::id("rollback-prompt"), why: "already at v41".to_owned() };
    let (effects, _) = update(&mut model, Msg::Previewed(Err(failed)));
    assert!(matches!(effects.as_slice(), [Effect::Record(Happening::Refused { .. })]));
    assert!(matches!(&model.dialog, Some(Dialog::Refusal { why, .. }) if why == "already at v41"));
    let mut model = open(&fixture::plan());
    fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(500));
    update(&mut model, Msg::Refused { action: fixture::id("rollback-prompt"), why: "frozen".to_owned() });
    assert!(matches!(model.screens.top(), Screen::Main));
    assert!(matches!(&model.dialog, Some(Dialog::Refusal { .. })));
}

#[test]
fn undo_previews_the_newest_change_of_ours_and_says_so_when_there_is_none() {
    let mut model = fixture::model();
    assert!(fixture::press(&mut model, 'U').is_empty());
    assert!(model.messages.flash(model.now).is_some_and(|words| words.contains("nothing to undo")));
    let moves = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored, RunMove::SeeEffect];
    let (ledger, entries) = fixture::journal_with_run(&moves);
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    assert_eq!(fixture::press(&mut model, 'U'), [Effect::PreviewUndo(fixture::run_id())]);
}

#[test]
fn news_names_the_run_that_was_fired_and_an_unknown_outcome_stays_pinned() {
    let mut model = open(&fixture::plan());
    fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(500));
    let news = |state| RunNews {
        run: fixture::run_id(),
        action: fixture::id("rollback-prompt"),
        state,
        why: String::new(),
        at: fixture::after_ms(600),
    };
    update(&mut model, Msg::Run(news(RunState::Intent)));
    update(&mut model, Msg::Run(news(RunState::Unknown)));
    let Screen::Run(screen) = model.screens.top() else { panic!("the run is watched") };
    assert_eq!(screen.run, Some(fixture::run_id()));
    assert!(crate::app::run::waiting_for(&model, screen).contains("MAY have happened"));
    let offered: Vec<_> = crate::app::run::fallbacks(&model, screen).iter().map(|a| a.id.to_string()).collect();
    assert_eq!(offered, ["serve-cached", "kill-assistant"]);
    fixture::press_at(&mut model, Key::Esc, fixture::after_ms(700));
    assert_eq!(crate::app::run::pinned(&model).len(), 1);
    update(&mut model, Msg::Tick(fixture::now() + SignedDuration::from_hours(1)));
    assert_eq!(crate::app::run::pinned(&model).len(), 1, "time does not settle it");
}

#[test]
fn what_was_cancelled_is_not_told_below_the_next_change() {
    let mut model = open(&fixture::plan());
    fixture::press_at(&mut model, Key::Esc, fixture::after_ms(500));
    assert!(model.messages.flash(model.now).is_some_and(|words| words.starts_with("cancelled:")));
    fixture::press_at(&mut model, Key::Char('R'), fixture::after_ms(600));
    assert_eq!(model.messages.flash(model.now), None, "a dialog opens");
    let plan = fixture::plan_of(Tier::One, fixture::after_ms(600));
    update(&mut model, Msg::Previewed(Ok(Box::new(plan.clone()))));
    fixture::show_dialog(&mut model, &plan, fixture::after_ms(700));
    update(&mut model, Msg::Notice("prompts answers again".to_owned()));
    fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(1_200));
    assert!(matches!(model.screens.top(), Screen::Run(_)));
    assert_eq!(model.messages.flash(model.now), None, "a change was fired");
    assert!(model.messages.all().any(|message| message.text.starts_with("cancelled:")), "the log keeps it");
}

#[test]
fn the_hint_to_read_on_goes_once_everything_was_read() {
    let plan = fixture::plan();
    let mut model = open(&plan);
    let view = |first| crate::app::viewport::DialogView {
        digest: plan.digest.clone(),
        width: 60,
        first,
        visible: 10,
        total: 20,
        marks: Vec::new(),
    };
    let show = |model: &mut Model, first, ms| {
        let viewport = crate::app::Viewport { dialog: Some(view(first)), ..Default::default() };
        model.viewed(viewport, fixture::after_ms(ms));
    };
    show(&mut model, 0, 10);
    fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(500));
    assert!(dialog(&model).hint.as_deref().is_some_and(|hint| hint.contains("scroll to the end")));
    assert!(dialog(&model).hint_after(&view(0)).is_some());
    assert_eq!(dialog(&model).hint_after(&view(10)), None, "the frame that shows the end does not ask for it");
    show(&mut model, 10, 600);
    assert_eq!(dialog(&model).hint, None);
    assert_eq!(dialog(&model).unread_above(&view(10)), 0);
}

#[test]
fn a_session_started_read_only_cannot_be_lifted() {
    let mut model = open(&fixture::plan());
    (model.mode, model.liftable) = (Mode::ReadOnly, false);
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(500)).is_empty());
    assert_eq!(dialog(&model).hint.as_deref(), Some("this session was started --read-only; nothing fires"));
    assert_eq!(dialog(&model).lifting, None);
    for (at, letter) in (0_i64..).zip("prodY".chars()) {
        let effects = fixture::press_at(&mut model, Key::Char(letter), fixture::after_ms(600 + at * 100));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::SetMode(_) | Effect::Run(_))), "{effects:?}");
    }
}

#[test]
fn showing_the_request_whole_asks_for_its_own_lines_only() {
    use crate::app::viewport::{DialogView, mark};
    let mut confirm = Confirm::new(fixture::plan(), None);
    let view = |lines: &[&str], first, visible| DialogView {
        digest: fixture::plan().digest,
        width: 76,
        first,
        visible,
        total: lines.len(),
        marks: lines.iter().map(mark).collect(),
    };
    confirm.viewed(&view(&["target", "checks", "request", "undo"], 0, 4), fixture::now());
    assert_eq!(confirm.lock(Mode::Act, fixture::after_ms(500)), Lock::Open);
    confirm.viewed(&view(&["target", "checks", "request", "body", "undo"], 0, 2), fixture::after_ms(600));
    assert_eq!(confirm.lock(Mode::Act, fixture::after_ms(700)), Lock::Unread(1), "only the body was never shown");
    confirm.viewed(&view(&["target", "checks", "request", "body", "undo"], 3, 2), fixture::after_ms(800));
    assert_eq!(confirm.lock(Mode::Act, fixture::after_ms(900)), Lock::Open);
}

#[test]
fn what_is_not_on_the_screen_fires_nothing_until_it_was_seen_again_and_can_be_left() {
    let plan = fixture::plan_of(Tier::One, fixture::now());
    let mut model = open(&plan);
    model.viewed(Viewport::default(), fixture::after_ms(600));
    for key in [Key::Char('Y'), Key::Char('Y')] {
        assert!(fixture::press_at(&mut model, key, fixture::after_ms(2_000)).is_empty(), "the terminal is too small");
    }
    let mut left = model.clone();
    fixture::press_at(&mut left, Key::Ctrl('c'), fixture::after_ms(2_100));
    assert!(left.dialog.is_none(), "the way out is open");
    fixture::show_dialog(&mut model, &plan, fixture::after_ms(3_000));
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(3_100)).is_empty(), "not yet settled");
    let fired = fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(3_500));
    assert!(matches!(fired.as_slice(), [Effect::Run(_)]));
}

#[test]
fn the_key_that_interrupts_leaves_the_dialog_and_not_the_program() {
    let mut model = open(&fixture::plan_of(Tier::One, fixture::now()));
    let effects = fixture::press_at(&mut model, Key::Ctrl('c'), fixture::after_ms(500));
    assert!(model.dialog.is_none() && effects.is_empty());
}
