//! Shipped themes are sound, readable and never let unknown look well.

use ratatui::style::{Color, Modifier};

use super::*;

fn shipped() -> [Theme; 2] {
    [Theme::parse("dark", DARK).expect("dark is sound"), Theme::parse("light", LIGHT).expect("light is sound")]
}

#[test]
fn shipped_themes_are_sound_and_named_as_their_files() {
    let [dark, light] = shipped();
    assert_eq!((dark.name(), light.name()), ("dark", "light"));
}

#[test]
fn a_missing_an_unknown_and_a_wrong_role_are_all_reported_at_once() {
    let text = DARK.replace("change           =", "changes =").replace("#9ece6a", "greenish");
    let error = Theme::parse("mine", &text).expect_err("three problems").to_string();
    assert!(error.contains("\"changes\" is no role"), "{error}");
    assert!(error.contains("role change is missing"), "{error}");
    assert!(error.contains("\"greenish\" is no colour"), "{error}");
}

#[test]
fn the_plain_theme_has_no_colour_but_keeps_three_weights_and_reverse() {
    let plain = Theme::plain();
    for style in &plain.styles {
        assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None));
    }
    assert!(plain.decides().add_modifier.contains(Modifier::BOLD));
    assert!(plain.content().add_modifier.is_empty());
    assert!(plain.dim().add_modifier.contains(Modifier::DIM));
    assert!(plain.loud(Status::Crit).add_modifier.contains(Modifier::REVERSED));
    assert!(plain.environment("prod").add_modifier.contains(Modifier::REVERSED));
}

#[test]
fn unknown_never_looks_like_ok() {
    for theme in shipped() {
        for status in [Status::Unknown, Status::Stale, Status::LowN, Status::Contained] {
            assert_ne!(theme.status(status), theme.status(Status::Ok), "{} {status:?}", theme.name());
            assert_ne!(theme.value(status), theme.value(Status::Ok), "{} {status:?}", theme.name());
        }
        assert_ne!(theme.readiness(None), theme.readiness(Some(true)));
    }
}

#[test]
fn changes_share_no_colour_with_any_status() {
    for theme in shipped() {
        for status in Status::ALL {
            assert_ne!(theme.change().fg, theme.status(status).fg, "{} {status:?}", theme.name());
        }
    }
}

/// WCAG 2.1 relative luminance.
fn luminance(colour: Color) -> f64 {
    let Color::Rgb(r, g, b) = colour else { panic!("themes are written in true colour") };
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn all_text_can_be_read_against_the_background_it_is_made_for() {
    let [dark, light] = shipped();
    for (theme, behind) in [(dark, Color::Rgb(0x1a, 0x1b, 0x26)), (light, Color::Rgb(0xff, 0xff, 0xff))] {
        for role in Role::ALL {
            if matches!(role, Role::Rule | Role::Baseline | Role::Limit | Role::Backdrop | Role::Band) {
                continue;
            }
            let style = theme.style(*role);
            let ratio = contrast(style.fg.expect("text has a colour"), style.bg.unwrap_or(behind));
            assert!(ratio >= 4.5, "{} {}: {ratio:.2}", theme.name(), role.word());
        }
    }
}

#[test]
fn indexed_keeps_no_true_colour() {
    for style in &Theme::dark().indexed().styles {
        assert!(!matches!(style.fg, Some(Color::Rgb(..))) && !matches!(style.bg, Some(Color::Rgb(..))));
    }
}
