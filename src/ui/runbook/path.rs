//! The path of a walk: what was answered and why, the present question with where each answer leads, what follows yes.
//! May not answer.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use ratatui::text::{Line, Span};

use super::{Scene, ended};
use crate::app::coach;
use crate::app::command::CommandId;
use crate::app::runbook::{AGAINST, contained_here, leads_to};
use crate::domain::evidence::Verdict;
use crate::domain::runbook::{Next, Step, StepBody};
use crate::domain::status::Status;
use crate::domain::walk::{StopRule, WalkAnswer};
use crate::ui::format;
use crate::ui::pen::{self, Pen};
use crate::ui::widgets::section::Section;

/// Where the text of an answer begins when it stands under it.
const UNDER: usize = 8;

/// Draws the path with at most `answered` of the last answers.
pub fn draw(scene: &Scene<'_>, pen: &mut Pen<'_, '_>, answered: usize) {
    let theme = scene.theme;
    let note = format!("{} in the runbook", format::counted(scene.runbook.steps.len(), "step", "steps"));
    pen.section(theme, &Section { name: "Path", note: &note, ..Section::default() });
    let hidden = scene.walk.path.len().saturating_sub(answered);
    for (at, past) in scene.walk.path.iter().enumerate().skip(hidden) {
        let title = scene.runbook.step(&past.step).map_or(past.step.as_str(), |step| &step.title);
        let glyph = theme.glyphs().status(Status::Ok);
        let lead = vec![
            Span::styled(format!("  {glyph} "), theme.status(Status::Ok)),
            Span::styled(format!("{} ", at + 1), theme.content()),
        ];
        pen.hanging(lead, &[Span::styled(title.to_owned(), theme.content())]);
        let against = matches!(
            (past.answer, past.suggested),
            (WalkAnswer::Yes, Some(Verdict::False)) | (WalkAnswer::No, Some(Verdict::True))
        );
        let said = past.why.starts_with(AGAINST);
        let against = if against && !said { AGAINST.to_owned() } else { String::new() };
        let mut facts =
            vec![against, past.why.clone(), format!("{} {}", past.who, format::clock_near(past.at, scene.model.now))];
        facts.retain(|fact| !fact.is_empty());
        pen.line(Line::from(vec![
            Span::styled(format!("      {} ", past.answer.word()), theme.decides()),
            Span::styled(facts.join(&pen::dot(theme)), theme.dim()),
        ]));
    }
    if answered > 1 && !scene.walk.path.is_empty() {
        pen.blank();
    }
    for line in ended(scene, pen.width()) {
        pen.band(theme, line);
    }
    let Some(step) = scene.step else { return };
    let lead = vec![
        Span::styled(theme.glyphs().selected(), theme.attention()),
        Span::styled(format!(" {} ", scene.walk.path.len() + 1), theme.decides()),
    ];
    for line in pen::hanging(lead, &[Span::styled(step.title.clone(), theme.decides())], pen.width()) {
        pen.band(theme, line);
    }
    for (lead, text) in answers(scene, step) {
        if text.content.is_empty() {
            pen.line(Line::from(lead));
            continue;
        }
        let wide = 2 * lead.iter().map(Span::width).sum::<usize>() >= usize::from(pen.width());
        let beside = pen::hanging(lead.clone(), std::slice::from_ref(&text), pen.width());
        if !wide || beside.len() <= 2 {
            for line in beside {
                pen.line(line);
            }
        } else {
            // Beside its answer a long text would stand two words a row.
            pen.line(Line::from(lead));
            pen.hanging(vec![Span::raw(" ".repeat(UNDER))], &[text]);
        }
    }
    if answered > 1 && !scene.model.catalogue.strict {
        pen.blank();
        for title in following(scene, step) {
            pen.line(Span::styled(format!("  {} {title}", theme.glyphs().between()), theme.dim()));
        }
    }
}

