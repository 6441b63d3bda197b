//! The screens as a pure state machine: `update(&mut Model, Msg) -> (Vec<Effect>, Dirty)`.
//! May not import tokio, ratatui, crossterm, adapters, engine, config or files; time comes in with every message.
//!
//! The key law holds here: no lower-case key and no Enter ever changes production; UPPER CASE opens a change; `Y` fires
//! it. The only place that makes an [`effect::Effect::Run`] is [`confirm`].

pub mod blind;
pub mod characterise;
pub mod coach;
pub mod command;
pub mod confirm;
pub mod containments;
pub mod cursor;
pub mod detail;
pub mod dialog;
pub mod effect;
pub mod entry_words;
pub mod field;
#[cfg(test)]
pub(crate) mod fixture;
mod input;
pub mod keymap;
pub mod main;
pub mod messages;
mod model;
pub mod msg;
pub mod palette;
pub mod pinned;
pub mod quit;
pub mod resume;
pub mod run;
pub mod runbook;
pub mod samples;
pub mod screen;
#[cfg(test)]
mod tests;
pub mod undo;
mod update;
pub mod viewport;
pub mod writing;

pub use effect::Effect;
pub use model::{Model, Options};
pub use msg::Msg;
pub use screen::Screen;
pub use update::{Dirty, update};
pub use viewport::Viewport;
