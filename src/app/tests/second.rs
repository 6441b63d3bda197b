//! Tier three in the dialog: asking, the answer that arrives, break glass; and that nothing but `Y` fires any of it.

use std::sync::Arc;

use proptest::prelude::*;

use crate::app::confirm::{Confirm, Lock};
use crate::app::dialog::Dialog;
use crate::app::fixture;
use crate::app::msg::{Key, Msg};
use crate::app::{Effect, Model, Screen, update};
use crate::domain::action::Tier;
use crate::domain::approval::{Approval, Granted};
use crate::domain::entry::{Entry, Happening};
use crate::domain::incident::Ledger;
use crate::domain::permit::Mode;
use crate::domain::plan::Plan;

fn plan() -> Plan {
    fixture::plan_of(Tier::Three, fixture::now())
}

fn dialog(model: &Model) -> &Confirm {
    match &model.dialog {
        Some(Dialog::Confirm(confirm)) => confirm,
        other => panic!("no confirm dialog: {other:?}"),
    }
}

fn type_text(model: &mut Model, text: &str, from_ms: i64) {
    for (at, letter) in (0_i64..).zip(text.chars()) {
        let effects = fixture::press_at(model, Key::Char(letter), fixture::after_ms(from_ms + at * 5));
        assert!(effects.is_empty(), "{letter}: {effects:?}");
    }
}

/// Read and typed: only a second person is missing.
fn typed() -> Model {
    let mut model = fixture::model();
    fixture::press(&mut model, 'R');
    update(&mut model, Msg::Previewed(Ok(Box::new(plan()))));
    fixture::show_dialog(&mut model, &plan(), fixture::now());
    type_text(&mut model, "prompt prod", 500);
    model
}

/// The journal grows by what somebody wrote.
fn written(model: &mut Model, who: &str, ms: i64, what: Happening) -> Vec<Effect> {
    let entry = Entry {
        seq: 90,
        at: fixture::after_ms(ms),
        who: who.to_owned(),
        host: format!("{who}-laptop"),
        incident: None,
        what,
    };
    let entry = Entry { host: if who == "sam" { "laptop".to_owned() } else { entry.host.clone() }, ..entry };
    let mut entries = model.entries.to_vec();
    entries.push(entry);
    let ledger = Arc::new(Ledger::fold(&entries));
    update(model, Msg::Ledger { ledger, entries: entries.into() }).0
}

/// Asked, on record.
fn asked() -> Model {
    let mut model = typed();
    let effects = fixture::press_at(&mut model, Key::Char('a'), fixture::after_ms(900));
    let [Effect::Record(asking @ Happening::ApprovalAsked(_))] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(written(&mut model, "sam", 950, asking.clone()).is_empty());
    model
}

fn approved(digest: &Plan) -> Happening {
    Happening::Approved { digest: digest.digest.clone(), by: "ben".to_owned() }
}

#[test]
fn asking_waits_longer_than_the_plan_and_the_answer_reads_the_lever_again_before_y_fires() {
    let mut model = asked();
    assert_eq!(dialog(&model).lock(Mode::Act, fixture::after_ms(1_000)), Lock::Waiting);
    assert_eq!(dialog(&model).lock(Mode::Act, fixture::after_ms(120_000)), Lock::Waiting, "longer than 60 s");
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(2_000)).is_empty());
    let effects = written(&mut model, "ben", 120_000, approved(&plan()));
    assert!(matches!(effects.as_slice(), [Effect::Preview(_)]), "{effects:?}");
    update(&mut model, Msg::Previewed(Ok(Box::new(fixture::plan_of(Tier::Three, fixture::after_ms(120_100))))));
    assert_eq!(dialog(&model).typed.text(), "prompt prod", "what was typed stays");
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(120_200)).is_empty(), "typed ahead");
    fixture::show_dialog(&mut model, &plan(), fixture::after_ms(120_200));
    assert_eq!(dialog(&model).lock(Mode::Act, fixture::after_ms(120_700)), Lock::Open);
    let fired = fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(120_700));
    let [Effect::Run(confirmed)] = fired.as_slice() else { panic!("{fired:?}") };
    assert!(matches!(confirmed.approval().map(Approval::granted), Some(Granted::SecondPerson(by)) if by.who == "ben"));
    assert!(matches!(model.screens.top(), Screen::Run(_)));
}

#[test]
fn a_lever_that_moved_while_waiting_makes_the_approval_worthless_and_the_plan_new() {
    let mut model = asked();
    written(&mut model, "ben", 5_000, approved(&plan()));
    let mut moved = fixture::plan_of(Tier::Three, fixture::after_ms(5_100));
    moved.observed.setting = crate::domain::lever::Setting::Pointer("v43".to_owned());
    moved.digest = Plan::digest_of("prod", &moved.lever, &moved.observed, &moved.after, &moved.requests);
    update(&mut model, Msg::Previewed(Ok(Box::new(moved.clone()))));
    assert!(dialog(&model).moved.as_deref().is_some_and(|words| words.contains("setting: asked v42, now v43")));
    fixture::show_dialog(&mut model, &moved, fixture::after_ms(5_200));
    type_text(&mut model, "prompt prod", 5_700);
    assert_eq!(dialog(&model).lock(Mode::Act, fixture::after_ms(6_000)), Lock::SecondPerson);
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(6_000)).is_empty());
}

