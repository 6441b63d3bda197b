//! `triage`: ranked symptoms with evidence, live or from a readings file.

use super::args::{Place, Triage};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session::{self, Session};
use super::{json, words};
use crate::config;
use crate::domain::picture;
use crate::domain::snapshot::Snapshot;

/// Runs `triage`.
pub async fn run(place: &Place, args: Triage) -> Result<Exit, Failure> {
    if let Some(file) = &args.readings {
        let (catalogue, observations) = config::readings::load(file).map_err(|problems| session::invalid(&problems))?;
        return Ok(show(&picture::snapshot(&catalogue, &observations), args.json));
    }
    let config = session::load(place, None)?;
    let session = Session::open(config).await;
    let view = session.look().await?;
    Ok(show(&view.snapshot, args.json))
}

fn show(snapshot: &Snapshot, json: bool) -> Exit {
    if out::json_or_pipe(json) {
        out::say_json(&json::triage(snapshot));
    } else {
        out::tell(&words::triage(snapshot));
    }
    if snapshot.triage.cannot_say { Exit::CannotSay } else { Exit::of_snapshot(snapshot) }
}
