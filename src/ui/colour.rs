//! True colour to the xterm palette of 256. May not know roles or terminals.

use ratatui::style::Color;

/// Levels of the 6×6×6 cube (xterm).
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The nearest of the 240 fixed palette colours (cube and grey ramp) by squared distance; other colours stay as they are.
/// The first 16 are left out: users re-colour them.
#[must_use]
pub fn indexed(colour: Color) -> Color {
    let Color::Rgb(r, g, b) = colour else { return colour };
    let (red, green, blue) = (nearest_level(r), nearest_level(g), nearest_level(b));
    let in_cube = (level(red), level(green), level(blue));
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let step = u8::try_from((mean.saturating_sub(3) / 10).min(23)).unwrap_or(23);
    let grey = 8 + 10 * step;
    if distance((grey, grey, grey), (r, g, b)) < distance(in_cube, (r, g, b)) {
        Color::Indexed(232 + step)
    } else {
        Color::Indexed(16 + 36 * red + 6 * green + blue)
    }
}

fn level(index: u8) -> u8 {
    CUBE.get(usize::from(index)).copied().unwrap_or(u8::MAX)
}

fn nearest_level(channel: u8) -> u8 {
    (0..6u8).min_by_key(|index| level(*index).abs_diff(channel)).unwrap_or(0)
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    square(a.0, b.0) + square(a.1, b.1) + square(a.2, b.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn palette_colours_map_to_themselves_and_greys_to_the_ramp() {
        assert_eq!(indexed(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(indexed(Color::Rgb(95, 135, 175)), Color::Indexed(67));
        assert_eq!(indexed(Color::Rgb(8, 8, 8)), Color::Indexed(232));
        assert_eq!(indexed(Color::Rgb(118, 118, 118)), Color::Indexed(243));
        assert_eq!(indexed(Color::Rgb(255, 255, 255)), Color::Indexed(231));
        assert_eq!(indexed(Color::Cyan), Color::Cyan);
    }
}
