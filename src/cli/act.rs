//! `act` and `undo`: preview, and fire exactly the plan that was shown. Nothing toggles, nothing is guessed.

mod release;
mod second;
mod waiting;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use self::waiting::Waiting;
use super::args::{Act, Confirm, Place, Undo};
use super::exit::Exit;
use super::out::{self, Failure};
use super::session::{self, Session};
use super::{json as shapes, oversight, words};
use crate::clock;
use crate::domain::action::Tier;
use crate::domain::entry::{Entry, Happening};
use crate::domain::gate::{self, Report};
use crate::domain::ids::{ActionId, RunId};
use crate::domain::incident::{Ledger, RunRecord};
use crate::domain::permit::Mode;
use crate::domain::plan::{Answer, Confirmed, NotConfirmed, PLAN_LIFE, Plan, Purpose};
use crate::domain::run::{RunNews, RunState};
use crate::domain::shown::ShownBy;
use crate::engine::Event;
use crate::shell::paths;

/// How long the command follows a run before it says "cannot say yet".
const FOLLOW: Duration = Duration::from_mins(15);

/// Runs `act`.
pub async fn run(place: &Place, args: Act) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let id = args.action.parse().ok().filter(|id| config.catalogue.action(id).is_some());
    let Some(id) = id else {
        let known: Vec<_> = config.catalogue.actions.iter().map(|a| a.id.as_str()).collect();
        let hint = format!("this config has: {}", known.join(", "));
        return Err(Failure::new(format!("there is no action {:?}", args.action), hint));
    };
    let session = Session::open(config).await;
    session.look().await?;
    let plan = session.engine.core().preview(&id).await;
    settle(place, session, plan, args.confirm).await
}

/// Runs `undo`.
pub async fn run_undo(place: &Place, args: Undo) -> Result<Exit, Failure> {
    let config = session::load(place, None)?;
    let session = Session::open(config).await;
    session.look().await?;
    let ledger = session.engine.core().book.ledger();
    let run = find_run(&ledger, args.run.as_deref())?;
    let plan = session.engine.core().preview_undo(&run).await;
    settle(place, session, plan, args.confirm).await
}

fn find_run(ledger: &Ledger, wanted: Option<&str>) -> Result<RunId, Failure> {
    let hint = "`breakglass journal list` shows the runs";
    let Some(wanted) = wanted else {
        let newest = ledger.undoable().map(|record| record.intent.run.clone());
        return newest.ok_or_else(|| Failure::new("there is no run that could be undone", hint).with(Exit::Refused));
    };
    let mut found = ledger.runs.keys().filter(|run| run.as_str() == wanted || run.short() == wanted);
    match (found.next(), found.next()) {
        (Some(run), None) => Ok(run.clone()),
        (None, _) => Err(Failure::new(format!("there is no run {wanted:?} in this journal"), hint)),
        (Some(_), Some(_)) => Err(Failure::new(format!("{wanted:?} means several runs"), "give the whole id")),
    }
}

async fn settle(
    place: &Place,
    session: Session,
    plan: Result<Plan, String>,
    confirm: Confirm,
) -> Result<Exit, Failure> {
    let plan = plan.map_err(|why| {
        let hint = format!("`breakglass check --live{}` says what every action needs", place.flags());
        Failure::new(format!("no plan: {why}"), hint).with(Exit::Refused)
    })?;
    match &confirm.yes_plan {
        None => preview(place, &session, &plan, confirm.json).await,
        Some(digest) => fire(place, session, plan, digest, &confirm).await,
    }
}

async fn preview(place: &Place, session: &Session, plan: &Plan, json: bool) -> Result<Exit, Failure> {
    let book = &session.engine.core().book;
    book.record(Happening::Previewed {
        action: plan.action.clone(),
        lever: plan.lever.clone(),
        now: plan.observed.setting.clone(),
        after: plan.after.clone(),
        tier: plan.tier,
        digest: plan.digest.clone(),
    })
    .await;
    if out::json_or_pipe(json) {
        let mut shape = shapes::plan(plan);
        if plan.tier >= Tier::Three {
            let standing =
                book.account().await.ledger.requests.get(&plan.digest).map(|r| oversight::request(r, clock::now()));
            shape["approval"] = json!({ "needed": true, "command": second::command(plan), "request": standing });
        }
        out::say_json(&shape);
    } else {
        let mode = session.engine.core().mode();
        out::tell(&words::plan(plan, mode, place.to_fire(mode)));
    }
    Ok(if plan.blocked_by().is_some() { Exit::Refused } else { Exit::Done })
}

