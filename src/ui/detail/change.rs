//! Change detail: who, when, how long before the onset, what would take it back, and every word that differs.
//! May not decide which change is the suspect.

use ratatui::text::{Line, Span};

use super::Scene;
use crate::domain::change::Change;
use crate::domain::diff;
use crate::ui::format;
use crate::ui::page::{Page, crumbs, fact};
use crate::ui::widgets::badge;
use crate::ui::widgets::diff::{Extent, lines, summary};
use crate::ui::widgets::section::Section;
use crate::ui::widgets::wrap;

/// The page of a change. It is a copy: feeds move on while it is read.
pub fn change(scene: &Scene<'_>, change: &Change) -> Page {
    let theme = scene.theme;
    let columns = scene.columns.saturating_sub(2);
    let title = format!("{} {}", change.kind, change.what);
    let note = format!("reported by {}", change.source);
    let head = vec![crumbs(theme, &["What changed", &title], &note, scene.columns), Line::default()];
    let mut body = facts(scene, change, columns);
    body.push(Line::default());
    body.extend(difference(scene, change, columns));
    body.push(Line::default());
    body.extend(neighbours(scene, change, columns));
    Page { head, body, ..Page::default() }
}

fn facts(scene: &Scene<'_>, change: &Change, columns: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let now = scene.snapshot.at;
    let content = |text: String| Span::styled(text, theme.content());
    let dim = |text: String| Span::styled(text, theme.dim());
    let mut result = Vec::new();
    let mut add = |name: &str, value: Vec<Span<'static>>| result.extend(fact(theme, name, &value, columns));
    add("what", vec![Span::styled(change.what.clone(), theme.change())]);
    let when = Span::styled(format::clock_near(change.at, now), theme.decides());
    add("when", vec![when, dim(format!("   {} ago", format::ago(change.at, now)))]);
    let who = change.who.clone().map_or_else(|| dim("the source does not say".into()), content);
    let by_us = if change.ours { dim("   made by this cockpit".into()) } else { Span::raw("") };
    add("who", vec![who, by_us]);
    let reviewed = match change.reviewed {
        Some(true) => content("yes".into()),
        Some(false) => Span::styled("no", theme.attention()),
        None => dim("the source does not say".into()),
    };
    add("reviewed", vec![reviewed]);
    if let Some(onset) = &scene.snapshot.triage.onset {
        let lag = onset.at.duration_since(change.at).as_secs();
        let mut value = vec![Span::styled(format!("{} the onset", format::lag(lag)), theme.decides())];
        value.push(dim(format!(
            "   {}",
            crate::ui::widgets::chart::onset_words(theme, onset.at, onset.earliest, onset.latest)
        )));
        if is_suspect(scene, change) {
            value.push(dim("   ".into()));
            value.push(Span::styled(
                wrap::unbroken(&format!("{} first suspect", theme.glyphs().pointer())),
                theme.change(),
            ));
        }
        add("lag", value);
    }
    for line in undo(scene, change) {
        add("contain", line);
    }
    result
}

fn is_suspect(scene: &Scene<'_>, change: &Change) -> bool {
    let suspect = scene.snapshot.triage.suspect.as_ref().and_then(|s| scene.snapshot.changes.get(s.change));
    suspect.is_some_and(|suspect| suspect.at == change.at && suspect.what == change.what)
}

/// Actions whose lever makes this kind of change: what would take it back.
fn undo(scene: &Scene<'_>, change: &Change) -> Vec<Vec<Span<'static>>> {
    let theme = scene.theme;
    let moves_it = |action: &&crate::domain::action::ActionSpec| {
        scene.catalogue.lever(&action.lever).is_some_and(|lever| lever.change_kind == change.kind)
    };
    let mut lines: Vec<Vec<Span<'static>>> = Vec::new();
    for action in scene.catalogue.actions.iter().filter(moves_it) {
        let ready = scene.snapshot.readiness.iter().find(|readiness| readiness.action == action.id);
        let mut spans = Vec::new();
        match action.key {
            Some(key) => spans.push(badge::key_cap(theme, &key.to_string())),
            None => spans.push(Span::styled(" : ", theme.key())),
        }
        spans.push(Span::styled(format!(" {}   ", action.title), theme.decides()));
        spans.push(badge::readiness(theme, ready.and_then(|readiness| readiness.ready)));
        if let Some(why) = ready.filter(|readiness| readiness.ready != Some(true) && !readiness.why.is_empty()) {
            spans.push(Span::styled(format!("   {}", why.why), theme.dim()));
        }
        lines.push(spans);
    }
    if lines.is_empty() && !change.ours {
        lines.push(vec![Span::styled(
            format!("no lever of kind {} is wired: take it back where it was made", change.kind),
            theme.dim(),
        )]);
    }
    lines
}

fn difference(scene: &Scene<'_>, change: &Change, columns: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let width = u16::try_from(columns).unwrap_or(u16::MAX);
    let head = |note: &str| Section { name: "Difference", note, ..Section::default() }.line(theme, width);
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            let diff = diff::words(before, after);
            let note = format!("{}   {} removed   + added", summary(&diff), theme.glyphs().minus());
            let mut result = vec![head(&note)];
            result.extend(lines(theme, &diff, columns, Extent::Whole));
            result
        }
        (before, after) => {
            let mut result = vec![head("")];
            let known = before.as_ref().map(|text| ("before", text)).or(after.as_ref().map(|text| ("after", text)));
            match known {
                Some((side, text)) => {
                    let words = format!("The source gives only the text {side} it:");
                    result.push(Line::styled(words, theme.dim()));
                    result.extend(wrap::spans(&[Span::styled(text.clone(), theme.content())], columns));
                }
                None => result.push(Line::styled("The source gives no text for this change.", theme.dim())),
            }
            result
        }
    }
}

/// What else changed within an hour: suspects travel in groups.
fn neighbours(scene: &Scene<'_>, change: &Change, columns: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let width = u16::try_from(columns).unwrap_or(u16::MAX);
    let note = format!("{} 1 h", theme.glyphs().plus_minus());
    let section = Section { name: "What else changed around it", note: &note, ..Section::default() };
    let mut lines = vec![section.line(theme, width)];
    let near = |other: &&Change| {
        let same = other.at == change.at && other.what == change.what;
        !same && other.at.duration_since(change.at).as_secs().abs() <= 3_600
    };
    for other in scene.snapshot.changes.iter().filter(near) {
        let spans = [
            Span::styled(format!("{}  ", format::clock_near(other.at, scene.snapshot.at)), theme.dim()),
            Span::styled(format!("{:<10}", other.kind), theme.change()),
            Span::styled(other.what.clone(), theme.content()),
            Span::styled(other.who.as_deref().map(|who| format!("   {who}")).unwrap_or_default(), theme.dim()),
        ];
        lines.extend(wrap::spans(&spans, columns).into_iter().take(2));
    }
    if lines.len() == 1 {
        lines.push(Line::styled("Nothing that a feed reports.", theme.dim()));
    }
    lines
}
