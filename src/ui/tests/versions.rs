//! The page of the version snapshot: before the first change, beside what is in service now, and while that is read.

use std::sync::Arc;

use super::frames::snapshot_all;
use super::{SIZES, text};
use crate::app::effect::Effect;
use crate::app::fixture;
use crate::app::msg::{Key, Msg};
use crate::app::{Model, update};
use crate::ui::theme::Theme;

fn with_snapshot() -> Model {
    let mut model = fixture::model();
    let (ledger, entries) = fixture::journal_with_versions();
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    model
}

#[test]
fn versions_then_and_now() {
    let mut model = with_snapshot();
    assert_eq!(fixture::press(&mut model, 'e'), [Effect::ReadVersions], "opening it reads, and nothing else");
    snapshot_all("versions_being_read", &model);
    update(&mut model, Msg::Versions(Arc::new(fixture::versions_now())));
    snapshot_all("versions", &model);
}

#[test]
fn before_the_first_change_the_page_shows_what_is_in_service_now() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'e');
    update(&mut model, Msg::Versions(Arc::new(fixture::versions_now())));
    snapshot_all("versions_none", &model);
}

#[test]
fn a_gap_is_never_the_same_and_every_cause_is_on_the_page() {
    let mut model = with_snapshot();
    fixture::press(&mut model, 'e');
    update(&mut model, Msg::Versions(Arc::new(fixture::versions_now())));
    for size in SIZES {
        let frame = text(&model, &Theme::plain(), size);
        let flat = frame.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in ["then: timed out after 2 s", "nothing configured that tells it", "now: not allowed (403)"] {
            assert!(flat.contains(words), "{words} in {frame}");
        }
        for part in ["tools", "eval-set", "guardrails"] {
            let line = frame.lines().find(|line| line.contains(&format!(" {part} "))).unwrap_or_default();
            assert!(line.contains("cannot say") && !line.contains("same"), "{line}");
        }
    }
}

#[test]
fn it_is_read_again_with_everything_else_and_found_in_the_palette_and_in_help() {
    let mut model = with_snapshot();
    fixture::press(&mut model, 'e');
    let at = model.now;
    assert_eq!(fixture::press_at(&mut model, Key::Ctrl('r'), at), [Effect::Refresh, Effect::ReadVersions]);
    fixture::press_at(&mut model, Key::Esc, at);
    assert_eq!(fixture::press_at(&mut model, Key::Ctrl('r'), at), [Effect::Refresh]);
    fixture::press(&mut model, ':');
    for letter in "product is made of".chars() {
        fixture::press(&mut model, letter);
    }
    assert_eq!(fixture::press_at(&mut model, Key::Enter, at), [Effect::ReadVersions]);
    fixture::press(&mut model, '?');
    assert!(text(&model, &Theme::plain(), SIZES[0]).contains("what the product is made of"));
}