async fn fire(place: &Place, session: Session, plan: Plan, digest: &str, confirm: &Confirm) -> Result<Exit, Failure> {
    if digest.len() < 12 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let hint = "copy the digest of the preview";
        return Err(Failure::new(format!("{digest:?} is no digest: at least 12 hex digits"), hint));
    }
    if !plan.digest.matches(digest) {
        let hint = "the lever moved since, or the digest is of another plan; look at a fresh preview";
        return Err(Failure::new(format!("plan {digest} is void: the plan now is {}", plan.digest.short()), hint)
            .with(Exit::Refused));
    }
    let account = session.engine.core().book.account().await;
    // What stands as a request was shown and typed when it was asked; waiting for a person takes longer than a minute.
    let asked = account.ledger.requests.get(&plan.digest).is_some_and(|record| clock::now() <= record.asking.until);
    if !asked && !shown_lately(&account.entries, &plan, clock::now()) {
        let hint = "run the preview again and fire within 60 s of it";
        return Err(Failure::new("this plan was not shown in the last 60 s", hint).with(Exit::Refused));
    }
    let mut answer = Answer {
        digest: plan.digest.clone(),
        typed: confirm.typed.clone(),
        read: true,
        approved_by: None,
        by: paths::user(),
    };
    if plan.tier >= Tier::Three {
        answer.approved_by = Some(second::approval(session.engine.core(), &plan, &answer, confirm).await?);
    }
    let confirmed = Confirmed::confirm(plan.clone(), &answer, clock::now())
        .map_err(|why| not_confirmed(&plan, &why, confirm.typed.as_deref()))?;
    let known: BTreeSet<RunId> = account.ledger.runs.keys().cloned().collect();
    let more = plan.stages.clone().filter(|stages| !stages.rest.is_empty());
    let read_only = session.engine.core().mode() == Mode::ReadOnly;
    session.engine.fire(confirmed);
    let ended = match more {
        Some(stages) => release::follow(place, session, &known, &stages, confirm.json).await,
        None => follow(place, session, &known, &plan.effect, confirm.json).await,
    };
    ended.map_err(|mut failure| {
        if read_only {
            failure.hint = format!("{}; to fire it, {}", failure.hint, place.lifts_read_only());
        }
        failure
    })
}

/// The journal must hold the preview of exactly this plan, by anybody on it, at most a plan's life ago.
fn shown_lately(entries: &[Entry], plan: &Plan, now: Timestamp) -> bool {
    let life = SignedDuration::try_from(PLAN_LIFE).unwrap_or(SignedDuration::ZERO);
    entries.iter().rev().any(|entry| {
        let age = now.duration_since(entry.at);
        matches!(&entry.what, Happening::Previewed { digest, .. } if *digest == plan.digest)
            && age <= life
            && age >= SignedDuration::ZERO
    })
}

fn not_confirmed(plan: &Plan, why: &NotConfirmed, typed: Option<&str>) -> Failure {
    let (hint, exit) = match why {
        NotConfirmed::NotTyped(word) if plan.is_shut() => {
            let shut = words::shut(plan);
            let opens = plan.gate.as_ref().map_or_else(|| "wait".to_owned(), Report::opens_by);
            // Who typed something already needs to know what it lacks, not the same words again.
            let hint = match typed.filter(|typed| !typed.trim().is_empty()) {
                Some(typed) => format!("--type {typed:?}: {}", gate::override_missing(typed, &plan.environment)),
                None => format!("{opens}; or, on record, add --type {word:?}: {}", gate::reason_rule()),
            };
            return Failure::new(format!("not fired: {shut}"), hint).with(Exit::ApprovalMissing);
        }
        NotConfirmed::NotTyped(word) => (format!("add --type {word:?}"), Exit::ApprovalMissing),
        NotConfirmed::NotApproved => (second::how(plan), Exit::ApprovalMissing),
        _ => ("look at a fresh preview".into(), Exit::Refused),
    };
    Failure::new(format!("not fired: {why}"), hint).with(exit)
}

/// What the action names for when it does not help. An undo takes a containment back: nothing else is tried for it.
fn next_tries(session: &Session, news: &RunNews, is_undo: bool) -> Vec<ActionId> {
    let action = session.engine.core().config.catalogue.action(&news.action);
    action.filter(|_| asks_for_more(news.state, is_undo)).map(|action| action.fallback.clone()).unwrap_or_default()
}

/// True if an action that ended so leaves something to contain.
const fn asks_for_more(state: RunState, is_undo: bool) -> bool {
    !is_undo && !matches!(state, RunState::Verified | RunState::ReadBack | RunState::Undone)
}

