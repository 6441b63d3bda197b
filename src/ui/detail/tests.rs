//! The detail screens at every designed size, without colour and in ASCII.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::*;
use crate::app::fixture as app;
use crate::domain::catalogue::Catalogue;
use crate::ui::fixture;

/// Body sizes of the three designed terminals: header, verdict and footer are drawn by the frame around.
const SIZES: [(u16, u16); 3] = [(156, 42), (98, 24), (78, 18)];

struct Night {
    snapshot: Snapshot,
    catalogue: Catalogue,
}

impl Night {
    fn new() -> Self {
        Self { snapshot: fixture::snapshot(), catalogue: fixture::catalogue() }
    }

    fn draw(&self, theme: &Theme, size: (u16, u16), make: impl Fn(&Scene<'_>) -> Page) -> Buffer {
        let scene = Scene {
            snapshot: &self.snapshot,
            catalogue: &self.catalogue,
            theme,
            columns: usize::from(size.0),
            rows: usize::from(size.1),
        };
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
        make(&scene).draw(theme, 0, buffer.area, &mut buffer);
        assert_eq!(crate::ui::sweep::sweep(&mut buffer, theme.glyphs().is_ascii()), 0);
        buffer
    }

    /// Snapshots at every size, and proof that colour carries nothing: the plain frame has the same text and no colour.
    fn frames(&self, name: &str, make: impl Fn(&Scene<'_>) -> Page) {
        for size in SIZES {
            let drawn = text(&self.draw(&Theme::dark(), size, &make));
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), drawn);
            let plain = self.draw(&Theme::plain(), size, &make);
            // The baseline band is a background with colour and a shade without.
            assert_eq!(unshaded(&text(&plain)), unshaded(&drawn), "{name} says less without colour");
            assert!(plain.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
            let ascii = self.draw(&Theme::plain().ascii(), size, &make);
            assert!(text(&ascii).is_ascii(), "{name} in ASCII");
        }
        for width in 0..30 {
            let _ = self.draw(&Theme::dark(), (width * 3, width), &make);
        }
    }
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content.chunks(width);
    rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned() + "\n").collect()
}

fn unshaded(text: &str) -> String {
    text.lines().map(|line| line.replace('░', " ").trim_end().to_owned() + "\n").collect()
}

#[test]
fn layer_screen() {
    let quality = "quality".parse().expect("id");
    Night::new().frames("layer", |scene| layer::layer(scene, &quality, 0));
}

#[test]
fn layer_that_nobody_wired() {
    let night = Night::new();
    let agent = "agent".parse().expect("id");
    let drawn = text(&night.draw(&Theme::dark(), SIZES[1], |scene| layer::layer(scene, &agent, 0)));
    assert!(drawn.contains("No signal of this layer is wired"), "{drawn}");
    assert!(!drawn.contains("OK"), "{drawn}");
}

#[test]
fn signal_screen() {
    let grounding = "grounding".parse().expect("id");
    Night::new().frames("signal", |scene| signal::signal(scene, &grounding));
}

#[test]
fn the_limit_that_is_broken_has_the_colour_of_its_status() {
    let theme = Theme::dark();
    let grounding = "grounding".parse().expect("id");
    let buffer = Night::new().draw(&theme, SIZES[0], |scene| signal::signal(scene, &grounding));
    let rows = buffer.content.chunks(usize::from(SIZES[0].0));
    let limits = rows.clone().find(|row| row.iter().map(Cell::symbol).collect::<String>().starts_with("limits"));
    let limits = limits.expect("limits are shown");
    let red = theme.status(crate::domain::status::Status::Crit).fg;
    assert!(limits.iter().any(|cell| cell.symbol() == "8" && Some(cell.fg) == red));
}

#[test]
fn stale_signal_says_why_and_is_not_green() {
    let night = Night::new();
    let page = "provider_status".parse().expect("id");
    let theme = Theme::dark();
    let buffer = night.draw(&theme, SIZES[0], |scene| signal::signal(scene, &page));
    let drawn = text(&buffer);
    assert!(drawn.contains("◌ STALE") && drawn.contains("no answer in 8 s"), "{drawn}");
    let green = theme.status(crate::domain::status::Status::Ok).fg;
    assert!(buffer.content.iter().all(|cell| Some(cell.fg) != green));
}

