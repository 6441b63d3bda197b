//! The lines of a plan that a person must have had on the screen. May not leave a part out.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::Model;
use crate::app::confirm::{Confirm, Expanded};
use crate::domain::plan::{CheckStatus, Plan};
use crate::ui::format;
use crate::ui::pen;
use crate::ui::theme::Theme;
use crate::ui::widgets::{diff, wrap};

/// Columns of the labels at the left.
const LABEL: usize = 9;
/// The label of the difference.
const DIFF: &str = "Diff";
/// The label of the request.
const REQUEST: &str = "Request";

/// Every line, wrapped to `columns`.
pub fn lines(model: &Model, theme: &Theme, confirm: &Confirm, columns: u16) -> Vec<Line<'static>> {
    let plan = &confirm.plan;
    let mut text = Text { theme, columns: usize::from(columns), lines: Vec::new() };
    if let Some(moved) = &confirm.moved {
        text.part(
            "Moved",
            &[Span::styled(format!("{moved}. Nothing was sent; this plan is fresh."), theme.attention())],
        );
        text.blank();
    }
    text.part("Target", &[Span::styled(plan.target.clone(), theme.content())]);
    text.part("Now", &now(model, theme, plan));
    text.part("After", &[Span::styled(plan.after.to_string(), theme.after(plan.direction))]);
    text.blank();
    difference(&mut text, theme, confirm, model);
    for (at, check) in plan.checks.iter().enumerate() {
        let style = check_style(theme, check.status);
        let mut spans = vec![
            Span::styled(format!("{} ", theme.glyphs().check(check.status)), style),
            Span::styled(check.name.clone(), theme.content()),
        ];
        if !check.why.is_empty() {
            spans.push(Span::styled(format!("  {}", check.why), theme.dim()));
        }
        text.part(if at == 0 { "Checks" } else { "" }, &spans);
    }
    if plan.checks.is_empty() {
        text.part("Checks", &[Span::styled("none could be made", theme.attention())]);
    }
    gate(&mut text, theme, plan);
    stages(&mut text, theme, plan);
    text.blank();
    request(&mut text, theme, confirm, model);
    if !plan.users_see.is_empty() {
        text.part("Users", &[Span::styled(format!("see {}", plan.users_see), theme.content())]);
    }
    text.part("Effect", &[Span::styled(plan.effect.clone(), theme.content())]);
    text.part("Undo", &[Span::styled(plan.undo.clone(), theme.content())]);
    text.lines
}

/// The line where the part begins that is shown whole; the first one if there is no such part.
pub fn begins(lines: &[Line<'_>], part: Expanded) -> usize {
    let label = match part {
        Expanded::Nothing => return 0,
        Expanded::Request => REQUEST,
        Expanded::Diff => DIFF,
    };
    lines.iter().position(|line| line.spans.first().is_some_and(|span| span.content.trim_end() == label)).unwrap_or(0)
}

/// The restore gate, every condition with how it stands.
fn gate(text: &mut Text<'_>, theme: &Theme, plan: &Plan) {
    let Some(report) = &plan.gate else { return };
    text.blank();
    for (at, (line, check)) in report.lines.iter().zip(plan.gate_checks()).enumerate() {
        let spans = vec![
            Span::styled(format!("{} ", theme.glyphs().check(check.status)), check_style(theme, check.status)),
            Span::styled(format!("{} {}", line.name, line.standing.word()), theme.content()),
            Span::styled(format!("  {}", line.why), theme.dim()),
        ];
        text.part(if at == 0 { "Gate" } else { "" }, &spans);
    }
    let words = if report.is_open() {
        match &report.stage {
            Some(stage) => format!("the watch of {} is over", stage.words()),
            None => "the restore gate is open".to_owned(),
        }
    } else if report.is_frozen() {
        let word = gate_word(plan);
        // Which command closes it, the line of the freeze above says.
        format!("changes are frozen until the incident is closed; or type {word} and a reason; it is on record")
    } else {
        let (opens, word) = (report.opens_by(), gate_word(plan));
        format!("the restore gate is shut: {opens}; or type {word} and a reason, on record")
    };
    let style = if report.is_open() { theme.content() } else { theme.attention() };
    text.part("", &[Span::styled(words, style)]);
}

/// The stages of a release: what follows this plan by itself, how long each is watched, and what ends it.
fn stages(text: &mut Text<'_>, theme: &Theme, plan: &Plan) {
    let Some(stages) = &plan.stages else { return };
    text.blank();
    if stages.own.is_back() {
        let words = "this ends the release that is under way: back to what its first stage found";
        return text.part("Stages", &[Span::styled(words, theme.content())]);
    }
    let row = |number: usize, percent: u8, setting: &dyn std::fmt::Display, when: &str| {
        vec![
            Span::styled(format!("{number} of {}  {percent:>3} %  ", stages.own.total), theme.content()),
            Span::styled(format!("to {setting}"), theme.decides()),
            Span::styled(format!("  {when}"), theme.dim()),
        ]
    };
    text.part("Stages", &row(stages.own.number, stages.own.percent, &plan.after, "with Y"));
    let watch = format::duration(stages.own.watch().as_secs_f64());
    for stage in &stages.rest {
        let when = format!("by itself, after {watch} in which all stays well");
        text.part("", &row(stage.number, stage.percent, &stage.setting, &when));
    }
    if !stages.rest.is_empty() {
        let words = format!(
            "back to {} by itself as soon as a watched signal, a suite or anything new goes bad, or nobody can see it; \
             only while this program runs: leaving it stops the release where it is",
            stages.contained
        );
        text.part("", &[Span::styled(words, theme.attention())]);
    }
}

fn gate_word(plan: &Plan) -> String {
    crate::domain::gate::override_word(&plan.environment)
}

fn check_style(theme: &Theme, status: CheckStatus) -> Style {
    use crate::domain::status::Status;
    theme.status(match status {
        CheckStatus::Pass => Status::Ok,
        CheckStatus::Warn => Status::Warn,
        CheckStatus::Fail => Status::Crit,
        CheckStatus::Unknown => Status::Unknown,
    })
}

fn now(model: &Model, theme: &Theme, plan: &Plan) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled(plan.observed.setting.to_string(), theme.content())];
    if !plan.reach.is_empty() {
        spans.push(Span::styled(format!("  {}", plan.reach), theme.content()));
    }
    let by = plan.observed.set_by.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
    if let Some(at) = plan.observed.set_at {
        spans.push(Span::styled(format!("  set {}{by}", format::clock_near(at, model.now)), theme.dim()));
    } else if !by.is_empty() {
        spans.push(Span::styled(format!("  set{by}"), theme.dim()));
    }
    spans
}

