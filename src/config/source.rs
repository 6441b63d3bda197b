//! The text of one file and the sink for what is wrong with it. May not know what the file means.

use std::cell::OnceCell;
use std::ops::Range;

use crate::domain::text;

use super::mask;
use super::problem::Problem;

/// More problems than this in one file are counted, not listed: nobody reads them.
const MOST_PROBLEMS: usize = 60;
/// More than this are not even looked at closely: a hostile file can hold a hundred thousand.
const MOST_KEPT: usize = 200;
/// Characters before and after the place that are kept of a line.
const EXCERPT: usize = 200;
/// Bytes of a long line in which the key of a secret is looked for.
const MOST_LATELY: usize = 4_096;
/// Characters of a message or hint; names in hostile files can be as long as the file.
const LONGEST_MESSAGE: usize = 1_200;

/// The text of one file with its name.
#[derive(Debug)]
pub(super) struct Source<'a> {
    name: &'a str,
    text: &'a str,
    /// Byte offsets; found once somebody asks, since nobody does of a file that is sound.
    line_starts: OnceCell<Vec<usize>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, text, line_starts: OnceCell::new() }
    }

    fn line_starts(&self) -> &[usize] {
        let find = || std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.line_starts.get_or_init(find)
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// A problem at a byte range of the text; ranges over several lines mean their first line.
    pub(super) fn problem(&self, span: &Range<usize>, message: &str, hint: &str) -> Problem {
        let start = floor(self.text, span.start);
        let end = floor(self.text, span.end.max(start));
        let line = self.line_starts().partition_point(|at| *at <= start);
        let line_start = self.line_starts().get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(line_start..start).unwrap_or("");
        let column = before.chars().count() + 1;
        // A line can be as long as the file: only what can be shown is kept.
        let lead = before.char_indices().rev().take(EXCERPT).last().map_or(0, |(at, _)| at);
        let after = self.text.get(line_start + lead..).unwrap_or("").split(['\n', '\r']).next().unwrap_or("");
        let near = after.char_indices().nth(2 * EXCERPT).map_or(after, |(end, _)| after.get(..end).unwrap_or(after));
        let meant = self.text.get(start..end).unwrap_or("").split(['\n', '\r']).next().unwrap_or("");
        let skipped = before.get(..lead).map_or(0, |skipped| skipped.chars().count());
        let near: String = near.chars().map(|c| if text::is_forbidden(c) { ' ' } else { c }).collect();
        let (excerpt, width) = if skipped > 0 && mask::may_hold_secret(self.lately(line_start, start), false) {
            // The key stands before the excerpt: nobody knows what of it is its value.
            (String::new(), 1)
        } else {
            mask::line(&near, self.header(line), column - 1 - skipped, meant.chars().count().max(1))
        };
        Problem {
            file: text::clean(self.name),
            line,
            column,
            width,
            excerpt,
            skipped,
            message: clipped(message),
            hint: clipped(hint),
        }
    }

    /// The last table header before a line, without its brackets.
    fn header(&self, line: usize) -> &'a str {
        let lines = self.line_starts().iter().take(line.saturating_sub(1)).rev();
        let written = lines.map(|at| self.text.get(*at..).unwrap_or("").lines().next().unwrap_or("").trim());
        let mut headers = written.filter(|line| line.starts_with('['));
        headers.next().map_or("", |line| line.trim_start_matches('[').split(']').next().unwrap_or(""))
    }

    /// What stands on the line shortly before a place.
    fn lately(&self, line_start: usize, at: usize) -> &'a str {
        let from = floor(self.text, at.saturating_sub(MOST_LATELY)).max(line_start);
        self.text.get(from..at).unwrap_or("")
    }

    /// The line on which the key or table that is repeated at `span` stands first.
    pub(super) fn first_of(&self, span: &Range<usize>) -> Option<usize> {
        let name_of =
            |line: &str| line.split('#').next().unwrap_or("").split('=').next().unwrap_or("").trim().to_owned();
        let here = self.line_starts().partition_point(|at| *at <= span.start);
        let lines: Vec<&str> = self.text.lines().take(here).collect();
        let (repeated, earlier) = lines.split_last()?;
        let name = name_of(repeated);
        let is_header = |line: &&str| line.trim_start().starts_with('[');
        // A repeated table may stand anywhere before; a repeated key only below the same header.
        let from = if is_header(repeated) { 0 } else { earlier.iter().rposition(is_header).map_or(0, |at| at + 1) };
        let from = from.min(earlier.len());
        earlier.iter().skip(from).position(|line| name_of(line) == name).map(|at| from + at + 1)
    }

    /// The line, from 1, on which it begins.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        self.line_starts().partition_point(|at| *at <= span.start.min(self.text.len().saturating_sub(1)))
    }

    /// True if a table begins on that line.
    pub(super) fn is_header(&self, span: &Range<usize>) -> bool {
        let start = self.line_starts().get(self.line(span).saturating_sub(1)).copied().unwrap_or(0);
        self.text.get(start..).unwrap_or("").trim_start_matches([' ', '\t']).starts_with('[')
    }

    /// Lines from a broken `[header` to before the next one: nobody knows which table their keys belong to.
    pub(super) fn block_of(&self, span: &Range<usize>) -> Range<usize> {
        let first = self.line(span);
        let next = self.text.lines().skip(first).position(|line| line.trim_start().starts_with('['));
        first..next.map_or(usize::MAX, |after| first + after + 1)
    }

    /// The line with the deepest nesting, for a parser that gave up without saying where.
    pub(super) fn deepest(&self) -> Range<usize> {
        let depth = |line: &&str| line.bytes().filter(|byte| b".[{".contains(byte)).count();
        let Some((at, line)) = self.text.lines().enumerate().max_by_key(|(_, line)| depth(line)) else { return 0..0 };
        let start = self.line_starts().get(at).copied().unwrap_or(0);
        start..start + line.len()
    }

    /// Where character `at` of a string's content stands in the file, if the string is written without escapes.
    pub(super) fn inside_string(&self, span: &Range<usize>, at: usize) -> Range<usize> {
        let raw = self.text.get(span.clone()).unwrap_or("");
        let quotes = ["'''", "\"\"\"", "'", "\""].into_iter().find(|quotes| raw.starts_with(quotes));
        let (Some(quotes), false) = (quotes, raw.starts_with('"') && raw.contains('\\')) else { return span.clone() };
        let content = raw.get(quotes.len()..raw.len().saturating_sub(quotes.len())).unwrap_or("");
        // A line break right behind three quotes does not belong to the text.
        let skipped = usize::from(quotes.len() == 3 && content.starts_with('\n'));
        match content.char_indices().nth(at + skipped) {
            Some((offset, c)) => {
                let start = span.start + quotes.len() + offset;
                start..start + c.len_utf8()
            }
            None => span.clone(),
        }
    }
}

