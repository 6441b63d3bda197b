//! A person of chance: looks, contains, undoes, tries again when refused, changes modes, waits or does not, quits, and
//! sometimes has a laptop that dies.

use std::sync::Arc;
use std::time::Duration;

use breakglass::domain::permit::Mode;

use crate::chance::{self, For};
use crate::session::{Session, Wish};
use crate::weather::STORM;
use crate::world::World;

/// Lives until the storm is over. Answers the sessions' journals that may still have something to write.
pub async fn live(world: Arc<World>, number: u64) -> Vec<Arc<crate::process::Process>> {
    let who = ["ana", "ben", "cleo"][usize::try_from(number).expect("small")];
    let mut luck = chance::luck(world.seed, For::Person, &[number]);
    let mut processes = Vec::new();
    tokio::time::sleep(Duration::from_millis(luck.u64(..8_000))).await;
    while world.t() < STORM {
        let mut session = Session::start(&world, who).await;
        processes.push(Arc::clone(&session.process));
        work(&world, &mut session, &mut luck).await;
        if luck.bool() && !session.process.is_dead() {
            session.engine.finish(Duration::from_millis(luck.u64(..9_000))).await;
        }
        drop(session);
        tokio::time::sleep(Duration::from_millis(luck.u64(200..9_000))).await;
    }
    processes
}

async fn work(world: &Arc<World>, session: &mut Session, luck: &mut fastrand::Rng) {
    if luck.f64() < 0.7 {
        session.engine.settled(Duration::from_secs(3)).await;
    }
    for _ in 0..luck.usize(1..6) {
        if session.process.is_dead() || world.t() >= STORM {
            return;
        }
        if luck.f64() < world.weather.crash {
            let mut fuse = chance::luck(world.seed, For::Fuse, &[world.micros()]);
            session.process.light_fuse(fuse.i64(0..60));
        }
        step(session, luck).await;
        // What a person waits for differs: the end of the run, a moment, or nothing.
        match luck.u8(..4) {
            0 => session.pause(Duration::from_millis(luck.u64(..500))).await,
            1 => session.pause(Duration::from_millis(luck.u64(..15_000))).await,
            _ => session.wait(Duration::from_millis(luck.u64(..15_000))).await,
        }
    }
}

async fn step(session: &Session, luck: &mut fastrand::Rng) {
    let undoable = session.journal.ledger().undoable().map(|record| record.intent.run.clone());
    let killed = session.process.killed.notified();
    let unfreezes = luck.u8(..4) > 0;
    let act = async {
        if unfreezes {
            session.unfreeze().await;
        }
        match luck.u8(..16) {
            0..=6 => drop(session.fire(&Wish::Act("kill-assistant")).await),
            7 | 8 => drop(session.fire(&Wish::Act("tools-off")).await),
            9..=12 => {
                if let Some(run) = undoable {
                    session.fire(&Wish::Undo(run)).await;
                }
            }
            13 => {
                // Tries it out first: nothing may leave.
                let mode = if luck.bool() { Mode::ReadOnly } else { Mode::DryRun };
                session.set_mode(mode).await;
                session.fire(&Wish::Act("kill-assistant")).await;
                tokio::time::sleep(Duration::from_millis(luck.u64(..1_000))).await;
                session.set_mode(Mode::Act).await;
            }
            14 => {
                // Twice at once.
                session.fire(&Wish::Act("kill-assistant")).await;
                session.fire(&Wish::Act("tools-off")).await;
            }
            _ => session.engine.core().refresh(),
        }
    };
    tokio::select! {
        biased;
        () = killed => session.process.killed.notify_one(),
        () = act => {}
    }
}