#[test]
fn a_trend_that_was_never_judged_well_is_not_green() {
    let night = Night::new();
    let theme = Theme::dark();
    let buffer = night.draw(&theme, SIZES[0], |scene| layer::layer(scene, &"safety".parse().expect("id"), 0));
    assert!(text(&buffer).contains("? LOW-N"), "{}", text(&buffer));
    let green = theme.status(crate::domain::status::Status::Ok).fg;
    let row: Vec<_> = (0..SIZES[0].0).filter_map(|x| buffer.cell((x, 3))).collect();
    assert!(row.iter().any(|cell| "▁▂▃▄▅▆▇█".contains(cell.symbol())));
    assert!(row.iter().all(|cell| Some(cell.fg) != green));
}

#[test]
fn signal_that_nobody_wired_says_how_to_wire_it() {
    let night = Night::new();
    let id = "toxicity_rate".parse().expect("id");
    let drawn = text(&night.draw(&Theme::dark(), SIZES[1], |scene| signal::signal(scene, &id)));
    for part in ["not wired", "[signal.toxicity_rate]", "from = \"prom\""] {
        assert!(drawn.contains(part), "{drawn}");
    }
}

#[test]
fn change_screen() {
    let suspect = fixture::changes().remove(0);
    Night::new().frames("change", |scene| change::change(scene, &suspect));
}

#[test]
fn change_without_text_or_lever_says_so() {
    let index = fixture::changes().remove(3);
    let drawn = text(&Night::new().draw(&Theme::dark(), SIZES[1], |scene| change::change(scene, &index)));
    assert!(drawn.contains("The source gives no text"), "{drawn}");
    assert!(drawn.contains("no lever of kind index is wired"), "{drawn}");
}

#[test]
fn sources_screen() {
    Night::new().frames("sources", sources::sources);
}

/// The screens that need the whole model, drawn as the shell draws them.
fn model_frames(name: &str, model: &Model, what: &Detail) {
    let screen = DetailScreen::new(what.clone());
    for (width, height) in SIZES {
        let draw = |theme: &Theme| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
            let scroll = view(model, &screen, theme, buffer.area, &mut buffer);
            assert!(scroll.page > 0);
            assert_eq!(crate::ui::sweep::sweep(&mut buffer, theme.glyphs().is_ascii()), 0);
            buffer
        };
        let drawn = text(&draw(&Theme::dark()));
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), drawn);
        let plain = draw(&Theme::plain());
        assert_eq!(text(&plain), drawn, "{name} says less without colour");
        assert!(plain.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    }
}

#[test]
fn timeline_screen() {
    model_frames("timeline", &app::model(), &Detail::Timeline);
}

#[test]
fn help_screen_lists_every_command_of_the_table_and_every_action() {
    let model = app::model();
    model_frames("help", &model, &Detail::Help);
    let page = help::help(&model, &Theme::plain(), 150);
    let text = page.body.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for row in crate::app::command::TABLE {
        assert!(text.contains(row.id.title()), "{}", row.id.title());
    }
    for action in &model.catalogue.actions {
        assert!(text.contains(&action.title), "{}", action.title);
    }
}

#[test]
fn messages_and_help_can_be_searched_and_say_what_the_filter_hides() {
    let mut model = app::model();
    model.messages.say(model.now, "prompts answers again");
    model.messages.say(model.now, "copied");
    model_frames("messages", &model, &Detail::Messages);
    "again".clone_into(&mut model.filter);
    let page = lists::messages(&model, &Theme::plain(), 100);
    assert_eq!(page.body.len(), 1);
    assert!(page.head[0].to_string().contains("1 of 2 messages"), "{}", page.head[0]);
    "timel".clone_into(&mut model.filter);
    let page = help::help(&model, &Theme::plain(), 100);
    assert!(page.body.iter().any(|line| line.to_string().contains("the whole timeline")));
    assert!(page.body.len() < 10);
}
