//! The whole table of the run machine, and what no sequence of moves can reach.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// Every legal arrow. A change here is a change of a safety rule: read DESIGN section 6 first.
const ARROWS: &str = "\
intent: Send → sent, FailToSend → not sent, LoseSight → unknown
sent: Acknowledge → acknowledged, Reject → rejected, FailToSend → not sent, LoseSight → unknown
acknowledged: LoseSight → unknown, SeeStored → read back, SeeUnchanged → stuck, SeeOther → superseded, MissDeadline → stuck
read back: SeeOther → superseded, SeeEffect → verified, MissDeadline → stuck, Undo → undone
verified: Undo → undone
rejected:
not sent:
unknown: SeeStored → read back, SeeUnchanged → no effect seen, SeeOther → superseded, Undo → undone
no effect seen: SeeStored → read back
stuck: SeeStored → read back, SeeOther → superseded, Undo → undone
superseded:
undone:
";

#[test]
fn exactly_these_arrows_are_legal() {
    let mut drawn = String::new();
    for state in RunState::ALL {
        let arrow = |by: &RunMove| state.after(*by).ok().map(|to| format!(" {by:?} → {to}"));
        let arrows: Vec<String> = RunMove::ALL.iter().filter_map(arrow).collect();
        writeln!(drawn, "{state}:{}", arrows.join(",")).expect("text");
    }
    assert_eq!(drawn, ARROWS);
}

#[test]
fn an_illegal_move_names_both_sides() {
    let illegal = RunState::Rejected.after(RunMove::SeeEffect).expect_err("illegal");
    assert_eq!(illegal.to_string(), "a run that is rejected cannot SeeEffect");
}

#[test]
fn a_run_that_may_have_written_holds_its_lever_until_somebody_looked() {
    let open: Vec<RunState> = RunState::ALL.into_iter().filter(|state| state.is_open()).collect();
    assert_eq!(open, [RunState::Intent, RunState::Sent, RunState::Unknown]);
    assert!(RunState::ALL.into_iter().all(|state| !(state.is_open() && state.is_final())));
}

#[test]
fn a_request_that_lands_late_is_read_back_and_a_plain_not_sent_stays_final() {
    assert_eq!(RunState::Unseen.after(RunMove::SeeStored), Ok(RunState::ReadBack));
    assert!(!RunState::Unseen.is_open() && !RunState::Unseen.is_final());
    assert_eq!(RunState::Unseen.contract_word(), "unknown");
    assert!(RunMove::ALL.into_iter().all(|by| RunState::NotSent.after(by).is_err()));
}

fn any_moves() -> impl Strategy<Value = Vec<RunMove>> {
    proptest::collection::vec(proptest::sample::select(RunMove::ALL.to_vec()), 0..24)
}

/// The legal ones of these moves, and where they lead.
fn walked(moves: &[RunMove]) -> (Vec<RunMove>, RunState) {
    let mut state = RunState::Intent;
    let mut taken = Vec::new();
    for by in moves {
        if let Ok(next) = state.after(*by) {
            state = next;
            taken.push(*by);
        }
    }
    (taken, state)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn verified_takes_a_yes_or_a_lost_answer_then_the_store_then_the_traffic(moves in any_moves()) {
        let (taken, state) = walked(&moves);
        if state == RunState::Verified {
            let place = |wanted: &[RunMove]| taken.iter().rposition(|by| wanted.contains(by));
            let answered = place(&[RunMove::Acknowledge, RunMove::LoseSight]);
            let stored = place(&[RunMove::SeeStored]);
            prop_assert!(answered.is_some() && stored > answered, "{taken:?}");
            prop_assert_eq!(place(&[RunMove::SeeEffect]), Some(taken.len() - 1));
            prop_assert!(!taken.contains(&RunMove::Reject) && !taken.contains(&RunMove::FailToSend));
        }
    }

    #[test]
    fn an_unknown_run_never_ends_without_a_look_or_an_undo(moves in any_moves()) {
        let (taken, state) = walked(&moves);
        if let Some(lost) = taken.iter().rposition(|by| *by == RunMove::LoseSight) {
            let looks = [RunMove::SeeStored, RunMove::SeeUnchanged, RunMove::SeeOther, RunMove::Undo];
            let looked = taken.get(lost + 1).is_some_and(|by| looks.contains(by));
            prop_assert!(looked || state == RunState::Unknown, "{taken:?}");
        }
    }

    #[test]
    fn no_definite_failure_is_said_of_what_left_this_machine_without_an_answer(moves in any_moves()) {
        let (taken, state) = walked(&moves);
        if taken.contains(&RunMove::LoseSight) {
            prop_assert!(!matches!(state, RunState::NotSent | RunState::Rejected), "{taken:?}");
        }
    }

    #[test]
    fn what_a_definite_no_ended_stays_ended(moves in any_moves()) {
        let (taken, state) = walked(&moves);
        if taken.contains(&RunMove::Reject) {
            prop_assert_eq!(state, RunState::Rejected);
            prop_assert_eq!(taken.last(), Some(&RunMove::Reject));
        }
    }
}
