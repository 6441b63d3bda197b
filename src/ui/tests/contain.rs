//! Panel 4: what an action in force is called while its store cannot be read, and what the likeliest cause forbids.

use std::sync::Arc;

use super::{SIZES, text};
use crate::app::fixture;
use crate::app::msg::Msg;
use crate::app::{Model, update};
use crate::domain::action::ActionKind;
use crate::domain::lever::Setting;
use crate::domain::run::{RunMove, RunState};
use crate::domain::snapshot::{Containment, Unreadable};
use crate::ui::theme::Theme;

/// The prompt was rolled back, and the traffic showed it.
fn rolled_back(unreadable: Option<Unreadable>) -> Model {
    let moves = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored, RunMove::SeeEffect];
    let (ledger, entries) = fixture::journal_with_run(&moves);
    let mut snapshot = fixture::snapshot();
    snapshot.containments = vec![Containment {
        lever: fixture::id("prompt"),
        displaced: false,
        now: Setting::Pointer("41".into()),
        normal: None,
        before: Some(Setting::Pointer("42".into())),
        state: Some(RunState::Verified),
        shown_by: None,
        run: Some(fixture::run_id()),
        action: Some(fixture::id("rollback-prompt")),
        who: Some("sam".into()),
        since: Some(fixture::before(60)),
        review_by: None,
        failing: Vec::new(),
        stage: None,
        unreadable,
    }];
    let mut model = fixture::model();
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    update(&mut model, Msg::Snapshot(Arc::new(snapshot)));
    fixture::press(&mut model, '4');
    model
}

fn row<'a>(frame: &'a str, title: &str) -> &'a str {
    frame.lines().find(|row| row.contains(title)).unwrap_or_else(|| panic!("{title}\n{frame}"))
}

#[test]
fn verified_beside_a_store_that_cannot_be_read_is_said_in_the_past_tense_with_its_time_and_cause() {
    let lost = || Unreadable { known_at: fixture::before(30), cause: "connection refused".into() };
    for size in SIZES {
        let known = text(&rolled_back(None), &Theme::plain(), size);
        assert!(row(&known, "R  Roll back pro").contains("✓ VERIFIED"), "{size:?}\n{known}");
        let frame = text(&rolled_back(Some(lost())), &Theme::plain(), size);
        let row = row(&frame, "R  Roll back pro");
        assert!(row.contains("? WAS VERIFIED 03:2") && !row.contains("✓ VERIFIED"), "{size:?}\n{frame}");
        assert!(frame.contains(" ◆ 1 cannot be read now "), "counted once: {size:?}\n{frame}");
        let whole = frame.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(size.0 == 100 || whole.contains("prompt was 41 at 03:26Z, cannot be read now"), "{size:?}\n{frame}");
    }
}

#[test]
fn what_the_likeliest_causes_runbook_forbids_is_marked_in_words_and_stands_last_but_is_not_hidden() {
    let mut model = fixture::model();
    fixture::press(&mut model, '4');
    assert!(!text(&model, &Theme::plain(), (160, 48)).contains("never  "), "nothing is forbidden");
    let catalogue = Arc::make_mut(&mut model.catalogue);
    let book = catalogue.runbooks.get_mut("wrong-consistent").expect("there");
    Arc::make_mut(book).never = vec![ActionKind::ServeCache];
    assert_eq!(model.actions().last().map(|action| action.kind), Some(ActionKind::ServeCache));
    for size in SIZES {
        fixture::press_at(&mut model, crate::app::msg::Key::End, fixture::now());
        let frame = text(&model, &Theme::plain(), size);
        assert!(row(&frame, "Serve cached").contains("never  ● READY"), "{size:?}\n{frame}");
        assert!(size.0 < 160 || frame.contains("likeliest cause"), "{size:?}\n{frame}");
    }
}
