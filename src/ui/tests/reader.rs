//! The sample reader and the characterise page, as frames.

use std::sync::Arc;

use super::frames::snapshot_all;
use super::{SIZES, text};
use crate::app::fixture;
use crate::app::msg::{Key, Msg};
use crate::app::{Model, update};
use crate::domain::entry::{Entry, Happening};
use crate::domain::samples::{ReplayOutcome, WayOutcome};
use crate::ui::theme::Theme;

fn reader() -> Model {
    let mut model = fixture::model();
    fixture::press(&mut model, 'v');
    update(&mut model, Msg::Samples { samples: fixture::id("answers"), read: Ok(fixture::answers()) });
    model
}

/// Puts an entry into the open incident.
fn told(model: &mut Model, what: Happening) {
    let (ledger, mut entries) = fixture::journal();
    let incident = ledger.open.as_ref().map(|incident| incident.id.clone());
    entries.push(Entry { seq: 9, at: fixture::now(), who: "sam".into(), host: "laptop".into(), incident, what });
    update(model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
}

fn replayed() -> Happening {
    let way = |name: &str, answer: &str, same| WayOutcome {
        name: name.to_owned(),
        n: 5,
        same,
        unanswered: 0,
        fault: None,
        answers: vec![(answer.to_owned(), 5)],
    };
    Happening::Replayed(Box::new(ReplayOutcome {
        samples: fixture::id("answers"),
        sample: "a12".to_owned(),
        at: fixture::now(),
        ways: vec![
            way("as users get it", "You can return anything within 90 days.", 5),
            way("prompt v41", "Refunds are possible within 30 days.", 0),
        ],
    }))
}

#[test]
fn the_reader_in_the_middle_of_a_reading() {
    let mut model = reader();
    snapshot_all("samples_unread", &model);
    for key in "121112111121".chars() {
        fixture::press(&mut model, key);
    }
    told(&mut model, replayed());
    snapshot_all("samples", &model);
}

#[test]
fn samples_that_are_not_on_the_screen_are_counted_at_every_size() {
    let mut model = reader();
    for at in 0..50 {
        for size in SIZES.into_iter().chain([(60, 16), (100, 20)]) {
            let frame = text(&model, &Theme::plain(), size);
            let row = frame.lines().find(|row| row.contains("more sample")).unwrap_or_else(|| panic!("{at}: {frame}"));
            let numbers =
                |row: &str| -> usize { row.split([' ', ',']).filter_map(|it| it.parse::<usize>().ok()).sum() };
            let in_a_row = frame.lines().filter(|row| row.starts_with("   03:") || row.starts_with(" ▌ 03:")).count();
            let shown = if size.0 < 100 { 1 } else { in_a_row };
            let list: String = row.chars().take(44).collect();
            assert_eq!(numbers(&list) + shown, 50, "{at} at {size:?}: {frame}");
        }
        fixture::press(&mut model, 'j');
    }
}

#[test]
fn a_source_that_cannot_be_read() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'v');
    let read = Err("product: HTTP 503, the server is overloaded".to_owned());
    update(&mut model, Msg::Samples { samples: fixture::id("answers"), read });
    snapshot_all("samples_failed", &model);
}

#[test]
fn the_characterise_page_and_its_field() {
    let mut model = fixture::model();
    let text = "every refund question says 90 days".to_owned();
    told(&mut model, Happening::Characterised { part: crate::domain::characterise::Part::Look, text });
    fixture::press(&mut model, 'f');
    fixture::press(&mut model, 'j');
    snapshot_all("characterise", &model);
    fixture::press_at(&mut model, Key::Enter, fixture::now());
    snapshot_all("characterise_field", &model);
}
