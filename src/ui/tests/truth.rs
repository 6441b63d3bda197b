//! What a frame may not claim: that nothing happened, that a row is not there, that a key works which does not.

use std::sync::Arc;

use super::text;
use crate::app::fixture;
use crate::app::msg::{Key, Msg};
use crate::app::{Model, run, update};
use crate::domain::action::Tier;
use crate::domain::entry::Happening;
use crate::domain::permit::Mode;
use crate::domain::plan::Purpose;
use crate::domain::run::{RunMove, RunNews, RunState};
use crate::ui::theme::Theme;

/// From the stated minimum up.
const LOW: [(u16, u16); 4] = [(60, 16), (80, 18), (80, 24), (100, 30)];

fn shown(model: &Model, size: (u16, u16)) -> String {
    text(model, &Theme::plain(), size)
}

#[test]
fn the_selected_layer_is_on_the_screen_and_hidden_ones_are_counted() {
    for size in LOW {
        let mut model = fixture::model();
        let worst = shown(&model, size);
        assert!(worst.lines().any(|row| row.starts_with("▌") || row.contains("▌ ✗ CRIT")), "{size:?}\n{worst}");
        fixture::press_at(&mut model, Key::Home, fixture::now());
        for step in 0..crate::app::main::layers(&model).len() {
            let frame = shown(&model, size);
            let name = crate::app::main::layers(&model)[step].id.clone();
            let row = frame.lines().find(|row| row.contains('▌')).unwrap_or_else(|| panic!("{size:?} {name}\n{frame}"));
            assert!(row.contains(name.as_str()), "{size:?} {name}\n{frame}");
            let all = crate::app::main::layers(&model).iter().all(|layer| {
                frame.lines().skip(1).any(|row| row.split_whitespace().any(|word| word == layer.id.as_str()))
            });
            assert!(all || frame.contains("more line"), "{size:?}\n{frame}");
            fixture::press(&mut model, 'j');
        }
    }
}

#[test]
fn a_filter_that_matches_nothing_says_so_in_every_panel_and_how_to_clear_it() {
    let mut model = fixture::model();
    for key in "/zzz".chars() {
        fixture::press(&mut model, key);
    }
    fixture::press_at(&mut model, Key::Enter, fixture::now());
    let wide = shown(&model, (160, 48));
    let said = wide.matches("nothing matches /zzz/; esc clears the filter").count();
    assert_eq!(said, 3, "layers, changes, timeline\n{wide}");
    assert!(!wide.contains("nothing happened yet") && !wide.contains("no change was reported"), "{wide}");
    for size in LOW {
        assert!(shown(&model, size).contains("nothing matches /zzz/"), "{size:?}");
    }
    fixture::press_at(&mut model, Key::Esc, fixture::now());
    assert!(!shown(&model, (160, 48)).contains("nothing matches"), "esc does clear it");
}

#[test]
fn in_ascii_a_spread_is_no_sum() {
    let ascii = text(&fixture::model(), &Theme::plain().ascii(), (160, 48));
    assert!(ascii.contains("normal 0.88 +/- 0.02") && ascii.contains("onset 02:51Z +/- 3 min"), "{ascii}");
}

#[test]
fn the_keys_of_a_read_only_dialog_are_those_that_work() {
    for size in [(160, 48), (100, 30), (80, 24), (60, 16)] {
        for tier in [Tier::One, Tier::Two, Tier::Three] {
            let mut model = fixture::with_dialog(tier, Mode::ReadOnly);
            let closed = shown(&model, size);
            assert!(closed.contains("Y lift read-only"), "{size:?} {tier:?}\n{closed}");
            assert!(closed.contains("esc cancel"), "{size:?} {tier:?}\n{closed}");
            assert!(!closed.contains("letters go into") && !closed.contains("do it"), "{size:?} {tier:?}\n{closed}");
            fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(500));
            let lifting = shown(&model, size);
            assert!(lifting.contains("lift read-only: type prod"), "{size:?} {tier:?}\n{lifting}");
            assert!(lifting.contains("letters go into the word") && !lifting.contains("do it"), "{lifting}");
        }
    }
}

#[test]
fn a_y_that_was_dropped_is_seen_to_be() {
    let mut model = fixture::with_dialog(Tier::One, Mode::Act);
    fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(100));
    for size in [(160, 48), (80, 24), (60, 16)] {
        assert!(shown(&model, size).contains("too early: that key was dropped"), "{size:?}");
    }
}

