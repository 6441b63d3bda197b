//! No config was found: what this program is, and the ways on. May not write or start anything.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::pen::Pen;
use super::theme::Theme;
use crate::app::Model;
use crate::app::command::CommandId;

/// Commands and what each is for. Only what exists: somebody may be reading this with a page open.
const WAYS: &[(&str, &str)] = &[
    ("breakglass demo", "the cockpit on a sandbox inside this program: nothing to install or configure"),
    (
        "breakglass demo --print-config > support-bot.toml",
        "a complete worked example: put your addresses and queries in",
    ),
    (
        "breakglass check -c support-bot.toml",
        "every problem at once, with file, line and what to do; --live asks the servers",
    ),
    ("breakglass -c support-bot.toml", "the cockpit on it; --read-only previews and never fires"),
];

/// Draws the screen.
pub fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect) {
    let margin = area.width.saturating_sub(96) / 2;
    let above = area.height.saturating_sub(16) / 3;
    let inner = Rect {
        x: area.x + margin + 2,
        y: area.y + above,
        width: area.width.saturating_sub(2 * margin + 4),
        height: area.height.saturating_sub(above),
    };
    let mut pen = Pen::new(frame, inner);
    pen.line(Span::styled("breakglass", theme.heading()));
    let what = "The on-call cockpit for AI products: which layer fails, since when, what changed just before, \
                and the containment that stops it.";
    pen.text(what, 0, theme.decides());
    pen.blank();
    pen.line(Span::styled("No config was found, so nothing is watched and nothing can be changed.", theme.content()));
    pen.blank();
    for (command, words) in WAYS {
        pen.line(Line::from(Span::styled(*command, theme.key())));
        pen.text(words, 4, theme.dim());
    }
    pen.blank();
    let quit = model.keymap.label(CommandId::Quit);
    pen.line(Line::from(vec![Span::styled(quit, theme.key()), Span::styled(" quit", theme.content())]));
}
