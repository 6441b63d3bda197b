//! The detail screens: one thing each, everything that is known of it. Each file makes a [`Page`] from domain values.
//! May not decide what is selected or filtered.

mod care;
mod change;
mod characterise;
mod facts;
mod gaps;
mod help;
mod layer;
mod lists;
mod signal;
mod sources;
#[cfg(test)]
mod tests;
mod versions;

use jiff::{SignedDuration, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::page::{Page, Scroll, crumbs};
use super::theme::Theme;
use crate::app::Model;
use crate::app::detail::{Detail, DetailScreen};
use crate::domain::catalogue::Catalogue;
use crate::domain::snapshot::Snapshot;

/// How far back trends and charts look.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(2);

/// Draws a detail screen into `area` (header, verdict and footer are the frame's). What it returns goes into the
/// viewport, so that scrolling stops at the end.
pub fn view(model: &Model, screen: &DetailScreen, theme: &Theme, area: Rect, buffer: &mut Buffer) -> Scroll {
    let columns = usize::from(area.width);
    page(model, screen, theme, columns, usize::from(area.height)).draw(theme, screen.at, area, buffer)
}

fn page(model: &Model, screen: &DetailScreen, theme: &Theme, columns: usize, rows: usize) -> Page {
    match &screen.what {
        Detail::Timeline => return lists::timeline(model, theme, columns),
        Detail::Messages => return lists::messages(model, theme, columns),
        Detail::Versions => return versions::versions(model, theme, columns),
        Detail::Help => return help::help(model, theme, columns),
        Detail::Characterise => return characterise::characterise(model, theme, screen.at, columns),
        Detail::Care(symptom) => return care::care(model, theme, symptom, columns),
        Detail::Gaps(symptom) => return gaps::gaps(model, theme, symptom, screen.at, columns),
        Detail::Layer(_) | Detail::Signal(_) | Detail::Change(_) | Detail::Sources => {}
    }
    let Some(snapshot) = model.snapshot.as_deref() else {
        let text = "No picture yet: the first poll is under way.";
        let head = vec![crumbs(theme, &["Layers"], "", columns), Line::default()];
        return Page { head, body: vec![Line::styled(text, theme.content())], ..Page::default() };
    };
    let scene = Scene { snapshot, catalogue: &model.catalogue, theme, columns, rows };
    match &screen.what {
        Detail::Layer(id) => layer::layer(&scene, id, screen.at),
        Detail::Signal(id) => signal::signal(&scene, id),
        Detail::Change(change) => change::change(&scene, change),
        Detail::Sources
        | Detail::Timeline
        | Detail::Messages
        | Detail::Versions
        | Detail::Help
        | Detail::Characterise
        | Detail::Care(_)
        | Detail::Gaps(_) => sources::sources(&scene),
    }
}

/// What the detail screens of the picture are drawn from.
#[derive(Debug, Clone, Copy)]
struct Scene<'a> {
    /// The newest picture.
    snapshot: &'a Snapshot,
    /// What the config declares.
    catalogue: &'a Catalogue,
    /// How to draw.
    theme: &'a Theme,
    /// Columns of the page.
    columns: usize,
    /// Rows of the page.
    rows: usize,
}

impl Scene<'_> {
    /// The window of trends and charts: the last two hours.
    fn window(&self) -> (Timestamp, Timestamp) {
        let to = self.snapshot.at;
        (to.checked_sub(WINDOW).unwrap_or(Timestamp::MIN), to)
    }

    /// True where two blocks fit side by side.
    const fn is_wide(&self) -> bool {
        self.columns >= 120
    }
}
