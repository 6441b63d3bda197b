//! Problems of files, as people and machines read them: what, where, what next. May not find problems itself.

use std::fmt;

use serde::Serialize;
use unicode_width::UnicodeWidthChar as _;

/// Most columns of a source line that are shown around the place.
const EXCERPT_WIDTH: usize = 100;

/// One problem of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, as the user named it.
    pub file: String,
    /// Line from 1; 0 if the whole file is meant. Machines read 1 then: editors and annotations know no line 0.
    #[serde(serialize_with = "from_one")]
    pub line: usize,
    /// Column in characters from 1; 0 and 1 as for lines.
    #[serde(serialize_with = "from_one")]
    pub column: usize,
    /// How many characters of the line are meant, at least 1.
    #[serde(skip)]
    pub width: usize,
    /// The line around the place, cleaned; empty if the whole file is meant.
    #[serde(skip)]
    pub excerpt: String,
    /// How many characters of the line stand before the excerpt.
    #[serde(skip)]
    pub skipped: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Problem {
    /// A problem of a whole file (it cannot be read, for example).
    #[must_use]
    pub fn whole_file(file: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            width: 1,
            excerpt: String::new(),
            skipped: 0,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// `file:line:col`, or the file alone.
    #[must_use]
    pub fn place(&self) -> String {
        if self.line == 0 { self.file.clone() } else { format!("{}:{}:{}", self.file, self.line, self.column) }
    }

    /// One line, for logs, editors and screen readers: `file:3:7: what is wrong; what to do`.
    #[must_use]
    pub fn one_line(&self) -> String {
        if self.hint.is_empty() {
            format!("{}: {}", self.place(), self.message)
        } else {
            format!("{}: {}; {}", self.place(), self.message, self.hint)
        }
    }

    /// Several lines with the source line and carets, under a heading such as `error` or `warning`.
    #[must_use]
    pub fn rendered(&self, heading: &str) -> String {
        let gutter = self.line.to_string().len();
        let mut lines = vec![format!("{heading}: {}", self.message), format!("{:gutter$}--> {}", "", self.place())];
        if self.line > 0 {
            let (shown, before, carets) = crop(&self.excerpt, self.column.saturating_sub(1), self.skipped, self.width);
            lines.push(format!("{:gutter$} |", ""));
            lines.push(format!("{} | {shown}", self.line));
            lines.push(format!("{:gutter$} | {:before$}{}", "", "", "^".repeat(carets)));
        }
        if !self.hint.is_empty() {
            lines.push(format!("{:gutter$} = hint: {}", "", self.hint));
        }
        lines.join("\n") + "\n"
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form of a function that writes a field")]
fn from_one<S: serde::Serializer>(at: &usize, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64((*at).max(1) as u64)
}

/// Cuts a line to what fits around the place; gives the text, the columns before the carets, and how many carets.
fn crop(line: &str, column: usize, skipped: usize, width: usize) -> (String, usize, usize) {
    let at = column.saturating_sub(skipped);
    let columns = |text: &str| text.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    let skip = if at > EXCERPT_WIDTH * 3 / 4 { at - EXCERPT_WIDTH / 2 } else { 0 };
    let shown: String = line.chars().skip(skip).take(EXCERPT_WIDTH).collect();
    let lead: String = shown.chars().take(at - skip).collect();
    let meant: String = shown.chars().skip(at - skip).take(width).collect();
    let mark = if skip + skipped > 0 { "…" } else { "" };
    let more = if line.chars().count() > skip + EXCERPT_WIDTH { "…" } else { "" };
    (format!("{mark}{shown}{more}"), columns(mark) + columns(&lead), columns(&meant).max(1))
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rendered("error"))
    }
}

/// Every problem that was found, in file order. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// A single problem.
    #[must_use]
    pub fn one(problem: Problem) -> Self {
        Self(vec![problem])
    }

    /// One problem a line.
    #[must_use]
    pub fn plain(&self) -> String {
        self.0.iter().map(|problem| problem.one_line() + "\n").collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_read_a_place_that_editors_can_open_also_for_a_whole_file() {
        let problem = Problem::whole_file("a.toml", "cannot be read", "check the path");
        let json = serde_json::to_value(&problem).expect("JSON");
        assert_eq!((&json["line"], &json["column"]), (&serde_json::json!(1), &serde_json::json!(1)));
        assert_eq!(problem.place(), "a.toml", "people are not sent to a line that says nothing");
    }

    #[test]
    fn carets_stand_under_the_place_also_in_wide_text_and_long_lines() {
        let mut problem = Problem::whole_file("a.toml", "unknown key `x`", "remove it");
        problem.line = 12;
        problem.column = 4;
        problem.width = 1;
        problem.excerpt = "# 日x = 1".into();
        assert_eq!(
            problem.to_string(),
            "error: unknown key `x`\n  --> a.toml:12:4\n   |\n12 | # 日x = 1\n   |     ^\n   = hint: remove it\n"
        );
        problem.excerpt = format!("{}x = 1", " ".repeat(5_000));
        problem.column = 5_001;
        let text = problem.to_string();
        let lines: Vec<&str> = text.lines().collect();
        let under = lines[4].chars().position(|c| c == '^').expect("a caret");
        assert_eq!(lines[3].chars().nth(under), Some('x'));
        assert!(lines[3].chars().count() < 120);
    }
}
