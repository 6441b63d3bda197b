//! Reversed words: environment, mode, severity, the worst status, keys; and the READY dots. Each is a word first.
//! May not decide what is loud: the theme does.

use ratatui::text::Span;

use crate::domain::permit::Mode;
use crate::domain::run::RunState;
use crate::domain::shown::ShownBy;
use crate::domain::status::Status;
use crate::ui::theme::Theme;

/// ` PROD support-bot `: where one is, always in the header.
#[must_use]
pub fn environment(theme: &Theme, environment: &str, service: &str) -> Span<'static> {
    Span::styled(format!(" {} {service} ", environment.to_uppercase()), theme.environment(environment))
}

/// ` PROD `: the environment alone, for dialogs.
#[must_use]
pub fn environment_word(theme: &Theme, environment: &str) -> Span<'static> {
    Span::styled(format!(" {} ", environment.to_uppercase()), theme.environment(environment))
}

/// ` LIVE `, ` READ-ONLY ` ` DRY RUN ` or ` DRILL `; a read-only drill says both.
#[must_use]
pub fn mode(theme: &Theme, mode: Mode, drill: bool) -> Span<'static> {
    let word = match (drill, mode) {
        (false, Mode::Act) => " LIVE ",
        (false, Mode::ReadOnly) => " READ-ONLY ",
        (false, Mode::DryRun) => " DRY RUN ",
        (true, Mode::DryRun) => " DRILL DRY RUN ",
        (true, Mode::Act) => " DRILL ",
        (true, Mode::ReadOnly) => " DRILL READ-ONLY ",
    };
    Span::styled(word, theme.mode(mode, drill))
}

/// ` P2 `.
#[must_use]
pub fn severity(theme: &Theme, level: &str) -> Span<'static> {
    Span::styled(format!(" {level} "), theme.severity(level))
}

/// ` ✗ CRIT `, reversed: for the verdict only.
#[must_use]
pub fn loud_status(theme: &Theme, status: Status) -> Span<'static> {
    Span::styled(format!(" {} {} ", theme.glyphs().status(status), status.word()), theme.loud(status))
}

/// `✗ CRIT`, in its colour: for rows.
#[must_use]
pub fn status(theme: &Theme, status: Status) -> Span<'static> {
    Span::styled(format!("{} {}", theme.glyphs().status(status), status.word()), theme.status(status))
}

/// `– not wired`.
#[must_use]
pub fn not_wired(theme: &Theme) -> Span<'static> {
    Span::styled(format!("{} not wired", theme.glyphs().not_wired()), theme.dim())
}

/// `● READY`, `○ NOT READY` or `? UNCHECKED`.
#[must_use]
pub fn readiness(theme: &Theme, ready: Option<bool>) -> Span<'static> {
    let word = match ready {
        Some(true) => "READY",
        Some(false) => "NOT READY",
        None => "UNCHECKED",
    };
    Span::styled(format!("{} {word}", theme.glyphs().readiness(ready)), theme.readiness(ready))
}

/// `● VERIFIED`: the action is in force, and this far it is proven; `SERVED` where only the serving side showed it.
#[must_use]
pub fn in_force(theme: &Theme, state: RunState, shown_by: Option<ShownBy>) -> Span<'static> {
    let (status, style) = match state {
        RunState::Verified => (Status::Ok, theme.status(Status::Ok)),
        _ => (Status::Contained, theme.contained()),
    };
    Span::styled(format!("{} {}", theme.glyphs().status(status), in_force_word(state, shown_by)), style)
}

/// `? WAS VERIFIED 03:12Z`: what was known of an action in force before its store could not be read any more. Nobody can say
/// now that it still stands.
#[must_use]
pub fn was_in_force(theme: &Theme, state: RunState, shown_by: Option<ShownBy>, when: &str) -> Span<'static> {
    let word = in_force_word(state, shown_by);
    let word = if state.is_open() { word } else { format!("WAS {word}") };
    let text = format!("{} {word} {when}", theme.glyphs().status(Status::Unknown));
    Span::styled(text.trim_end().to_owned(), theme.status(Status::Unknown))
}

fn in_force_word(state: RunState, shown_by: Option<ShownBy>) -> String {
    if shown_by == Some(ShownBy::ServingSide) { "SERVED".to_owned() } else { state.word().to_uppercase() }
}

/// ` R `: a key that opens a change, as a cap.
#[must_use]
pub fn key_cap(theme: &Theme, key: &str) -> Span<'static> {
    Span::styled(format!(" {key} "), theme.key_cap())
}

/// ` Y `: the key that fires, once it is unlocked; a plain key until then.
#[must_use]
pub fn fire(theme: &Theme, key: &str, unlocked: bool) -> Span<'static> {
    Span::styled(format!(" {key} "), if unlocked { theme.fire() } else { theme.dim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_badge_can_be_read_without_colour() {
        let theme = Theme::plain();
        assert_eq!(environment(&theme, "prod", "support-bot").content, " PROD support-bot ");
        assert_eq!(mode(&theme, Mode::ReadOnly, true).content, " DRILL READ-ONLY ");
        assert_eq!(loud_status(&theme, Status::Crit).content, " ✗ CRIT ");
        assert_eq!(readiness(&theme, Some(false)).content, "○ NOT READY");
        assert_eq!(readiness(&theme.clone().ascii(), None).content, "? UNCHECKED");
    }
}
