//! No lower-case key, Enter, paste, mouse or typed-ahead input ever changes production.

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;

use crate::app::Effect;
use crate::app::dialog::Dialog;
use crate::app::fixture;
use crate::app::msg::{Key, Mouse, Msg};
use crate::app::update;
use crate::domain::action::Tier;
use crate::domain::permit::Mode;

/// What a person (or noise) may do, without `Y`.
fn harmless() -> impl Strategy<Value = Msg> {
    let key = prop_oneof![
        8 => prop::char::range('a', 'z').prop_map(Key::Char),
        1 => prop::char::range('0', '9').prop_map(Key::Char),
        4 => prop::sample::select(vec!['R', 'S', 'K', 'G', 'P', 'U', ':', '/', '?', ' ']).prop_map(Key::Char),
        4 => prop::sample::select(vec![
            Key::Enter, Key::Esc, Key::Tab, Key::Up, Key::Down, Key::Backspace, Key::End, Key::Ctrl('c'),
        ]),
    ];
    prop_oneof![
        12 => (key, any::<bool>()).prop_map(|(key, burst)| Msg::Key { key, at: fixture::after_ms(5_000), burst }),
        1 => "[YyR\\n]{0,6}".prop_map(Msg::Paste),
        1 => (0u16..160, 0u16..48).prop_map(|(x, y)| Msg::Mouse(Mouse::Click(x, y))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_but_y_ever_fires(messages in prop::collection::vec(harmless(), 1..60)) {
        let mut model = fixture::model();
        for msg in messages {
            let (effects, _) = update(&mut model, msg);
            for effect in effects {
                prop_assert!(!matches!(effect, Effect::Run(_)));
                if let Effect::Preview(_) = effect {
                    let (_, _) = update(&mut model, Msg::Previewed(Ok(Box::new(fixture::plan()))));
                    fixture::show_dialog(&mut model, &fixture::plan(), fixture::now());
                }
            }
        }
    }

    #[test]
    fn y_fires_only_400_ms_after_the_dialog_was_seen_whole(
        shown in 0i64..2_000, later in -400i64..1_200, first in prop_oneof![4 => Just(0usize), 1 => 1usize..4],
        visible in 18usize..24, burst in prop::bool::weighted(0.2),
    ) {
        let pressed = shown + later;
        let mut model = fixture::model();
        let plan = fixture::plan();
        fixture::press(&mut model, 'R');
        update(&mut model, Msg::Previewed(Ok(Box::new(plan.clone()))));
        let dialog = crate::app::viewport::DialogView {
            digest: plan.digest.clone(), width: 80, first, visible, total: 20, marks: Vec::new(),
        };
        let viewport = crate::app::Viewport { dialog: Some(dialog), ..Default::default() };
        model.viewed(viewport, fixture::after_ms(shown));
        let at = fixture::after_ms(pressed);
        let (effects, _) = update(&mut model, Msg::Key { key: Key::Char('Y'), at, burst });
        let fired = effects.iter().any(|effect| matches!(effect, Effect::Run(_)));
        let lawful = !burst && pressed - shown >= 400 && first == 0 && visible >= 20;
        prop_assert_eq!(fired, lawful);
    }
}

#[test]
fn typed_ahead_y_is_dropped_and_a_later_y_fires_once() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'R');
    fixture::press(&mut model, 'Y');
    update(&mut model, Msg::Previewed(Ok(Box::new(fixture::plan()))));
    assert!(fixture::press(&mut model, 'Y').is_empty(), "before any frame showed it");
    fixture::show_dialog(&mut model, &fixture::plan(), fixture::now());
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(399)).is_empty());
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(400)).is_empty(), "held down, as it seems");
    let fired = fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(800));
    assert!(matches!(fired.as_slice(), [Effect::Run(_)]));
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(1_300)).is_empty(), "the dialog is gone");
}

#[test]
fn a_burst_does_not_even_open_a_preview() {
    let mut model = fixture::model();
    let msg = Msg::Key { key: Key::Char('K'), at: fixture::now(), burst: true };
    assert!(update(&mut model, msg).0.is_empty());
    assert!(model.dialog.is_none());
}

#[test]
fn a_paste_never_fills_the_typed_word() {
    let mut model = fixture::model();
    let plan = fixture::plan_of(Tier::Two, fixture::now());
    fixture::press(&mut model, 'R');
    update(&mut model, Msg::Previewed(Ok(Box::new(plan.clone()))));
    fixture::show_dialog(&mut model, &plan, fixture::now());
    update(&mut model, Msg::Paste(plan.typed_word()));
    let Some(Dialog::Confirm(confirm)) = &model.dialog else { panic!("still open") };
    assert_eq!(confirm.typed.text(), "");
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(900)).is_empty());
}

#[test]
fn a_preview_that_nobody_waits_for_opens_nothing() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'R');
    fixture::press_at(&mut model, Key::Esc, fixture::after_ms(10));
    update(&mut model, Msg::Previewed(Ok(Box::new(fixture::plan()))));
    assert!(model.dialog.is_none());
}

#[test]
fn read_only_previews_and_lifts_only_by_typing_the_environment() {
    let mut model = fixture::empty_model(Mode::ReadOnly);
    update(&mut model, Msg::Snapshot(Arc::new(fixture::snapshot())));
    assert!(matches!(fixture::press(&mut model, 'R').as_slice(), [Effect::Preview(_)]));
    update(&mut model, Msg::Previewed(Ok(Box::new(fixture::plan()))));
    fixture::show_dialog(&mut model, &fixture::plan(), fixture::now());
    let mut at = fixture::after_ms(500);
    assert!(fixture::press_at(&mut model, Key::Char('Y'), at).is_empty());
    let mut effects = Vec::new();
    for letter in "prod".chars() {
        at += SignedDuration::from_millis(100);
        effects.extend(fixture::press_at(&mut model, Key::Char(letter), at));
    }
    assert_eq!(effects, [Effect::SetMode(Mode::Act)]);
    at += SignedDuration::from_millis(500);
    assert!(fixture::press_at(&mut model, Key::Char('Y'), at).is_empty(), "still read-only until the engine says so");
    update(&mut model, Msg::Mode(Mode::Act));
    fixture::show_dialog(&mut model, &fixture::plan(), at);
    at += SignedDuration::from_millis(500);
    let fired = fixture::press_at(&mut model, Key::Char('Y'), at);
    assert!(matches!(fired.as_slice(), [Effect::Run(_)]));
}
