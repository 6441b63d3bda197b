//! The long lists: the whole timeline, the messages of this session. Newest first, filtered by the model's text.
//! May not leave anything out silently: what the filter hides is counted.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::app::entry_words::{is_shown, words};
use crate::domain::entry::{Entry, Happening};
use crate::domain::run::RunMove;
use crate::ui::format;
use crate::ui::page::{Page, crumbs};
use crate::ui::theme::Theme;
use crate::ui::widgets::wrap;

/// Columns of the kind of an entry, with its air.
const KIND: usize = 14;

/// Every entry of the journal.
#[must_use]
pub fn timeline(model: &Model, theme: &Theme, columns: usize) -> Page {
    let text = |entry: &Entry| {
        let (kind, sentence) = words(&entry.what);
        format!("{kind} {sentence} {}", entry.who)
    };
    let kept: Vec<&Entry> = model.entries.iter().rev().filter(|entry| model.passes(&text(entry))).collect();
    let note = note(model, kept.len(), model.entries.len(), ("entry", "entries"));
    let mut body = Vec::new();
    let mut day = String::new();
    for entry in kept {
        let date = entry.at.strftime("%Y-%m-%d").to_string();
        if date != day {
            if !body.is_empty() {
                body.push(Line::default());
            }
            body.push(Line::styled(date.clone(), theme.heading()));
            day = date;
        }
        body.extend(entry_lines(theme, entry, columns));
    }
    if body.is_empty() {
        body.push(Line::styled(nothing(model, "Nothing is written down yet; a adds a note."), theme.content()));
    }
    let head = vec![crumbs(theme, &["Timeline"], &note, columns), Line::default()];
    Page { head, body, ..Page::default() }
}

/// `03:25:02Z  note       words …          sam`, wrapped under the words.
fn entry_lines(theme: &Theme, entry: &Entry, columns: usize) -> Vec<Line<'static>> {
    let (kind, sentence) = words(&entry.what);
    let time = format!("  {}  ", format::clock(entry.at));
    let who = format!("  {}", entry.who);
    let lead = wrap::width(&time) + KIND;
    let room = columns.saturating_sub(lead + 1);
    let style = if is_shown(&entry.what) { theme.content() } else { theme.dim() };
    let mut text = vec![Span::styled(sentence, style)];
    text.push(Span::styled(wrap::unbroken(&who), theme.dim()));
    let heads = [
        Span::styled(time, theme.dim()),
        Span::styled(wrap::pad_right(kind, KIND, theme.glyphs().ellipsis()), kind_style(theme, &entry.what)),
    ];
    hang(heads.into(), wrap::spans(&text, room), lead)
}

/// What decides the story stands out: changes in cyan, troubles in red, the rest is context.
fn kind_style(theme: &Theme, what: &Happening) -> Style {
    match what {
        Happening::Intended(_) => theme.change(),
        Happening::RunMoved { by, .. } => match by {
            RunMove::SeeEffect => theme.added(),
            RunMove::Reject | RunMove::LoseSight | RunMove::MissDeadline | RunMove::SeeOther => theme.attention(),
            _ => theme.content(),
        },
        Happening::Refused { .. } | Happening::PlanVoid { .. } => theme.attention(),
        Happening::IncidentOpened { .. } | Happening::Severity { .. } | Happening::IncidentClosed { .. } => {
            theme.decides()
        }
        _ => theme.dim(),
    }
}

/// The messages of this session.
#[must_use]
pub fn messages(model: &Model, theme: &Theme, columns: usize) -> Page {
    let all = model.messages.all();
    let total = all.len();
    let kept: Vec<_> = all.rev().filter(|message| model.passes(&message.text)).collect();
    let note = note(model, kept.len(), total, ("message", "messages"));
    let mut body = Vec::new();
    for message in kept {
        let time = format!("  {}  ", format::clock_near(message.at, model.now));
        let lead = wrap::width(&time);
        let text =
            wrap::spans(&[Span::styled(message.text.clone(), theme.content())], columns.saturating_sub(lead + 1));
        body.extend(hang(vec![Span::styled(time, theme.dim())], text, lead));
    }
    if body.is_empty() {
        body.push(Line::styled(nothing(model, "No messages in this session."), theme.content()));
    }
    let head = vec![crumbs(theme, &["Messages"], &note, columns), Line::default()];
    Page { head, body, ..Page::default() }
}

fn nothing(model: &Model, otherwise: &str) -> String {
    if model.filter.is_empty() {
        otherwise.to_owned()
    } else {
        format!("Nothing contains {:?}; esc shows all.", model.filter)
    }
}

/// How many are shown, of how many if the filter hides some.
fn note(model: &Model, shown: usize, total: usize, (one, many): (&str, &str)) -> String {
    if total == 0 {
        String::new()
    } else if model.filter.is_empty() {
        format!("{}, newest first", format::counted(total, one, many))
    } else {
        let contain = if shown == 1 { "contains" } else { "contain" };
        format!("{shown} of {} {contain} {:?}", format::counted(total, one, many), model.filter)
    }
}

/// Puts a lead before the first line and its width of blanks before the others.
fn hang(lead: Vec<Span<'static>>, lines: Vec<Line<'static>>, width: usize) -> Vec<Line<'static>> {
    let mut lead = Some(lead);
    let lines = if lines.is_empty() { vec![Line::default()] } else { lines };
    lines
        .into_iter()
        .map(|line| {
            let mut spans = lead.take().unwrap_or_else(|| vec![Span::raw(" ".repeat(width))]);
            spans.extend(line.spans);
            Line::from(spans)
        })
        .collect()
}
