//! `status` as text: one layer a line, what cannot be read, and containments with their gates. May not print or judge.

use std::fmt::Write as _;

use super::headline;
use crate::cli::json::{Gates, second};
use crate::domain::cause::Fault;
use crate::domain::observations::SourceState;
use crate::domain::run::RunState;
use crate::domain::runbook::Rule;
use crate::domain::shown::ShownBy;
use crate::domain::snapshot::{Containment, LayerState, Snapshot};
use crate::engine::View;
use crate::ui::format;
use crate::ui::widgets::wrap;

/// `status` as a table for a terminal of that many columns; `None`: as wide as it gets. `flags` name the same config and
/// journal in the commands that it tells.
#[must_use]
pub fn status(view: &View, gates: &Gates, flags: &str, columns: Option<usize>) -> String {
    let snapshot = &view.snapshot;
    let mut text = headline(snapshot);
    if let Some(next) = next_step(snapshot, flags) {
        let _ = writeln!(text, "  {next}\n");
    }
    text.push_str(&layers(snapshot, columns));
    for source in snapshot.sources.iter().filter(|source| source.fault.is_some()) {
        let cause = source.fault.as_ref().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "  source {} ({}): {cause}", source.id, source.role.word());
    }
    for (spec, state) in &snapshot.levers {
        if let Err(cause) = &state.reading {
            let _ = writeln!(text, "  lever {}: cannot be read now: {cause}", spec.id);
        }
    }
    if !snapshot.containments.is_empty() {
        text.push_str("\nLevers away from normal\n");
        text.push_str(&containments(snapshot, gates));
    }
    text.trim_end().to_owned()
}

/// The command to go on with while the verdict cannot be said because a source is silent.
#[must_use]
pub fn next_step(snapshot: &Snapshot, flags: &str) -> Option<String> {
    let silent = |source: &SourceState| source.fault.as_ref().is_some_and(|fault| *fault != Fault::NotYet);
    if !snapshot.headline.status.is_blind() || !snapshot.sources.iter().any(silent) {
        return None;
    }
    let blind = snapshot.triage.notes.iter().find(|note| note.rule == Rule::MonitoringBlind);
    let runbook = blind.and_then(|note| note.runbook.as_ref());
    let walk =
        runbook.map_or_else(String::new, |id| format!("; `breakglass runbook show {id}{flags}` says how to go on"));
    Some(format!("Next: `breakglass check --live{flags}` asks every source again{walk}."))
}

/// One layer a line: its word, its worst signal, what is normal, and why. A reason that does not fit stands below, whole.
fn layers(snapshot: &Snapshot, columns: Option<usize>) -> String {
    let cells = |layer: &LayerState| {
        let Some(status) = layer.status else {
            return [
                String::from("–"),
                format!("{} (not wired)", layer.id),
                String::new(),
                String::new(),
                String::new(),
            ];
        };
        let worst = layer.worst.and_then(|at| snapshot.signals.get(at));
        let value = worst.map(|s| s.sample.map_or_else(|| "–".into(), |it| format::signal_value(&s.spec, it.value)));
        let normal = worst.and_then(|s| Some(format!("normal {}", format::signal_value(&s.spec, s.baseline?.median))));
        let title = worst.map(|s| s.spec.title.clone());
        let cell = Option::unwrap_or_default;
        [status.word().to_owned(), layer.id.to_string(), cell(title), cell(value), cell(normal)]
    };
    let rows: Vec<([String; 5], Option<&str>)> = snapshot
        .layers
        .iter()
        .map(|layer| {
            let worst = layer.worst.and_then(|at| snapshot.signals.get(at));
            (cells(layer), worst.filter(|_| layer.status.is_some()).and_then(|s| s.cause.as_deref()))
        })
        .collect();
    let widest = |at: usize| rows.iter().map(|(cells, _)| wrap::width(&cells[at])).max().unwrap_or_default();
    let widths: [usize; 5] = std::array::from_fn(widest);
    let indent = widths[0] + 4;
    let mut text = String::new();
    for (cells, cause) in &rows {
        let mut row = String::new();
        for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let room = " ".repeat(width - wrap::width(cell));
            // Numbers stand under each other by their units.
            let cell = if at == 3 { format!("{room}{cell}") } else { format!("{cell}{room}") };
            row = format!("{row}  {cell}");
        }
        let cause = cause.unwrap_or_default();
        let whole = format!("{row}  {cause}");
        if columns.is_none_or(|columns| wrap::width(whole.trim_end()) <= columns) {
            let _ = writeln!(text, "{}", whole.trim_end());
        } else {
            let _ = writeln!(text, "{}\n{}{cause}", row.trim_end(), " ".repeat(indent));
        }
    }
    text
}

