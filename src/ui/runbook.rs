//! Draws a walk: the path at the left, live evidence and what the next step offers at the right, one below the other
//! when narrow. May not answer, judge or suggest: `app::runbook` does.

pub mod evidence;
mod path;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Shape;
use super::coach;
use super::page::crumbs;
use super::pen::{self, Pen};
use super::theme::Theme;
use super::widgets::section::Section;
use crate::app::command::CommandId;
use crate::app::runbook::{self, RunbookScreen, Telling};
use crate::app::{Model, Viewport, coach as app_coach, containments};
use crate::domain::action::ActionKind;
use crate::domain::runbook::{Runbook, Step, StepBody};
use crate::domain::walk::{Place, Walk};

/// A walk with what it is drawn from.
pub struct Scene<'a> {
    /// What is known.
    pub model: &'a Model,
    /// How to draw.
    pub theme: &'a Theme,
    /// The runbook.
    pub runbook: &'a Runbook,
    /// Where it stands.
    pub walk: &'a Walk,
    /// The present step, if it stands at one.
    pub step: Option<&'a Step>,
    /// What the evidence suggests there.
    pub suggestion: Option<runbook::Suggestion>,
}

/// The severity that the runbook starts from, and the one that what is measured raises it to: the header says that one.
fn severity(model: &Model, runbook: &Runbook) -> String {
    let triage = model.snapshot.as_ref().map(|snapshot| &snapshot.triage);
    let leads = triage.filter(|triage| triage.symptoms.first().is_some_and(|leads| leads.id == runbook.id));
    match leads.and_then(|triage| triage.severity.as_ref()) {
        Some(hint) if hint.level != runbook.severity => format!("{} raised to {}", runbook.severity, hint.level),
        _ => runbook.severity.clone(),
    }
}

/// Draws the screen.
pub fn draw(
    model: &Model,
    theme: &Theme,
    frame: &mut Frame<'_>,
    body: Rect,
    screen: &RunbookScreen,
    viewport: &mut Viewport,
) {
    let Some((runbook, walk)) = runbook::walk(model, &screen.symptom) else {
        return Pen::new(frame, body).line(Span::styled("this runbook is not loaded any more", theme.attention()));
    };
    let step = walk.step(runbook);
    let suggestion = step.and_then(|step| runbook::suggestion(model, walk, step));
    let scene = Scene { model, theme, runbook, walk, step, suggestion };
    let columns = usize::from(body.width);
    let number = format!("step {}", walk.path.len() + 1);
    let dot = pen::dot(theme);
    let severity = severity(model, runbook);
    let note = format!("runbook v{}{dot}owner {}{dot}{severity}", runbook.version, runbook.owner);
    Pen::new(frame, body).line(crumbs(theme, &["Layers", &runbook.title, &number], &note, columns));
    let warning = coach::stop(model, theme, &screen.symptom, columns.saturating_sub(2));
    let mut pen = Pen::new(frame, Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body });
    for line in warning {
        pen.line(Line::from([vec![Span::raw("  ")], line.spans].concat()));
    }
    pen.blank();
    let top = pen.y();
    let below = Rect { y: top, height: body.bottom().saturating_sub(top), ..body };
    viewport.page = 5;
    viewport.scroll_max = if Shape::of(frame.area()) == Shape::Narrow {
        stacked(&scene, frame, below, screen)
    } else {
        side_by_side(&scene, frame, below, screen)
    };
}

fn side_by_side(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect, screen: &RunbookScreen) -> usize {
    let left_width = area.width * 43 / 100;
    let left = Rect { width: left_width, ..area };
    let right = Rect { x: area.x + left_width + 4, width: area.width.saturating_sub(left_width + 4), ..area };
    let key = scene.model.keymap.label(CommandId::PageDown);
    let mut pen = Pen::scrolled(frame, left, screen.scroll);
    path::draw(scene, &mut pen, usize::MAX);
    pen.blank();
    telling(scene, &mut pen, screen);
    pen.blank();
    path::clock(scene, &mut pen);
    let scroll_max = pen.scroll_max();
    pen.more(scene.theme, &key);
    // What does not fit at the right scrolls with the left side; a pen without rows only counts.
    let mut counting = Pen::new(frame, Rect { height: 0, ..right });
    live(scene, &mut counting);
    let below = counting.scroll_max().saturating_sub(usize::from(right.height));
    let mut pen = Pen::scrolled(frame, right, screen.scroll.min(below));
    live(scene, &mut pen);
    pen.more(scene.theme, &key);
    scroll_max.max(below)
}

/// The right side: evidence, the change and the chart where there is room, offers.
fn live(scene: &Scene<'_>, pen: &mut Pen<'_, '_>) {
    evidence::draw(scene, pen);
    pen.blank();
    let offer = offer_rows(scene, pen.width());
    if pen.left() > offer + 6 {
        evidence::change(scene, pen, usize::from((pen.left() - offer - 3).min(6)));
    }
    if pen.left() > offer + 7 {
        let rows = (pen.left() - offer - 1).min(12);
        let chart = pen.take(rows);
        evidence::chart(scene, pen.frame(), chart);
        pen.blank();
    }
    offers(scene, pen);
}

fn stacked(scene: &Scene<'_>, frame: &mut Frame<'_>, area: Rect, screen: &RunbookScreen) -> usize {
    let mut pen = Pen::scrolled(frame, area, screen.scroll);
    path::draw(scene, &mut pen, 1);
    if screen.telling == Telling::Know {
        evidence::draw(scene, &mut pen);
        offers(scene, &mut pen);
    }
    telling(scene, &mut pen, screen);
    pen.blank();
    path::clock(scene, &mut pen);
    let scroll_max = pen.scroll_max();
    pen.more(scene.theme, &scene.model.keymap.label(CommandId::PageDown));
    scroll_max
}

