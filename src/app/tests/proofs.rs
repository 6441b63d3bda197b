//! What the view of a run claims: what showed the effect, and that what was read back stays beside how far the traffic came.

use std::sync::Arc;

use crate::app::Model;
use crate::app::fixture;
use crate::app::msg::Msg;
use crate::app::run::{self, RunScreen};
use crate::app::update;
use crate::domain::entry::{Entry, Happening};
use crate::domain::incident::Ledger;
use crate::domain::lever::Setting;
use crate::domain::plan::Purpose;
use crate::domain::run::{RunMove, RunNews, RunState};
use crate::domain::shown;

const STORED: [RunMove; 3] = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored];

fn after(moves: &[RunMove], verified: Option<&str>) -> (Model, RunScreen) {
    let (_, mut entries) = fixture::journal_with_run(moves);
    if let Some(why) = verified {
        let what = Happening::RunMoved { run: fixture::run_id(), by: RunMove::SeeEffect, why: why.to_owned() };
        let last: Entry = entries.last().cloned().expect("an entry");
        entries.push(Entry { seq: last.seq + 1, what, ..last });
    }
    let mut model = fixture::model();
    update(&mut model, Msg::Ledger { ledger: Arc::new(Ledger::fold(&entries)), entries: entries.into() });
    let run = Some(fixture::run_id());
    let screen = RunScreen { run, action: fixture::plan().action, plan: None, at: fixture::now() };
    (model, screen)
}

#[test]
fn what_only_the_serving_side_showed_is_not_said_to_be_in_the_traffic() {
    let served = shown::handed_out(&Setting::Pointer("41".to_owned()));
    let (model, screen) = after(&STORED, Some(&served));
    let words = run::waiting_for(&model, &screen);
    assert!(words.starts_with("The serving side hands it out; no traffic evidence shows it."), "{words}");
    let (model, screen) = after(&STORED, Some("grounding > 0.85 (is 0.88)"));
    let words = run::waiting_for(&model, &screen);
    assert!(words.starts_with("The traffic shows it."), "{words}");
}

#[test]
fn what_was_read_back_stays_beside_how_far_the_traffic_has_come() {
    let (mut model, screen) = after(&STORED, None);
    let news = |state, why: &str, second: i64| RunNews {
        run: fixture::run_id(),
        action: fixture::plan().action,
        state,
        why: why.to_owned(),
        at: fixture::after_ms(second * 1_000),
    };
    let told = [
        news(RunState::Intent, "", 0),
        news(RunState::Sent, "", 1),
        news(RunState::Acknowledged, "the store answered 200", 2),
        news(RunState::ReadBack, "the store holds 41", 3),
        news(RunState::ReadBack, "20 % propagated", 4),
        news(RunState::ReadBack, "54 % propagated", 5),
    ];
    for news in told {
        update(&mut model, Msg::Run(news));
    }
    let read_back = |model: &Model| {
        let stations = run::stations(model, &screen);
        stations.into_iter().find(|station| station.state == RunState::ReadBack).expect("a station")
    };
    let station = read_back(&model);
    assert_eq!(station.why, "the store holds 41; 54 % propagated");
    assert_eq!(station.at, Some(fixture::after_ms(3_000)), "when it was read back, not when news came");
    update(&mut model, Msg::Run(news(RunState::Verified, "grounding > 0.85 (is 0.88)", 6)));
    assert_eq!(read_back(&model).why, "the store holds 41", "what is over is not told as if it went on");
}

#[test]
fn a_stuck_run_is_not_called_stored_unless_its_store_was_seen_to_hold_it() {
    let words = |moves: &[RunMove]| {
        let (model, screen) = after(moves, None);
        run::waiting_for(&model, &screen)
    };
    let stored = [STORED.as_slice(), &[RunMove::MissDeadline]].concat();
    assert_eq!(words(&stored), "Stored, but the traffic does not show it in time. Try the next containment.");
    let yes = [RunMove::Send, RunMove::Acknowledge, RunMove::SeeUnchanged];
    assert_eq!(words(&yes), "The store said yes, and was not seen to hold it in time. Try the next containment.");
}

#[test]
fn a_stuck_undo_is_not_answered_with_another_containment() {
    let moves = [STORED.as_slice(), &[RunMove::MissDeadline]].concat();
    let (_, mut entries) = fixture::journal_with_run(&moves);
    for entry in &mut entries {
        if let Happening::Intended(intent) = &mut entry.what {
            intent.purpose = Purpose::Undo("run-0".parse().expect("id"));
        }
    }
    let mut model = fixture::model();
    update(&mut model, Msg::Ledger { ledger: Arc::new(Ledger::fold(&entries)), entries: entries.into() });
    let run = Some(fixture::run_id());
    let screen = RunScreen { run, action: fixture::plan().action, plan: None, at: fixture::now() };
    let words = run::waiting_for(&model, &screen);
    assert!(words.starts_with("Stored, but the traffic is not back where it was before in time."), "{words}");
    assert!(!words.contains("containment"), "{words}");
    assert!(run::fallbacks(&model, &screen).is_empty());
    let (model, screen) = after(&moves, None);
    assert!(!run::fallbacks(&model, &screen).is_empty(), "an action that does not help leads to its fallbacks");
}
