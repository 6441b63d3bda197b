//! What a person sees, as text.

use std::sync::Arc;

use super::{SIZES, draw, text};
use crate::app::fixture;
use crate::app::msg::{JournalPlace, Key, Msg};
use crate::app::{Model, update};
use crate::domain::action::Tier;
use crate::domain::permit::Mode;
use crate::domain::plan::Plan;
use crate::domain::run::RunMove;
use crate::domain::snapshot::Unreadable;
use crate::domain::status::Status;
use crate::ui::theme::Theme;

pub(super) fn snapshot_all(name: &str, model: &Model) {
    for size in SIZES {
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), text(model, &Theme::plain(), size));
    }
}

fn with_dialog(plan: &Plan, mode: Mode) -> Model {
    let mut model = fixture::model();
    model.mode = mode;
    fixture::press(&mut model, 'R');
    update(&mut model, Msg::Previewed(Ok(Box::new(plan.clone()))));
    model
}

fn with_run(moves: &[RunMove]) -> Model {
    let mut model = fixture::model();
    let (ledger, entries) = fixture::journal_with_run(moves);
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    if moves.contains(&RunMove::SeeStored) {
        update(&mut model, Msg::Snapshot(Arc::new(fixture::rolled_back())));
    }
    crate::app::run::open(&mut model, &fixture::run_id());
    model
}

#[test]
fn main_screen() {
    snapshot_all("main", &fixture::model());
}

#[test]
fn main_screen_when_all_is_well() {
    let mut model = fixture::model();
    update(&mut model, Msg::Snapshot(Arc::new(fixture::calm())));
    snapshot_all("calm", &model);
}

#[test]
fn main_screen_with_every_status_and_a_journal_that_is_away() {
    let mut model = fixture::model();
    update(&mut model, Msg::Snapshot(Arc::new(fixture::with_every_status())));
    update(&mut model, Msg::Journal(JournalPlace::Unlogged { count: 4, why: "disk full".to_owned() }));
    snapshot_all("every_status", &model);
}

#[test]
fn main_screen_before_the_first_picture() {
    snapshot_all("asking", &fixture::empty_model(Mode::ReadOnly));
}

#[test]
fn confirm_dialog() {
    snapshot_all("confirm", &with_dialog(&fixture::plan(), Mode::Act));
}

#[test]
fn confirm_dialog_of_tier_two_in_a_read_only_session() {
    snapshot_all("confirm_tier_two", &with_dialog(&fixture::plan_of(Tier::Two, fixture::now()), Mode::ReadOnly));
}

#[test]
fn runbook_question_and_containment() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'r');
    fixture::press(&mut model, 'y');
    snapshot_all("runbook", &model);
    fixture::press(&mut model, 'y');
    snapshot_all("runbook_contain", &model);
    fixture::press(&mut model, 's');
    snapshot_all("runbook_skip", &model);
    typed(&mut model, "rolled back by hand");
    fixture::press(&mut model, 'w');
    snapshot_all("runbook_why", &model);
    fixture::press(&mut model, '/');
    snapshot_all("runbook_jump", &model);
}

/// Types the words into the field that is open, and takes them.
pub(super) fn typed(model: &mut Model, words: &str) {
    for letter in words.chars() {
        fixture::press(model, letter);
    }
    fixture::press_at(model, Key::Enter, fixture::now());
}

#[test]
fn runs_verifying_stuck_and_unknown() {
    snapshot_all("run_verifying", &with_run(&[RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored]));
    let stuck = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored, RunMove::MissDeadline];
    snapshot_all("run_stuck", &with_run(&stuck));
    snapshot_all("run_unknown", &with_run(&[RunMove::Send, RunMove::LoseSight]));
}

#[test]
fn a_containment_whose_lever_cannot_be_read_is_never_said_in_the_present_tense() {
    let mut picture = fixture::with_every_status();
    let lost = Unreadable { known_at: fixture::now(), cause: "no token: env FLAGS_TOKEN is not set".to_owned() };
    picture.containments[0].unreadable = Some(lost);
    let words = picture.containments[0].words();
    let mut model = fixture::model();
    update(&mut model, Msg::Snapshot(Arc::new(picture)));
    assert!(text(&model, &Theme::plain(), SIZES[0]).contains("1 contained now, 1 cannot be read now"));
    fixture::press(&mut model, 'c');
    for size in SIZES {
        let frame = text(&model, &Theme::plain(), size);
        let flat = frame.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("assistant was off"), "{frame}");
        assert!(flat.contains(&words), "the cause is said in full: {frame}");
        assert!(!flat.contains("verified"), "{frame}");
    }
    fixture::press(&mut model, 'q');
    let frame = text(&model, &Theme::plain(), SIZES[0]);
    assert!(frame.contains("assistant was off at") && !frame.contains("assistant stays"), "{frame}");
}