/// Containments, one a line.
#[must_use]
fn containments(snapshot: &Snapshot, gates: &Gates) -> String {
    let mut text = String::new();
    for held in &snapshot.containments {
        let who = held.who.as_deref().unwrap_or("somebody");
        let review = match held.review_by {
            Some(by) if by <= snapshot.at => format!(", REVIEW OVERDUE since {}", second(by)),
            Some(by) => format!(", review by {}", second(by)),
            None => String::new(),
        };
        let (lever, now, away, open) = (&held.lever, &held.now, held.away_from(), unproven(held));
        let _ = match held.unreadable {
            None => {
                let displaced = if held.displaced { ", displaced: no contained setting" } else { "" };
                writeln!(text, "  {lever:<18} is {now} ({away}){displaced}, by {who}{review}{open}")
            }
            Some(_) => writeln!(text, "  {} ({away}), by {who}{review}{open}", held.words()),
        };
        if let Some(report) = gates.get(&held.lever) {
            let what = match &report.stage {
                Some(stage) => format!("releasing, {}", stage.words()),
                None => "restore gate".to_owned(),
            };
            let _ = writeln!(text, "  {:<18} {what}: {}", "", report.next(snapshot.at));
            if let (Some(action), true) = (&held.action, report.stage.is_some()) {
                let _ = writeln!(
                    text,
                    "  {:<18} it moves by itself only while the process that began it lives; `breakglass act {action}` contains it again",
                    ""
                );
            }
        }
    }
    text
}

/// What is not proven of our run, in words: an exit code alone would not say which.
const fn unproven(held: &Containment) -> &'static str {
    match held.state {
        Some(RunState::Verified) if held.unreadable.is_some() => {
            "; it was verified, and nobody can say now that it stands"
        }
        Some(RunState::Verified) if matches!(held.shown_by, Some(ShownBy::ServingSide)) => {
            "; the serving side shows it, no traffic evidence does"
        }
        Some(RunState::Stuck) => "; STUCK: no effect was shown in time",
        Some(RunState::Acknowledged | RunState::ReadBack) => "; its effect is not seen yet",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;
    use crate::domain::lever::Setting;
    use crate::domain::observations::Role;
    use crate::domain::snapshot::{Note, Unreadable};
    use crate::domain::status::Status;

    #[test]
    fn a_containment_whose_effect_is_not_proven_says_so_in_the_text_too() {
        let mut snapshot = World::well().snapshot();
        snapshot.containments.push(Containment {
            lever: "assistant".parse().expect("id"),
            displaced: false,
            now: Setting::Switch(false),
            normal: Some(Setting::Switch(true)),
            before: None,
            shown_by: None,
            state: Some(RunState::Stuck),
            run: None,
            action: None,
            who: Some("ana".into()),
            since: None,
            review_by: None,
            failing: Vec::new(),
            stage: None,
            unreadable: None,
        });
        let told = |snapshot: &Snapshot| containments(snapshot, &Gates::new());
        assert!(told(&snapshot).contains("by ana; STUCK: no effect was shown in time"));
        snapshot.containments[0].state = Some(RunState::Verified);
        assert!(!told(&snapshot).contains(';'), "{}", told(&snapshot));
        snapshot.containments[0].shown_by = Some(ShownBy::ServingSide);
        assert!(told(&snapshot).contains("by ana; the serving side shows it"), "{}", told(&snapshot));
        snapshot.containments[0].unreadable =
            Some(Unreadable { known_at: snapshot.at, cause: "connection refused".into() });
        assert!(told(&snapshot).contains("by ana; it was verified, and nobody can say now"), "{}", told(&snapshot));
    }

    #[test]
    fn a_silent_source_behind_an_unknown_verdict_leads_to_the_command_that_asks_it_again_with_this_config() {
        let flags = " -c shop.toml --journal night.db";
        let mut snapshot = World::well().snapshot();
        let fault = || Some(Fault::Refused { target: "metrics:9090".into() });
        snapshot.sources = vec![SourceState {
            id: "metrics".parse().expect("id"),
            role: Role::Signals,
            fault: fault(),
            latency: None,
            answered_at: None,
            ahead: None,
        }];
        assert_eq!(next_step(&snapshot, flags), None, "there is a verdict");
        snapshot.headline.status = Status::Unknown;
        let asks = "Next: `breakglass check --live -c shop.toml --journal night.db` asks every source again";
        assert_eq!(next_step(&snapshot, flags), Some(format!("{asks}.")));
        snapshot.triage.notes = vec![Note {
            rule: Rule::MonitoringBlind,
            says: String::new(),
            runbook: Some("monitoring-blind".parse().expect("id")),
        }];
        let told = next_step(&snapshot, flags).expect("a step");
        assert!(told.contains("`breakglass runbook show monitoring-blind -c shop.toml"), "{told}");
        snapshot.sources[0].fault = None;
        assert_eq!(next_step(&snapshot, flags), None, "the rows of the layers say what is missing");
    }

    #[test]
    fn a_narrow_terminal_gets_the_whole_reason_below_its_row_and_a_wide_one_beside_it() {
        let snapshot = World::well().since("grounding", 0.71, 35).snapshot();
        let cause =
            snapshot.signals.iter().find_map(|s| s.cause.clone().filter(|_| s.status.is_bad())).expect("a cause");
        let wide = layers(&snapshot, None);
        assert!(wide.lines().any(|line| line.contains("CRIT") && line.ends_with(&cause)), "{wide}");
        let narrow = layers(&snapshot, Some(70));
        let below = format!("{}{cause}", " ".repeat(8));
        assert!(narrow.lines().any(|line| line.starts_with("  CRIT  ") && !line.contains(&cause)), "{narrow}");
        assert!(narrow.lines().any(|line| line == below), "{narrow}");
    }
}
