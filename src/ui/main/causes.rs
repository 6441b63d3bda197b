//! Panel 3: ranked symptoms with evidence for and against. A score is a rank, not a probability: no percent sign.
//! May not rank.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Canvas, list};
use crate::app::Model;
use crate::app::main::{self, Panel};
use crate::domain::evidence::{Judged, Verdict};
use crate::domain::snapshot::{Note, Ranked};
use crate::ui::pen::{self, Pen};
use crate::ui::theme::Theme;
use crate::ui::widgets::section::Section;

const BAR: usize = 11;

/// Rows it wants: head, then every symptom with the evidence that is shown.
pub fn rows(model: &Model) -> u16 {
    let symptoms = main::causes(model);
    let rows: usize = symptoms
        .iter()
        .enumerate()
        .map(|(at, ranked)| 1 + usize::from(ranked.below.is_some()) + shown(model, at, ranked).len())
        .sum();
    let rows = rows + 2 * main::notes(model).len();
    u16::try_from(1 + rows.max(1)).unwrap_or(u16::MAX)
}

/// All evidence of the selected symptom; of the others the one strongest reason against, or for.
fn shown<'a>(model: &Model, at: usize, ranked: &'a Ranked) -> Vec<&'a (String, Judged)> {
    let all = ranked.for_it.iter().chain(&ranked.against).chain(&ranked.unknown);
    if at == model.main.selected(Panel::Causes) {
        all.collect()
    } else {
        ranked.against.iter().chain(&ranked.for_it).take(1).collect()
    }
}

/// Draws the panel, with its head or without.
pub fn draw(canvas: &Canvas<'_>, frame: &mut Frame<'_>, area: Rect, head: bool) {
    let (model, theme) = (canvas.model, canvas.theme);
    let focused = model.main.focus == Panel::Causes;
    let mut pen = Pen::new(frame, area);
    if head {
        let note = format!("for +  against {}  unknown ?", theme.glyphs().minus());
        pen.section(theme, &Section { number: Some(3), name: Panel::Causes.title(), note: &note, focused });
    }
    let Some(snapshot) = &model.snapshot else {
        return pen.line(Span::styled("  asking", theme.dim()));
    };
    if let Some(count) = model.loading {
        return pen.line(Span::styled(format!("  runbooks: loading {count}"), theme.dim()));
    }
    let causes = main::causes(model);
    let notes = main::notes(model);
    if causes.is_empty() && notes.is_empty() {
        let words = if snapshot.triage.cannot_say {
            "  cannot say: too little is measured"
        } else if !snapshot.triage.symptoms.is_empty() {
            "  as much speaks against every symptom as for it"
        } else {
            "  no symptom has true evidence"
        };
        return pen.line(Span::styled(words, theme.dim()));
    }
    let mut rows = Vec::new();
    let count = causes.len();
    for (at, ranked) in causes.into_iter().enumerate() {
        let selected = focused && at == model.main.selected(Panel::Causes);
        rows.push((title(theme, ranked, at == 0, selected, pen.width()), selected));
        if let Some(below) = &ranked.below {
            rows.push((Line::styled(format!("   {}", below.words()), theme.dim()), false));
        }
        rows.extend(shown(model, at, ranked).into_iter().map(|(say, judged)| (evidence(theme, say, judged), false)));
    }
    for (at, note) in (count..).zip(notes) {
        let selected = focused && at == model.main.selected(Panel::Causes);
        rows.extend(rule(theme, note, selected, pen.width()).into_iter().map(|line| (line, selected)));
    }
    list(canvas, &mut pen, rows);
}

/// What a rule says: in full where it is selected, else in two lines.
fn rule(theme: &Theme, note: &Note, selected: bool, columns: u16) -> Vec<Line<'static>> {
    let mark = if selected { theme.glyphs().selected() } else { " " };
    let lead = vec![Span::styled(mark, theme.attention()), Span::styled("! ", theme.attention())];
    let mut lines = pen::hanging(lead, &[Span::styled(note.says.clone(), theme.content())], columns);
    if !selected && lines.len() > 2 {
        lines.truncate(2);
        if let Some(last) = lines.last_mut() {
            last.spans.push(Span::styled(format!(" {}", theme.glyphs().ellipsis()), theme.dim()));
        }
    }
    lines
}

fn title(theme: &Theme, ranked: &Ranked, leads: bool, selected: bool, columns: u16) -> Line<'static> {
    let style = if leads { theme.decides() } else { theme.content() };
    let mark = if selected { theme.glyphs().selected() } else { " " };
    let score = (ranked.score * 100.0).round().clamp(0.0, 100.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=11 cells")]
    let filled = ((score / 100.0 * 11.0).round() as usize).min(BAR);
    let (full, empty) = theme.glyphs().bar();
    let left = vec![
        Span::styled(mark, theme.attention()),
        Span::styled(format!("{} ", ranked.rank), style),
        Span::styled(ranked.title.clone(), style),
    ];
    let right = vec![
        Span::styled(format!("{score:>3.0} "), style),
        Span::styled(full.repeat(filled), if leads { theme.heading() } else { theme.content() }),
        Span::styled(empty.repeat(BAR - filled), theme.rule()),
    ];
    pen::both_ends(left, right, columns, theme.glyphs().ellipsis())
}

fn evidence(theme: &Theme, say: &str, judged: &Judged) -> Line<'static> {
    let (sign, style) = match judged.verdict {
        Verdict::True => ("+", theme.content()),
        Verdict::False => (theme.glyphs().minus(), theme.dim()),
        Verdict::Unknown => ("?", theme.verdict(Verdict::Unknown)),
    };
    Line::from(vec![
        Span::raw("   "),
        Span::styled(format!("{sign} "), theme.verdict(judged.verdict)),
        Span::styled(say.to_owned(), style),
    ])
}
