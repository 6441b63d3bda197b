//! `triage`: ranked symptoms with evidence, live or from a readings file; as text, with the actions that the team wired
//! and the command that previews each. May not rank.

use std::fmt::Write as _;

use super::args::{Place, Triage};
use super::exit::Exit;
use super::json::readiness_word;
use super::out::{self, Failure};
use super::session::{self, Session};
use super::{json, words};
use crate::config;
use crate::domain::action::{ActionKind, ActionSpec};
use crate::domain::catalogue::Catalogue;
use crate::domain::evidence::Judged;
use crate::domain::picture;
use crate::domain::snapshot::Snapshot;

/// More actions than this are not read at night.
const MOST_ACTIONS: usize = 4;

/// Runs `triage`.
pub async fn run(place: &Place, args: Triage) -> Result<Exit, Failure> {
    if let Some(file) = &args.readings {
        let (mut catalogue, observations) = config::readings::load(file).map_err(|problems| no_readings(&problems))?;
        // No config is needed; one that is named brings its runbooks.
        if place.config.is_some() {
            let own = session::load(place, None)?.catalogue;
            (catalogue.runbooks, catalogue.broken) = (own.runbooks, own.broken);
        }
        return Ok(show(&catalogue, &picture::snapshot(&catalogue, &observations), place, args.json));
    }
    let config = session::load(place, None)?;
    let catalogue = config.catalogue.clone();
    let session = Session::open(config).await;
    let view = session.look().await?;
    Ok(show(&catalogue, &view.snapshot, place, args.json))
}

/// `check` takes a file for what its keys say, so it might find nothing wrong with a config or a runbook given here.
fn no_readings(problems: &config::Problems) -> Failure {
    Failure { hint: "mend the places above, then ask again".to_owned(), ..session::invalid(problems, "") }
}

fn show(catalogue: &Catalogue, snapshot: &Snapshot, place: &Place, json: bool) -> Exit {
    session::note_broken(&catalogue.broken, &place.flags());
    if out::json_or_pipe(json) {
        let mut triage = json::triage(snapshot);
        json::add_broken(&mut triage, catalogue);
        out::say_json(&triage);
    } else {
        out::tell(&text(catalogue, snapshot, place));
    }
    if snapshot.triage.cannot_say { Exit::CannotSay } else { Exit::of_snapshot(snapshot) }
}

/// For people.
fn text(catalogue: &Catalogue, snapshot: &Snapshot, place: &Place) -> String {
    let mut text = words::headline(snapshot);
    if let Some(next) = words::next_step(snapshot, &place.flags()) {
        let _ = writeln!(text, "  {next}\n");
    }
    let triage = &snapshot.triage;
    if let Some(severity) = &triage.severity {
        let _ = writeln!(text, "  severity {} proposed: {}\n", severity.level, severity.why);
    }
    if triage.cannot_say {
        text.push_str("  Cannot say: too little is measured.\n");
    } else if triage.symptoms.is_empty() {
        text.push_str("  No symptom has evidence.\n");
    }
    for note in &triage.notes {
        let runbook = note.runbook.as_ref().map_or_else(String::new, |id| format!(" (runbook {id})"));
        let _ = writeln!(text, "  {}{runbook}", note.says);
    }
    for symptom in &triage.symptoms {
        let _ = writeln!(text, "{:>2} {:<44} {:>4.0}", symptom.rank, symptom.title, symptom.score * 100.0);
        if let Some(below) = &symptom.below {
            let _ = writeln!(text, "     {}", below.words());
        }
        for (sign, parts) in [('+', &symptom.for_it), ('−', &symptom.against), ('?', &symptom.unknown)] {
            for (say, judged) in parts {
                let _ = writeln!(text, "     {sign} {say}  [{}]", value_of(judged));
            }
        }
        contain(&mut text, catalogue, snapshot, &symptom.actions, place);
    }
    text.trim_end().to_owned()
}

fn value_of(judged: &Judged) -> String {
    judged.cause.clone().unwrap_or_else(|| format!("{}: {}", judged.text, judged.value))
}

/// The actions that are wired, best first, each with the command that previews it; then what is not wired.
fn contain(text: &mut String, catalogue: &Catalogue, snapshot: &Snapshot, kinds: &[ActionKind], place: &Place) {
    let (wired, not_wired): (Vec<ActionKind>, Vec<ActionKind>) =
        kinds.iter().copied().partition(|kind| catalogue.actions_of(*kind).next().is_some());
    let actions: Vec<&ActionSpec> = wired.into_iter().flat_map(|kind| catalogue.actions_of(kind)).collect();
    for (at, action) in actions.iter().take(MOST_ACTIONS).enumerate() {
        let lead = if at == 0 { "contain:" } else { "" };
        let known = snapshot.readiness.iter().find(|known| known.action == action.id);
        let ready = readiness_word(known.and_then(|known| known.ready));
        let _ = writeln!(text, "     {lead:<8} {ready:<9} {}", action.title);
        let _ = writeln!(text, "     {:<18} breakglass act {}{}", "", action.id, place.flags());
    }
    let kinds: Vec<&str> = not_wired.into_iter().map(ActionKind::word).collect();
    if !kinds.is_empty() {
        let lead = match (catalogue.actions.is_empty(), actions.is_empty()) {
            (true, _) => "contain, by kind:",
            (false, true) => "contain: nothing is wired of",
            (false, false) => "not wired:",
        };
        let _ = writeln!(text, "     {lead} {}", kinds.join(", "));
    }
}
