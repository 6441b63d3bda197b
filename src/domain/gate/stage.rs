//! The gate between two stages of a release: what has to be well at this one before the next, and what sends it back.
//! Everything is told by the journal and by measurements since the stage, so that any process judges it alike.
//! May not move anything.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::run::RunState;
use super::super::snapshot::Containment;
use super::super::stages::{Releasing, StageOf};
use super::live::{self, Scope};
use super::watch::{self, Broken, Watch};
use super::{Known, Line, Report, Standing, suites};

/// The name of its first line.
const NAME: &str = "stage";
/// Beyond twice its watch a stage gets this long for suites and first samples before it goes back unseen.
const ALLOWANCE: Duration = Duration::from_mins(2);

/// How the stage that is in force stands.
pub(super) fn report(known: &Known<'_>, held: &Containment, releasing: &Releasing<'_>, scope: &Scope) -> Report {
    let (record, stage) = (releasing.record, releasing.stage);
    let since = record.moved_at();
    let asked = |line: &Line| !stage.waived.contains(&line.name);
    let mut lines = vec![in_force(held, releasing, since)];
    let of_suites = suites(known, Some(since));
    let spoken_for = !of_suites.is_empty() && of_suites.iter().all(|line| line.standing == Standing::Held);
    let failing = of_suites.iter().find(|line| line.standing == Standing::Failed).map(|line| line.name.clone());
    lines.extend(of_suites.into_iter().filter(asked));
    // What a person went past is not asked for again; that it is measured to go bad still counts.
    let kept: Scope = scope.iter().filter(|id| !stage.waived.contains(id)).cloned().collect();
    if kept.is_empty() && !scope.is_empty() {
        lines.push(Line::new("signals", Standing::Held, "none is waited for: all were overridden at the start"));
    } else {
        lines.extend(live::lines(known, &kept, Some(since), spoken_for).into_iter().filter(asked));
    }
    let scope = &kept;
    let unbroken = watch::unbroken_since(known, scope, since);
    let bad_then: Vec<String> = record.intent.failing.iter().map(ToString::to_string).collect();
    let bad = live::bad_beside(known, scope);
    let running = Watch { since, bad: bad_then };
    let wrong = match watch::broken(known, &running, scope, &bad) {
        Some(Broken::Wrong(why)) => Some(why),
        Some(Broken::Blind(_)) | None => failing.map(|suite| format!("{suite} fails")),
    };
    let span = SignedDuration::try_from(stage.watch()).unwrap_or(SignedDuration::MAX);
    let ends = unbroken.checked_add(span).ok();
    lines.push(watch::line_of(
        known,
        &Watch { since: unbroken, bad: Vec::new() },
        wrong.as_deref(),
        ends,
        stage.watch(),
    ));
    let standing = lines.iter().map(|line| line.standing).max();
    let unseen = (standing != Some(Standing::Held)).then(|| unseen(known, stage, since)).flatten();
    Report {
        lever: held.lever.clone(),
        lines,
        since: Some(unbroken),
        ends,
        bad,
        broken: None,
        stage: Some(stage.clone()),
        returned: wrong.or_else(|| lost(record.state)).or(unseen),
    }
}

fn in_force(held: &Containment, releasing: &Releasing<'_>, since: Timestamp) -> Line {
    let words = format!("{} since {}", releasing.stage.words(), since.strftime("%H:%M:%SZ"));
    match (&held.unreadable, releasing.record.state) {
        (Some(lost), _) => Line::new(NAME, Standing::Open, format!("{words}; cannot be read now ({})", lost.cause)),
        (None, RunState::ReadBack | RunState::Verified) => Line::new(NAME, Standing::Held, words),
        (None, state) => Line::new(NAME, Standing::Open, format!("{words}; its run: {state}")),
    }
}

/// A stage that the store took and nobody sees is none to build on.
fn lost(state: RunState) -> Option<String> {
    (state == RunState::Stuck).then(|| "the serving side does not show this stage".to_owned())
}

/// Nobody could see for twice the watch that all is well: what is half-way back does not stay there unseen.
fn unseen(known: &Known<'_>, stage: &StageOf, since: Timestamp) -> Option<String> {
    let patience = SignedDuration::try_from(stage.watch() * 2 + ALLOWANCE).unwrap_or(SignedDuration::MAX);
    let minutes = patience.as_secs() / 60;
    (known.now.duration_since(since) > patience)
        .then(|| format!("nobody could see within {minutes} min that all is well"))
}
