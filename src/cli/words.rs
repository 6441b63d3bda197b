//! Text for people on the command line: tables and sentences without colour. May not print; `out` does.

mod status;

use std::fmt::Write as _;

use clap::CommandFactory;

use super::args::Args;
use super::json::readiness_word;
use super::out;
use crate::app::command::TABLE;
use crate::app::keymap;
use crate::domain::action::Tier;
use crate::domain::approval::BreakGlass;
use crate::domain::catalogue::Catalogue;
use crate::domain::diff::{Diff, PieceKind};
use crate::domain::gate::Standing;
use crate::domain::permit::Mode;
use crate::domain::plan::{Check, CheckStatus, Plan};
use crate::domain::rehearsal;
use crate::domain::run::RunNews;
use crate::domain::snapshot::Snapshot;
use crate::engine::View;
use crate::ui::format;

pub use self::status::{next_step, status};

/// The verdict and the suspect.
pub(super) fn headline(snapshot: &Snapshot) -> String {
    let mut text = format!("{} {}\n", snapshot.headline.status.word(), snapshot.headline.what);
    if !snapshot.headline.suspect.is_empty() {
        let _ = writeln!(text, "  {}", snapshot.headline.suspect);
    }
    text.push('\n');
    text
}

/// Which conditions of a shut gate do not hold: `the restore gate is shut: signals: nothing is measured yet; …`.
#[must_use]
pub fn shut(plan: &Plan) -> String {
    let lines = plan.gate.iter().flat_map(|report| &report.lines).filter(|line| line.standing != Standing::Held);
    let lines: Vec<String> = lines.map(|line| format!("{}: {}", line.name, line.why)).collect();
    format!("the restore gate is shut: {}", lines.join("; "))
}

/// A plan in the order of regret, with how to fire it: every flag that has to be added, in one line. `to_fire` comes before
/// those of the plan itself.
#[must_use]
pub fn plan(plan: &Plan, mode: Mode, to_fire: &str) -> String {
    let mut text = plan_as_asked(plan);
    text.push_str("\n\n");
    let typed = if u8::from(plan.tier) >= 2 { format!(" --type {:?}", plan.typed_word()) } else { String::new() };
    let short = plan.digest.short();
    match plan.blocked_by() {
        Some(check) => {
            let _ = writeln!(text, "Blocked: {}: {}", check.name, check.why);
        }
        None if mode == Mode::DryRun => {
            let _ = writeln!(
                text,
                "Nothing was sent, and --dry-run sends nothing. To go through exactly this up to the socket within 60 s, add: \
                 --yes-plan {short}{typed}"
            );
        }
        None if plan.tier >= Tier::Three => {
            let _ = writeln!(
                text,
                "Nothing was sent. Tier 3 needs a second person. To ask for exactly this within 60 s, \
                 {to_fire}--yes-plan {short}{typed}\nA colleague then runs: breakglass approve {short}\n\
                 If nobody can be reached: add --break-glass {:?} --why WORDS as well; it is loud and on record.",
                BreakGlass::word(&plan.environment)
            );
        }
        None => {
            let _ = writeln!(
                text,
                "Nothing was sent. To fire exactly this within 60 s, {to_fire}--yes-plan {short}{typed}"
            );
        }
    }
    text.trim_end().to_owned()
}

/// A plan in the order of regret.
#[must_use]
pub fn plan_as_asked(plan: &Plan) -> String {
    let mut text = String::new();
    let set_by = plan.observed.set_by.as_ref().map_or_else(String::new, |who| format!("  set by {who}"));
    let _ = writeln!(text, "{}   ({} {}, tier {})\n", plan.title, plan.service, plan.environment, u8::from(plan.tier));
    let _ = writeln!(text, "Target   {}", plan.target);
    let _ = writeln!(text, "Now      {}{set_by}", plan.observed.setting);
    let _ = writeln!(text, "After    {}", plan.after);
    if let Some(diff) = &plan.diff {
        let _ = writeln!(text, "Diff     {}", marked(diff));
    }
    let _ = writeln!(text, "Reach    {}", plan.reach);
    let _ = writeln!(text, "Users    see {}", plan.users_see);
    let checks: Vec<Check> = plan.checks.iter().cloned().chain(plan.gate_checks()).collect();
    for (at, check) in checks.iter().enumerate() {
        let head = if at == 0 { "Checks  " } else { "        " };
        let word = match check.status {
            CheckStatus::Pass => "ok  ",
            CheckStatus::Warn => "warn",
            CheckStatus::Fail => "FAIL",
            CheckStatus::Unknown => "?   ",
        };
        let _ = writeln!(text, "{head} {word} {}: {}", check.name, check.why);
    }
    text.push_str(&stages(plan));
    for (at, request) in plan.requests.iter().enumerate() {
        let head = if at == 0 { "Request " } else { "        " };
        let _ = writeln!(text, "{head} {} {}", request.method, request.url);
        for line in request.head() {
            let _ = writeln!(text, "         {line}");
        }
        if let Some(body) = &request.body {
            let _ = writeln!(text, "         {}", crate::domain::text::clip(body, 400));
        }
    }
    let _ = writeln!(text, "Effect   {}", plan.effect);
    let _ = writeln!(text, "Undo     {}", plan.undo);
    let _ = writeln!(text, "Digest   {}", plan.digest);
    text.trim_end().to_owned()
}

