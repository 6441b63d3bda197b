//! Which keys of the dialog are letters of a word, and what is said of those that came to nothing.

use crate::app::confirm::{Confirm, Lock, TOO_EARLY};
use crate::app::dialog::Dialog;
use crate::app::fixture;
use crate::app::msg::Key;
use crate::app::{Effect, Model};
use crate::domain::action::Tier;
use crate::domain::permit::Mode;
use crate::domain::plan::CheckStatus;

fn dialog(model: &Model) -> &Confirm {
    match &model.dialog {
        Some(Dialog::Confirm(confirm)) => confirm,
        other => panic!("no confirm dialog: {other:?}"),
    }
}

#[test]
fn in_a_read_only_session_y_opens_the_field_that_lifts_it_whatever_the_tier() {
    for tier in [Tier::One, Tier::Two, Tier::Three] {
        let mut model = fixture::with_dialog(tier, Mode::ReadOnly);
        assert!(!dialog(&model).takes_text(Mode::ReadOnly, fixture::after_ms(500)), "no field, no letters");
        assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(500)).is_empty());
        assert!(dialog(&model).lifting.is_some(), "{tier:?}");
        for letter in "pro".chars() {
            assert!(fixture::press_at(&mut model, Key::Char(letter), fixture::after_ms(600)).is_empty());
        }
        let lifted = fixture::press_at(&mut model, Key::Char('d'), fixture::after_ms(700));
        assert!(matches!(lifted.as_slice(), [Effect::SetMode(Mode::Act)]), "{tier:?}: {lifted:?}");
        assert_eq!(dialog(&model).typed.text(), "", "nothing went into another word");
    }
}

#[test]
fn a_wrong_word_with_enter_lifts_nothing_and_says_so() {
    let mut model = fixture::with_dialog(Tier::One, Mode::ReadOnly);
    for key in [Key::Char('Y'), Key::Char('d'), Key::Char('e'), Key::Char('v'), Key::Enter] {
        assert!(fixture::press_at(&mut model, key, fixture::after_ms(500)).is_empty());
    }
    let hint = dialog(&model).hint.as_deref().expect("a word about it");
    assert!(hint.contains("\"dev\"") && hint.contains("type prod"), "{hint}");
    assert!(dialog(&model).lifting.is_some(), "the field stays");
}

#[test]
fn a_y_that_came_before_the_dialog_could_be_read_is_said_to_be_dropped() {
    let mut model = fixture::with_dialog(Tier::One, Mode::Act);
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(200)).is_empty());
    assert_eq!(dialog(&model).hint.as_deref(), Some(TOO_EARLY));
    let fired = fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(900));
    assert!(matches!(fired.as_slice(), [Effect::Run(_)]), "{fired:?}");
}

#[test]
fn what_a_check_blocked_takes_no_word() {
    let mut plan = fixture::plan_of(Tier::Two, fixture::now());
    plan.checks[0].status = CheckStatus::Fail;
    let confirm = Confirm::new(plan, None);
    assert!(matches!(confirm.lock(Mode::Act, fixture::after_ms(900)), Lock::Blocked(_)));
    assert!(!confirm.takes_text(Mode::Act, fixture::after_ms(900)));
}