/// Every answer that the step takes, with where it leads.
fn answers(scene: &Scene<'_>, step: &Step) -> Vec<(Vec<Span<'static>>, Span<'static>)> {
    use WalkAnswer as W;
    let suggested = scene.suggestion.as_ref().and_then(|suggestion| suggestion.answer);
    let theme = scene.theme;
    let after = |key: Span<'static>, answer: WalkAnswer, word: &str, next: &Next| {
        let lit = if suggested == Some(answer) { theme.decides() } else { theme.content() };
        let lead = vec![
            Span::raw("      "),
            key,
            Span::styled(format!(" {word}"), lit),
            Span::styled(format!(" {} ", theme.glyphs().arrow()), theme.dim()),
        ];
        // A strict walk is not read ahead.
        if scene.model.catalogue.strict {
            return (lead.into_iter().take(3).collect(), Span::raw(""));
        }
        (lead, Span::styled(leads_to(scene.model, scene.runbook, next), lit))
    };
    let edge = |id: CommandId, answer: WalkAnswer, word: &str, next: &Next| {
        after(Span::styled(scene.model.keymap.label(id), theme.key()), answer, word, next)
    };
    match &step.body {
        StepBody::Ask { yes, no, dont_know, .. } => vec![
            edge(CommandId::Yes, W::Yes, "yes", yes),
            edge(CommandId::No, W::No, "no", no),
            edge(CommandId::DontKnow, W::DontKnow, "don't know", dont_know),
        ],
        StepBody::Contain { then, .. } => {
            // The key is refused until something is contained here: the footer does not offer it either.
            let contained = match contained_here(scene.model, &scene.walk.runbook) {
                Some(_) => edge(CommandId::Yes, W::Done, "contained", then),
                None => after(Span::raw(" "), W::Done, "once contained", then),
            };
            vec![contained, edge(CommandId::Skip, W::Done, "go on without", then)]
        }
        StepBody::Watch { then, otherwise, minutes, .. } => vec![
            edge(CommandId::Yes, W::Yes, &format!("held for {minutes} min"), then),
            edge(CommandId::No, W::No, "did not hold", otherwise),
        ],
    }
}

/// Titles of the steps that follow if every answer is yes.
fn following(scene: &Scene<'_>, step: &Step) -> Vec<String> {
    let mut seen = BTreeSet::from([step.id.clone()]);
    let mut titles = Vec::new();
    let mut present = Some(step);
    while let Some(Step { body, .. }) = present {
        let (StepBody::Ask { yes: next, .. }
        | StepBody::Contain { then: next, .. }
        | StepBody::Watch { then: next, .. }) = body;
        present = match next {
            Next::Step(id) if seen.insert(id.clone()) => scene.runbook.step(id),
            Next::Step(_) | Next::Runbook(_) | Next::End(_) => None,
        };
        titles.extend(present.map(|step| step.title.clone()));
    }
    titles.truncate(4);
    titles
}

/// How long this step has taken, and when to stop digging.
pub fn clock(scene: &Scene<'_>, pen: &mut Pen<'_, '_>) {
    let theme = scene.theme;
    let here = scene.model.now.duration_since(scene.walk.entered_at);
    let mut spans =
        vec![Span::styled("  step ", theme.dim()), Span::styled(format::timer(here.as_secs().max(0)), theme.content())];
    if let Some(StepBody::Watch { minutes, .. }) = scene.step.map(|step| &step.body) {
        let left = SignedDuration::from_mins(i64::from(*minutes)) - here;
        spans.push(Span::styled(format!("{}watch ", pen::dot(theme)), theme.dim()));
        spans.push(Span::styled(format::timer(left.as_secs().max(0)), theme.attention()));
        spans.push(Span::styled(" more", theme.dim()));
    } else {
        match coach::stop(scene.model, &scene.walk.runbook) {
            StopRule::Left(left) => {
                spans.push(Span::styled(pen::dot(theme), theme.dim()));
                spans.push(Span::styled(format::timer(left.as_secs()), theme.attention()));
                spans.push(Span::styled(" left, then contain first, dig later", theme.dim()));
            }
            StopRule::Over(over) => {
                spans.push(Span::styled(format!("{}stop rule over by ", pen::dot(theme)), theme.dim()));
                spans.push(Span::styled(format::timer(over.as_secs()), theme.attention()));
            }
            StopRule::Rests => {}
        }
    }
    pen.line(Line::from(spans));
}
