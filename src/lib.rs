//! breakglass: the on-call cockpit for AI products, in the terminal.
//!
//! Layers, top to bottom; imports go down only (`tests/layering.rs` holds us to it):
//! `cli` → `shell` → `ui` → `app` → `domain`, and `shell` → `engine` → `adapters`, `journal` → `net` → `domain`.

pub mod adapters;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod engine;
pub mod journal;
pub mod net;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod shell;
pub mod ui;
