//! Help: every key from the command table and every action of the config, grouped by what it may do; then the legend.
//! May not list anything by hand: what works is what is written here.

use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::app::command::{Context, Risk, Row, TABLE};
use crate::app::cursor::is_move;
use crate::app::keymap;
use crate::app::msg::Key;
use crate::domain::status::Status;
use crate::ui::page::{Page, crumbs};
use crate::ui::theme::Theme;
use crate::ui::widgets::section::Section;
use crate::ui::widgets::{badge, wrap};

/// Columns of a key's name, with its air.
const KEY: usize = 12;
/// Columns of what it does where the places stand beside it.
const TITLE: usize = 56;
/// Columns of the places, at least.
const PLACES: usize = 12;
/// A command that works in this many contexts works everywhere that matters.
const EVERYWHERE: usize = 5;

/// A line of help: the key, what it does, where.
#[derive(Clone)]
struct Entry {
    key: String,
    title: String,
    places: String,
}

/// The page of all keys that contain the filter's text.
#[must_use]
pub fn help(model: &Model, theme: &Theme, columns: usize) -> Page {
    let groups = [
        (
            "Goes on record, the first answer opens an incident: never changes production",
            commands(model, Risk::Records),
        ),
        ("Looks: never changes production", commands(model, Risk::Looks)),
        ("Opens a preview of a change, upper case only", [commands(model, Risk::Opens), actions(model)].concat()),
        ("Fires what the dialog shows", commands(model, Risk::Fires)),
    ];
    let width = u16::try_from(columns.saturating_sub(2)).unwrap_or(u16::MAX);
    let mut body = Vec::new();
    let mut shown = 0;
    for (name, entries) in groups {
        let entries: Vec<_> = entries
            .into_iter()
            .filter(|entry| model.passes(&format!("{} {} {}", entry.key, entry.title, entry.places)))
            .collect();
        if entries.is_empty() {
            continue;
        }
        shown += entries.len();
        body.push(Section { name, ..Section::default() }.line(theme, width));
        body.extend(entries.iter().map(|entry| line(theme, entry, columns)));
        body.push(Line::default());
    }
    if model.filter.is_empty() {
        body.extend(legend(theme, width));
    } else if shown == 0 {
        let words = format!("No key and no action contains {:?}; esc shows all.", model.filter);
        body.push(Line::styled(words, theme.content()));
    }
    let note = if model.filter.is_empty() { "/ finds".to_owned() } else { format!("contains {:?}", model.filter) };
    Page { head: vec![crumbs(theme, &["Help"], &note, columns), Line::default()], body, ..Page::default() }
}

fn commands(model: &Model, risk: Risk) -> Vec<Entry> {
    let entry = |row: &Row| Entry {
        key: model.keymap.label(row.id),
        title: row.id.title().to_owned(),
        places: places(row.contexts),
    };
    let mut rows: Vec<&Row> = TABLE.iter().filter(|row| row.risk == risk).collect();
    // What works everywhere first, moving about last: everybody knows the arrows.
    rows.sort_by_key(|row| (is_move(row.id), std::cmp::Reverse(row.contexts.len())));
    rows.into_iter().map(entry).collect()
}

fn actions(model: &Model) -> Vec<Entry> {
    let palette = model.keymap.label(crate::app::command::CommandId::Palette);
    let entry = |action: &&crate::domain::action::ActionSpec| Entry {
        key: action.key.map_or_else(|| palette.clone(), |key| keymap::name(Key::Char(key))),
        title: action.title.clone(),
        places: "everywhere".to_owned(),
    };
    model.actions().iter().map(entry).collect()
}

fn places(contexts: &[Context]) -> String {
    if contexts.len() >= EVERYWHERE {
        return "everywhere".to_owned();
    }
    contexts.iter().map(|context| context.word()).collect::<Vec<_>>().join(", ")
}

fn line(theme: &Theme, entry: &Entry, columns: usize) -> Line<'static> {
    let ellipsis = theme.glyphs().ellipsis();
    let room = columns.saturating_sub(KEY + 3);
    let mut spans = vec![
        Span::raw("  "),
        Span::styled(wrap::pad_right(&entry.key, KEY, ellipsis), theme.key()),
        Span::styled(wrap::clip(&entry.title, room, ellipsis), theme.content()),
    ];
    // One key has two meanings on two screens: the place is never dropped, the title gives way.
    let title = TITLE.min(room.saturating_sub(PLACES + 2));
    let left = room.saturating_sub(title + 2);
    if title >= PLACES {
        let used = wrap::width(&entry.title).min(title);
        spans[2] = Span::styled(wrap::clip(&entry.title, title, ellipsis), theme.content());
        spans.push(Span::raw(" ".repeat(title + 2 - used)));
        spans.push(Span::styled(wrap::clip(&entry.places, left, ellipsis), theme.dim()));
    }
    Line::from(spans)
}

/// What each status means, in the words of the product.
fn legend(theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let meaning = |status| match status {
        Status::Ok => "measured, fresh, enough samples, within its limits",
        Status::Contained => "quiet because of us, not by itself",
        Status::LowN => "not enough samples for a verdict",
        Status::Stale => "older than its limit; the last value stands with its age",
        Status::Unknown => "cannot say; the cause stands beside it",
        Status::Warn => "outside its warning limit",
        Status::Crit => "outside its critical limit",
    };
    let mut lines = vec![Section { name: "What the words mean", ..Section::default() }.line(theme, width)];
    for status in Status::ALL.into_iter().rev() {
        let word = badge::status(theme, status);
        let pad = " ".repeat((KEY + 2).saturating_sub(word.width()));
        lines.push(Line::from(vec![
            Span::raw("  "),
            word,
            Span::raw(pad),
            Span::styled(meaning(status), theme.content()),
        ]));
    }
    lines.push(Line::from(vec![
        Span::raw("  "),
        badge::not_wired(theme),
        Span::raw("   "),
        Span::styled("outside every verdict; the layer's screen says how to wire it", theme.content()),
    ]));
    lines
}
