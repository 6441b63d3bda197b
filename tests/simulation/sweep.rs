//! The systematic sweep: in each scenario, the N-th call of a port fails in every way it can, for N = 1, 2, 3 … until the
//! scenario runs to its end without meeting the fault.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::incident::{self, Found};
use crate::scenarios::Scenario;
use crate::world::Port;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// An error, and nothing was done.
    Before,
    /// It was done, and the answer is lost.
    After,
    /// No answer comes.
    Hang,
    /// The process dies at the call.
    Crash,
    /// The process dies after the effect, before it hears of it.
    CrashAfter,
    /// The wall clock is set ahead by an hour.
    Ahead,
    /// The wall clock is set back by an hour.
    Back,
}

impl Port {
    pub const ALL: [Self; 3] = [Self::Store, Self::Transport, Self::Clock];

    const fn hows(self) -> &'static [How] {
        match self {
            Self::Store | Self::Transport => &[How::Before, How::After, How::Hang, How::Crash, How::CrashAfter],
            Self::Clock => &[How::Ahead, How::Back],
        }
    }
}

/// One fault at one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Injection {
    pub port: Port,
    /// Counted from 1 over all processes.
    pub nth: u64,
    pub how: How,
}

/// What one scenario went through.
pub struct Swept {
    /// By port: how many calls there were to fail.
    pub calls: [u64; 3],
    pub plays: usize,
    pub broken: Vec<String>,
}

/// Plays a scenario with one fault. Answers whether the fault was met.
fn play(scenario: Scenario, injection: Option<Injection>, seed: u64) -> (Found, [u64; 3]) {
    let calls = std::cell::Cell::new([0; 3]);
    let set = |world: &mut crate::world::World| {
        world.injection = injection;
        world.record().fates.extend(scenario.fates());
    };
    let found = incident::play(seed, scenario.weather(), set, async |world| {
        let processes = scenario.play(std::sync::Arc::clone(&world)).await;
        calls.set(Port::ALL.map(|port| world.calls(port)));
        processes
    });
    (found, calls.get())
}

/// Goes through one scenario: every call and every reading of the clock, or (for `cargo test`) every so-many-th.
pub fn sweep(scenario: Scenario, whole: bool) -> Swept {
    // Seed 7: weak stores without keys. Seed 0: compare-and-set and keys.
    let (plain, _) = play(scenario, None, 7);
    let mut broken: Vec<String> =
        plain.broken.iter().map(|words| format!("{scenario:?} without a fault: {words}")).collect();
    let mut calls = [0; 3];
    let plays = AtomicUsize::new(1);
    for port in Port::ALL {
        let step = match port {
            _ if whole => 1,
            Port::Clock => 41,
            Port::Store | Port::Transport => 4,
        };
        let next = AtomicU64::new(1 + scenario as u64 % step);
        let (worst, most) = (Mutex::new(Vec::new()), AtomicU64::new(0));
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        std::thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    loop {
                        let nth = next.fetch_add(step, Ordering::Relaxed);
                        let mut met = false;
                        for how in port.hows() {
                            let kind = if nth.is_multiple_of(2) { 0 } else { 7 };
                            let (found, reached) = play(scenario, Some(Injection { port, nth, how: *how }), kind);
                            plays.fetch_add(1, Ordering::Relaxed);
                            met |= reached[port as usize] >= nth;
                            let place = format!("{scenario:?}, {port:?} call {nth}, {how:?}");
                            let words = found.broken.iter().map(|words| format!("{place}: {words}"));
                            worst.lock().expect("no panics").extend(words);
                        }
                        if !met {
                            return;
                        }
                        most.fetch_max(nth, Ordering::Relaxed);
                    }
                });
            }
        });
        calls[port as usize] = most.into_inner();
        broken.extend(worst.into_inner().expect("no panics"));
    }
    Swept { calls, plays: plays.into_inner(), broken }
}
