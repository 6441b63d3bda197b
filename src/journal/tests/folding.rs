//! What the file holds, what memory holds, and who holds which lever never disagree, whatever happens in which order.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::kit::{intent, note, open};
use crate::domain::incident::Ledger;
use crate::domain::run::{RunMove, RunState};
use crate::journal::{IntendError, verify};

const MOVES: [RunMove; 11] = [
    RunMove::Send,
    RunMove::Acknowledge,
    RunMove::Reject,
    RunMove::FailToSend,
    RunMove::LoseSight,
    RunMove::SeeStored,
    RunMove::SeeUnchanged,
    RunMove::SeeOther,
    RunMove::SeeEffect,
    RunMove::MissDeadline,
    RunMove::Undo,
];

#[derive(Debug, Clone)]
enum Step {
    Intend { lever: u8 },
    Move { run: u8, by: RunMove },
    Note,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..2).prop_map(|lever| Step::Intend { lever }),
        8 => (0u8..6, proptest::sample::select(MOVES.to_vec())).prop_map(|(run, by)| Step::Move { run, by }),
        1 => Just(Step::Note),
        1 => Just(Step::Restart),
    ]
}

/// Which runs the working table calls open, by run.
async fn open_claims(file: &Path) -> BTreeMap<String, bool> {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("opens");
    let rows = sqlx::query("SELECT run, open FROM claim").fetch_all(&mut connection).await.expect("rows");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn live(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let mut journal = open(&file).await;
    let mut model: BTreeMap<String, (u8, RunState)> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Intend { lever } => {
                let run = format!("r{}", model.len());
                let free = model.values().all(|(of, state)| *of != lever || !state.is_open());
                match journal.intend(None, intent(&run, &format!("lever-{lever}"))).await {
                    Ok(_) => {
                        prop_assert!(free, "{run} was taken although lever {lever} is held: {model:?}");
                        model.insert(run, (lever, RunState::Intent));
                    }
                    Err(IntendError::Held { run: holder, .. }) => {
                        let (of, state) = model[holder.as_str()];
                        prop_assert!(of == lever && state.is_open(), "{holder} is named but holds nothing: {model:?}");
                    }
                    Err(away) => prop_assert!(false, "{away}"),
                }
            }
            Step::Move { run, by } => {
                let run = format!("r{run}");
                journal.moved(None, &run.parse().expect("id"), by, "").await;
                if let Some((_, state)) = model.get_mut(&run) {
                    *state = state.after(by).unwrap_or(*state);
                }
            }
            Step::Note => {
                journal.append(None, note("n")).await;
            }
            Step::Restart => {
                journal.close().await;
                journal = open(&file).await;
            }
        }
    }
    let ledger = journal.ledger();
    let states: BTreeMap<_, _> = ledger.runs.iter().map(|(run, record)| (run.to_string(), record.state)).collect();
    let wanted: BTreeMap<_, _> = model.iter().map(|(run, (_, state))| (run.clone(), *state)).collect();
    prop_assert_eq!(states, wanted);
    let claims: BTreeMap<_, _> = model.iter().map(|(run, (_, state))| (run.clone(), state.is_open())).collect();
    prop_assert_eq!(open_claims(&file).await, claims);
    prop_assert_eq!(&*ledger, &Ledger::fold(&journal.entries().await));
    journal.close().await;
    prop_assert_eq!(&open(&file).await.ledger(), &ledger, "the file says the same");
    prop_assert_eq!(verify(&file).await.expect("readable").broken, None);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn file_memory_and_claims_agree(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(live(steps))?;
    }
}

#[tokio::test]
async fn which_run_is_newer_is_said_by_the_journal_and_by_no_clock() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = open(&dir.path().join("bot.db")).await;
    // Names begin with the time: the second one is written by a laptop whose clock is behind.
    for run in ["r9", "r1"] {
        journal.intend(None, intent(run, "assistant")).await.expect("free");
        for by in [RunMove::Send, RunMove::Acknowledge, RunMove::SeeStored] {
            journal.moved(None, &run.parse().expect("id"), by, "").await;
        }
    }
    let ledger = journal.ledger();
    let names: Vec<&str> = ledger.in_order().map(|run| run.intent.run.as_str()).collect();
    assert_eq!(names, ["r9", "r1"]);
    assert_eq!(ledger.undoable().map(|run| run.intent.run.as_str()), Some("r1"));
    assert_eq!(ledger.ours()[0].run.as_str(), "r1", "what holds the lever now");
    assert_eq!(ledger.last_writer(&"assistant".parse().expect("id")).map(|run| run.intent.run.as_str()), Some("r1"));
}