/// A message as it may be shown: foreign names in it are cleaned, and cut when they are endless.
fn clipped(message: &str) -> String {
    let kept = message.char_indices().nth(LONGEST_MESSAGE);
    match kept.and_then(|(end, _)| message.get(..end)) {
        Some(start) => format!("{}…", text::clean_lines(start)),
        None => text::clean_lines(message),
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Collects what is wrong with one file.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    source: &'a Source<'a>,
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    /// Errors that were counted only.
    uncounted: usize,
}

impl<'a> Sink<'a> {
    pub(super) fn new(source: &'a Source<'a>) -> Self {
        Self { source, errors: Vec::new(), warnings: Vec::new(), uncounted: 0 }
    }

    /// True if nobody will read a further error: what it takes to find a hint can be left out.
    pub(super) fn is_full(&self) -> bool {
        self.errors.len() >= MOST_KEPT
    }

    pub(super) fn source(&self) -> &'a Source<'a> {
        self.source
    }

    pub(super) fn error(&mut self, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        if self.is_full() {
            self.uncounted += 1;
            return;
        }
        let problem = self.source.problem(span, &message.into(), &hint.into());
        // The same place can be reached twice (shape, then meaning); people should read it once.
        if !self.errors.contains(&problem) {
            self.errors.push(problem);
        }
    }

    /// How many errors there are so far.
    pub(super) const fn errors(&self) -> usize {
        self.errors.len()
    }

    /// Takes back what was said, after the first so many errors, of these blocks of lines.
    pub(super) fn take_back(&mut self, after: usize, blocks: &[Range<usize>]) {
        let mut at = 0;
        self.errors.retain(|problem| {
            at += 1;
            at <= after || !blocks.iter().any(|block| block.contains(&problem.line))
        });
    }

    /// Takes back what was said, after the first so many errors, at these places.
    pub(super) fn take_back_at(&mut self, after: usize, spans: &[Range<usize>]) {
        let place = |problem: &Problem| (problem.line, problem.column);
        let places: Vec<_> =
            spans.iter().take(MOST_KEPT).map(|span| place(&self.source.problem(span, "", ""))).collect();
        let mut at = 0;
        self.errors.retain(|problem| {
            at += 1;
            at <= after || !places.contains(&place(problem))
        });
    }

    /// An error at a place that may hold a secret: the line is shown with the place blotted out.
    pub(super) fn error_at_secret(&mut self, span: &Range<usize>, message: &str, hint: &str) {
        let mut problem = self.source.problem(span, message, hint);
        let from = (problem.column - 1).saturating_sub(problem.skipped);
        let to = from + problem.width;
        let blot = |(at, c): (usize, char)| if (from..to).contains(&at) { '•' } else { c };
        problem.excerpt = problem.excerpt.chars().enumerate().map(blot).collect();
        self.errors.push(problem);
    }

    pub(super) fn warn(&mut self, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        if self.warnings.len() >= MOST_PROBLEMS {
            return;
        }
        self.warnings.push(self.source.problem(span, &message.into(), &hint.into()));
    }

    pub(super) fn add(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.errors.extend(problems);
    }

    /// Errors and warnings, each in file order.
    pub(super) fn finish(mut self) -> (Vec<Problem>, Vec<Problem>) {
        self.take()
    }

    /// The same; the sink is empty afterwards.
    pub(super) fn take(&mut self) -> (Vec<Problem>, Vec<Problem>) {
        let place = |problem: &Problem| (problem.line, problem.column);
        self.errors.sort_by_key(place);
        self.warnings.sort_by_key(place);
        if self.errors.len() > MOST_PROBLEMS {
            let more = self.errors.len() - MOST_PROBLEMS + self.uncounted;
            self.errors.truncate(MOST_PROBLEMS);
            self.errors.push(Problem::whole_file(
                self.source.name,
                format!("and {more} more problems"),
                "correct the ones above first",
            ));
        }
        (std::mem::take(&mut self.errors), std::mem::take(&mut self.warnings))
    }
}
