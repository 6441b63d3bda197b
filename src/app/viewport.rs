//! What the drawing reports back: what was really on the screen. Scrolling, mouse and the right to press `Y` depend on it.
//! May not draw; filled by `ui::view`, taken by [`super::Model::viewed`].

use std::hash::{DefaultHasher, Hash, Hasher as _};

use super::main::Panel;
use crate::domain::plan::Digest;

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// First column.
    pub x: u16,
    /// First row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// True if the cell lies inside.
    #[must_use]
    pub const fn holds(self, x: u16, y: u16) -> bool {
        x >= self.x && x - self.x < self.width && y >= self.y && y - self.y < self.height
    }
}

/// A panel as drawn, for the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PanelView {
    /// Which panel.
    pub panel: Panel,
    /// All of it.
    pub area: Area,
    /// The row of the screen where its first entry is drawn.
    pub first_row: u16,
    /// Index of the entry drawn there.
    pub first: usize,
    /// Rows per entry where every entry has the same height; 0 = clicking selects no entry.
    pub step: u16,
}

/// The confirm dialog as drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogView {
    /// Of which plan.
    pub digest: Digest,
    /// Columns of its text: another width wraps differently, so what was read has to be read again.
    pub width: u16,
    /// First line on the screen, from 0.
    pub first: usize,
    /// How many lines were on the screen, whole.
    pub visible: usize,
    /// How many lines must be read.
    pub total: usize,
    /// A mark of each line's text, in order; where it is missing, place and width tell lines apart.
    pub marks: Vec<u64>,
}

impl DialogView {
    /// What tells this line from others.
    #[must_use]
    pub fn mark(&self, line: usize) -> u64 {
        self.marks.get(line).copied().unwrap_or_else(|| mark(&(self.width, self.total, line)))
    }
}

/// A mark of a line: the same text has the same mark within this process.
#[must_use]
pub fn mark(line: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}

/// What was on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Viewport {
    /// Panels, for the mouse.
    pub panels: Vec<PanelView>,
    /// The confirm dialog, if it was drawn.
    pub dialog: Option<DialogView>,
    /// Largest useful scroll offset of the screen on top.
    pub scroll_max: usize,
    /// Rows one page moves.
    pub page: usize,
}
