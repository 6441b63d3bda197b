//! Twelve incidents by script, without chance: what the sweep goes through call by call.

use std::sync::Arc;
use std::time::Duration;

use breakglass::domain::run::RunState;

use crate::process::Process;
use crate::session::{Session, Wish};
use crate::weather::{Answer, Fate, Weather, Works};
use crate::world::World;

/// One scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    CleanContainment,
    Undo,
    Conflict,
    TimeoutThenLanded,
    TimeoutNotLanded,
    LateLanding,
    ServerError,
    TwoRespondersOneLever,
    CrashBeforeSend,
    CrashAfterSend,
    JournalAwayThenBack,
    StuckEffect,
}

use Scenario as S;

impl Scenario {
    pub const ALL: [Self; 12] = [
        S::CleanContainment,
        S::Undo,
        S::Conflict,
        S::TimeoutThenLanded,
        S::TimeoutNotLanded,
        S::LateLanding,
        S::ServerError,
        S::TwoRespondersOneLever,
        S::CrashBeforeSend,
        S::CrashAfterSend,
        S::JournalAwayThenBack,
        S::StuckEffect,
    ];

    pub fn weather(self) -> Weather {
        let seconds = |from, to| vec![(Duration::from_secs(from), Duration::from_secs(to))];
        match self {
            S::JournalAwayThenBack => Weather { away: seconds(0, 9), ..Weather::default() },
            S::StuckEffect => Weather { frozen: seconds(0, 70), ..Weather::default() },
            _ => Weather::default(),
        }
    }

    /// What becomes of the first write.
    pub fn fates(self) -> Vec<Fate> {
        let late = Duration::from_millis(3_400);
        match self {
            S::TimeoutThenLanded => vec![Fate { answer: Answer::Lost, ..Fate::GOOD }],
            S::TimeoutNotLanded => vec![Fate { lost: true, ..Fate::GOOD }],
            S::LateLanding => vec![Fate { delay: late, twice: Some(Duration::from_millis(200)), ..Fate::GOOD }],
            S::ServerError => vec![Fate { works: Works::FailsAfter, ..Fate::GOOD }],
            _ => Vec::new(),
        }
    }

    /// Plays it. Answers its processes.
    pub async fn play(self, world: Arc<World>) -> Vec<Arc<Process>> {
        let kill = Wish::Act("kill-assistant");
        let mut ana = Session::start(&world, "ana").await;
        let mut processes = vec![Arc::clone(&ana.process)];
        ana.engine.settled(Duration::from_secs(4)).await;
        match self {
            S::Undo => {
                ana.fire(&kill).await;
                until(&mut ana, |state| matches!(state, RunState::Verified | RunState::Stuck)).await;
                ana.pause(Duration::from_secs(11)).await;
                let undoable = ana.journal.ledger().undoable().map(|record| record.intent.run.clone());
                if let Some(run) = undoable {
                    ana.fire(&Wish::Undo(run)).await;
                }
            }
            S::Conflict => {
                let plan = ana.preview(&kill).await;
                world.foreign_hand("assistant");
                world.foreign_hand("assistant");
                if let Some(plan) = plan {
                    ana.confirm(plan);
                }
            }
            S::TwoRespondersOneLever => {
                let ben = Session::start(&world, "ben").await;
                processes.push(Arc::clone(&ben.process));
                ben.engine.settled(Duration::from_secs(4)).await;
                let _ = tokio::join!(ana.fire(&kill), ben.fire(&kill));
                ben.pause(Duration::from_secs(12)).await;
            }
            S::CrashBeforeSend | S::CrashAfterSend => {
                ana.fire(&kill).await;
                // The re-read, the incident and the intent come first.
                ana.process.light_fuse(if self == S::CrashBeforeSend { 9 } else { 17 });
                ana.pause(Duration::from_secs(5)).await;
                let ben = Session::start(&world, "ben").await;
                processes.push(Arc::clone(&ben.process));
                ben.pause(Duration::from_secs(7)).await;
            }
            _ => drop(ana.fire(&kill).await),
        }
        until(&mut ana, RunState::is_final).await;
        processes
    }
}

/// Waits until the newest run of the session's journal stands like that, for 15 seconds at most.
async fn until(session: &mut Session, stands: impl Fn(RunState) -> bool) {
    let end = session.process.world.t() + Duration::from_secs(15);
    while session.process.world.t() < end && !session.process.is_dead() {
        let newest = session.journal.ledger().runs.values().next_back().map(|run| run.state);
        if newest.is_some_and(&stands) {
            return;
        }
        session.wait(Duration::from_secs(1)).await;
    }
}
