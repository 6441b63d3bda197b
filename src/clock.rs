//! The only reader of clocks. Everything else gets time as a value, which is what makes it testable.

use std::time::Duration;

use jiff::Timestamp;

/// The wall clock, UTC. For records and for comparing with times at sources.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the owner of the clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Time since boot including suspend (`CLOCK_BOOTTIME` on Linux): ages and deadlines survive a closed lid and a
/// stepped wall clock. Only differences mean anything.
#[must_use]
pub fn since_boot() -> Duration {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let id = rustix::time::ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let id = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(id);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
