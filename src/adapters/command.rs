//! Commands on this machine as levers: argv of the config's recipes, without a shell. May not know any program.

use std::sync::Arc;

use crate::net::ReadCommand;

use super::Adapter;
use super::recipe::{Line, Recipes};

/// What commands can do. `actor` is handed to recipes that name who moves a lever.
#[must_use]
pub fn adapter(runner: ReadCommand, actor: &str) -> Adapter {
    let levers = Arc::new(Recipes::new(Line::Command(runner), actor));
    Adapter { levers: Some(levers), ..Adapter::default() }
}
