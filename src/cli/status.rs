//! `status`: one poll of everything, as a table or JSON.

use super::args::{Place, Status as StatusArgs};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session::{self, Session};
use super::{json, oversight, words};
use crate::clock;

/// Runs `status`.
pub async fn run(place: &Place, args: StatusArgs) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let session = Session::open(config).await;
    let view = session.look().await?;
    let (ledger, now) = (session.engine.core().book.account().await.ledger, clock::now());
    let gates = session.engine.core().gates(&view.snapshot);
    if out::json_or_pipe(args.json) {
        let mut status = json::status(&view, &gates);
        oversight::add_to(&mut status, &view.snapshot, &ledger, now);
        out::say_json(&status);
    } else {
        out::tell(&format!("{}{}", oversight::words(&view.snapshot, &ledger, now), words::status(&view, &gates)));
    }
    Ok(Exit::of_snapshot(&view.snapshot))
}
