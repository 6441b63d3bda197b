//! Roles and theme files: a file gives every role a style. May not know what a role is used for.

use std::collections::BTreeMap;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

macro_rules! roles {
    ($($variant:ident = $word:literal, $plain:expr;)+) => {
        /// A place in the visual language. A theme file gives each a style.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Role { $($variant,)+ }

        impl Role {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// How the role looks where colour is not wanted: weight and reverse only.
            pub const fn plain(self) -> Modifier {
                match self { $(Self::$variant => $plain,)+ }
            }
        }
    };
}

const REVERSED_BOLD: Modifier = Modifier::REVERSED.union(Modifier::BOLD);

roles! {
    Content = "content", Modifier::empty();
    Decides = "decides", Modifier::BOLD;
    Context = "context", Modifier::DIM;
    Heading = "heading", Modifier::BOLD;
    Rule = "rule", Modifier::DIM;
    Band = "band", Modifier::BOLD;
    Change = "change", Modifier::empty();
    Ok = "ok", Modifier::empty();
    Warn = "warn", Modifier::BOLD;
    Crit = "crit", Modifier::BOLD;
    Blind = "blind", Modifier::empty();
    Contained = "contained", Modifier::BOLD;
    Added = "added", Modifier::UNDERLINED;
    Removed = "removed", Modifier::BOLD;
    Key = "key", Modifier::BOLD;
    KeyCap = "key-cap", REVERSED_BOLD;
    Fire = "fire", REVERSED_BOLD;
    Baseline = "baseline", Modifier::DIM;
    Limit = "limit", Modifier::DIM;
    Dialog = "dialog", Modifier::empty();
    Backdrop = "backdrop", Modifier::DIM;
    Production = "production", REVERSED_BOLD;
    Staging = "staging", REVERSED_BOLD;
    OtherEnvironment = "other-environment", REVERSED_BOLD;
    Live = "live", REVERSED_BOLD;
    ReadOnly = "read-only", REVERSED_BOLD;
    Drill = "drill", REVERSED_BOLD;
    Severity = "severity", REVERSED_BOLD;
    LoudCrit = "loud-crit", REVERSED_BOLD;
    LoudWarn = "loud-warn", REVERSED_BOLD;
    LoudBlind = "loud-blind", REVERSED_BOLD;
}

/// Why a theme file is not usable: every problem, one a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("theme {name}: {}", problems.join("; "))]
pub struct ThemeError {
    /// The file or theme, as it was named.
    pub name: String,
    /// What is wrong, and what to write instead.
    pub problems: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    name: String,
    role: BTreeMap<String, Look>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "these are the file's own independent switches")]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    reverse: bool,
    #[serde(default)]
    underline: bool,
}

/// Reads a theme file's text: its name, and a style for each role in the order of [`Role::ALL`].
///
/// # Errors
/// All problems at once: not TOML, an unknown or missing role, a colour that is none.
pub fn read(name: &str, text: &str) -> Result<(String, Vec<Style>), ThemeError> {
    let refuse = |problems| ThemeError { name: name.to_owned(), problems };
    let file: ThemeFile = toml::from_str(text).map_err(|error| refuse(vec![error.to_string()]))?;
    let mut problems = Vec::new();
    for word in file.role.keys().filter(|word| !Role::ALL.iter().any(|role| role.word() == *word)) {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.word()).collect();
        problems.push(format!("{word:?} is no role; known: {}", known.join(", ")));
    }
    let mut styles = Vec::with_capacity(Role::ALL.len());
    for role in Role::ALL {
        match file.role.get(role.word()).map(Look::style) {
            Some(Ok(style)) => styles.push(style),
            Some(Err(problem)) => problems.push(format!("role {}: {problem}", role.word())),
            None => problems.push(format!("role {} is missing; copy its line from themes/dark.toml", role.word())),
        }
    }
    if problems.is_empty() { Ok((file.name, styles)) } else { Err(refuse(problems)) }
}

impl Look {
    fn style(&self) -> Result<Style, String> {
        let colour = |text: &Option<String>| {
            text.as_deref()
                .map(|text| {
                    Color::from_str(text)
                        .map_err(|_| format!("{text:?} is no colour; write \"#rrggbb\", 0-255 or a name"))
                })
                .transpose()
        };
        let mut style = Style { fg: colour(&self.fg)?, bg: colour(&self.bg)?, ..Style::new() };
        for (wanted, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.reverse, Modifier::REVERSED),
            (self.underline, Modifier::UNDERLINED),
        ] {
            if wanted {
                style = style.add_modifier(modifier);
            }
        }
        Ok(style)
    }
}
