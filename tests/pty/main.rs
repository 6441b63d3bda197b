//! The program in a real terminal: the whole story of each scenario, the key law, and the terminal given back.
//! Small on purpose: everything that can be tested without a terminal is tested without one.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says why and stops")]
#![allow(clippy::disallowed_methods, reason = "the harness starts the program and waits by the clock")]
#![cfg(feature = "sandbox")]

mod harmless;
mod runbooks;
mod stopped;
mod stories;
mod terminal;
mod walks;
mod wiring;
