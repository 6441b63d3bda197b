//! The glyphs: a shape for every status, so that nothing rests on colour, each with an ASCII stand-in of the same width.
//! Only code points of width 1 without emoji presentation. May not know styles.

use crate::domain::evidence::Verdict;
use crate::domain::plan::CheckStatus;
use crate::domain::status::Status;

/// Which glyphs to draw with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    ascii: bool,
}

impl Glyphs {
    /// Block and braille characters.
    #[must_use]
    pub const fn unicode() -> Self {
        Self { ascii: false }
    }

    /// For serial consoles and terminals without the fonts.
    #[must_use]
    pub const fn ascii() -> Self {
        Self { ascii: true }
    }

    /// True if only ASCII may be drawn.
    #[must_use]
    pub const fn is_ascii(self) -> bool {
        self.ascii
    }

    const fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { unicode }
    }

    /// A status; the word goes beside it.
    #[must_use]
    pub const fn status(self, status: Status) -> &'static str {
        match status {
            Status::Ok => self.pick("✓", "+"),
            Status::Warn => self.pick("▲", "!"),
            Status::Crit => self.pick("✗", "X"),
            Status::LowN | Status::Unknown => "?",
            Status::Stale => self.pick("◌", "~"),
            Status::Contained => self.pick("◆", "*"),
        }
    }

    /// A layer or signal that nobody wired.
    #[must_use]
    pub const fn not_wired(self) -> &'static str {
        self.pick("–", "-")
    }

    /// A comparison's verdict.
    #[must_use]
    pub const fn verdict(self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::True => self.pick("✓", "+"),
            Verdict::False => self.pick("✗", "x"),
            Verdict::Unknown => "?",
        }
    }

    /// A check's finding.
    #[must_use]
    pub const fn check(self, status: CheckStatus) -> &'static str {
        match status {
            CheckStatus::Pass => self.pick("✓", "+"),
            CheckStatus::Warn => self.pick("▲", "!"),
            CheckStatus::Fail => self.pick("✗", "X"),
            CheckStatus::Unknown => "?",
        }
    }

    /// The dot of READY (filled), NOT READY (empty) and UNCHECKED.
    #[must_use]
    pub const fn readiness(self, ready: Option<bool>) -> &'static str {
        match ready {
            Some(true) => self.pick("●", "*"),
            Some(false) => self.pick("○", "o"),
            None => "?",
        }
    }

    /// The bar at the left of the selected row.
    #[must_use]
    pub const fn selected(self) -> &'static str {
        self.pick("▌", ">")
    }

    /// Points at the one that matters: the suspect change.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        self.pick("▸", ">")
    }

    /// From → to.
    #[must_use]
    pub const fn arrow(self) -> &'static str {
        self.pick("→", ">")
    }

    /// Between breadcrumbs.
    #[must_use]
    pub const fn crumb(self) -> &'static str {
        self.pick("›", ">")
    }

    /// Between facts of one line.
    #[must_use]
    pub const fn between(self) -> &'static str {
        self.pick("·", "-")
    }

    /// Evidence against; for is `+`, unknown is `?`.
    #[must_use]
    pub const fn minus(self) -> &'static str {
        self.pick("−", "-")
    }

    /// Before a spread. Three characters in ASCII: a lone `+` would state a sum.
    #[must_use]
    pub const fn plus_minus(self) -> &'static str {
        self.pick("±", "+/-")
    }

    /// A text that was cut.
    #[must_use]
    pub const fn ellipsis(self) -> &'static str {
        self.pick("…", "~")
    }

    /// The thin rule.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        self.pick("─", "-")
    }

    /// A vertical mark where something changed.
    #[must_use]
    pub const fn change_mark(self) -> &'static str {
        self.pick("┊", "|")
    }

    /// A dotted limit line.
    #[must_use]
    pub const fn limit(self) -> &'static str {
        self.pick("┄", "=")
    }

    /// Left end, middle and right end of an interval on a time axis.
    #[must_use]
    pub const fn interval(self) -> (&'static str, &'static str, &'static str) {
        if self.ascii { ("|", "+", "|") } else { ("├", "┼", "┤") }
    }

    /// The shade of what is normal.
    #[must_use]
    pub const fn normal_band(self) -> &'static str {
        self.pick("░", ":")
    }

    /// No data here: not the same as zero.
    #[must_use]
    pub const fn gap(self) -> &'static str {
        self.pick("·", " ")
    }

    /// Full and empty cell of a bar.
    #[must_use]
    pub const fn bar(self) -> (&'static str, &'static str) {
        if self.ascii { ("#", ".") } else { ("█", "░") }
    }

    /// Where one is in what scrolls.
    #[must_use]
    pub const fn thumb(self) -> &'static str {
        self.pick("┃", "#")
    }

    /// The rest of the scroll bar.
    #[must_use]
    pub const fn track(self) -> &'static str {
        self.pick("│", "|")
    }

    /// Return.
    #[must_use]
    pub const fn enter(self) -> &'static str {
        self.pick("⏎", "enter")
    }

    /// Seven heights of a sparkline column, lowest first. The full block is left out: rows would grow together.
    #[must_use]
    pub const fn heights(self) -> [&'static str; 7] {
        if self.ascii { ["_", ".", "-", "~", "=", "+", "*"] } else { ["▁", "▂", "▃", "▄", "▅", "▆", "▇"] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn status_glyphs_differ_wherever_the_word_could_be_misread_as_fine() {
        for glyphs in [Glyphs::unicode(), Glyphs::ascii()] {
            for status in Status::ALL.into_iter().filter(|status| *status != Status::Ok) {
                assert_ne!(glyphs.status(status), glyphs.status(Status::Ok), "{status:?}");
                assert_eq!(glyphs.status(status).width(), 1);
            }
        }
    }

    #[test]
    fn ascii_means_ascii() {
        let g = Glyphs::ascii();
        let drawn = [
            g.not_wired(),
            g.selected(),
            g.pointer(),
            g.arrow(),
            g.crumb(),
            g.between(),
            g.minus(),
            g.plus_minus(),
            g.ellipsis(),
            g.rule(),
            g.change_mark(),
            g.limit(),
            g.normal_band(),
            g.gap(),
            g.bar().0,
            g.bar().1,
            g.enter(),
        ];
        assert!(drawn.iter().chain(&g.heights()).all(|text| text.is_ascii()));
        assert!(Status::ALL.iter().all(|status| g.status(*status).is_ascii()));
    }
}
