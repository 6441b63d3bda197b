//! `check` and `schema`: are the files good, and (with `--live`) could every action fire now?

use serde_json::json;

use super::args::{Check, Place, Schema};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session::{self, Session};
use super::{json as shapes, words};
use crate::clock;
use crate::config::{self, Report};
use crate::shell::paths;

/// Runs `check`.
pub async fn run(place: &Place, args: Check) -> Result<Exit, Failure> {
    let json = out::json_or_pipe(args.json);
    let paths = if args.paths.is_empty() { vec![session::config_file(place, None)?] } else { args.paths.clone() };
    let report = config::check_beside(&paths, clock::now(), Some(&paths::state_dir()));
    if !args.live || !report.is_sound() {
        if json {
            out::say_json(&report.json());
        } else {
            out::tell(&report.rendered());
        }
        return Ok(if report.is_sound() { Exit::Done } else { Exit::Usage });
    }
    live(place, json, &report).await
}

async fn live(place: &Place, json: bool, report: &Report) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let catalogue = config.catalogue.clone();
    let session = Session::open(config).await;
    session.look().await?;
    let view = session.probed().await?;
    if json {
        let mut value = shapes::live(&catalogue, &view);
        value["files"] = report.json();
        value["journal"] = json!({ "problems": session.worries });
        out::say_json(&value);
    } else {
        out::tell(&report.rendered());
        out::tell(&words::live(&catalogue, &view));
    }
    let blind = view.snapshot.sources.iter().any(|source| source.fault.is_some());
    let unready = view.snapshot.readiness.iter().any(|ready| ready.ready != Some(true) && !ready.done);
    Ok(if blind || unready || !session.is_stored { Exit::CannotSay } else { Exit::Done })
}

/// Runs `schema`.
pub fn schema(args: &Schema) -> Result<Exit, Failure> {
    let Some(schema) = config::schema::of(&args.what) else {
        let hint = format!("known: {}", config::schema::NAMES.join(", "));
        return Err(Failure::new(format!("there is no schema of {:?}", args.what), hint));
    };
    out::say_json(&schema);
    Ok(Exit::Done)
}