#[test]
fn ones_own_approval_counts_for_nothing() {
    let mut model = asked();
    let own = Happening::Approved { digest: plan().digest, by: "Somebody Else".to_owned() };
    assert!(written(&mut model, "sam", 2_000, own).is_empty());
    assert_eq!(dialog(&model).lock(Mode::Act, fixture::after_ms(3_000)), Lock::Waiting);
}

#[test]
fn a_denial_closes_the_way_with_its_reason_for_break_glass_too() {
    let mut model = asked();
    let denied = Happening::Denied { digest: plan().digest, by: "cleo".to_owned(), why: "not at peak".to_owned() };
    written(&mut model, "cleo", 2_000, denied);
    let Lock::Denied(why) = dialog(&model).lock(Mode::Act, fixture::after_ms(3_000)) else { panic!("denied") };
    assert!(why.contains("cleo") && why.contains("not at peak"));
    for key in ['Y', 'b', 'a'] {
        assert!(fixture::press_at(&mut model, Key::Char(key), fixture::after_ms(3_000)).is_empty());
    }
    assert_eq!(dialog(&model).glass, None);
}

#[test]
fn break_glass_is_typed_with_the_environment_and_a_reason_and_written_before_the_run() {
    let mut model = typed();
    fixture::press_at(&mut model, Key::Char('b'), fixture::after_ms(900));
    type_text(&mut model, "break glass prod", 1_000);
    assert!(dialog(&model).glass.as_ref().is_some_and(|form| form.worded));
    type_text(&mut model, "no", 1_200);
    assert!(fixture::press_at(&mut model, Key::Enter, fixture::after_ms(1_300)).is_empty());
    assert!(dialog(&model).hint.as_deref().is_some_and(|hint| hint.contains("reason")));
    type_text(&mut model, "body answers Yet", 1_400);
    assert!(fixture::press_at(&mut model, Key::Enter, fixture::after_ms(1_700)).is_empty(), "Enter fires nothing");
    assert!(fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(1_800)).is_empty(), "looked at first");
    fixture::show_dialog(&mut model, &plan(), fixture::after_ms(1_900));
    let fired = fixture::press_at(&mut model, Key::Char('Y'), fixture::after_ms(2_400));
    let [Effect::Record(Happening::BreakGlass(glass)), Effect::Run(confirmed)] = fired.as_slice() else {
        panic!("{fired:?}")
    };
    assert_eq!(glass.why, "nobody answers Yet");
    assert!(matches!(confirmed.approval().map(Approval::granted), Some(Granted::BreakGlass { .. })));
}

#[test]
fn escape_leaves_break_glass_first_and_then_the_dialog() {
    let mut model = typed();
    fixture::press_at(&mut model, Key::Char('b'), fixture::after_ms(900));
    fixture::press_at(&mut model, Key::Esc, fixture::after_ms(1_000));
    assert_eq!(dialog(&model).glass, None);
    fixture::press_at(&mut model, Key::Esc, fixture::after_ms(1_100));
    assert!(model.dialog.is_none());
}

#[test]
fn nobody_is_asked_before_the_plan_was_read_and_typed_or_in_a_read_only_session() {
    let mut model = fixture::model();
    fixture::press(&mut model, 'R');
    update(&mut model, Msg::Previewed(Ok(Box::new(plan()))));
    fixture::show_dialog(&mut model, &plan(), fixture::now());
    assert!(fixture::press_at(&mut model, Key::Char('a'), fixture::after_ms(500)).is_empty(), "a letter of the word");
    let mut model = typed();
    model.mode = Mode::ReadOnly;
    assert!(fixture::press_at(&mut model, Key::Char('a'), fixture::after_ms(900)).is_empty());
    assert!(dialog(&model).hint.as_deref().is_some_and(|hint| hint.contains("read-only")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_lower_case_key_enter_or_paste_fires_tier_three(
        keys in prop::collection::vec(
            prop_oneof![
                6 => prop::char::range('a', 'z').prop_map(Key::Char),
                2 => prop::sample::select(vec![Key::Enter, Key::Char(' '), Key::Esc, Key::Backspace, Key::Down]),
            ],
            0..60,
        ),
        glass in any::<bool>(), approve in any::<bool>(),
    ) {
        let mut model = if approve { asked() } else { typed() };
        if approve {
            written(&mut model, "ben", 1_000, approved(&plan()));
            let fresh = fixture::plan_of(Tier::Three, fixture::after_ms(1_100));
            update(&mut model, Msg::Previewed(Ok(Box::new(fresh))));
            fixture::show_dialog(&mut model, &plan(), fixture::after_ms(1_200));
        }
        if glass {
            fixture::press_at(&mut model, Key::Char('b'), fixture::after_ms(2_000));
            for letter in "break glass prod".chars() {
                fixture::press_at(&mut model, Key::Char(letter), fixture::after_ms(2_000));
            }
        }
        update(&mut model, Msg::Paste("break glass prod\nY\n".to_owned()));
        for key in keys {
            let effects = fixture::press_at(&mut model, key, fixture::after_ms(3_000));
            let writes = |e: &Effect| matches!(e, Effect::Run(_) | Effect::Record(Happening::BreakGlass(_)));
            prop_assert!(!effects.iter().any(writes));
        }
    }
}
