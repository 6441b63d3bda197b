//! Follows a release in stages from the command line: prints every stage, its watch, an abort. May not fire.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::waiting::{self, Waiting};
use crate::cli::args::Place;
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
    place: &Place,
    mut session: Session,
    known: &BTreeSet<RunId>,
    stages: &Stages,
    json: bool,
) -> Result<Exit, Failure> {
    let json = out::json_or_pipe(json);
    let count = u32::try_from(stages.rest.len() + 1).unwrap_or(u32::MAX);
    let longest = stages.own.watch().saturating_mul(2).saturating_mul(count).saturating_add(ALLOWANCE);
    let mut last: Option<RunNews> = None;
    let ended =
        tokio::time::timeout(longest, hear(&mut session, known, &place.flags(), &mut last, &mut out::note)).await;
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
    Ok(code(end.as_ref(), last.as_ref()))
}

/// Whole and stored is done; what went back, or was left to somebody else, is refused.
fn code(end: Option<&ReleaseNews>, last: Option<&RunNews>) -> Exit {
    match (end.map(|end| end.step), last.map(|news| news.state)) {
        (Some(ReleaseStep::Whole), Some(RunState::Verified | RunState::ReadBack)) => Exit::Done,
        (Some(ReleaseStep::Back | ReleaseStep::Left), _) => Exit::Refused,
        _ => Exit::CannotSay,
    }
}

/// Says every run, stage and watch as it comes, until the release is over.
async fn hear(
    session: &mut Session,
    known: &BTreeSet<RunId>,
    flags: &str,
    last: &mut Option<RunNews>,
    say: &mut dyn FnMut(&str),
) -> Result<Option<ReleaseNews>, Failure> {
    let mut waiting = None;
    loop {
        match waiting::event(&mut session.events, &mut waiting, say).await {
            Some(Event::Run(news)) if known.contains(&news.run) => {}
            Some(Event::Run(news)) => {
                say(&words::news(&news));
                waiting = at_last(session, &news, flags);
                if let Some(waits) = waiting.as_ref().filter(|_| news.state == RunState::Stuck) {
                    say(waits.words());
                }
                *last = Some(news);
            }
            Some(Event::Release(news)) => {
                say(&format!("{}  {}", crate::ui::format::clock(news.at), news.words));
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
            Some(Event::CannotTell { run, why }) => say(&format!("run {}: {why}", run.short())),
            Some(Event::Notice(words)) => say(&words),
            Some(Event::Recovered { .. } | Event::Mode(_) | Event::LoadingRunbooks(_) | Event::Runbooks { .. }) => {}
            None => return Ok(None),
        }
    }
}

/// What is waited for once the last stage is stored: until then whoever leaves leaves it half-way.
fn at_last(session: &Session, news: &RunNews, flags: &str) -> Option<Waiting> {
    let ledger = session.engine.core().book.ledger();
    let stage = ledger.runs.get(&news.run)?.intent.stage.as_ref()?;
    let is_whole = !stage.is_partial() && !stage.is_back();
    let stored = matches!(news.state, RunState::ReadBack | RunState::Stuck);
    let effect = "verified when its serving side, or the traffic, shows it";
    (is_whole && stored).then(|| Waiting::of(news, effect, flags)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tests::timed::{CONFIG, Night, confirm, virtual_time};

    /// An undo in four stages, as the command follows it: what it says, how it ends, and with which code. Errors come back
    /// when `until` is said.
    async fn said(config: &str, until: &str) -> (Vec<String>, ReleaseStep, Exit) {
        let (night, run) = Night::ready(config).await;
        let known = night.engine.core().book.ledger().runs.keys().cloned().collect();
        let plan = night.undo(&run).await;
        assert_eq!(plan.stages.as_ref().map(|stages| stages.rest.len()), Some(3));
        night.engine.fire(confirm(plan));
        let Night { engine, events, metrics, line: _line, .. } = night;
        let mut session = Session { engine, events, worries: Vec::new(), is_stored: true };
        let (mut said, mut last) = (Vec::new(), None);
        let mut say = |words: &str| {
            said.push(words.to_owned());
            if words.contains(until) {
                metrics.show(Ok(0.2));
            }
        };
        let Ok(Some(end)) = hear(&mut session, &known, " -c bot.toml", &mut last, &mut say).await else {
            panic!("it ends: {said:?}");
        };
        let exit = code(Some(&end), last.as_ref());
        (said, end.step, exit)
    }

    #[tokio::test(start_paused = true)]
    async fn every_stage_is_printed_with_its_watch_and_the_end_is_whole() {
        let _time = virtual_time();
        let (said, end, exit) = said(CONFIG, "never").await;
        let printed = |words: &str| said.iter().filter(|line| line.contains(words)).count();
        for stage in ["stage 1 of 4, 1 %", "stage 2 of 4, 5 %", "stage 3 of 4, 20 %"] {
            assert_eq!(printed(&format!("{stage} is in force, watched for 60 s")), 1, "{stage}: {said:?}");
        }
        assert!(said.last().is_some_and(|line| line.contains("whole again")), "{said:?}");
        assert_eq!(printed("read back"), 4, "each stage is a run of its own: {said:?}");
        assert_eq!((end, exit), (ReleaseStep::Whole, Exit::Done));
    }

    #[tokio::test(start_paused = true)]
    async fn an_abort_is_printed_with_its_stage_and_its_reason_and_is_no_success() {
        let _time = virtual_time();
        let (said, end, exit) = said(CONFIG, "stage 2 of 4").await;
        let last = said.last().expect("words");
        assert!(last.contains("aborted at 5 %, contained again") && last.contains("error_rate"), "{said:?}");
        assert_eq!((end, exit), (ReleaseStep::Back, Exit::Refused));
    }

    #[tokio::test(start_paused = true)]
    async fn a_last_stage_that_stays_stuck_is_not_followed_in_silence() {
        let _time = virtual_time();
        let effect = "effect = { all = ['error_rate > 0.1'], within = \"60s\" }\n[gate]";
        // Errors were 20 % before: the traffic never comes back to that.
        let (said, end, exit) = said(&CONFIG.replace("[gate]", effect), "never").await;
        let stuck = said.iter().position(|line| line.contains(" stuck: ")).unwrap_or_else(|| panic!("{said:?}"));
        let told = &said[stuck + 1];
        assert!(told.contains("waiting for run") && told.contains("not back yet"), "at once: {told}");
        assert!(told.contains("Leaving is safe") && told.contains("`breakglass status -c bot.toml`"), "{told}");
        let again = said.iter().filter(|line| *line == told).count();
        assert!((15..=22).contains(&again), "every half minute for ten minutes: {again}\n{said:?}");
        assert_eq!((end, exit), (ReleaseStep::Whole, Exit::CannotSay));
    }
}