/// What to know about the step, or every comparison as it is written.
fn telling(scene: &Scene<'_>, pen: &mut Pen<'_, '_>, screen: &RunbookScreen) {
    let theme = scene.theme;
    match screen.telling {
        Telling::Know => {
            let Some(step) = scene.step else { return };
            pen.section(theme, &Section { name: "What to know", ..Section::default() });
            for (at, paragraph) in step.know.split("\n\n").enumerate() {
                if at > 0 {
                    pen.blank();
                }
                let warns = paragraph.starts_with("Do not") || paragraph.starts_with("Never");
                pen.text(paragraph, 2, if warns { theme.attention() } else { theme.content() });
            }
        }
        Telling::Why => {
            pen.section(theme, &Section { name: "Why", note: "as written in the runbook", ..Section::default() });
            evidence::as_written(scene, pen);
        }
    }
}

fn offer_rows(scene: &Scene<'_>, columns: u16) -> u16 {
    let kinds = next_kinds(scene).map(|(_, kinds)| kinds).unwrap_or_default();
    let offers = runbook::offers(scene.model, kinds);
    let reasons: usize = offers.iter().map(|a| super::main::contain_reason(scene.model, a, columns).len()).sum();
    u16::try_from(kinds.len() + reasons + 4).unwrap_or(u16::MAX)
}

/// The containments of this step, or of the step that yes leads to.
fn next_kinds<'a>(scene: &Scene<'a>) -> Option<(&'static str, &'a [ActionKind])> {
    use crate::domain::runbook::Next;
    match &scene.step?.body {
        StepBody::Contain { kinds, .. } => Some(("This step offers", kinds)),
        StepBody::Ask { .. } if scene.model.catalogue.strict => None,
        StepBody::Ask { yes: Next::Step(id), .. } => match &scene.runbook.step(id)?.body {
            StepBody::Contain { kinds, .. } => Some(("If yes, the next step offers", kinds)),
            StepBody::Ask { .. } | StepBody::Watch { .. } => None,
        },
        StepBody::Ask { .. } | StepBody::Watch { .. } => None,
    }
}

fn offers(scene: &Scene<'_>, pen: &mut Pen<'_, '_>) {
    let Some((name, kinds)) = next_kinds(scene) else { return };
    let (model, theme) = (scene.model, scene.theme);
    pen.section(theme, &Section { name, note: "UPPER CASE previews, Y fires", ..Section::default() });
    for action in runbook::offers(model, kinds) {
        let line = super::main::contain_offer(model, theme, action, pen.width());
        pen.line(line);
        for why in super::main::contain_reason(model, action, pen.width()) {
            let indent = " ".repeat(usize::from(super::main::CONTAIN_INDENT));
            pen.line(Span::styled(format!("{indent}{why}"), theme.dim()));
        }
    }
    done(scene, pen, kinds);
    let missing = runbook::not_wired(model, kinds);
    if !missing.is_empty() {
        let words: Vec<_> = missing.iter().map(|kind| kind.word()).collect();
        let key = model.keymap.label(CommandId::Gaps);
        let text = format!("not wired: {}; {key} shows the lines that connect it", words.join(", "));
        pen.text(&text, 5, theme.dim());
    }
}

/// What is contained already at this step, and that the walk goes on: a second, wider action is not asked for.
fn done(scene: &Scene<'_>, pen: &mut Pen<'_, '_>, kinds: &[ActionKind]) {
    let (model, theme) = (scene.model, scene.theme);
    if !matches!(scene.step.map(|step| &step.body), Some(StepBody::Contain { .. })) {
        return;
    }
    let done = runbook::offers(model, kinds).into_iter().find_map(|action| {
        let state = containments::of_action(model, &action.id)?.state?;
        state.is_stored().then(|| format!("{}: {state}; ", action.title))
    });
    if let Some(words) = done {
        pen.line(Line::from(vec![
            Span::styled(format!("  {words}"), theme.contained()),
            Span::styled(model.keymap.label(CommandId::Yes), theme.key()),
            Span::styled(" goes on", theme.decides()),
        ]));
    }
}

/// The words of the end, or of the hand-over to another runbook.
fn ended(scene: &Scene<'_>, columns: u16) -> Vec<Line<'static>> {
    match &scene.walk.place {
        Place::At(_) => Vec::new(),
        Place::Ended(words) => {
            let lead = vec![Span::styled("  End: ", scene.theme.decides())];
            let mut lines = pen::hanging(lead, &[Span::styled(words.clone(), scene.theme.decides())], columns);
            if !app_coach::is_contained(scene.model) {
                // The words of an end suppose that its way was walked as it is written.
                lines.push(Line::styled("  Nothing is contained now.", scene.theme.attention()));
            }
            lines
        }
        Place::Handed(next) => {
            let title = scene.model.catalogue.runbooks.get(next).map_or(next.as_str(), |other| &other.title);
            let key = scene.model.keymap.label(CommandId::Yes);
            let words = [
                Span::styled(format!("{title}   "), scene.theme.decides()),
                Span::styled(key, scene.theme.key()),
                Span::styled(" opens it", scene.theme.content()),
            ];
            pen::hanging(vec![Span::styled("  goes on in: ", scene.theme.decides())], &words, columns)
        }
    }
}