#[test]
fn a_run_offers_its_undo_only_while_there_is_one() {
    let offered = "previews the undo";
    let moves = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored];
    for (purpose, expected) in [(Purpose::Action, true), (Purpose::Undo(fixture::run_id()), false)] {
        let mut model = fixture::model();
        let (_, mut entries) = fixture::journal_with_run(&moves);
        for entry in &mut entries {
            if let Happening::Intended(intent) = &mut entry.what {
                intent.purpose = purpose.clone();
            }
        }
        let ledger = Arc::new(crate::domain::incident::Ledger::fold(&entries));
        update(&mut model, Msg::Ledger { ledger, entries: entries.into() });
        update(&mut model, Msg::Snapshot(Arc::new(fixture::rolled_back())));
        run::open(&mut model, &fixture::run_id());
        let frame = shown(&model, (160, 48));
        assert_eq!(frame.contains(offered), expected, "{purpose:?}\n{frame}");
    }
}

#[test]
fn why_ctrl_z_does_not_stop_is_read_whole_at_80_columns_and_a_long_title_is_cut_for_it() {
    let mut model = fixture::model();
    let (_, mut entries) = fixture::journal_with_run(&[RunMove::Send]);
    for entry in &mut entries {
        if let Happening::Intended(intent) = &mut entry.what {
            intent.title = "Roll the prompt of the support assistant back to the last good version".to_owned();
        }
    }
    let ledger = Arc::new(crate::domain::incident::Ledger::fold(&entries));
    update(&mut model, Msg::Ledger { ledger, entries: entries.into() });
    for state in [RunState::Intent, RunState::Sent] {
        let (run, action) = (fixture::run_id(), fixture::plan().action);
        update(&mut model, Msg::Run(RunNews { run, action, state, why: String::new(), at: fixture::now() }));
    }
    fixture::press_at(&mut model, Key::Ctrl('z'), fixture::now());
    for size in [(160, 48), (100, 30), (80, 24), (60, 16)] {
        let frame = shown(&model, size);
        assert!(frame.contains("not stopped, or nobody would follow it: Roll the"), "{size:?}\n{frame}");
    }
}

#[test]
fn no_screen_offers_u_once_its_lever_was_seen_where_it_was_before() {
    let offers = |model: &Model| {
        let mut model = model.clone();
        [' ', 't', 'm'].map(|key| {
            fixture::press(&mut model, key);
            let frame = shown(&model, (160, 48));
            frame.lines().rfind(|row| row.contains("quit")).is_some_and(|row| row.contains("U undo"))
        })
    };
    let moves = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored];
    let (ledger, entries) = fixture::journal_with_run(&moves);
    assert_eq!(offers(&fixture::model()), [false; 3], "no change of ours");
    let mut model = fixture::model();
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    update(&mut model, Msg::Snapshot(Arc::new(fixture::rolled_back())));
    assert_eq!(offers(&model), [true; 3], "it stands");
    update(&mut model, Msg::Snapshot(Arc::new(fixture::snapshot())));
    assert_eq!(offers(&model), [false; 3], "somebody has put it back since");
    let mut catalogue = (*model.catalogue).clone();
    catalogue.actions.retain(|action| action.id.as_str() != "rollback-prompt");
    model.catalogue = Arc::new(catalogue);
    update(&mut model, Msg::Snapshot(Arc::new(fixture::rolled_back())));
    assert_eq!(offers(&model), [false; 3], "nothing in the config knows how");
}

#[test]
fn what_is_contained_does_not_push_the_next_containment_out_of_the_footer() {
    let mut model = fixture::model();
    let (ledger, entries) = fixture::journal_with_run(&[RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored]);
    update(&mut model, Msg::Ledger { ledger: Arc::new(ledger), entries: entries.into() });
    let ready = |frame: &str| frame.lines().any(|row| row.contains("R S K contain"));
    for size in [(160, 48), (100, 30), (80, 24), (60, 16)] {
        let frame = shown(&model, size);
        assert!(ready(&frame), "{size:?}\n{frame}");
    }
}

#[test]
fn the_way_out_is_never_cut_and_letters_are_seen_where_they_have_no_field_yet() {
    for tier in [Tier::One, Tier::Two, Tier::Three] {
        let mut model = fixture::model();
        let plan = fixture::plan_of(tier, fixture::now());
        fixture::press(&mut model, 'R');
        update(&mut model, Msg::Previewed(Ok(Box::new(plan))));
        for size in [(80, 24), (60, 16)] {
            let (_, viewport) = super::draw(&model, &Theme::plain(), size);
            model.viewed(viewport, fixture::now());
            assert!(shown(&model, size).contains("esc cancel"), "{size:?} {tier:?}");
        }
        if tier >= Tier::Two {
            fixture::press_at(&mut model, Key::Char('p'), fixture::after_ms(500));
            let frame = shown(&model, (60, 16));
            assert!(frame.contains("read on") && frame.contains("word so far: p"), "{frame}");
        }
    }
}
