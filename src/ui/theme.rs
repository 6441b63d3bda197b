//! What things look like: roles come from a theme file, code asks by intent (`loud`, `decides`, `change`).
//! The only file that knows colours. May not read files, the environment or the model.

mod role;

use ratatui::style::Style;

use crate::domain::action::Direction;
use crate::domain::evidence::Verdict;
use crate::domain::permit::Mode;
use crate::domain::status::Status;

use super::glyph::Glyphs;
use role::Role;
pub use role::ThemeError;

const DARK: &str = include_str!("../../themes/dark.toml");
const LIGHT: &str = include_str!("../../themes/light.toml");

/// Styles by role, and the glyphs that go with them. Cheap to share, immutable after it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    name: String,
    styles: Vec<Style>,
    glyphs: Glyphs,
}

impl Theme {
    /// The shipped theme for dark terminals.
    #[must_use]
    pub fn dark() -> Self {
        Self::parse("dark", DARK).unwrap_or_else(|_| Self::plain())
    }

    /// The shipped theme for light terminals.
    #[must_use]
    pub fn light() -> Self {
        Self::parse("light", LIGHT).unwrap_or_else(|_| Self::plain())
    }

    /// No colour at all, for `NO_COLOR` and dumb terminals: bold, dim, reverse and underline carry the weight.
    #[must_use]
    pub fn plain() -> Self {
        let styles = Role::ALL.iter().map(|role| Style::new().add_modifier(role.plain())).collect();
        Self { name: "plain".into(), styles, glyphs: Glyphs::unicode() }
    }