#[test]
fn containments_palette_quit_and_note() {
    let mut model = fixture::model();
    update(&mut model, Msg::Snapshot(Arc::new(fixture::with_every_status())));
    fixture::press(&mut model, 'c');
    snapshot_all("containments", &model);
    fixture::press(&mut model, ':');
    snapshot_all("palette", &model);
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    fixture::press(&mut model, 'q');
    snapshot_all("quit", &model);
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    fixture::press(&mut model, 'a');
    fixture::press(&mut model, 'x');
    snapshot_all("note", &model);
}

#[test]
fn welcome_and_too_small() {
    let mut model = fixture::empty_model(Mode::ReadOnly);
    model.screens = crate::app::screen::Stack::new(crate::app::Screen::Welcome);
    snapshot_all("welcome", &model);
    insta::assert_snapshot!("small_50x12", text(&fixture::model(), &Theme::plain(), (50, 12)));
}

#[test]
fn every_status_is_a_glyph_and_a_word_in_unicode_and_in_ascii() {
    let mut model = fixture::model();
    update(&mut model, Msg::Snapshot(Arc::new(fixture::with_every_status())));
    for theme in [Theme::plain(), Theme::plain().ascii()] {
        for size in SIZES {
            let frame = text(&model, &theme, size);
            let shown: Vec<_> = crate::app::main::layers(&model).iter().filter_map(|layer| layer.status).collect();
            for status in shown {
                let words = format!("{} {}", theme.glyphs().status(status), status.word());
                assert!(frame.contains(&words), "{words} at {size:?}");
            }
        }
    }
}

#[test]
fn ascii_frames_hold_nothing_but_ascii() {
    let theme = Theme::plain().ascii();
    for model in [fixture::model(), with_dialog(&fixture::plan(), Mode::Act), with_run(&[RunMove::Send])] {
        for size in SIZES {
            let (mut buffer, _) = draw(&model, &theme, size);
            crate::ui::sweep::sweep(&mut buffer, true);
            let all = (0..size.1).flat_map(|y| (0..size.0).map(move |x| (x, y)));
            assert!(all.into_iter().all(|cell| buffer[cell].symbol().is_ascii()));
        }
    }
}

#[test]
fn the_calm_screen_has_no_loud_status() {
    let mut model = fixture::model();
    update(&mut model, Msg::Snapshot(Arc::new(fixture::calm())));
    let frame = text(&model, &Theme::plain(), (160, 48));
    for status in Status::ALL.into_iter().filter(|status| *status > Status::Contained) {
        assert!(!frame.contains(status.word()), "{status:?}");
    }
}

#[test]
fn the_dialog_reports_the_lines_that_were_on_the_screen() {
    let model = with_dialog(&fixture::plan(), Mode::Act);
    let (_, whole) = draw(&model, &Theme::plain(), (160, 48));
    let whole = whole.dialog.expect("drawn");
    assert_eq!((whole.first, whole.visible), (0, whole.total));
    let (_, cut) = draw(&model, &Theme::plain(), (80, 24));
    let cut = cut.dialog.expect("drawn");
    assert!(cut.visible < cut.total, "24 rows cannot hold it whole");
    let (_, none) = draw(&model, &Theme::plain(), (50, 12));
    assert_eq!(none.dialog, None, "a dialog that is not drawn cannot be confirmed");
}

#[test]
fn the_dialog_counts_what_is_below_and_what_was_not_read_alike() {
    let mut model = with_dialog(&fixture::plan(), Mode::Act);
    let size = (80, 24);
    let frame = text(&model, &Theme::plain(), size);
    assert!(frame.contains("4 more lines below"), "{frame}");
    assert!(frame.contains("read on: they have not been on the screen yet"), "{frame}");
    let (_, viewport) = draw(&model, &Theme::plain(), size);
    model.viewed(viewport, fixture::now());
    fixture::press_at(&mut model, Key::End, fixture::after_ms(500));
    let frame = text(&model, &Theme::plain(), size);
    assert!(!frame.contains("more line") && !frame.contains("read on"), "{frame}");
}

#[test]
fn the_smallest_terminal_shows_the_plan_and_not_only_its_frame() {
    let (_, viewport) = draw(&with_dialog(&fixture::plan(), Mode::Act), &Theme::plain(), (60, 16));
    let shown = viewport.dialog.expect("drawn");
    assert!(shown.visible >= 6, "{} of {} lines", shown.visible, shown.total);
}

