//! `status`: one poll of everything, as a table or JSON.

use super::args::{Place, Status as StatusArgs};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session::{self, Session};
use super::{json, words};

/// Runs `status`.
pub async fn run(place: &Place, args: StatusArgs) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let session = Session::open(config).await;
    let view = session.look().await?;
    if out::json_or_pipe(args.json) {
        out::say_json(&json::status(&view));
    } else {
        out::say(&words::status(&view));
    }
    Ok(Exit::of(view.snapshot.headline.status))
}