    /// A shipped theme by name: `dark`, `light` or `plain`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::dark()),
            "light" => Some(Self::light()),
            "plain" => Some(Self::plain()),
            _ => None,
        }
    }

    /// Reads a theme file's text. Every role must be there, and no other.
    ///
    /// # Errors
    /// All problems at once: not TOML, an unknown or missing role, a colour that is none.
    pub fn parse(name: &str, text: &str) -> Result<Self, ThemeError> {
        let (name, styles) = role::read(name, text)?;
        Ok(Self { name, styles, glyphs: Glyphs::unicode() })
    }

    /// The same theme with ASCII glyphs only.
    #[must_use]
    pub fn ascii(mut self) -> Self {
        self.glyphs = Glyphs::ascii();
        self
    }

    /// The same theme in the 256 colours of terminals without true colour (and fewer bytes over SSH).
    #[must_use]
    pub fn indexed(mut self) -> Self {
        for style in &mut self.styles {
            style.fg = style.fg.map(super::colour::indexed);
            style.bg = style.bg.map(super::colour::indexed);
        }
        self
    }

    /// Its name, as the file says.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The glyphs to draw with.
    #[must_use]
    pub const fn glyphs(&self) -> Glyphs {
        self.glyphs
    }

    fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// What decides: bright and bold. Few things on a screen.
    #[must_use]
    pub fn decides(&self) -> Style {
        self.style(Role::Decides)
    }

    /// Ordinary content.
    #[must_use]
    pub fn content(&self) -> Style {
        self.style(Role::Content)
    }

    /// Context: units, ages, normals, who.
    #[must_use]
    pub fn dim(&self) -> Style {
        self.style(Role::Context)
    }

    /// A section's number and name.
    #[must_use]
    pub fn heading(&self) -> Style {
        self.style(Role::Heading)
    }

    /// The thin rule beside it.
    #[must_use]
    pub fn rule(&self) -> Style {
        self.style(Role::Rule)
    }

    /// A change, wherever it appears.
    #[must_use]
    pub fn change(&self) -> Style {
        self.style(Role::Change)
    }

    /// Text that states a status. Never the only carrier: glyph and word stand beside it.
    #[must_use]
    pub fn status(&self, status: Status) -> Style {
        self.style(match status {
            Status::Ok => Role::Ok,
            Status::Warn => Role::Warn,
            Status::Crit => Role::Crit,
            Status::LowN | Status::Stale | Status::Unknown => Role::Blind,
            Status::Contained => Role::Contained,
        })
    }

    /// A value of that status: OK values are ordinary content, so that a healthy screen is nearly monochrome.
    #[must_use]
    pub fn value(&self, status: Status) -> Style {
        if status == Status::Ok { self.content() } else { self.status(status) }
    }

    /// The one loud thing: the worst status, reversed. OK is not loud.
    #[must_use]
    pub fn loud(&self, status: Status) -> Style {
        match status {
            Status::Crit => self.style(Role::LoudCrit),
            Status::Warn => self.style(Role::LoudWarn),
            Status::Unknown | Status::Stale | Status::LowN | Status::Contained => self.style(Role::LoudBlind),
            Status::Ok => self.status(Status::Ok),
        }
    }

    /// Red reversed, for what must not be overlooked and is no status (unlogged, spooling, stuck).
    #[must_use]
    pub fn alarm(&self) -> Style {
        self.style(Role::LoudCrit)
    }

    /// Something quiet because of us.
    #[must_use]
    pub fn contained(&self) -> Style {
        self.style(Role::Contained)
    }

    /// An attention-seeking phrase that is no status, for example `Nothing is contained yet.`
    #[must_use]
    pub fn attention(&self) -> Style {
        self.style(Role::Warn)
    }

    /// A comparison's verdict: true is what the evidence asked for, false is neutral, unknown cannot say.
    #[must_use]
    pub fn verdict(&self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::True => self.style(Role::Ok),
            Verdict::False => self.content(),
            Verdict::Unknown => self.style(Role::Blind),
        }
    }

    /// A READY (`Some(true)`), NOT READY (`Some(false)`) or UNCHECKED (`None`) badge.
    #[must_use]
    pub fn readiness(&self, ready: Option<bool>) -> Style {
        match ready {
            Some(true) => self.style(Role::Ok),
            Some(false) => self.dim(),
            None => self.style(Role::Blind),
        }
    }

    /// The setting that a plan leads to. Containing is the colour of containments; going back asks for attention: no
    /// setting is green because it comes next.
    #[must_use]
    pub fn after(&self, direction: Direction) -> Style {
        match direction {
            Direction::Contain => self.contained(),
            Direction::Release | Direction::Lower => self.attention(),
        }
    }

    /// Text that only the new version has.
    #[must_use]
    pub fn added(&self) -> Style {
        self.style(Role::Added)
    }

    /// Text that only the old version has.
    #[must_use]
    pub fn removed(&self) -> Style {
        self.style(Role::Removed)
    }

    /// A key's name in the footer and in prose.
    #[must_use]
    pub fn key(&self) -> Style {
        self.style(Role::Key)
    }

    /// A key that opens a change, as a cap.
    #[must_use]
    pub fn key_cap(&self) -> Style {
        self.style(Role::KeyCap)
    }

    /// The key that fires, once it is unlocked.
    #[must_use]
    pub fn fire(&self) -> Style {
        self.style(Role::Fire)
    }

    /// The background of the selected row; the bar glyph stands at its left as well.
    #[must_use]
    pub fn band(&self) -> Style {
        self.style(Role::Band)
    }

    /// The shaded band of what is normal.
    #[must_use]
    pub fn baseline(&self) -> Style {
        self.style(Role::Baseline)
    }

    /// A limit line of a chart.
    #[must_use]
    pub fn limit(&self) -> Style {
        self.style(Role::Limit)
    }

    /// A dialog's border.
    #[must_use]
    pub fn dialog(&self) -> Style {
        self.style(Role::Dialog)
    }

    /// Everything behind a dialog. Set it over the whole area: it also takes weight and background away.
    #[must_use]
    pub fn backdrop(&self) -> Style {
        Style::reset().patch(self.style(Role::Backdrop))
    }

    /// The environment bar of the header.
    #[must_use]
    pub fn environment(&self, environment: &str) -> Style {
        let name = environment.to_ascii_lowercase();
        self.style(if name.starts_with("prod") || name.starts_with("live") {
            Role::Production
        } else if name.starts_with("stag") || name.starts_with("pre") {
            Role::Staging
        } else {
            Role::OtherEnvironment
        })
    }

    /// The LIVE, DRILL or READ-ONLY badge. A drill says so whatever its mode.
    #[must_use]
    pub fn mode(&self, mode: Mode, drill: bool) -> Style {
        self.style(match (drill, mode) {
            (true, _) => Role::Drill,
            (false, Mode::Act) => Role::Live,
            (false, Mode::ReadOnly | Mode::DryRun) => Role::ReadOnly,
        })
    }

    /// The severity badge: the gravest level of a scheme is red.
    #[must_use]
    pub fn severity(&self, level: &str) -> Style {
        let gravest = level.chars().rev().find(char::is_ascii_digit).is_some_and(|digit| digit <= '1');
        self.style(if gravest { Role::LoudCrit } else { Role::Severity })
    }
}

#[cfg(test)]
mod tests;