#[test]
fn what_a_key_shows_whole_is_brought_onto_the_screen() {
    let mut model = with_dialog(&fixture::plan(), Mode::Act);
    let size = (80, 18);
    let (_, viewport) = draw(&model, &Theme::plain(), size);
    model.viewed(viewport, fixture::now());
    for (key, label) in [('p', "Request "), ('d', "Diff ")] {
        fixture::press_at(&mut model, Key::Char(key), fixture::after_ms(500));
        let frame = text(&model, &Theme::plain(), size);
        assert!(frame.contains(&format!("│ {label}")), "{key}: {frame}");
        let (_, viewport) = draw(&model, &Theme::plain(), size);
        let first = viewport.dialog.as_ref().expect("drawn").first;
        model.viewed(viewport, fixture::now());
        let (_, again) = draw(&model, &Theme::plain(), size);
        assert_eq!(again.dialog.expect("drawn").first, first, "it stays there");
    }
}

#[test]
fn a_session_started_read_only_says_in_the_dialog_that_nothing_fires() {
    let mut model = with_dialog(&fixture::plan(), Mode::ReadOnly);
    model.liftable = false;
    for size in SIZES {
        let frame = text(&model, &Theme::plain(), size);
        assert!(frame.contains("this session was started --read-only; nothing fires"), "{frame}");
        assert!(!frame.contains("how to lift"), "{frame}");
    }
}

#[test]
fn no_stray_letters_stand_beside_a_dialog_that_covers_the_screen() {
    let model = with_dialog(&fixture::plan(), Mode::Act);
    for columns in 60..112 {
        let frame = text(&model, &Theme::plain(), (columns, 30));
        for row in frame.lines().filter(|row| row.contains('│')) {
            let (left, rest) = row.split_once('│').expect("a border");
            let right = rest.rsplit_once('│').map_or("", |(_, right)| right);
            assert!(left.trim().is_empty() && right.trim().is_empty(), "{columns}: {row}");
        }
    }
    let wide = text(&model, &Theme::plain(), (160, 48));
    assert!(
        wide.lines().any(|row| row.split_once('│').is_some_and(|(left, _)| !left.trim().is_empty())),
        "wide ones stay in their place"
    );
}

#[test]
fn the_header_never_cuts_a_number_and_keeps_the_deadline_longest() {
    let mut model = fixture::model();
    update(&mut model, Msg::Tick(fixture::now() + jiff::SignedDuration::from_mins(95)));
    for columns in 60..130 {
        let header = crate::ui::header::line(&model, &Theme::plain(), columns).to_string();
        assert!(!header.contains('…'), "{columns}: {header}");
        assert!(header.ends_with("05:01:41Z "), "air at the right: {header}");
        assert_eq!(header.chars().count(), usize::from(columns), "{header}");
        let deadline =
            ["contain now, late by 1:30:19 ", "contain now +1:30:19 "].iter().any(|words| header.contains(words));
        assert_eq!(deadline, header.contains("contain"), "whole or not at all: {header}");
        assert!(deadline || !(header.contains("open") || header.contains("frozen")), "{columns}: {header}");
        assert!(
            columns < 80 || header.contains("freeze since 03:16Z") || header.contains("frozen 1:45:19"),
            "{header}"
        );
    }
    let header = crate::ui::header::line(&model, &Theme::plain(), 80).to_string();
    assert!(header.contains("contain now +1:30:19"), "{header}");
}

#[test]
fn a_line_that_is_cut_says_so_and_no_head_stands_alone() {
    let mut model = fixture::model();
    let mut snapshot = fixture::snapshot();
    snapshot.triage.symptoms[0].for_it[0].0 =
        "grounding is below its limit on every cohort that is measured ".repeat(3);
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    fixture::press(&mut model, '3');
    let frame = text(&model, &Theme::plain(), (80, 30));
    assert!(frame.lines().any(|row| row.contains("+ grounding is below") && row.ends_with('…')), "{frame}");
    for (keys, rows) in [("r", 40), ("ry", 40)] {
        let mut model = fixture::model();
        keys.chars().for_each(|key| drop(fixture::press(&mut model, key)));
        for rows in 16..rows {
            let frame = text(&model, &Theme::plain(), (80, rows));
            let lines: Vec<&str> = frame.lines().collect();
            let last = lines[lines.len() - 3];
            assert!(!last.contains("────"), "{rows} rows: {last}");
        }
    }
}

#[test]
fn a_cause_whose_score_reads_zero_is_not_listed() {
    let mut model = fixture::model();
    let mut snapshot = fixture::snapshot();
    let title = snapshot.triage.symptoms[0].title.clone();
    let mut weak = snapshot.triage.symptoms[0].clone();
    (weak.score, weak.title, weak.rank) = (0.004, "Nothing speaks for this".to_owned(), 9);
    snapshot.triage.symptoms.push(weak);
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    let frame = text(&model, &Theme::plain(), (160, 48));
    assert!(frame.contains(&title) && !frame.contains("Nothing speaks for this"), "{frame}");
    let listed = crate::app::main::len(&model, crate::app::main::Panel::Causes);
    assert_eq!(listed, model.snapshot.as_ref().map_or(0, |snapshot| snapshot.triage.symptoms.len()) - 1);
}
