//! The only reader of clocks. Everything else gets time as a value, which is what makes it testable.
//!
//! Simulated incidents (`tests/simulation`) put hands of their own on the clock of their thread: virtual time that
//! passes at once, jumps, and can be played again. That seam is compiled under the feature `simulation` only, which the
//! tests of this package turn on and no build for users does: there, a reading is one call to the system, and nothing
//! can turn the clock. Names of runs and sessions come from here too, because they begin with the time.

use std::time::Duration;

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

#[cfg(feature = "simulation")]
pub mod simulated;

/// The wall clock, UTC. For records and for comparing with times at sources.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the owner of the clock")]
pub fn now() -> Timestamp {
    #[cfg(feature = "simulation")]
    if let Some(now) = simulated::read(|hands| hands.now()) {
        return now;
    }
    Timestamp::now()
}

/// Time since boot including suspend (`CLOCK_BOOTTIME` on Linux): ages and deadlines survive a closed lid and a
/// stepped wall clock. Only differences mean anything.
#[must_use]
pub fn since_boot() -> Duration {
    #[cfg(feature = "simulation")]
    if let Some(since_boot) = simulated::read(|hands| hands.since_boot()) {
        return since_boot;
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let id = rustix::time::ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let id = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(id);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A name that nothing else has: a `UUIDv7` of this instant. Those of one process sort in the order of the calls, as long
/// as its wall clock is not set back.
#[must_use]
pub fn stamp() -> Uuid {
    #[cfg(feature = "simulation")]
    if simulated::is_on() {
        return stamp_of(now());
    }
    Uuid::now_v7()
}

/// The same for an instant that somebody else has read.
#[must_use]
pub fn stamp_of(at: Timestamp) -> Uuid {
    #[cfg(feature = "simulation")]
    if let Some(chance) = simulated::read(|hands| hands.chance()) {
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        return uuid::Builder::from_unix_timestamp_millis(millis, &chance).into_uuid();
    }
    let seconds = u64::try_from(at.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(at.subsec_nanosecond()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds))
}
