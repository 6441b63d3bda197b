//! Frames of every screen at the designed sizes, with every status, without colour; and any size without a panic.

mod blind;
mod contain;
mod frames;
mod reader;
mod release;
mod second;
mod sizes;
mod truth;
mod verdict;
mod versions;
mod walk;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::theme::Theme;
use super::view;
use crate::app::{Model, Viewport};

/// The designed sizes.
pub const SIZES: [(u16, u16); 3] = [(160, 48), (100, 30), (80, 24)];

/// Draws one frame.
pub fn draw(model: &Model, theme: &Theme, size: (u16, u16)) -> (Buffer, Viewport) {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a buffer");
    let mut viewport = Viewport::default();
    terminal.draw(|frame| viewport = view(model, theme, frame)).expect("drawn");
    (terminal.backend().buffer().clone(), viewport)
}

/// The frame as text.
pub fn text(model: &Model, theme: &Theme, size: (u16, u16)) -> String {
    let (buffer, _) = draw(model, theme, size);
    let row = |y| -> String { (0..size.0).map(|x| buffer[(x, y)].symbol()).collect() };
    (0..size.1).map(|y| row(y).trim_end().to_owned() + "\n").collect()
}