fn difference(text: &mut Text<'_>, theme: &Theme, confirm: &Confirm, model: &Model) {
    let Some(difference) = &confirm.plan.diff else { return };
    let whole = confirm.expanded == Expanded::Diff;
    let extent = if whole { diff::Extent::Whole } else { diff::Extent::Compact };
    let columns = text.columns.saturating_sub(LABEL);
    for (at, line) in diff::lines(theme, difference, columns, extent).into_iter().enumerate() {
        text.row(if at == 0 { DIFF } else { "" }, line);
    }
    let key = model.keymap.label(crate::app::command::CommandId::ShowDiff);
    // Where a word is typed the key is a letter of it. Said once for the whole dialog: a line that changed would be unread.
    let hint =
        if whole || confirm.wants_words() { String::new() } else { format!("{}{key} shows all", pen::dot(theme)) };
    text.part("", &[Span::styled(format!("{}{hint}", diff::summary(difference)), theme.dim())]);
    text.blank();
}

fn request(text: &mut Text<'_>, theme: &Theme, confirm: &Confirm, model: &Model) {
    let plan = &confirm.plan;
    for (at, request) in plan.requests.iter().enumerate() {
        let spans = vec![Span::styled(format!("{} {}", request.method, request.url), theme.content())];
        text.part(if at == 0 { REQUEST } else { "" }, &spans);
        if confirm.expanded == Expanded::Request {
            for line in request.head() {
                text.part("", &[Span::styled(line, theme.dim())]);
            }
            for line in request.body.as_deref().unwrap_or("no body").lines() {
                text.part("", &[Span::styled(line.to_owned(), theme.content())]);
            }
        }
    }
    if plan.requests.is_empty() {
        text.part(REQUEST, &[Span::styled("none: nothing would be sent", theme.attention())]);
    }
    if confirm.expanded != Expanded::Request {
        let key = model.keymap.label(crate::app::command::CommandId::ShowRequest);
        let when = if confirm.wants_words() { ", except while a word is typed," } else { "" };
        text.part("", &[Span::styled(format!("{key}{when} shows it whole; it stays unsent"), theme.dim())]);
    }
    let guarantee = if plan.contract.compare_and_set {
        "the store itself refuses it if the lever moved meanwhile"
    } else {
        "read again right before; the store itself would not refuse a race"
    };
    text.part("", &[Span::styled(guarantee, theme.dim())]);
}

/// Labelled parts, wrapped.
struct Text<'a> {
    theme: &'a Theme,
    columns: usize,
    lines: Vec<Line<'static>>,
}

impl Text<'_> {
    fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    fn part(&mut self, label: &'static str, spans: &[Span<'static>]) {
        let columns = self.columns.saturating_sub(LABEL);
        for (at, line) in wrap::spans(spans, columns).into_iter().enumerate() {
            self.row(if at == 0 { label } else { "" }, line);
        }
    }

    fn row(&mut self, label: &'static str, line: Line<'static>) {
        let mut spans = vec![Span::styled(format!("{label:<LABEL$}"), self.theme.dim())];
        spans.extend(line.spans);
        self.lines.push(Line::from(spans));
    }
}
