//! Draws the confirm dialog in the order of regret: target, now, after, diff, checks, request, effect, undo, keys.
//! Reports which lines were on the screen: `Y` unlocks only when all of them were. May not unlock anything itself.

mod body;
mod second;

use std::collections::BTreeMap;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::dialog::{boxed, dim};
use super::format;
use super::pen::{self, Pen};
use super::theme::Theme;
use super::widgets::{badge, wrap};
use crate::app::Model;
use crate::app::command::CommandId;
use crate::app::confirm::{Confirm, Lock, STARTED_READ_ONLY};
use crate::app::viewport::{DialogView, Viewport, mark};
use crate::domain::action::Tier;
use crate::domain::permit::Mode;

/// Columns of the box at most: longer lines are hard to read when tired.
const WIDEST: u16 = 96;
/// Rows that are always there: title, blank, and below the text what is hidden, what is missing, keys.
const FIXED: u16 = 5;

/// Draws the dialog over the body.
pub fn draw(
    model: &Model,
    theme: &Theme,
    frame: &mut Frame<'_>,
    area: Rect,
    confirm: &Confirm,
    viewport: &mut Viewport,
) {
    let wide = area.width.min(WIDEST);
    let text = wide.saturating_sub(4);
    let lines = body::lines(model, theme, confirm, text);
    let hint = hint(theme, confirm, text);
    let fixed = u16::try_from(hint.len()).unwrap_or(u16::MAX).saturating_add(FIXED);
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2 + fixed);
    let area = if area.height < wanted { below_header(frame.area(), area) } else { area };
    dim(frame, theme, area);
    let inner = boxed(theme, frame, area, wide, wanted);
    let rows = inner.height.saturating_sub(fixed);
    let mut pen = Pen::new(frame, inner);
    pen.line(title(theme, confirm, inner.width));
    pen.blank();
    let visible = usize::from(rows).min(lines.len());
    let wanted_first = if confirm.reveals { body::begins(&lines, confirm.expanded) } else { confirm.scroll };
    let first = wanted_first.min(lines.len() - visible);
    let total = lines.len();
    let marks = marks(&lines);
    let digest = confirm.plan.digest.clone();
    let shown = DialogView { digest, width: inner.width, first, visible, total, marks };
    let lock = confirm.lock_after(&shown, model.mode, model.now);
    let below = total - first - visible;
    let hint_holds = confirm.hint_after(&shown).is_some();
    for line in lines.into_iter().skip(first).take(visible) {
        pen.line(line);
    }
    pen.line(more(theme, below));
    for line in hint {
        pen.line(if hint_holds { line } else { Line::default() });
    }
    let unread = match lock {
        Lock::Unread(left) => unread(left, confirm.unread_above(&shown), below),
        _ => String::new(),
    };
    pen.line(state(model, theme, confirm, &lock, unread, inner.width));
    pen.line(keys(model, theme, confirm, &lock, inner.width));
    viewport.page = visible.saturating_sub(1).max(1);
    viewport.dialog = Some(shown);
}

/// All rows under the header: on a low terminal the plan needs them more than the verdict and the keys of the screen
/// behind, which do nothing meanwhile.
fn below_header(screen: Rect, body: Rect) -> Rect {
    Rect { y: screen.y + 1, height: screen.height.saturating_sub(1), ..body }
}

/// A mark of each line by its text; of several with the same text (blank ones) each has its own.
fn marks(lines: &[Line<'_>]) -> Vec<u64> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let mut marked = |line: &Line<'_>| {
        let text = line.to_string();
        let nth = times.entry(text.clone()).or_default();
        *nth += 1;
        mark(&(text, *nth))
    };
    lines.iter().map(&mut marked).collect()
}

fn title(theme: &Theme, confirm: &Confirm, columns: u16) -> Line<'static> {
    let tier = match confirm.plan.tier {
        Tier::One => "tier 1",
        Tier::Two => "tier 2",
        Tier::Three => "tier 3",
    };
    let right = vec![
        badge::environment_word(theme, &confirm.plan.environment),
        Span::styled(format!(" 1 lever{}{tier}", pen::dot(theme)), theme.dim()),
    ];
    let left = vec![Span::styled(confirm.plan.title.clone(), theme.decides())];
    pen::both_ends(left, right, columns, theme.glyphs().ellipsis())
}

fn more(theme: &Theme, below: usize) -> Line<'static> {
    if below == 0 {
        return Line::default();
    }
    let words = format!("{} below: page-down or space", format::counted(below, "more line", "more lines"));
    Line::from(Span::styled(words, theme.attention()))
}

/// What was not read yet, in the terms of the line above that counts what is `below`.
fn unread(left: usize, above: usize, below: usize) -> String {
    let lines = |n| format::counted(n, "line", "lines");
    let (what, one) = match (above, left.saturating_sub(above)) {
        (0, unread) if unread >= below => (if below == 1 { "it" } else { "they" }.to_owned(), below == 1),
        (0, unread) => (format!("{unread} of them"), unread == 1),
        (above, 0) => (format!("{} above", lines(above)), above == 1),
        (above, unread) => (format!("{} above and {unread} below", lines(above)), false),
    };
    format!("read on: {what} {} not been on the screen yet", if one { "has" } else { "have" })
}

