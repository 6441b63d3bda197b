//! Draws the sample reader: the list at the left, the present sample with its facts and replays at the right, the running
//! rate with its interval at the top; one below the other when narrow. May not call a sample anything.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Shape;
use super::format;
use super::page::crumbs;
use super::pen::{self, Pen};
use super::theme::Theme;
use super::widgets::section::Section;
use super::widgets::wrap;
use crate::app::command::CommandId;
use crate::app::samples::{self, Loaded, SamplesScreen};
use crate::app::{Model, Viewport};
use crate::domain::samples::{SamplesSpec, UserSample};

/// Columns of the list.
const LIST: u16 = 44;

/// Draws the screen.
pub fn draw(
    model: &Model,
    theme: &Theme,
    frame: &mut Frame<'_>,
    body: Rect,
    screen: &SamplesScreen,
    viewport: &mut Viewport,
) {
    let mut pen = Pen::new(frame, body);
    let Some(spec) = samples::spec(model, &screen.samples) else {
        return pen.line(Span::styled("these samples are not configured any more", theme.attention()));
    };
    let list = samples::list(model, &screen.samples);
    let unread = match model.samples.get(&screen.samples) {
        Some(Loaded::Read(parsed)) if parsed.unread > 0 => format!(", {} could not be read", parsed.unread),
        _ => String::new(),
    };
    let note = format!("{} from {}{unread}", format::counted(list.len(), "sample", "samples"), spec.from);
    pen.line(crumbs(theme, &["Samples", &spec.title], &note, usize::from(body.width)));
    pen.gap();
    rate(model, theme, &mut pen, spec);
    pen.gap();
    let rest = pen.take(pen.left());
    let Some(sample) = list.get(screen.at) else {
        return Pen::new(frame, rest).text(&nothing(model, screen), 2, theme.content());
    };
    let right = if Shape::of(frame.area()) == Shape::Narrow {
        // Without the list beside it one sample would read as all of them.
        let words = elsewhere(screen.at, list.len() - screen.at - 1);
        let taken = u16::from(!words.is_empty()).min(rest.height);
        let bottom = Rect { y: rest.bottom() - taken, height: taken, ..rest };
        Pen::new(frame, bottom).line(Span::styled(words, theme.attention()));
        Rect { height: rest.height - taken, ..rest }
    } else {
        let left = Rect { width: LIST, ..rest };
        rows(model, theme, frame, left, spec, screen);
        Rect { x: rest.x + LIST + 3, width: rest.width.saturating_sub(LIST + 3), ..rest }
    };
    let mut pen = Pen::scrolled(frame, right, screen.scroll);
    text(model, theme, &mut pen, spec, (screen.at, list.len()), sample);
    viewport.page = usize::from(right.height.saturating_sub(1)).max(1);
    viewport.scroll_max = pen.scroll_max();
    pen.more(theme, &model.keymap.label(CommandId::PageDown));
}

fn nothing(model: &Model, screen: &SamplesScreen) -> String {
    match model.samples.get(&screen.samples) {
        Some(Loaded::Asked) | None => "Asking for samples.".to_owned(),
        Some(Loaded::Failed(why)) => {
            format!("{why}. {} asks again.", model.keymap.label(CommandId::Reload))
        }
        Some(Loaded::Read(_)) => "The source has no samples that can be read.".to_owned(),
    }
}

/// How many were read, what they were called, and the share of bad ones; then the keys.
fn rate(model: &Model, theme: &Theme, pen: &mut Pen<'_, '_>, spec: &SamplesSpec) {
    let reading = samples::reading(model, &spec.id);
    let words = if reading.n == 0 { "read 0: nothing can be said yet".to_owned() } else { reading.words() };
    let mut line = vec![Span::styled(format!("  {words}"), theme.decides())];
    if reading.n > 0 {
        line.push(Span::styled("  95 % interval", theme.dim()));
    }
    pen.line(Line::from(line));
    let tag = |(number, tag): (usize, &String)| {
        let count = reading.counts.iter().find(|(known, _)| known == tag).map_or(0, |(_, count)| *count);
        let style = if number == 0 { theme.content() } else { theme.attention() };
        [
            Span::styled(format!("{} ", number + 1), theme.key()),
            Span::styled(wrap::unbroken(&format!("{tag} {count}")), style),
            Span::raw("   "),
        ]
    };
    let tags: Vec<Span<'static>> = spec.tags.iter().enumerate().flat_map(tag).collect();
    pen.hanging(vec![Span::raw("  ")], &tags);
}

