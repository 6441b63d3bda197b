//! `runbook list`. May not run tests; it shows what they said.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::config::{Book, Bookshelf};
use crate::domain::text;
use crate::ui::format::counted;

/// Where a runbook comes from: `shipped`, or the file.
fn source(book: &Book) -> String {
    let origin = &book.runbook.origin;
    match (origin.shipped, origin.extends) {
        (true, _) => "shipped".to_owned(),
        (false, true) => format!("extended by {}", origin.file),
        (false, false) => origin.file.clone(),
    }
}

/// Columns of a title at least, however narrow the terminal and however long the path behind it.
const LEAST_TITLE: usize = 20;

/// For people. On a terminal of so many columns every runbook is one line: titles that are too long are cut there, with a
/// mark; `runbook show` has them whole. `told`: the flags with which `check` means the same.
pub(super) fn text(shelf: &Bookshelf, now: Timestamp, columns: Option<usize>, told: &str) -> String {
    let today = now.to_zoned(TimeZone::UTC).date();
    let drilled = |book: &Book| {
        let days = |day| i64::from(jiff::civil::Date::until(day, today).map_or(0, |span| span.get_days()));
        book.runbook.origin.drilled.map_or("never".to_owned(), |day| format!("{} d ago", days(day)))
    };
    let width = shelf.books.iter().map(|book| book.runbook.id.as_str().len()).max().unwrap_or(0).max(2);
    let mut lines =
        vec![format!("{:width$}  {:>5}  {:>8}  {:>9}  title, source", "id", "tests", "branches", "drilled")];
    for book in &shelf.books {
        let tests = if book.failed > 0 { format!("{} BAD", book.failed) } else { book.tests.to_string() };
        let walked = format!("{}/{}", book.coverage.walked(), book.coverage.edges);
        let (id, title, drilled) = (book.runbook.id.as_str(), &book.runbook.title, drilled(book));
        let (before, source) = (format!("{id:width$}  {tests:>5}  {walked:>8}  {drilled:>9}  "), source(book));
        let room = columns.map(|columns| columns.saturating_sub(text::width(&before) + text::width(&source) + 2));
        let title = room.map_or_else(|| title.clone(), |room| text::clip(title, room.max(LEAST_TITLE)));
        let line = format!("{before}{title}, {source}");
        lines.push(columns.map_or_else(|| line.clone(), |columns| text::clip(&line, columns)));
    }
    for broken in &shelf.broken {
        let problems = counted(broken.problems.len(), "problem", "problems");
        lines.push(format!("BROKEN {}: {problems}; `breakglass check{told}` shows them", broken.path));
    }
    let files = shelf.books.len() + shelf.broken.len();
    lines.push(format!("{}, {} broken", counted(files, "runbook", "runbooks"), shelf.broken.len()));
    lines.join("\n")
}

/// For machines.
pub(super) fn json(shelf: &Bookshelf) -> Value {
    let book = |book: &Book| {
        let (runbook, origin) = (&book.runbook, &book.runbook.origin);
        json!({
            "id": runbook.id.as_str(),
            "title": runbook.title,
            "version": runbook.version,
            "owner": runbook.owner,
            "source": if origin.shipped { "shipped" } else { "site" },
            "extends": origin.extends,
            "file": origin.file,
            "digest": origin.digest,
            "steps": runbook.steps.len(),
            "tests": book.tests,
            "failed": book.failed,
            "branches": book.coverage.edges,
            "walked": book.coverage.walked(),
            "missed": book.coverage.missed,
            "drilled": origin.drilled.map(|day| day.to_string()),
        })
    };
    json!({
        "runbooks": shelf.books.iter().map(book).collect::<Vec<_>>(),
        "broken": shelf.broken.iter().map(|b| json!({ "file": b.path, "problems": b.problems })).collect::<Vec<_>>(),
    })
}
