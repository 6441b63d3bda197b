//! What lies over a screen: the box, the dimmed screen behind it, and the small dialogs. May not decide anything.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear};

use super::pen::Pen;
use super::theme::Theme;
use super::widgets::wrap;
use super::{confirm, palette};
use crate::app::command::CommandId;
use crate::app::dialog::{Asked, Dialog};
use crate::app::{Model, Viewport, quit};

/// Columns of the screen behind that have to remain at each side of a box to be shown.
const LEAST_MARGIN: u16 = 8;

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Draws the dialog, if there is one, over the body of the screen.
pub fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>, body: Rect, viewport: &mut Viewport) {
    let Some(dialog) = &model.dialog else { return };
    match dialog {
        Dialog::Confirm(plan) => confirm::draw(model, theme, frame, body, plan, viewport),
        Dialog::Palette(state) => {
            dim(frame, theme, body);
            palette::draw(model, theme, frame, body, state);
        }
        Dialog::Reading(asked) => {
            let words = match asked {
                Asked::Action(action) => {
                    format!("Reading the lever of {action} for a preview{}", theme.glyphs().ellipsis())
                }
                Asked::Undo { action, .. } => {
                    format!("Reading the lever to undo {action}{}", theme.glyphs().ellipsis())
                }
            };
            message(model, theme, frame, body, "Preview", &[words, "Nothing is sent that writes.".to_owned()], None);
        }
        Dialog::Refusal { title, why } => {
            let nothing = "Nothing was sent, nothing changed.".to_owned();
            message(model, theme, frame, body, title, &[why.clone(), nothing], None);
        }
        Dialog::Quit => {
            let mut reasons = quit::reasons(model);
            reasons.push(format!("Leaving ends with exit code {}.", quit::code(model)));
            message(model, theme, frame, body, "Leave?", &reasons, Some(CommandId::Leave));
        }
        Dialog::Filter(field) => line(theme, frame, body, "filter", field.text()),
        Dialog::Note(field) => line(theme, frame, body, "note", field.text()),
        Dialog::Write(writing, field) => line(theme, frame, body, &writing.prompt(), field.text()),
    }
}

/// Dims everything from the first row of an area down to the last one of the screen.
pub fn dim(frame: &mut Frame<'_>, theme: &Theme, body: Rect) {
    let area = frame.area();
    let rest = Rect { x: area.x, y: body.y, width: area.width, height: area.bottom().saturating_sub(body.y) };
    frame.buffer_mut().set_style(rest, theme.backdrop());
}

/// Clears a box of at most that size in the middle of an area, draws its border, returns what is inside.
pub fn boxed(theme: &Theme, frame: &mut Frame<'_>, within: Rect, columns: u16, rows: u16) -> Rect {
    let (width, height) = (columns.min(within.width), rows.min(within.height));
    let area =
        Rect { x: within.x + (within.width - width) / 2, y: within.y + (within.height - height) / 2, width, height };
    frame.render_widget(Clear, with_margins(frame.area(), area));
    let block = Block::bordered().border_style(theme.dialog());
    let block =
        if theme.glyphs().is_ascii() { block.border_set(ASCII) } else { block.border_type(BorderType::Rounded) };
    let inner = block.inner(area);
    frame.render_widget(block, area);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// The rows of a box from edge to edge if few columns remain beside it: letters cut off there look like a fault.
fn with_margins(screen: Rect, area: Rect) -> Rect {
    if screen.width < area.width + 2 * LEAST_MARGIN { Rect { x: screen.x, width: screen.width, ..area } } else { area }
}

fn message(
    model: &Model,
    theme: &Theme,
    frame: &mut Frame<'_>,
    body: Rect,
    title: &str,
    paragraphs: &[String],
    answer: Option<CommandId>,
) {
    dim(frame, theme, body);
    let columns = body.width.min(76);
    let text = usize::from(columns.saturating_sub(4));
    let rows: usize = paragraphs.iter().map(|paragraph| wrap::lines(paragraph, text).len()).sum();
    let inner = boxed(theme, frame, body, columns, u16::try_from(rows + 6).unwrap_or(u16::MAX));
    let mut pen = Pen::new(frame, inner);
    pen.line(Span::styled(title.to_owned(), theme.decides()));
    pen.blank();
    for paragraph in paragraphs {
        pen.text(paragraph, 0, theme.content());
    }
    pen.blank();
    let mut keys = Vec::new();
    for (id, words) in answer.map(|id| (id, " leave   ")).into_iter().chain([(CommandId::Back, " back")]) {
        keys.push(Span::styled(model.keymap.label(id), theme.key()));
        keys.push(Span::styled(words, theme.content()));
    }
    pen.line(Line::from(keys));
}

/// A one-line field on the row of messages.
fn line(theme: &Theme, frame: &mut Frame<'_>, body: Rect, name: &str, text: &str) {
    let row = Rect { x: body.x, y: body.bottom(), width: body.width, height: 1 };
    frame.render_widget(Clear, row);
    let room = usize::from(row.width).saturating_sub(name.len() + 4);
    let hidden = wrap::width(text).saturating_sub(room);
    let shown: String = text.chars().skip(hidden).collect();
    Pen::new(frame, row).line(Line::from(vec![
        Span::styled(format!("{name} "), theme.heading()),
        Span::styled(shown, theme.decides()),
        Span::styled(theme.glyphs().selected(), theme.attention()),
    ]));
}