/// The list around the present sample.
fn rows(model: &Model, theme: &Theme, frame: &mut Frame<'_>, area: Rect, spec: &SamplesSpec, screen: &SamplesScreen) {
    let list = samples::list(model, &spec.id);
    let given = samples::tags(model, &spec.id);
    let mut pen = Pen::new(frame, area);
    let note = format!("{} of {} read", list.iter().filter(|s| given.contains_key(&s.id)).count(), list.len());
    pen.section(theme, &Section { name: "In a row", note: &note, ..Section::default() });
    let room = usize::from(pen.left());
    let visible = if list.len() > room { room.saturating_sub(1) } else { room };
    let first = screen.at.saturating_sub(visible / 2).min(list.len().saturating_sub(visible));
    for (at, sample) in list.iter().enumerate().skip(first).take(visible) {
        let selected = at == screen.at;
        let mark = if selected { theme.glyphs().selected() } else { " " };
        let tag = given.get(&sample.id);
        let style = match tag {
            Some(tag) if spec.tags.first() != Some(tag) => theme.attention(),
            Some(_) => theme.dim(),
            None => theme.content(),
        };
        let when = sample.at.map(|at| format!("{} ", format::minute(at))).unwrap_or_default();
        let first = sample.answer.lines().next().unwrap_or_default();
        let line = pen::both_ends(
            vec![
                Span::styled(mark, theme.attention()),
                Span::styled(format!(" {when}"), theme.dim()),
                Span::styled(first.to_owned(), style),
            ],
            vec![Span::styled(tag.map(|tag| format!(" {tag}")).unwrap_or_default(), style)],
            pen.width(),
            theme.glyphs().ellipsis(),
        );
        if selected { pen.band(theme, line) } else { pen.line(line) }
    }
    let below = list.len().saturating_sub(first + visible);
    pen.line(Span::styled(elsewhere(first, below), theme.attention()));
}

/// Samples of the list that are not on the screen, counted as in every list.
fn elsewhere(above: usize, below: usize) -> String {
    let words = format::hidden(above, below, "more sample", "more samples");
    if words.is_empty() { words } else { format!("  {words}") }
}

/// The present sample: what was asked and answered, what is known of it, and what came when it was asked again.
fn text(
    model: &Model,
    theme: &Theme,
    pen: &mut Pen<'_, '_>,
    spec: &SamplesSpec,
    (at, of): (usize, usize),
    sample: &UserSample,
) {
    let tag = samples::tags(model, &spec.id).remove(&sample.id);
    let name = format!("{} of {of}", at + 1);
    let note = tag.map_or_else(|| "not read yet".to_owned(), |tag| format!("called {tag}"));
    pen.section(theme, &Section { name: &name, note: &note, ..Section::default() });
    let mut facts = vec![sample.id.clone()];
    facts.extend(sample.at.map(format::full));
    facts.extend(sample.facts.iter().map(|(name, value)| format!("{name} {value}")));
    pen.text(&facts.join(&pen::dot(theme)), 2, theme.dim());
    pen.blank();
    for (word, text, style) in
        [("asked     ", &sample.prompt, theme.content()), ("answered  ", &sample.answer, theme.decides())]
    {
        let mut lead = format!("  {word}");
        for paragraph in text.lines() {
            pen.hanging(vec![Span::styled(lead, theme.dim())], &[Span::styled(paragraph.to_owned(), style)]);
            lead = " ".repeat(12);
        }
    }
    pen.blank();
    match samples::replayed(model, &spec.id, &sample.id) {
        Some(replay) => {
            let note = format!("at {}", format::clock_near(replay.at, model.now));
            pen.section(theme, &Section { name: "Asked again", note: &note, ..Section::default() });
            for way in &replay.ways {
                pen.text(&way.words(), 2, theme.content());
                for (answer, count) in &way.answers {
                    let lead = vec![Span::styled(format!("    {count} × "), theme.dim())];
                    pen.hanging(lead, &[Span::styled(answer.clone(), theme.decides())]);
                }
            }
        }
        None if spec.replay.is_some() => {
            let key = model.keymap.label(CommandId::Replay);
            pen.line(Line::from(vec![
                Span::styled(format!("  {key}"), theme.key()),
                Span::styled(" asks it again, every way that the config names", theme.dim()),
            ]));
        }
        None => {}
    }
}
