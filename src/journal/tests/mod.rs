//! Tests of the journal, by what a user or a safety rule cares about.

mod basics;
mod before;
#[cfg(unix)]
mod faults;
mod folding;
mod formats;
mod kit;
mod memory;
mod processes;
mod race;
mod spooling;
mod tamper;
mod versions;

// The kit is shared with `tests/real`, which knows the crate by this name.
use crate as breakglass;
