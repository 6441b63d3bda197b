//! The line itself: two by four dots a cell (braille), or one character a cell in ASCII. Gaps stay gaps.
//! May not know limits: the status of a value is asked for.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::axis::{TimeAxis, ValueAxis};
use crate::domain::sample::Point;
use crate::domain::status::Status;
use crate::ui::theme::Theme;

/// A step longer than this many usual steps is a gap.
const GAP: i128 = 4;

/// Dots of a braille cell by column and row from the top (Unicode block U+2800).
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// A rasterised line: dots and worst status by cell.
pub struct Line {
    width: u16,
    cells: Vec<(u8, Status)>,
}

impl Line {
    /// Draws through the points, oldest first, into a raster as large as `plot`.
    pub fn through(
        points: &[Point],
        times: &TimeAxis,
        values: &ValueAxis,
        plot: Rect,
        status_at: impl Fn(f64, Timestamp) -> Status,
    ) -> Self {
        let cells = vec![(0, Status::Ok); usize::from(plot.width) * usize::from(plot.height)];
        let mut line = Self { width: plot.width, cells };
        let usual = usual_step(points);
        let mut previous: Option<(Timestamp, u16, u16)> = None;
        for point in points {
            let Some(x) = times.place(point.at, plot.width.saturating_mul(2)) else { continue };
            let y = values.place(point.value, plot.height.saturating_mul(4));
            let status = status_at(point.value, point.at);
            match previous {
                Some((at, from_x, from_y)) if point.at.duration_since(at).as_millis() <= GAP * usual => {
                    line.stroke((from_x, from_y), (x, y), status);
                }
                _ => line.dot(x, y, status),
            }
            previous = Some((point.at, x, y));
        }
        line
    }

    fn dot(&mut self, x: u16, y: u16, status: Status) {
        let index = usize::from(y / 4) * usize::from(self.width) + usize::from(x / 2);
        if let Some((dots, worst)) = self.cells.get_mut(index) {
            *dots |= DOTS[usize::from(x % 2)][usize::from(y % 4)];
            *worst = (*worst).max(status);
        }
    }

    /// A straight stroke between two dots (Bresenham).
    fn stroke(&mut self, (x, y): (u16, u16), (to_x, to_y): (u16, u16), status: Status) {
        let (mut x, mut y) = (i32::from(x), i32::from(y));
        let (to_x, to_y) = (i32::from(to_x), i32::from(to_y));
        let (dx, dy) = ((to_x - x).abs(), -(to_y - y).abs());
        let (step_x, step_y) = ((to_x - x).signum(), (to_y - y).signum());
        let mut error = dx + dy;
        loop {
            if let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) {
                self.dot(x, y, status);
            }
            if x == to_x && y == to_y {
                break;
            }
            let doubled = 2 * error;
            if doubled >= dy {
                error += dy;
                x += step_x;
            }
            if doubled <= dx {
                error += dx;
                y += step_y;
            }
        }
    }

    /// Puts the cells that hold dots on the buffer.
    pub fn draw(&self, theme: &Theme, plot: Rect, buffer: &mut Buffer) {
        let ascii = theme.glyphs().is_ascii();
        for (position, (dots, status)) in plot.positions().zip(&self.cells) {
            if *dots == 0 {
                continue;
            }
            if let Some(cell) = buffer.cell_mut(position) {
                cell.set_char(if ascii { ascii_char(*dots) } else { braille(*dots) });
                cell.set_style(theme.status(*status));
            }
        }
    }
}

fn braille(dots: u8) -> char {
    char::from_u32(0x2800 + u32::from(dots)).unwrap_or('*')
}

/// The character that resembles the dots most: high, middle, low, or a steep part.
const fn ascii_char(dots: u8) -> char {
    const HIGH: u8 = 0x01 | 0x08;
    const LOW: u8 = 0x40 | 0x80;
    match (dots & HIGH != 0, dots & LOW != 0) {
        (true, true) => '|',
        (true, false) => '\'',
        (false, true) => '.',
        (false, false) => '-',
    }
}

/// The median distance of neighbouring points in milliseconds; at least one.
fn usual_step(points: &[Point]) -> i128 {
    let mut steps: Vec<i128> =
        points.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at).as_millis()).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(1).max(1)
}
