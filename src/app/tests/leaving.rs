//! Leaving and stopping say what becomes of an open run: who follows it, and with which exit code one leaves.

use std::sync::Arc;

use crate::app::fixture;
use crate::app::msg::{Key, Msg};
use crate::app::{Effect, Model, quit, update};
use crate::domain::incident::Ledger;
use crate::domain::run::{RunMove, RunNews, RunState};

/// A journal with a run that was sent and not answered; `here`: by this very session.
fn sent(here: bool) -> Model {
    let (_, entries) = fixture::journal_with_run(&[RunMove::Send]);
    let mut model = fixture::model();
    update(&mut model, Msg::Ledger { ledger: Arc::new(Ledger::fold(&entries)), entries: entries.into() });
    if here {
        for state in [RunState::Intent, RunState::Sent] {
            let (run, action) = (fixture::run_id(), fixture::plan().action);
            let news = RunNews { run, action, state, why: String::new(), at: fixture::now() };
            update(&mut model, Msg::Run(news));
        }
    }
    model
}

#[test]
fn a_run_of_a_dead_process_is_not_said_to_go_on_and_leaving_it_is_no_done() {
    let dead = sent(false);
    let reasons = quit::reasons(&dead);
    assert!(
        reasons[0].contains(": sent; unless the process that sent it lives, nobody follows it after leaving"),
        "{reasons:?}"
    );
    assert_eq!(quit::code(&dead), 4);
    let own = sent(true);
    let reasons = quit::reasons(&own);
    assert!(reasons[0].contains(": sent; leaving waits 5 s for it"), "{reasons:?}");
    assert_eq!(quit::code(&own), 4);
}

#[test]
fn where_a_title_meets_a_state_no_sentence_is_made_of_the_two() {
    let (_, entries) = fixture::journal_with_run(&[RunMove::Send, RunMove::LoseSight, RunMove::SeeUnchanged]);
    let mut model = fixture::model();
    update(&mut model, Msg::Ledger { ledger: Arc::new(Ledger::fold(&entries)), entries: entries.into() });
    model.now = fixture::before(50);
    let reasons = quit::reasons(&model);
    assert!(reasons[0].starts_with("Roll back prompt support to v41: no effect seen; "), "{reasons:?}");
}

#[test]
fn ctrl_z_stops_wherever_one_is_but_not_while_this_session_has_a_request_on_the_wire() {
    let at = fixture::after_ms(3_000);
    for keys in ["", "r", "a", "?"] {
        let mut model = fixture::model();
        keys.chars().for_each(|key| drop(fixture::press(&mut model, key)));
        assert_eq!(fixture::press_at(&mut model, Key::Ctrl('z'), at), [Effect::Suspend], "after {keys:?}");
    }
    let mut dead = sent(false);
    assert_eq!(fixture::press_at(&mut dead, Key::Ctrl('z'), at), [Effect::Suspend], "it is followed by nobody anyway");
    let mut own = sent(true);
    assert_eq!(fixture::press_at(&mut own, Key::Ctrl('z'), at), []);
    let said = own.messages.flash(own.now).unwrap_or_default();
    assert_eq!(said, "not stopped, or nobody would follow it: Roll back prompt support to v41: sent");
}
