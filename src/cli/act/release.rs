//! Follows a release in stages from the command line: prints every stage, its watch, an abort. May not fire.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::cli::exit::Exit;
use crate::cli::out::{self, Failure};
use crate::cli::session::Session;
use crate::cli::words;
use crate::domain::ids::RunId;
use crate::domain::run::{RunNews, RunState};
use crate::domain::stages::{ReleaseNews, ReleaseStep, Stages};
use crate::engine::Event;

/// Beyond their watches, all stages together get this long: twice each watch is where a stage goes back by itself.
const ALLOWANCE: Duration = Duration::from_mins(15);

/// Follows the release to its end, whichever that is.
pub async fn follow(
    mut session: Session,
    known: &BTreeSet<RunId>,
    stages: &Stages,
    json: bool,
) -> Result<Exit, Failure> {
    let json = out::json_or_pipe(json);
    let count = u32::try_from(stages.rest.len() + 1).unwrap_or(u32::MAX);
    let longest = stages.own.watch().saturating_mul(2).saturating_mul(count).saturating_add(ALLOWANCE);
    let mut last: Option<RunNews> = None;
    let ended = tokio::time::timeout(longest, hear(&mut session, known, &mut last)).await;
    let end = match ended {
        Ok(end) => end?,
        Err(_) => None,
    };
    session.engine.core().book.journal().close().await;
    let word = match end.as_ref().map(|end| end.step) {
        Some(ReleaseStep::Whole) => "whole",
        Some(ReleaseStep::Back) => "aborted",
        Some(ReleaseStep::Stopped) => "stopped",
        Some(ReleaseStep::Left) => "left",
        Some(ReleaseStep::Watching) | None => "unknown",
    };
    if json {
        out::say_json(&json!({
            "run": last.as_ref().map(|news| &news.run),
            "state": last.as_ref().map(|news| news.state.contract_word()),
            "release": word,
            "why": end.as_ref().map(|end| &end.words),
        }));
    }
    Ok(match (end.map(|end| end.step), last.map(|news| news.state)) {
        (Some(ReleaseStep::Whole), Some(RunState::Verified | RunState::ReadBack)) => Exit::Done,
        (Some(ReleaseStep::Back | ReleaseStep::Left), _) => Exit::Refused,
        _ => Exit::CannotSay,
    })
}

async fn hear(
    session: &mut Session,
    known: &BTreeSet<RunId>,
    last: &mut Option<RunNews>,
) -> Result<Option<ReleaseNews>, Failure> {
    loop {
        match session.events.recv().await {
            Some(Event::Run(news)) if known.contains(&news.run) => {}
            Some(Event::Run(news)) => {
                out::note(&words::news(&news));
                *last = Some(news);
            }
            Some(Event::Release(news)) => {
                out::note(&format!("{}  {}", crate::ui::format::clock(news.at), news.words));
                if news.step.is_over() {
                    return Ok(Some(news));
                }
            }
            Some(Event::Refused { why, .. }) => {
                return Err(Failure::new(format!("refused: {why}"), "nothing was sent").with(Exit::Refused));
            }
            Some(Event::PlanVoid { why, .. }) => {
                let hint = "nothing was sent; look at a fresh preview";
                return Err(Failure::new(format!("the plan is void: {why}"), hint).with(Exit::Refused));
            }
            Some(Event::CannotTell { run, why }) => out::note(&format!("run {}: {why}", run.short())),
            Some(Event::Notice(words)) => out::note(&words),
            Some(Event::Recovered { .. } | Event::Mode(_) | Event::LoadingRunbooks(_) | Event::Runbooks { .. }) => {}
            None => return Ok(None),
        }
    }
}
