//! `status`: one poll of everything, as a table or JSON.

use super::args::{Place, Status as StatusArgs};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session::{self, Session};
use super::{json, oversight, versions, words};
use crate::clock;

/// Runs `status`.
pub async fn run(place: &Place, args: StatusArgs) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    session::note_broken(&config.catalogue.broken, &config.catalogue.told);
    let session = Session::open(config).await;
    let view = session.look().await?;
    let (ledger, now) = (session.engine.core().book.account().await.ledger, clock::now());
    let catalogue = &session.engine.core().config.catalogue;
    let gates = session.engine.core().gates(&view.snapshot);
    // Only beside a snapshot is there anything to compare with.
    let made_of = match ledger.versions_then() {
        Some(_) => Some(session.engine.core().read_versions().await),
        None => None,
    };
    if out::json_or_pipe(args.json) {
        let mut status = json::status(&view, &gates);
        json::add_broken(&mut status, catalogue);
        oversight::add_to(&mut status, catalogue, &view.snapshot, &ledger, now);
        versions::add_to(&mut status, &ledger, made_of.as_ref());
        out::say_json(&status);
    } else {
        let before = oversight::words(catalogue, &view.snapshot, &ledger, now);
        out::tell(&format!(
            "{before}{}{}",
            words::status(&view, &gates, &place.flags(), out::columns()),
            versions::words(&ledger, made_of.as_ref())
        ));
    }
    Ok(Exit::of_snapshot(&view.snapshot))
}