/// The stages of a release, if the plan has any.
fn stages(plan: &Plan) -> String {
    let Some(stages) = plan.stages.as_ref().filter(|stages| !stages.own.is_back()) else { return String::new() };
    let total = stages.own.total;
    let mut text = String::new();
    let _ = writeln!(text, "Stages   {} of {total}  {:>3} %  to {}", stages.own.number, stages.own.percent, plan.after);
    let watch = format::duration(stages.own.watch().as_secs_f64());
    for stage in &stages.rest {
        let (number, percent, setting) = (stage.number, stage.percent, &stage.setting);
        let _ = writeln!(
            text,
            "         {number} of {total}  {percent:>3} %  to {setting}  by itself, after {watch} in which all stays well"
        );
    }
    if !stages.rest.is_empty() {
        let back = &stages.contained;
        let _ = writeln!(
            text,
            "         back to {back} by itself when anything watched goes bad; only while this command runs"
        );
    }
    text
}

fn marked(diff: &Diff) -> String {
    diff.pieces
        .iter()
        .filter(|piece| !piece.is_only_space())
        .map(|piece| match piece.kind {
            PieceKind::Same => piece.text.clone(),
            PieceKind::Removed => format!("[-{}-]", piece.text),
            PieceKind::Added => format!("{{+{}+}}", piece.text),
        })
        .collect::<String>()
        .replace('\n', "\n         ")
}

/// One line of a run.
#[must_use]
pub fn news(news: &RunNews) -> String {
    let why = if news.why.is_empty() { String::new() } else { format!(": {}", news.why) };
    format!("{}  {} {}{why}", format::clock(news.at), news.run.short(), news.state)
}

/// `check --live` as text.
#[must_use]
pub fn live(catalogue: &Catalogue, view: &View) -> String {
    let mut text = String::from("Sources\n");
    for source in &view.snapshot.sources {
        let state = match (&source.fault, source.trouble()) {
            (None, None) => "answers".to_owned(),
            (None, Some(trouble)) => format!("answers; {trouble}"),
            (Some(fault), _) => format!("UNKNOWN: {fault}"),
        };
        let took = source.latency.map_or_else(String::new, |took| format!("  {} ms", took.as_millis()));
        let _ = writeln!(text, "  {:<16} {:<8} {state}{took}", source.id, source.role.word());
    }
    text.push_str("\nActions\n");
    for ready in &view.snapshot.readiness {
        let key = catalogue.action(&ready.action).and_then(|a| a.key).unwrap_or(' ');
        let took = ready.latency.map_or_else(String::new, |took| format!("; answers in {} ms", took.as_millis()));
        let rehearsed = rehearsal::words(ready.rehearsed_at, view.snapshot.at);
        let _ = writeln!(
            text,
            "  {key} {:<22} {:<10} {}{took}; rehearsed {rehearsed}",
            ready.action,
            readiness_word(ready.ready),
            ready.why
        );
    }
    text.trim_end().to_owned()
}

/// Shell completions on stdout.
pub fn completions(shell: clap_complete::Shell) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "breakglass", &mut script);
    out::say(&String::from_utf8_lossy(&script));
}

/// `keys`: every key from the command table.
pub fn keys(json: bool) {
    if json {
        let row = |row: &crate::app::command::Row| {
            let keys: Vec<String> = row.keys.iter().map(|key| keymap::name(*key)).collect();
            let places: Vec<&str> = row.contexts.iter().map(|context| context.word()).collect();
            serde_json::json!({ "id": row.id.word(), "keys": keys, "title": row.id.title(), "places": places })
        };
        return out::say_json(&serde_json::Value::Array(TABLE.iter().map(row).collect()));
    }
    out::tell(
        "Lower case looks, UPPER CASE opens a change, Enter never changes anything. Only Y in the dialog fires.\n",
    );
    for row in TABLE {
        let keys: Vec<String> = row.keys.iter().map(|key| keymap::name(*key)).collect();
        let places: Vec<&str> = row.contexts.iter().map(|context| context.word()).collect();
        out::tell(&format!("{:<18} {:<16} {}  ({})", keys.join(" "), row.id.word(), row.id.title(), places.join(", ")));
    }
    out::tell("\nAction keys (upper case) come from the config: `breakglass check --live` lists them.");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Place;

    #[test]
    fn the_request_is_shown_with_every_header_that_is_its_own() {
        let mut shown = crate::domain::fixture::plan();
        shown.requests[0].headers = vec![("if-match".into(), "7".into()), ("x-force".into(), "yes".into())];
        let text = plan_as_asked(&shown);
        assert!(text.contains("\n         if-match: 7\n         x-force: yes\n"), "{text}");
        assert_eq!(crate::cli::json::plan(&shown)["requests"][0]["headers"]["x-force"], "yes");
    }

    #[test]
    fn what_has_to_be_added_to_fire_is_said_whole_and_in_one_line() {
        let shown = crate::domain::fixture::plan();
        let digest = shown.digest.short();
        let line = |tier, place: &Place, mode| {
            let text = super::plan(&Plan { tier, ..shown.clone() }, mode, place.to_fire(mode));
            text.lines().find(|line| line.contains("--yes-plan")).unwrap_or_default().to_owned()
        };
        let (plain, read_only) = (Place::default(), Place { read_only: true, ..Place::default() });
        assert!(line(Tier::One, &plain, Mode::Act).ends_with(&format!("add: --yes-plan {digest}")));
        let typed = format!("add: --write --yes-plan {digest} --type {:?}", shown.typed_word());
        for tier in [Tier::Two, Tier::Three] {
            for (place, lead) in [(&plain, "60 s, "), (&read_only, "60 s, leave out --read-only and ")] {
                let line = line(tier, place, Mode::ReadOnly);
                assert!(line.ends_with(&format!("{lead}{typed}")), "{line}");
            }
            let dry = line(tier, &plain, Mode::DryRun);
            assert!(!dry.contains("fire") && dry.contains("sends nothing"), "{dry}");
        }
    }
}