/// What the last key came to.
fn hint(theme: &Theme, confirm: &Confirm, columns: u16) -> Vec<Line<'static>> {
    let Some(hint) = &confirm.hint else { return Vec::new() };
    wrap::spans(&[Span::styled(hint.clone(), theme.attention())], usize::from(columns))
}

/// What stands between the person and `Y`, in one line that is always there.
fn state(model: &Model, theme: &Theme, confirm: &Confirm, lock: &Lock, unread: String, columns: u16) -> Line<'static> {
    if let Some(field) = &confirm.lifting {
        return field_line(theme, &confirm.plan.environment, field.text(), "lift read-only: type");
    }
    let words = match lock {
        Lock::Open | Lock::Settling => return second::allowed(model, theme, confirm),
        Lock::Glass => return second::form(theme, confirm, columns),
        Lock::Type(word) => return field_line(theme, word, confirm.typed.text(), "to unlock Y, type"),
        Lock::Override(word) => {
            return field_line(
                theme,
                &format!("{word} REASON {}", theme.glyphs().enter()),
                confirm.typed.text(),
                "type",
            );
        }
        Lock::Expired => format!("expired: {} reads the lever again", model.keymap.label(CommandId::ReadAgain)),
        Lock::Blocked(why) => format!("blocked by a check: {why}"),
        Lock::ReadOnly if !model.liftable => STARTED_READ_ONLY.to_owned(),
        Lock::ReadOnly => "read-only: this is a preview; Y says how to lift it".to_owned(),
        Lock::Unread(_) => unread,
        Lock::SecondPerson => second::ask(model, confirm),
        Lock::Waiting => second::waiting(confirm),
        Lock::Denied(why) => format!("{why}; nothing fires"),
    };
    Line::from(Span::styled(words, theme.attention()))
}

fn field_line(theme: &Theme, word: &str, typed: &str, what: &'static str) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{what} "), theme.content()),
        Span::styled(word.to_owned(), theme.attention()),
        Span::styled(": ", theme.content()),
        Span::styled(typed.to_owned(), theme.decides()),
        Span::styled(theme.glyphs().selected(), theme.attention()),
    ])
}

fn keys(model: &Model, theme: &Theme, confirm: &Confirm, lock: &Lock, columns: u16) -> Line<'static> {
    let key = |id| Span::styled(model.keymap.label(id), theme.key());
    let word = |text: &'static str| Span::styled(text, theme.content());
    let unlocked = matches!(lock, Lock::Open | Lock::Settling);
    let fires = if model.mode == Mode::DryRun { " dry run, sends nothing" } else { " do it" };
    let fire_style = if unlocked { theme.decides() } else { theme.dim() };
    // `Y` is offered where it is read: not as a letter of a word, and not where nothing can fire.
    let mut left = match lock {
        _ if confirm.takes_text(model.mode, model.now) => Vec::new(),
        Lock::ReadOnly if model.liftable => vec![key(CommandId::Fire), word(" lift read-only   ")],
        Lock::ReadOnly => Vec::new(),
        _ => vec![
            badge::fire(theme, &model.keymap.label(CommandId::Fire), unlocked),
            Span::styled(fires, fire_style),
            word("   "),
        ],
    };
    let mut more = Vec::new();
    if confirm.takes_text(model.mode, model.now) {
        left.push(word_field(theme, confirm, lock));
    } else if confirm.plan.tier >= Tier::Three
        && !matches!(lock, Lock::Expired | Lock::Blocked(_) | Lock::Unread(_) | Lock::ReadOnly)
    {
        left.extend(second::keys(model, theme, confirm));
    } else if confirm.plan.expired(model.now) {
        left.extend([key(CommandId::ReadAgain), word(" read again   ")]);
    } else {
        more.push([key(CommandId::ShowRequest), word(" request   ")]);
        if confirm.plan.diff.is_some() {
            more.push([key(CommandId::ShowDiff), word(" whole diff   ")]);
        }
    }
    let back = [key(CommandId::Back), word(" cancel")];
    let (ends, seconds) = second::countdown(confirm, model.now);
    let style = if seconds <= 10 { theme.attention() } else { theme.dim() };
    let right = vec![Span::styled(format!("{ends} {}", format::timer(seconds)), style)];
    // The way out is never cut: what only shows more makes room for it.
    let width = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let mut room = usize::from(columns).saturating_sub(width(&left) + width(&back) + width(&right) + 1);
    for item in more {
        let Some(rest) = room.checked_sub(width(&item)) else { break };
        room = rest;
        left.extend(item);
    }
    left.extend(back);
    pen::both_ends(left, right, columns, theme.glyphs().ellipsis())
}

/// Where letters go. Before the plan was read to its end their field is not on the screen yet: then they are shown here.
fn word_field(theme: &Theme, confirm: &Confirm, lock: &Lock) -> Span<'static> {
    let typed = confirm.typed.text();
    let words = match lock {
        Lock::Unread(_) if confirm.lifting.is_none() && !typed.is_empty() => {
            format!("word so far: {typed}{}   ", theme.glyphs().selected())
        }
        _ if confirm.glass.as_ref().is_some_and(|form| form.worded) => "letters go into the reason   ".to_owned(),
        _ => "letters go into the word   ".to_owned(),
    };
    Span::styled(words, theme.content())
}