/// Follows the one run that was not `known` before: news of older runs belongs to nobody here.
async fn follow(
    place: &Place,
    mut session: Session,
    known: &BTreeSet<RunId>,
    effect: &str,
    json: bool,
) -> Result<Exit, Failure> {
    let json = out::json_or_pipe(json);
    let mut waiting = None;
    let mut last: Option<RunNews> = None;
    let ended = tokio::time::timeout(FOLLOW, async {
        loop {
            match waiting::event(&mut session.events, &mut waiting, &mut out::note).await {
                Some(Event::Run(news)) => {
                    if known.contains(&news.run) {
                        continue;
                    }
                    out::note(&words::news(&news));
                    waiting = Waiting::of(&news, effect, &place.flags());
                    let over = news.state.is_final() || matches!(news.state, RunState::Stuck | RunState::Unseen);
                    last = Some(news);
                    if over {
                        return Ok(());
                    }
                }
                Some(Event::Refused { action, why }) if session.engine.core().mode() == Mode::DryRun => {
                    out::note(&why);
                    if json {
                        out::say_json(&json!({ "run": null, "action": action, "state": "dry run", "why": why }));
                    }
                    return Ok(());
                }
                Some(Event::Refused { why, .. }) => {
                    return Err(Failure::new(format!("refused: {why}"), "nothing was sent").with(Exit::Refused));
                }
                Some(Event::PlanVoid { why, .. }) => {
                    let hint = "nothing was sent; look at a fresh preview";
                    return Err(Failure::new(format!("the plan is void: {why}"), hint).with(Exit::Refused));
                }
                Some(Event::CannotTell { run, why }) => {
                    out::note(&format!("run {}: {why}", run.short()));
                    if last.as_ref().is_some_and(|news| news.run == run) {
                        return Ok(());
                    }
                }
                Some(
                    Event::Recovered { .. }
                    | Event::Mode(_)
                    | Event::Release(_)
                    | Event::LoadingRunbooks(_)
                    | Event::Runbooks { .. },
                ) => {}
                Some(Event::Notice(words)) => out::note(&words),
                None => return Ok(()),
            }
        }
    })
    .await;
    if let Ok(Err(failure)) = ended {
        return Err(failure);
    }
    if session.engine.core().mode() == Mode::DryRun {
        return Ok(Exit::Done);
    }
    let Some(news) = last else {
        return Err(Failure::new("no news of the run", "look at `breakglass journal list`").with(Exit::CannotSay));
    };
    session.engine.core().book.journal().close().await;
    let record = session.engine.core().book.ledger().runs.get(&news.run).cloned();
    let is_undo = record.as_ref().is_some_and(|record| matches!(record.intent.purpose, Purpose::Undo(_)));
    let next = next_tries(&session, &news, is_undo);
    let shown_by = record.as_ref().and_then(RunRecord::shown_by);
    if json {
        out::say_json(&json!({
            "run": news.run, "action": news.action, "state": news.state.contract_word(), "why": news.why, "fallback": next,
            "shown_by": shown_by,
        }));
    }
    if shown_by == Some(ShownBy::ServingSide) {
        out::note("the serving side shows it; no traffic evidence says what users meet");
    }
    for action in &next {
        out::note(&format!("it did not help; try next: breakglass act {action}{}", place.flags()));
    }
    Ok(code(news.state))
}

/// Stored, and nothing could tell whether it took effect: not done, whoever could have declared more.
const fn code(state: RunState) -> Exit {
    match state {
        RunState::Verified | RunState::Undone => Exit::Done,
        RunState::Rejected | RunState::NotSent | RunState::Superseded => Exit::Refused,
        _ => Exit::CannotSay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture;

    #[test]
    fn past_a_shut_gate_the_word_alone_is_no_answer_what_holds_it_shut_is() {
        let plan = fixture::plan();
        let plan = Plan { tier: Tier::Two, gate: Some(Report::unknown(&plan.lever)), ..plan };
        let why = Confirmed::confirm(plan.clone(), &fixture::yes(&plan), fixture::now()).expect_err("nothing typed");
        let failure = not_confirmed(&plan, &why, None);
        assert_eq!(failure.error, "not fired: the restore gate is shut: signals: nothing is measured yet");
        assert!(failure.hint.contains("add --type \"override prod REASON\""), "{}", failure.hint);
        assert!(
            failure.hint.contains("at least 8 characters"),
            "the rule is said before it is broken: {}",
            failure.hint
        );
    }

    #[test]
    fn only_what_was_seen_to_take_effect_is_done() {
        let done: Vec<RunState> = RunState::ALL.into_iter().filter(|state| code(*state) == Exit::Done).collect();
        assert_eq!(done, [RunState::Verified, RunState::Undone]);
        assert_eq!((code(RunState::ReadBack), code(RunState::Unseen)), (Exit::CannotSay, Exit::CannotSay));
        assert_eq!(code(RunState::Rejected), Exit::Refused);
        assert!(
            asks_for_more(RunState::Stuck, false) && !asks_for_more(RunState::Stuck, true),
            "after an undo nothing is tried"
        );
    }

    #[test]
    fn an_override_that_was_typed_is_answered_with_what_it_lacks() {
        let plan = fixture::plan();
        let plan = Plan { tier: Tier::Two, gate: Some(Report::unknown(&plan.lever)), ..plan };
        let short = Answer { typed: Some("override prod checked".into()), ..fixture::yes(&plan) };
        let why = Confirmed::confirm(plan.clone(), &short, fixture::now()).expect_err("seven characters");
        let hint = |typed: &str| not_confirmed(&plan, &why, Some(typed)).hint;
        let told = hint("override prod checked");
        assert!(told.contains("too short") && told.contains("at least 8 characters"), "{told}");
        assert!(hint("checked by hand").contains("has to begin with \"override prod\""), "{}", hint("checked by hand"));
    }
}
