//! The virtual clock: tokio's paused time, an instant to begin at, and jumps of the wall clock.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use breakglass::clock::simulated::Hands;
use jiff::{SignedDuration, Timestamp};

use crate::chance::{self, For};
use crate::world::{Port, World};

/// The wall clock of every incident's beginning.
pub const BEGIN: i64 = 1_795_000_000;

pub struct Virtual {
    world: Arc<World>,
    named: Cell<u64>,
}

impl Virtual {
    pub fn new(world: Arc<World>) -> Self {
        Self { world, named: Cell::new(0) }
    }
}

/// True time, by which sources stamp their samples.
pub fn true_time(since_begin: Duration) -> Timestamp {
    let begin = Timestamp::from_second(BEGIN).expect("within range");
    begin.checked_add(SignedDuration::try_from(since_begin).expect("short")).expect("within range")
}

impl Hands for Virtual {
    fn now(&self) -> Timestamp {
        if let Some(jump) = self.world.injected_jump() {
            self.world.jump(jump);
        }
        self.world.count(Port::Clock);
        true_time(self.world.t()).checked_add(self.world.jumped()).expect("within range")
    }

    fn since_boot(&self) -> Duration {
        Duration::from_secs(100_000) + self.world.t()
    }

    fn chance(&self) -> [u8; 10] {
        let t = self.world.micros();
        let nth = if self.named.get() >> 8 == t { (self.named.get() & 255) + 1 } else { 0 };
        self.named.set(t << 8 | nth);
        let mut luck = chance::luck(self.world.seed, For::Name, &[t, nth]);
        std::array::from_fn(|_| luck.u8(..))
    }
}
