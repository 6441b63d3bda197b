//! What a runbook says beyond its tree: whom it hits, how to prove the containment, where the cause may sit, what ends
//! it, what must hold before the containment is taken back. May not judge.

use ratatui::text::{Line, Span};

use crate::app::{Model, pinned};
use crate::domain::ids::SymptomId;
use crate::domain::runbook::{Look, LookAt};
use crate::ui::page::{Page, crumbs};
use crate::ui::pen;
use crate::ui::theme::Theme;
use crate::ui::widgets::section::Section;

/// The page of a runbook's care.
pub fn care(model: &Model, theme: &Theme, symptom: &SymptomId, columns: usize) -> Page {
    let Some(runbook) = pinned::runbook(model, symptom) else {
        let words = format!("The runbook {symptom} is not loaded any more; esc goes back.");
        return Page { body: vec![Line::styled(words, theme.content())], ..Page::default() };
    };
    let note = format!("runbook v{}{}owner {}", runbook.version, pen::dot(theme), runbook.owner);
    let mut writer =
        Writer { theme, width: u16::try_from(columns.saturating_sub(2)).unwrap_or(u16::MAX), body: Vec::new() };
    let care = &runbook.care;
    writer.list("What it is", std::slice::from_ref(&runbook.hypothesis));
    writer.list("Whom it hits", std::slice::from_ref(&care.scope));
    writer.list("Proof that the containment worked", &care.verify);
    if !care.diagnose.is_empty() {
        writer.head("Where the cause may sit, in the order to look");
        for diagnosis in &care.diagnose {
            writer.item(&diagnosis.layer, &diagnosis.ask);
            for look in &diagnosis.look {
                writer.look(look);
            }
        }
        writer.body.push(Line::default());
    }
    writer.list("What ends it for good", &care.mitigate);
    writer.list("Before the containment is taken back", &care.restore);
    writer.list("Severity", &[format!("{}: {}", runbook.severity, runbook.severity_why)]);
    for raise in &runbook.raises {
        writer.item(&raise.level, &format!("{} ({})", raise.why, raise.when.text()));
    }
    let mut body = writer.body;
    while body.last().is_some_and(|line| line.width() == 0) {
        body.pop();
    }
    Page {
        head: vec![crumbs(theme, &["Layers", &runbook.title, "more"], &note, columns), Line::default()],
        body,
        ..Page::default()
    }
}

struct Writer<'a> {
    theme: &'a Theme,
    width: u16,
    body: Vec<Line<'static>>,
}

impl Writer<'_> {
    fn head(&mut self, name: &str) {
        self.body.push(Section { name, ..Section::default() }.line(self.theme, self.width));
    }

    /// A section with one bullet a sentence; nothing where the runbook says nothing.
    fn list(&mut self, name: &str, sentences: &[String]) {
        if sentences.iter().all(String::is_empty) {
            return;
        }
        self.head(name);
        for sentence in sentences {
            let lead = vec![Span::styled(format!("  {} ", self.theme.glyphs().between()), self.theme.dim())];
            self.push(lead, sentence);
        }
        self.body.push(Line::default());
    }

    fn item(&mut self, word: &str, sentence: &str) {
        self.push(vec![Span::styled(format!("  {word:<10}"), self.theme.dim())], sentence);
    }

    fn look(&mut self, look: &Look) {
        let (kind, what) = match &look.what {
            LookAt::Query(query) => ("query", query),
            LookAt::Link(link) => ("link", link),
            LookAt::Command(command) => ("command", command),
        };
        let lead = vec![Span::styled(format!("            {kind} "), self.theme.dim())];
        self.push(lead, &format!("{what}  ({})", look.title));
    }

    fn push(&mut self, lead: Vec<Span<'static>>, text: &str) {
        let text = [Span::styled(text.to_owned(), self.theme.content())];
        self.body.extend(pen::hanging(lead, &text, self.width));
    }
}
